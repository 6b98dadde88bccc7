"""Counts results, and compares them with what was recorded."""

import collections

PASSED = ("pass", "yes")
# Those whose results are shown, as the suite names them.
SHOWN = ("nginx", "Varnish", "httpd", "Squid", "ATS", "nuster")

Counts = collections.namedtuple("Counts", "passed failed others")


def count(results):
    """Of a test that informs only, `yes` is a pass and `no` is no failure."""
    results = list(results)
    passed = sum(result in PASSED for result in results)
    failed = sum(result == "fail" for result in results)
    return Counts(passed, failed, len(results) - passed - failed)


def all_tests(outcome):
    return [test for section in outcome["sections"] for test in section["tests"]]


def passing(outcome):
    return sorted(test["id"] for test in all_tests(outcome) if test["result"] in PASSED)


def failing(outcome):
    """Required tests that failed, with the suite's words."""
    return [(test["id"], test["message"]) for test in all_tests(outcome)
            if test["result"] == "fail"]


def merge(first, second):
    """The first outcome, with what passed in the second."""
    better = {test["id"]: test for test in all_tests(second) if test["result"] in PASSED}
    sections = [{**section, "tests": [better.get(test["id"], test) for test in section["tests"]]}
                for section in first["sections"]]
    return {**first, "sections": sections}


def table(outcome):
    """Rows of cells: the head, the sections, the sum."""
    columns = [(other["name"], index) for name in SHOWN
               for index, other in enumerate(outcome["others"]) if other["name"] == name]

    def cells(tests):
        own = count(test["result"] for test in tests)
        return [own, *(count(test["others"][index] for test in tests) for _, index in columns)]

    rows = [(section["name"], cells(section["tests"])) for section in outcome["sections"]]
    rows.append(("all", cells(all_tests(outcome))))
    head = ["section", "this plugin", *(name for name, _ in columns)]
    return [head, *([name, *(" / ".join(map(str, cell)) for cell in row)] for name, row in rows)]


def plain(rows):
    """A table for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def markdown(rows):
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|---" * len(rows[0]) + "|", *rest])


def document(outcome, host):
    """The generated part of docs/conformance.md."""
    versions = {other["name"]: other["version"] for other in outcome["others"]}
    shown = ", ".join(f"{name} {versions[name]}" for name in SHOWN if name in versions)
    failed = ", ".join(f"`{name}`" for name, _ in failing(outcome))
    return (f"Version {outcome['version']} of the suite, on {host}; the others as the suite "
            f"ships their results: {shown}.\n\n{markdown(table(outcome))}\n\n"
            f"Required tests that fail: {failed or 'none'}.\n")
