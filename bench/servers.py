"""The servers that are compared: memcached, lighttpd2 with a plugin, nginx."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

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

    def __init__(self, command, port, **options):
        self.port = port
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

    def rss_kb(self):
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(60)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


class Memcached(Process):
    def __init__(self):
        port = free_port()
        super().__init__(
            ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "1",
             "-m", "256", *user_options()],
            port,
        )

    def fill(self):
        """Stores what the cases ask for; values of nginx's srcache have headers."""
        with socket.create_connection(("127.0.0.1", self.port)) as conn:
            replies = conn.makefile("rb")
            small, big = b"x" * SMALL, b"x" * BIG
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
            items = {b"/hot": small, b"/big": big}
            items.update({b"/key/%d" % n: small for n in range(KEYS)})
            for key, value in items.items():
                for name, data in ((key, value), (b"srcache:" + key, head + value)):
                    conn.sendall(b"set %s 0 0 %d\r\n%s\r\n" % (name, len(data), data))
                    if replies.readline() != b"STORED\r\n":
                        raise SystemExit("memcached does not store")


LIGHTTPD = """
setup {{
	workers 1;
	{load}
	listen "127.0.0.1:{port}";
	io.timeout 300;
}}
keepalive.timeout 60;
keepalive.requests 1000000000;
{actions}
"""

LOOKUP = """
if req.path =^ "/down/" {{
	memcached.lookup (["server" => "127.0.0.1:{dead}"{more}], none, {{ respond 200 => "{small}"; }});
}} else {{
	memcached.lookup (["server" => "127.0.0.1:{memcached}"{more}], none, {{
		respond 200 => "{small}";
		memcached.store ["server" => "127.0.0.1:{memcached}"{more}];
	}});
}}
"""

BARE = """
if req.path =^ "/big" {{ respond 200 => "{big}"; }} else {{ respond 200 => "{small}"; }}
"""


class Lighttpd(Process):
    """lighttpd2 with the plugin of a folder, or without one."""

    def __init__(self, worker, modules, memcached_port, more="", wrapper=(), env=None, **options):
        self.folder = tempfile.mkdtemp(prefix="bench-")
        port, dead = free_port(), free_port()
        texts = {"dead": dead, "memcached": memcached_port, "more": more,
                 "small": "x" * SMALL, "big": "x" * BIG}
        actions = (LOOKUP if modules else BARE).format(**texts)
        load = 'module_load "mod_memcached";' if modules else ""
        conf = os.path.join(self.folder, "lighttpd2.conf")
        with open(conf, "w") as out:
            out.write(LIGHTTPD.format(load=load, port=port, actions=actions))
        command = [*wrapper, worker, "-m", modules or self.folder, "-c", conf]
        super().__init__(command, port, env=env, **options)

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


NGINX = """
{modules}
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log error;
events {{ worker_connections 4096; }}
http {{
	access_log off;
	keepalive_requests 1000000000;
	keepalive_timeout 60;
	client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
	uwsgi_temp_path {folder}; scgi_temp_path {folder};
	upstream cache {{ server 127.0.0.1:{memcached}; keepalive 64; }}
	server {{
		listen 127.0.0.1:{port};
		{locations}
	}}
}}
"""

PASS = """
location / { set $memcached_key $uri; memcached_pass cache; }
"""

SRCACHE = """
location / {
	set $key srcache:$uri;
	srcache_fetch GET /memc $key;
	srcache_store PUT /memc $key;
	root /nonexistent;
}
location = /memc { internal; set $memc_key $query_string; memc_pass cache; }
"""


class Nginx(Process):
    def __init__(self, locations, modules, memcached_port):
        self.folder = tempfile.mkdtemp(prefix="bench-")
        os.chmod(self.folder, 0o755)
        port = free_port()
        conf = os.path.join(self.folder, "nginx.conf")
        with open(conf, "w") as out:
            out.write(NGINX.format(
                modules="\n".join(f"load_module {path};" for path in modules),
                folder=self.folder, port=port, memcached=memcached_port, locations=locations))
        super().__init__(["nginx", "-p", self.folder, "-c", conf], port,
                         stderr=subprocess.DEVNULL)

    def stop(self):
        super().stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def srcache_modules():
    """The three modules of nginx that it takes, where they are installed."""
    folder = "/usr/lib/nginx/modules"
    names = ("ndk_http_module", "ngx_http_srcache_filter_module", "ngx_http_memc_module")
    found = [os.path.join(folder, name + ".so") for name in names]
    present = [path for path in found if os.path.exists(path)]
    wanted = [path for path in present if "ndk" not in path]
    return present if len(wanted) == 2 else []
