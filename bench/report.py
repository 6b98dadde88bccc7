"""The table and the plot."""

import datetime
from html import escape
from statistics import median

COLORS = {
    "respond alone": "#999999",
    "baseline plugin": "#d95f02",
    "this plugin": "#1b9e77",
    "without environment": "#66a61e",
    "nginx memcached_pass": "#7570b3",
    "nginx srcache": "#a6761d",
}


def mid(result, field):
    return median(getattr(sample, field) for sample in result.samples)


def cpu(result):
    return median(sample.worker_us + sample.memcached_us for sample in result.samples)


def ratio(result, baseline):
    """CPU of worker and memcached to the baseline's, run by run: what the
    machine did to one run it mostly did to its neighbour too."""
    pairs = zip(result.samples, baseline.samples)
    return median((a.worker_us + a.memcached_us) / (b.worker_us + b.memcached_us)
                  for a, b in pairs)


def row(result, baseline):
    rates = [sample.rate for sample in result.samples]
    cells = [
        result.subject,
        f"{median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})",
        f"{mid(result, 'p50_us'):,.0f} / {mid(result, 'p99_us'):,.0f}",
        f"{mid(result, 'worker_us'):.1f} + {mid(result, 'memcached_us'):.1f}",
        f"{ratio(result, baseline):.2f}" if baseline else "",
        "" if result.syscalls is None else f"{sum(result.syscalls.values()):.2f}",
        "" if result.instructions is None else f"{result.instructions:,.0f}",
        "" if result.allocations is None else f"{result.allocations:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| | requests/s (spread) | p50 / p99, us | CPU us: worker + memcached | CPU to baseline "
    "| system calls | instructions | allocations |\n|---|---|---|---|---|---|---|---|"
)


def markdown(table, heading, idle, loaded):
    lines = [f"Measured on {datetime.date.today()}: {heading}", "",
             "All figures but the first two columns are per request.", ""]
    for case, results in table:
        clients = "1 client" if case.clients == 1 else f"{case.clients} clients"
        baseline = next((r for r in results if r.subject == "baseline plugin"), None)
        lines += [f"**{case.name}, {clients}**", "", HEAD]
        lines += [row(result, baseline) for result in results]
        lines.append("")
    lines += ["| memory of the server process, kB | before the load | after it |", "|---|---|---|"]
    lines += [f"| {name} | {idle[name]:,} | {loaded[name]:,} |" for name in idle]
    return "\n".join(lines) + "\n"


BAR, GAP, LEFT, WIDTH = 13, 16, 210, 860


def svg(table, heading):
    """CPU per request: the worker's part in full colour, memcached's paler."""
    highest = max(cpu(result) for _, results in table for result in results)
    scale = (WIDTH - LEFT - 60) / highest
    body, y = [], 58
    for case, results in table:
        clients = "1 client" if case.clients == 1 else f"{case.clients} clients"
        middle = y + BAR * len(results) / 2 + 4
        body.append(f'<text x="{LEFT - 8}" y="{middle:.0f}" text-anchor="end">'
                    f"{escape(case.name)}, {clients}</text>")
        for result in results:
            color = COLORS[result.subject]
            worker, cache = mid(result, "worker_us") * scale, mid(result, "memcached_us") * scale
            body.append(f'<rect x="{LEFT}" y="{y}" width="{worker:.1f}" height="{BAR - 2}" fill="{color}"/>')
            body.append(f'<rect x="{LEFT + worker:.1f}" y="{y}" width="{cache:.1f}" height="{BAR - 2}" '
                        f'fill="{color}" fill-opacity="0.45"/>')
            body.append(f'<text x="{LEFT + worker + cache + 4:.1f}" y="{y + BAR - 3}">{cpu(result):.1f}</text>')
            y += BAR
        y += GAP
    legend, x = [], 8
    for name in dict.fromkeys(result.subject for _, results in table for result in results):
        legend.append(f'<rect x="{x}" y="34" width="10" height="10" fill="{COLORS[name]}"/>'
                      f'<text x="{x + 14}" y="43">{escape(name)}</text>')
        x += 34 + 7 * len(name)
    title = "CPU per request in us: worker, and paler memcached"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 8}" '
            f'font-family="sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
            f'<text x="8" y="14" font-size="13">{title}</text>\n'
            f'<text x="8" y="28" fill="#555555">{datetime.date.today()}; {escape(heading)}</text>\n'
            + "\n".join(legend + body) + "\n</svg>\n")
