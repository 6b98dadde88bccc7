#!/usr/bin/env python3
"""Compares the plugin with another one, with what the server costs alone, and
with nginx, in turn and in one run. `make bench` calls it; docs/benchmarks.md
says what it measures."""

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field

import counts
import report
import servers
from load import CASES, Load, Sample, machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = ("this plugin", "without environment")
STAND_IN = os.path.join(ROOT, "target/host/lighttpd2-worker")


@dataclass
class Subject:
    """Something to be measured, and what it can do."""

    name: str
    server: servers.Process
    kinds: tuple = ("one", "keys", "fresh", "down")
    prefix: str = ""
    # Folder of modules, where it is lighttpd2; `None` without the plugin.
    modules: str | None = None
    # Options that it has and others have not.
    more: str = ""
    is_lighttpd: bool = True

    def takes(self, case):
        return ("down" if case.path.startswith("/down") else case.kind) in self.kinds


@dataclass
class Result:
    """What one subject did in one case."""

    subject: str
    samples: list[Sample] = field(default_factory=list)
    syscalls: dict[str, float] | None = None
    instructions: float | None = None
    allocations: float | None = None


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each subject and case")
    parser.add_argument("--secs", type=int, default=2, help="seconds of one run")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--no-counts", action="store_true",
                        help="leave out system calls, instructions and allocations")
    parser.add_argument("--out", default=os.path.join(ROOT, "target/bench"),
                        help="folder for results.md and results.svg")
    parser.add_argument("--plugin", default=os.path.join(ROOT, "target/release/libmod_memcached.so"))
    return parser.parse_args()


def start_subjects(worker, plugin_folder, memcached):
    """Everything that there is here to be compared."""
    subjects = []

    def lighttpd(name, modules, more=""):
        server = servers.Lighttpd(worker, modules, memcached.port, more)
        subjects.append(Subject(name, server, modules=modules, more=more))

    lighttpd("respond alone", None)
    baseline = os.environ.get("BASELINE_MODULE_DIR")
    if baseline:
        lighttpd("baseline plugin", baseline)
    lighttpd("this plugin", plugin_folder)
    lighttpd("without environment", plugin_folder, ', "environment" => false')
    if shutil.which("nginx"):
        server = servers.Nginx(servers.PASS, [], memcached.port)
        subjects.append(Subject("nginx memcached_pass", server, ("one", "keys"), is_lighttpd=False))
        modules = servers.srcache_modules()
        if modules:
            server = servers.Nginx(servers.SRCACHE, modules, memcached.port)
            subjects.append(Subject("nginx srcache", server, ("one", "keys"), is_lighttpd=False))
    return subjects


def measure(options, subjects, memcached, worker, table, show):
    load = Load()
    for case in (case for case in CASES if options.case in case.name):
        print(f"{case.name}, {case.clients} clients", file=sys.stderr, flush=True)
        taking = [subject for subject in subjects if subject.takes(case)]
        results = {subject.name: Result(subject.name) for subject in taking}
        for _ in range(options.rounds):
            for subject in taking:
                sample = load.run(case, subject.server, memcached, options.secs)
                results[subject.name].samples.append(sample)
        if not options.no_counts:
            for subject in taking:
                count(case, subject, results[subject.name], memcached, worker, load)
        table.append((case, list(results.values())))
        show()


def count(case, subject, result, memcached, worker, load):
    if shutil.which("strace"):
        result.syscalls = counts.syscalls(case, subject.server, memcached, load, 1)
    # The number of clients makes little difference to these, and each takes long.
    if case.clients == 64 and subject.is_lighttpd and shutil.which("valgrind"):
        # Everything is much slower there.
        patience = ', "timeout_ms" => 60000' if subject.name in OURS else ""
        what = (worker, subject.modules, memcached, case, subject.more + patience)
        result.instructions = counts.instructions(*what)
        result.allocations = counts.allocations(*what)


def main():
    options = arguments()
    worker = os.environ.get("LIGHTTPD2_WORKER") or STAND_IN
    folder = tempfile.mkdtemp(prefix="bench-")
    os.symlink(os.path.abspath(options.plugin), os.path.join(folder, "libmod_memcached.so"))
    host = "lighttpd2" if os.environ.get("LIGHTTPD2_WORKER") else "the tests' stand-in for lighttpd2"
    heading = f"{machine()}; {host}, 1 worker; {options.rounds} runs of {options.secs} s each."
    os.makedirs(options.out, exist_ok=True)
    memcached = servers.Memcached()
    started = [memcached]
    try:
        memcached.fill()
        subjects = start_subjects(worker, folder, memcached)
        started += [subject.server for subject in subjects]
        idle = {s.name: s.server.rss_kb() for s in subjects if s.is_lighttpd}
        table = []

        def show():
            """Writes what there is, after each case."""
            loaded = {s.name: s.server.rss_kb() for s in subjects if s.is_lighttpd}
            write(options, report.markdown(table, heading, idle, loaded),
                  report.svg(table, heading))

        measure(options, subjects, memcached, worker, table, show)
    finally:
        for server in started:
            server.stop()
        shutil.rmtree(folder)
    with open(os.path.join(options.out, "results.md")) as text:
        print(text.read())


def write(options, markdown, svg):
    for name, text in (("results.md", markdown), ("results.svg", svg)):
        with open(os.path.join(options.out, name), "w") as out:
            out.write(text)


if __name__ == "__main__":
    main()
