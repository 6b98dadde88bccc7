"""Load by wrk, what it measured, and the CPU time that servers spent on it."""

import os
import subprocess
import tempfile
from dataclasses import dataclass

from servers import KEYS

SCRIPT = """
local kind, first = "%s", %d
local n = first
if kind == "keys" then
  local list = {}
  init = function()
    for i = 0, %d do list[i] = wrk.format("GET", "/key/" .. i) end
  end
  request = function() n = (n + 1) %% %d; return list[n] end
elseif kind == "fresh" then
  request = function() n = n + 1; return wrk.format("GET", "/fresh/" .. n) end
end
local bad = 0
response = nil
done = function(summary, latency)
  io.write(string.format("RESULT %%d %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Case:
    """A kind of request and a number of clients."""

    name: str
    path: str
    clients: int
    kind: str = "one"


CASES = [
    Case("hot key, 1 kB", "/hot", 1),
    Case("hot key, 1 kB", "/hot", 64),
    Case("hot key, 1 kB", "/hot", 512),
    Case("10,000 keys, 1 kB", "/", 1, "keys"),
    Case("10,000 keys, 1 kB", "/", 64, "keys"),
    Case("10,000 keys, 1 kB", "/", 512, "keys"),
    Case("hot key, 60 kB", "/big", 64),
    Case("misses with store, 1 kB", "/", 64, "fresh"),
    Case("memcached down", "/down/x", 64),
]


@dataclass
class Sample:
    """One run of wrk."""

    requests: int
    rate: float
    p50_us: int
    p99_us: int
    worker_us: float
    memcached_us: float


class Load:
    """Runs wrk; requests that must be new to memcached are numbered through."""

    def __init__(self):
        self.next_fresh = 0

    def run(self, case, server, memcached, secs):
        """One run. One in which requests timed out is done again: so much
        happens only where something else keeps the machine busy."""
        for _ in range(3):
            sample, errors = self.attempt(case, server, memcached, secs)
            if not errors:
                return sample
        raise SystemExit(f"{case}: {errors} errors")

    def attempt(self, case, server, memcached, secs):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(SCRIPT % (case.kind, self.next_fresh, KEYS - 1, KEYS))
            script.flush()
            before = server.cpu_ns(), memcached.cpu_ns()
            wrk = subprocess.run(
                ["wrk", "-t", "1", "-c", str(case.clients), "-d", f"{secs}s", "--timeout", "10s",
                 "-s", script.name, f"http://127.0.0.1:{server.port}{case.path}"],
                check=True, capture_output=True, text=True)
            after = server.cpu_ns(), memcached.cpu_ns()
        line = next(l for l in wrk.stdout.splitlines() if l.startswith("RESULT"))
        requests, micros, p50, p99, bad, errors = map(int, line.split()[1:])
        if bad:
            raise SystemExit(f"{case}: {bad} wrong answers\n{wrk.stdout}")
        if case.kind == "fresh":
            self.next_fresh += requests + 1_000_000
        worker, cache = (((b - a) / 1000) / max(requests, 1) for a, b in zip(before, after))
        return Sample(requests, requests * 1e6 / micros, p50, p99, worker, cache), errors


def machine():
    """What the figures were measured on."""
    model = "unknown processor"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} CPUs, Linux {os.uname().release}"
