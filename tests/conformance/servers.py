"""What the suite runs against: memcached, the suite's origin, a lighttpd2 worker."""

import contextlib
import os
import pathlib
import shutil
import socket
import string
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PATIENCE = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def process(command, **options):
    """A program that runs as long as the block does."""
    child = subprocess.Popen(command, **options)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def await_port(child, port):
    """Waits until a program listens."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if child.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{child.args[0]} does not listen") from None
            time.sleep(0.02)


@contextlib.contextmanager
def memcached():
    """Gives its port."""
    port = free_port()
    # It does not run as root unless it is told whom to become.
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    command = ["memcached", "-l", "127.0.0.1", "-p", str(port), "-U", "0", *user]
    with process(command) as child:
        await_port(child, port)
        yield port


@contextlib.contextmanager
def origin(suite):
    """Gives its port."""
    command = ["node", str(HERE / "origin.mjs"), str(suite)]
    with process(command, stdout=subprocess.PIPE, text=True) as child:
        port = child.stdout.readline()
        if not port:
            raise SystemExit("the suite's origin does not start")
        yield int(port)


def modules_of(worker):
    """The folder of a real server's modules; the stand-in has none."""
    if given := os.environ.get("LIGHTTPD2_MODULE_DIR"):
        return pathlib.Path(given)
    found = sorted(pathlib.Path(worker).parent.parent.glob("lib*/**/lighttpd-*"))
    return next((path for path in found if path.is_dir()), None)


@contextlib.contextmanager
def lighttpd(config, **ports):
    """A worker with the plugin: the real one if LIGHTTPD2_WORKER names it, else the
    stand-in. Gives its port."""
    port = free_port()
    real = os.environ.get("LIGHTTPD2_WORKER")
    worker = real or ROOT / "target/host/lighttpd2-worker"
    plugin = ROOT / os.environ.get("MOD_MEMCACHED_SO", "target/release/libmod_memcached.so")
    if not plugin.exists():
        raise SystemExit(f"{plugin}: no such file; run `make build` first")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="conformance-"))
    try:
        modules = folder / "modules"
        modules.mkdir()
        others = modules_of(worker) if real else None
        for module in others.iterdir() if others else ():
            if "mod_memcached" not in module.name:
                (modules / module.name).symlink_to(module)
        (modules / "libmod_memcached.so").symlink_to(plugin)
        text = string.Template(pathlib.Path(config).read_text())
        conf = folder / "lighttpd2.conf"
        conf.write_text(text.substitute(PORT=port, **ports))
        log = folder / "log"
        with log.open("wb") as out:
            command = [str(worker), "-m", str(modules), "-c", str(conf)]
            with process(command, stdout=out, stderr=out) as child:
                try:
                    await_port(child, port)
                except SystemExit as error:
                    raise SystemExit(f"{error}:\n{log.read_text()}") from None
                yield port
                if child.poll() is not None:
                    raise SystemExit(f"the server ended:\n{log.read_text()}")
    finally:
        shutil.rmtree(folder)
