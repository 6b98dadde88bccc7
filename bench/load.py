"""Slices of load, what they showed, and the CPU time that servers spent on them."""

import os
from dataclasses import dataclass

from servers import BIG, KEYS, SMALL


@dataclass(frozen=True)
class Case:
    """A kind of request and a number of clients."""

    kind: str
    clients: int

    @property
    def name(self):
        pages = {"hot": "1 kB, hot key", "keys": "1 kB, 10,000 keys, Zipf",
                 "big": "60 kB, hot key", "fresh": "1 kB, misses"}
        return pages[self.kind]

    @property
    def crowd(self):
        return "1 client" if self.clients == 1 else f"{self.clients} clients"

    @property
    def length(self):
        return BIG if self.kind == "big" else SMALL


CASES = [
    Case("hot", 64), Case("keys", 64), Case("big", 64),
    Case("hot", 512), Case("keys", 512), Case("big", 512),
    Case("fresh", 64),
    Case("hot", 1), Case("keys", 1), Case("big", 1),
]


@dataclass
class Sample:
    """One slice."""

    requests: int
    rate: float
    p50_us: int
    p99_us: int
    # CPU time of the server for one request, and that of memcached.
    server_us: float
    memcached_us: float
    # Items that memcached was asked for, for one request.
    asked: float


class Load:
    """Asks one server at a time."""

    def __init__(self, slices, memcached, millis):
        self.slices = slices
        self.memcached = memcached
        self.millis = millis
        # Pages that no server has seen yet.
        self.fresh = 0
        self.seed = 0
        self.numbers = {}

    def number(self, subject):
        """Names its connections."""
        return self.numbers.setdefault(subject.name, len(self.numbers))

    def open(self, subject, clients):
        self.slices("open", self.number(subject), subject.server.port, clients)

    def close(self, subject):
        self.slices("close", self.number(subject))

    def warm(self, subject):
        """Has everything that is going to be asked for put where it belongs. A server under
        another name is asked for the same by others before."""
        self.open(subject, 16)
        name = self.number(subject)
        for kind, path in (("hot", "/hot"), ("big", "/big")):
            if kind in subject.kinds:
                length = Case(kind, 1).length
                for _ in range(2):
                    self.slices("slice", name, 20, length, "one", path)
        if "keys" in subject.kinds:
            self.slices("all", name, SMALL, "/key/", KEYS)
        self.close(subject)

    def pages(self, case):
        if case.kind == "keys":
            self.seed += 1
            return ("zipf", "/key/", KEYS, self.seed * 7919)
        if case.kind == "fresh":
            self.fresh += 1_000_000
            return ("fresh", "/fresh/", self.fresh)
        return ("one", "/" + case.kind)

    def run(self, case, subject, millis=None):
        """One slice."""
        server, memcached = subject.server, self.memcached
        gets = memcached.gets()
        before = server.cpu_ns(), memcached.cpu_ns()
        answer = self.slices("slice", self.number(subject), millis or self.millis, case.length,
                             *self.pages(case))
        after = server.cpu_ns(), memcached.cpu_ns()
        requests, micros, p50, p99 = map(int, answer)
        own, cache = (((b - a) / 1000) / requests for a, b in zip(before, after))
        asked = (memcached.gets() - gets) / requests
        return Sample(requests, requests * 1e6 / micros, p50, p99, own, cache, asked)


def machine():
    """What the figures were measured on."""
    model = "unknown processor"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} CPUs, Linux {os.uname().release}"
