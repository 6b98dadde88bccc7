"""The table."""

import datetime
from statistics import median, quantiles

# What others are compared with, in the same turn.
REFERENCE = "respond"


def spread(values):
    """The middle, and between what 80 of 100 values are."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    tenths = quantiles(values, n=10, method="inclusive")
    return median(values), tenths[0], tenths[-1]


def ratios(result, reference, value):
    """Within each turn: what the machine did to one slice it mostly did to the next too."""
    return [value(a) / value(b) for a, b in zip(result.samples, reference.samples)]


def rate(sample):
    return sample.rate


def per_cpu_second(sample):
    """Requests for a second of the server's own CPU time."""
    return 1e6 / sample.server_us


def p50(sample):
    return sample.p50_us


def mid(result, value):
    return median(map(value, result.samples))


def with_spread(values, form):
    middle, low, high = (format(value, form) for value in spread(values))
    return f"{middle} ({low} to {high})"


HEAD = (
    "| | requests/s | to `respond` | requests per CPU second | to `respond` | CPU us: server + "
    "memcached | p50 / p99, us | asked | system calls | instructions |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def row(result, reference):
    def to_reference(value):
        if not reference:
            return ""
        return with_spread(ratios(result, reference, value), ".2f")

    samples = result.samples
    cells = [
        result.subject,
        with_spread([s.rate for s in samples], ",.0f"),
        to_reference(rate),
        with_spread([per_cpu_second(s) for s in samples], ",.0f"),
        to_reference(per_cpu_second),
        f"{mid(result, lambda s: s.server_us):.1f} + {mid(result, lambda s: s.memcached_us):.1f}",
        f"{mid(result, p50):,.0f} / {mid(result, lambda s: s.p99_us):,.0f}",
        f"{mid(result, lambda s: s.asked):.3f}",
        "" if result.syscalls is None else f"{result.syscalls:.2f}",
        "" if result.instructions is None else f"{result.instructions:,.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def section(case, results):
    reference = next((r for r in results if r.subject in (REFERENCE, "proxy")), None)
    name = f"**{case.name}, {case.crowd}**"
    if reference and reference.subject != REFERENCE:
        name += f" (in place of `respond`: `{reference.subject}`)"
    return [name, "", HEAD, *(row(result, reference) for result in results), ""]


def markdown(table, heading):
    lines = [f"Measured on {datetime.date.today()}: {heading}", "",
             "Medians, and between what 80 of 100 slices are. Ratios are medians of those within "
             "a turn; what those of *respond, once more* are beside 1 is chance. CPU time is for "
             "one request, of all threads; *asked* is how many items memcached was asked for.", ""]
    one = [entry for entry in table if entry[0].clients == 1]
    for case, results in (entry for entry in table if entry not in one):
        lines += section(case, results)
    if one:
        lines += ["## One client", "",
                  "Each request wakes the client, the server and perhaps memcached in turn; that "
                  "is most of the time.", ""]
        for case, results in one:
            lines += section(case, results)
    return "\n".join(lines)
