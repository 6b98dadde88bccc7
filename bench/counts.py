"""Counts that do not depend on how busy the machine is: system calls and
instructions per request."""

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

# Rounds of one request of each client, before and within the part that is counted.
CLIENTS, WARM, COUNTED = 64, 10, 20

# Everything is much slower under valgrind.
PATIENCE = ', "timeout_ms" => 60000'

# Paths that memcached has not seen.
FRESH = itertools.count()


def syscalls(case, subject, load):
    """Per request, of one server under strace."""
    with tempfile.NamedTemporaryFile("r") as out:
        pids = subject.server.pids()
        attach = [option for pid in pids for option in ("-p", str(pid))]
        strace = subprocess.Popen(["strace", "-f", "-c", "-o", out.name, *attach],
                                  stderr=subprocess.PIPE, text=True)
        for _ in pids:
            strace.stderr.readline()  # "Process N attached"
        sample = load.run(case, subject, 200)
        strace.send_signal(signal.SIGINT)
        strace.wait()
        total = 0
        for line in out:
            words = line.split()
            if len(words) >= 5 and words[0].replace(".", "").isdigit() and words[-1] != "total":
                total += int(words[3])
        return total / sample.requests


def paths(case):
    """Request paths of a case."""
    if case.kind == "keys":
        return (f"/key/{n % (CLIENTS * WARM)}" for n in itertools.count())
    if case.kind == "fresh":
        return (f"/counted/{next(FRESH)}" for _ in itertools.count())
    return itertools.repeat("/" + case.kind)


def read_response(stream):
    """Reads one response of known length to its end."""
    length = None
    while (line := stream.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    if length is None:
        raise SystemExit("a response without a length")
    stream.read(length)


def drive(server, socks, streams, queue, rounds):
    """In each round all clients ask at once and then all answers are read. The server is
    stopped meanwhile: how many requests it finds at once does not depend on how busy the
    machine is."""
    for _ in range(rounds):
        os.kill(server.pid, signal.SIGSTOP)
        for sock in socks:
            sock.sendall(f"GET {next(queue)} HTTP/1.1\r\nHost: bench.test\r\n\r\n".encode())
        os.kill(server.pid, signal.SIGCONT)
        for stream in streams:
            read_response(stream)


def instructions(case, subject):
    """User-space instructions per request, or nothing if it cannot be told."""
    # Each takes long; of 60 kB only that these cost no more is of interest.
    is_wanted = case.kind != "big" or subject.name in ("respond", "near, environment off")
    is_same = subject.name in ("respond, once more", "static")
    if not subject.again or is_same or not is_wanted or not shutil.which("valgrind"):
        return None
    folder = tempfile.mkdtemp(prefix="bench-")
    profile = os.path.join(folder, "profile")
    wrapper = ["valgrind", "--tool=callgrind", f"--log-file={folder}/log",
               f"--callgrind-out-file={profile}"]
    patience = "" if subject.name == "C plugin" else PATIENCE
    server = subject.again(wrapper, dict(os.environ), patience)
    try:
        socks = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(CLIENTS)]
        streams = [sock.makefile("rb") for sock in socks]
        queue = paths(case)
        drive(server, socks, streams, queue, WARM)
        control(server, "--zero")
        drive(server, socks, streams, queue, COUNTED)
        control(server, "--dump")
        with open(f"{profile}.1") as text:
            total = re.search(r"^(?:totals|summary): (\d+)", text.read(), re.M)
        return int(total.group(1)) / (COUNTED * CLIENTS)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def control(server, what):
    subprocess.run(["callgrind_control", what, str(server.pid)], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
