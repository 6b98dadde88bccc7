"""Counts that do not depend on how busy the machine is: system calls,
instructions and allocations per request."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from servers import KEYS, Lighttpd

# Requests before and within the part that is counted.
WARM, COUNTED = 640, 1280

# Paths that memcached has not seen.
FRESH = itertools.count()


def syscalls(case, server, memcached, load, secs):
    """Per request, by name, of one server under strace."""
    with tempfile.NamedTemporaryFile("r") as out:
        pids = server.pids()
        attach = [option for pid in pids for option in ("-p", str(pid))]
        strace = subprocess.Popen(["strace", "-f", "-c", "-o", out.name, *attach],
                                  stderr=subprocess.PIPE, text=True)
        for _ in pids:
            strace.stderr.readline()  # "Process N attached"
        sample = load.run(case, server, memcached, secs)
        strace.send_signal(signal.SIGINT)
        strace.wait()
        counts = {}
        for line in out:
            words = line.split()
            if len(words) >= 5 and words[0].replace(".", "").isdigit() and words[-1] != "total":
                counts[words[-1]] = int(words[3]) / sample.requests
    return counts


def paths(case, count):
    """The first `count` request paths of a case."""
    if case.kind == "one":
        return [case.path] * count
    if case.kind == "keys":
        return [f"/key/{n % KEYS}" for n in range(count)]
    return [f"/counted/{next(FRESH)}" for _ in range(count)]


def read_response(stream):
    """Reads one response of known length to its end."""
    length = None
    while (line := stream.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if length is None:
        raise SystemExit("a response without a length")
    stream.read(length)


def drive(port, case, rounds):
    """In each round all clients ask at once and then all answers are read."""
    socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(case.clients)]
    streams = [sock.makefile("rb") for sock in socks]
    queue = iter(paths(case, rounds * len(socks)))
    for _ in range(rounds):
        for sock in socks:
            sock.sendall(f"GET {next(queue)} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
        for stream in streams:
            read_response(stream)
    for sock in socks:
        sock.close()


def under_valgrind(tool, pattern, worker, modules, memcached, case, more=""):
    """A total of valgrind's per request: the difference of two runs."""
    totals = []
    warm, counted = (max(count // case.clients, 1) for count in (WARM, COUNTED))
    for rounds in (warm, warm + counted):
        folder = tempfile.mkdtemp(prefix="bench-")
        log = os.path.join(folder, "log")
        wrapper = ["valgrind", *tool, f"--log-file={log}"]
        if "--tool=callgrind" in tool:
            wrapper.append(f"--callgrind-out-file={folder}/out")
        env = dict(os.environ)
        if "--tool=memcheck" in tool:
            # GLib's own pools would hide allocations from the count.
            env["G_SLICE"] = "always-malloc"
        server = Lighttpd(worker, modules, memcached.port, more, wrapper, env)
        try:
            drive(server.port, case, rounds)
        finally:
            server.stop()
        with open(log) as text:
            found = re.search(pattern, text.read())
        shutil.rmtree(folder)
        if not found:
            raise SystemExit(f"valgrind gave no total: {tool}")
        totals.append(int(found.group(1).replace(",", "")))
    return (totals[1] - totals[0]) / (counted * case.clients)


def instructions(*args):
    """User-space instructions per request."""
    return under_valgrind(["--tool=callgrind"], r"Collected : (\d+)", *args)


def allocations(*args):
    """Calls of malloc and its kin per request."""
    tool = ["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"]
    return under_valgrind(tool, r"total heap usage: ([\d,]+) allocs", *args)
