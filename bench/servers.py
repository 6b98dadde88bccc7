"""What is started: memcached, lighttpd2, and the generator of load."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

SMALL = 1024
BIG = 60_000
KEYS = 10_000


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def user_options():
    """memcached refuses to run as root unless it is told whom to become."""
    return ["-u", "nobody"] if os.getuid() == 0 else []


class Process:
    """A server that listens on one port, stopped at the end."""

    def __init__(self, command, port, folder=None, **options):
        self.port = port
        self.folder = folder
        self.child = subprocess.Popen(command, **options)
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except OSError:
                if self.child.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} did not start: {command}")
                time.sleep(0.05)

    @property
    def pid(self):
        return self.child.pid

    def pids(self):
        """It and its children."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children") as children:
            return [self.pid, *map(int, children.read().split())]

    def cpu_ns(self):
        """CPU time of all its processes and threads."""
        total = 0
        for pid in self.pids():
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/schedstat") as stat:
                    total += int(stat.read().split()[0])
        return total

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(30)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class Memcached(Process):
    def __init__(self):
        port = free_port()
        super().__init__(
            ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "1",
             "-m", "512", "-c", "4096", *user_options()],
            port,
        )

    def fill(self):
        """Stores what is asked for where items are bodies."""
        with socket.create_connection(("127.0.0.1", self.port)) as conn:
            replies = conn.makefile("rb")
            small, big = b"x" * SMALL, b"x" * BIG
            items = {b"/hot": small, b"/big": big}
            items.update({b"/key/%d" % n: small for n in range(KEYS)})
            for key, data in items.items():
                conn.sendall(b"set %s 0 0 %d\r\n%s\r\n" % (key, len(data), data))
                if replies.readline() != b"STORED\r\n":
                    raise SystemExit("memcached does not store")

    def gets(self):
        """Items that were asked for since it was started."""
        with socket.create_connection(("127.0.0.1", self.port)) as conn:
            conn.sendall(b"stats\r\n")
            for line in conn.makefile("rb"):
                if line.startswith(b"STAT cmd_get "):
                    return int(line.split()[2])
        raise SystemExit("memcached does not say what it counts")


LIGHTTPD = """
setup {{
	workers 1;
	module_load ({modules});
	{setup}
	listen "127.0.0.1:{port}";
	io.timeout 300;
}}
keepalive.timeout 300;
keepalive.requests 1000000000;
{actions}
"""


class Host:
    """An installation of lighttpd2, or the stand-in of the tests."""

    def __init__(self, stand_in):
        self.worker = os.environ.get("LIGHTTPD2_WORKER") or stand_in
        self.is_real = bool(os.environ.get("LIGHTTPD2_WORKER"))
        named = os.environ.get("LIGHTTPD2_MODULE_DIR")
        lib = Path(self.worker).resolve().parent.parent / "lib"
        found = [*lib.glob("lighttpd-*"), *lib.glob("*/lighttpd-*")] if self.is_real else []
        self.modules = Path(named) if named else next(iter(found), None)

    def folder(self, plugin):
        """A folder with the server's modules, and this plugin in place of its own."""
        folder = tempfile.mkdtemp(prefix="bench-modules-")
        for module in self.modules.glob("*.so") if self.modules else []:
            if "mod_memcached" not in module.name:
                os.symlink(module, os.path.join(folder, module.name))
        if plugin:
            os.symlink(plugin, os.path.join(folder, "libmod_memcached.so"))
        return folder


class Lighttpd(Process):
    """lighttpd2 with the plugin of a library, or without one."""

    def __init__(self, host, actions, plugin=None, setup="", wrapper=(), env=None):
        port = free_port()
        folder = host.folder(plugin)
        modules = ["mod_proxy"] + (["mod_memcached"] if plugin else [])
        conf = os.path.join(folder, "lighttpd2.conf")
        with open(conf, "w") as out:
            out.write(LIGHTTPD.format(modules=", ".join(f'"{name}"' for name in modules),
                                      setup=setup, port=port, actions=actions))
        super().__init__([*wrapper, host.worker, "-m", folder, "-c", conf], port, folder, env=env)


class Slices:
    """The generator of load, which is told what to do line by line."""

    def __init__(self, program):
        self.child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      text=True, bufsize=1)

    def __call__(self, *words):
        self.child.stdin.write(" ".join(map(str, words)) + "\n")
        answer = self.child.stdout.readline()
        if not answer:
            raise SystemExit(f"the load could not be made: {words}")
        return answer.split()

    def stop(self):
        self.child.stdin.close()
        self.child.wait()
