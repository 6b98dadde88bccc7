#!/usr/bin/env python3
"""Compares the plugin with what the server costs alone, with another plugin, and with what a
user would pick instead, in turn and in one run. `make bench` calls it; docs/benchmarks.md says
what it measures."""

import argparse
import os
import shutil
import sys
from dataclasses import dataclass, field

import counts
import plot
import report
import servers
import subjects as all_subjects
from load import CASES, Load, Sample, machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STAND_IN = os.path.join(ROOT, "target/host/lighttpd2-worker")


@dataclass
class Result:
    """What one subject did in one case."""

    subject: str
    samples: list[Sample] = field(default_factory=list)
    syscalls: float | None = None
    instructions: float | None = None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=40, help="slices of each subject and case")
    parser.add_argument("--millis", type=int, default=60, help="milliseconds of a slice")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--subject", default="",
                        help="beside `respond` only subjects whose name contains this")
    parser.add_argument("--no-counts", action="store_true",
                        help="leave out system calls and instructions")
    parser.add_argument("--out", default=os.path.join(ROOT, "target/bench"),
                        help="folder for results.md and results.svg")
    parser.add_argument("--plugin", default=os.path.join(ROOT, "target/release/libmod_memcached.so"))
    parser.add_argument("--slices", default=os.path.join(ROOT, "target/release/examples/slices"),
                        help="the program that makes the load")
    return parser.parse_args()


def measure(case, taking, load, options):
    """All slices of one case, subjects in turn, each time in the other direction."""
    results = {subject: Result(subject.name) for subject in taking}
    for subject in taking:
        load.open(subject, case.clients)
    # One that does not count, as the first after the connections were made.
    for subject in taking:
        load.run(case, subject)
    for turn in range(options.turns):
        for subject in taking if turn % 2 else reversed(taking):
            results[subject].samples.append(load.run(case, subject))
    if case.clients == 64 and not options.no_counts:
        for subject in taking:
            if shutil.which("strace"):
                results[subject].syscalls = counts.syscalls(case, subject, load)
            results[subject].instructions = counts.instructions(case, subject)
    for subject in taking:
        load.close(subject)
    return list(results.values())


def wanted(case, options):
    return options.case in f"{case.name}, {case.crowd}"


def takes(subject, case, options):
    is_wanted = subject.name == report.REFERENCE or options.subject in subject.name
    return case.kind in subject.kinds and is_wanted


def write(options, table, heading):
    os.makedirs(options.out, exist_ok=True)
    texts = {"results.md": report.markdown(table, heading), "results.svg": plot.svg(table, heading)}
    for name, text in texts.items():
        with open(os.path.join(options.out, name), "w") as out:
            out.write(text)


def main():
    options = arguments()
    host = servers.Host(STAND_IN)
    server = "lighttpd2" if host.is_real else "the tests' stand-in for lighttpd2"
    heading = (f"{machine()}; {server}, 1 worker; {options.turns} turns of slices of "
               f"{options.millis} ms.")
    started = []
    try:
        memcached = servers.Memcached()
        started.append(memcached)
        memcached.fill()
        origin = all_subjects.backend(host)
        started.append(origin)
        slices = servers.Slices(options.slices)
        started.append(slices)
        load = Load(slices, memcached, options.millis)
        subjects = all_subjects.start(host, os.path.abspath(options.plugin), memcached, origin, started)
        for subject in subjects:
            load.warm(subject)
        table = []
        for case in (case for case in CASES if wanted(case, options)):
            print(f"{case.name}, {case.crowd}", file=sys.stderr, flush=True)
            taking = [subject for subject in subjects if takes(subject, case, options)]
            table.append((case, measure(case, taking, load, options)))
            write(options, table, heading)
    finally:
        for server in reversed(started):
            server.stop()
    with open(os.path.join(options.out, "results.md")) as text:
        print(text.read())


if __name__ == "__main__":
    main()
