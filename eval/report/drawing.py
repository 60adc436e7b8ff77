"""Charts as plain SVG: bars with intervals, and heat maps. Colours and sizes follow the page's style sheet."""

from collections.abc import Mapping, Sequence
from html import escape

from eval.statistics import Estimate

ROW = 22
LABEL = 250
BAR = 360


def bars(rows: Sequence[tuple[str, Estimate]]) -> str:
    """A bar a row, 0 to 100 %, with its 95 % interval as a line, its value and its N. Shares only."""
    height = ROW * len(rows) + 18
    width = LABEL + BAR + 150
    parts = [f'<svg class="bars" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">']
    for tick in range(0, 101, 25):
        x = LABEL + BAR * tick / 100
        parts.append(f'<line class="grid" x1="{x}" y1="0" x2="{x}" y2="{height - 16}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{height - 4}" text-anchor="middle">{tick}</text>')
    for place, (name, found) in enumerate(rows):
        parts += _bar(name, found, place * ROW)
    return "".join([*parts, "</svg>"])


def _bar(name: str, found: Estimate, top: float) -> list[str]:
    middle = top + ROW / 2
    parts = [f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>']
    if found.value is None:
        return [*parts, f'<text class="note" x="{LABEL + 6}" y="{middle + 4}">no question</text>']
    parts.append(f'<rect class="bar" x="{LABEL}" y="{top + 4}" width="{BAR * found.value:.1f}" height="{ROW - 8}"/>')
    if found.low is not None and found.high is not None:
        low, high = LABEL + BAR * found.low, LABEL + BAR * found.high
        parts.append(f'<line class="interval" x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"/>')
    value = f"{100 * found.value:.1f} (N = {found.n})"
    parts.append(f'<text class="value" x="{LABEL + BAR + 10}" y="{middle + 4}">{value}</text>')
    return parts


def heat_map(
    columns: Sequence[str], rows: Sequence[str], cells: Mapping[tuple[str, str], Estimate], *, across: str, down: str
) -> str:
    """A cell for each (row, column): the mean in % and N, shaded from 0 to 100; empty cells hold a dot."""
    wide, high, left, top = 86, 34, 170, 40
    width, height = left + wide * len(columns) + 10, top + high * len(rows) + 10
    parts = [f'<svg class="heat" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">']
    parts.append(f'<text class="axis" x="{left}" y="14">{escape(across)} →</text>')
    parts.append(f'<text class="axis" x="{left - 8}" y="{top - 6}" text-anchor="end">{escape(down)} ↓</text>')
    for place, name in enumerate(columns):
        parts.append(
            f'<text x="{left + wide * (place + 0.5)}" y="{top - 6}" text-anchor="middle">{escape(name)}</text>'
        )
    for line, row in enumerate(rows):
        y = top + high * line
        parts.append(f'<text x="{left - 8}" y="{y + high / 2 + 4}" text-anchor="end">{escape(row)}</text>')
        for place, column in enumerate(columns):
            parts += _cell(cells.get((row, column)), left + wide * place, y, wide, high)
    return "".join([*parts, "</svg>"])


def _cell(found: Estimate | None, x: float, y: float, wide: float, high: float) -> list[str]:
    middle = f'x="{x + wide / 2}" text-anchor="middle"'
    if found is None or found.value is None:
        return [f'<text class="note" {middle} y="{y + high / 2 + 4}">·</text>']
    dark = "light" if found.value < 0.2 or found.value > 0.8 else "dark"
    return [
        f'<rect x="{x + 1}" y="{y + 1}" width="{wide - 2}" height="{high - 2}" fill="{_shade(found.value)}"/>',
        f'<text class="{dark}" {middle} y="{y + 15}">{100 * found.value:.0f}</text>',
        f'<text class="{dark} small" {middle} y="{y + 27}">N = {found.n}</text>',
    ]


def _shade(value: float) -> str:
    """From dark red over pale yellow to dark green, told apart by lightness too at both ends."""
    low, middle, high = (158, 42, 43), (250, 240, 202), (30, 96, 80)
    one, other, along = (low, middle, value * 2) if value < 0.5 else (middle, high, value * 2 - 1)
    return "#" + "".join(f"{round(a + (b - a) * along):02x}" for a, b in zip(one, other, strict=True))
