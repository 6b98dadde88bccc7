"""The plot: bars of the same figures that the table has."""

import datetime
from html import escape
from math import floor, log10

from report import mid, p50, per_cpu_second

WIDTH, LEFT, RIGHT, BAR, GAP, AXIS = 900, 250, 90, 14, 18, 30

OURS, BASE, OTHERS = "#1b9e77", "#999999", "#7570b3"


def color(name):
    if name.startswith(("near", "far", "lookup")):
        return OURS
    return BASE if name.startswith(("respond", "static", "proxy")) else OTHERS


def ticks(highest):
    """Round numbers from 0 to past the highest value, about five."""
    rough = highest / 5
    power = 10 ** floor(log10(rough))
    step = next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= rough)
    count = int(-(-highest // step))
    return [step * n for n in range(count + 1)]


def panel(title, results, value, y):
    """One case: a title, bars, and an axis below them."""
    values = [(result.subject, mid(result, value)) for result in results]
    marks = ticks(max(number for _, number in values))
    scale = (WIDTH - LEFT - RIGHT) / marks[-1]
    top = y + 20
    bottom = top + BAR * len(values) + 4
    out = [f'<text x="8" y="{y + 12}" font-weight="bold">{escape(title)}</text>']
    for mark in marks:
        x = LEFT + mark * scale
        out.append(f'<line x1="{x:.1f}" y1="{top - 2}" x2="{x:.1f}" y2="{bottom}" stroke="#dddddd"/>')
        out.append(f'<text x="{x:.1f}" y="{bottom + 13}" text-anchor="middle" fill="#555555">'
                   f"{mark:,.0f}</text>")
    for place, (name, number) in enumerate(values):
        at = top + BAR * place
        out.append(f'<text x="{LEFT - 6}" y="{at + 10}" text-anchor="end">{escape(name)}</text>')
        out.append(f'<rect x="{LEFT}" y="{at}" width="{number * scale:.1f}" height="{BAR - 3}" '
                   f'fill="{color(name)}"/>')
        out.append(f'<text x="{LEFT + number * scale + 4:.1f}" y="{at + 10}">{number:,.0f}</text>')
    out.append(f'<line x1="{LEFT}" y1="{bottom}" x2="{WIDTH - RIGHT}" y2="{bottom}" stroke="#555555"/>')
    return out, bottom + GAP + 14


def svg(table, heading):
    """Many clients: requests for a second of the server's CPU time. One client: the median
    response time."""
    parts, y = [], 44
    sections = (
        ("Requests per second of the server's CPU time (more is better)", per_cpu_second,
         [entry for entry in table if entry[0].clients > 1]),
        ("One client: median response time in microseconds (less is better)", p50,
         [entry for entry in table if entry[0].clients == 1]),
    )
    for title, value, entries in sections:
        if not entries:
            continue
        parts.append(f'<text x="8" y="{y + 12}" font-size="14">{title}</text>')
        y += AXIS
        for case, results in entries:
            lines, y = panel(f"{case.name}, {case.crowd}", results, value, y)
            parts += lines
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" '
            f'font-family="sans-serif" font-size="11">\n'
            f'<rect width="100%" height="100%" fill="#ffffff"/>\n'
            f'<text x="8" y="18" font-size="13">Medians, as in results.md</text>\n'
            f'<text x="8" y="34" fill="#555555">{datetime.date.today()}; {escape(heading)}</text>\n'
            + "\n".join(parts) + "\n</svg>\n")
