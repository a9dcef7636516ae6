# SPDX-License-Identifier: MIT
"""Plots as SVG, without libraries: panels side by side, lines, a logarithmic y.

The colours are readable on light and on dark ground; which one it is the
reader's program says (prefers-color-scheme).
"""

import math
from html import escape

STYLE = """\
text { font: 12px sans-serif; fill: #222 }
.title { font-weight: bold; font-size: 14px }
.ground { fill: #fff }
.grid { stroke: #ddd; stroke-width: 1 }
.axis { stroke: #666; stroke-width: 1; fill: none }
.line { fill: none; stroke-width: 2 }
.c0 { stroke: #1b6ac9; fill: #1b6ac9 } .c1 { stroke: #c2410c; fill: #c2410c }
.c2 { stroke: #15803d; fill: #15803d } .c3 { stroke: #9333ea; fill: #9333ea }
.c4 { stroke: #a16207; fill: #a16207 }
.line { fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #ddd } .ground { fill: #16181c } .grid { stroke: #363a42 }
.axis { stroke: #999 }
.c0 { stroke: #6db3ff; fill: #6db3ff } .c1 { stroke: #ff9d6c; fill: #ff9d6c }
.c2 { stroke: #5fd38d; fill: #5fd38d } .c3 { stroke: #c99bff; fill: #c99bff }
.c4 { stroke: #e0b64a; fill: #e0b64a }
.line { fill: none }
}
"""

WIDTH, HEIGHT = 420, 300            # of a panel's inside
LEFT, TOP, BETWEEN = 76, 44, 84
LEGEND_LINE = 18


class Panel:
    """One pair of axes: the same places on x for all series."""

    def __init__(self, title, x_name, y_name, ticks, series):
        self.title, self.x_name, self.y_name = title, x_name, y_name
        self.ticks = ticks
        self.series = series        # pairs of a name and its values
        # what did not happen once in its second has no place on the scale
        values = [v for _, line in series for v in line if v > 0]
        self.low = math.floor(math.log10(min(values)))
        self.high = math.ceil(math.log10(max(values)))
        self.high += self.high == self.low

    def x(self, at):
        return at * WIDTH / (len(self.ticks) - 1)

    def y(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return HEIGHT * (1 - share)

    def axes(self):
        out = [f'<text class="title" x="0" y="-20">{escape(self.title)}</text>']
        for power in range(self.low, self.high + 1):
            y = self.y(10.0 ** power)
            out.append(f'<path class="grid" d="M0 {y:.1f}H{WIDTH}"/>'
                       f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">'
                       f"{10.0 ** power:,.0f}</text>")
        for at, tick in enumerate(self.ticks):
            out.append(f'<path class="grid" d="M{self.x(at):.1f} 0V{HEIGHT}"/>'
                       f'<text x="{self.x(at):.1f}" y="{HEIGHT + 18}" '
                       f'text-anchor="middle">{escape(tick)}</text>')
        out.append(f'<path class="axis" d="M0 0V{HEIGHT}H{WIDTH}"/>'
                   f'<text x="{WIDTH / 2}" y="{HEIGHT + 38}" '
                   f'text-anchor="middle">{escape(self.x_name)}</text>'
                   f'<text transform="translate(-62 {HEIGHT / 2}) rotate(-90)" '
                   f'text-anchor="middle">{escape(self.y_name)}</text>')
        return out

    def lines(self):
        out = []
        for n, (_, values) in enumerate(self.series):
            points = [(self.x(at), self.y(v)) for at, v in enumerate(values)
                      if v > 0]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            out.append(f'<polyline class="line c{n}" points="{path}"/>')
            out += [f'<circle class="c{n}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
                    for x, y in points]
        return out

    def legend(self):
        out = []
        for n, (name, _) in enumerate(self.series):
            y = HEIGHT + 62 + n * LEGEND_LINE
            out.append(f'<path class="line c{n}" d="M0 {y - 4}H24"/>'
                       f'<circle class="c{n}" cx="12" cy="{y - 4}" r="3"/>'
                       f'<text x="32" y="{y}">{escape(name)}</text>')
        return out


def svg(panels, note):
    """The file's text; note: what it was measured on."""
    legend = max(len(p.series) for p in panels) * LEGEND_LINE
    width = LEFT + len(panels) * (WIDTH + BETWEEN)
    height = TOP + HEIGHT + 62 + legend + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
           f'height="{height}" viewBox="0 0 {width} {height}">',
           "<!-- SPDX-License-Identifier: MIT -->",
           f"<style>{STYLE}</style>",
           f'<rect class="ground" width="{width}" height="{height}"/>']
    for n, panel in enumerate(panels):
        out.append(f'<g transform="translate({LEFT + n * (WIDTH + BETWEEN)} '
                   f'{TOP})">')
        out += panel.axes() + panel.lines() + panel.legend() + ["</g>"]
    out += [f'<text x="{LEFT}" y="{height - 8}">{escape(note)}</text>',
            "</svg>"]
    return "\n".join(out) + "\n"
