"""Reading order for lines that come without one (OCR): a recursive XY-cut.

A region is cut between columns where a gutter runs through it with running text on both sides, else at its widest horizontal gap,
until neither is found. Cells of a table are not running text, so a table is read row by row.
Source of the idea: G. Nagy, S. Seth, "Hierarchical representation of optically scanned documents", ICPR 1984.
"""

from collections.abc import Sequence
from statistics import median

from ingest.text.lines import Line

# A column has at least three lines of three words; cells and labels have fewer.
_COLUMN_LINES = 3
_COLUMN_WORDS = 3


def in_reading_order(lines: Sequence[Line]) -> list[Line]:
    """The lines, columns one after the other; `group` is set to the number of the region each was found in."""
    out: list[Line] = []
    for number, region in enumerate(_cut(list(lines))):
        for line in region:
            line.group = number
        out.extend(region)
    return out


def _cut(lines: list[Line]) -> list[list[Line]]:
    if len(lines) < 2:
        return [lines] if lines else []
    height = median(line.height for line in lines)
    x = _gutter(lines, height)
    if x is not None:
        return _cut([n for n in lines if _middle(n) < x]) + _cut([n for n in lines if _middle(n) >= x])
    y = _widest_gap(lines, height)
    if y is not None:
        return _cut([n for n in lines if n.box.y0 < y]) + _cut([n for n in lines if n.box.y0 >= y])
    return [row_by_row(lines)]


def _middle(line: Line) -> float:
    return (line.box.x0 + line.box.x1) / 2


def _gutter(lines: Sequence[Line], height: float) -> float | None:
    """The x of the widest vertical gap with running text on both sides, or None."""
    gaps = _gaps([(n.box.x0, n.box.x1) for n in lines], 0.8 * height)
    for _, x in sorted(gaps, reverse=True):
        sides = [n for n in lines if _middle(n) < x], [n for n in lines if _middle(n) >= x]
        if all(_is_running(side) for side in sides):
            return x
    return None


def _is_running(lines: Sequence[Line]) -> bool:
    return len(lines) >= _COLUMN_LINES and median(len(n.words) for n in lines) >= _COLUMN_WORDS


def _widest_gap(lines: Sequence[Line], height: float) -> float | None:
    gaps = _gaps([(n.box.y0, n.box.y1) for n in lines], 0.6 * height)
    return max(gaps)[1] if gaps else None


def _gaps(spans: Sequence[tuple[float, float]], least: float) -> list[tuple[float, float]]:
    """Gaps that no span crosses, as (width, middle)."""
    found = []
    ordered = sorted(spans)
    reach = ordered[0][1]
    for low, high in ordered[1:]:
        if low - reach > least:
            found.append((low - reach, (low + reach) / 2))
        reach = max(reach, high)
    return found


def row_by_row(lines: Sequence[Line]) -> list[Line]:
    """Top to bottom; lines on one height from left to right."""
    out: list[Line] = []
    row: list[Line] = []
    for line in sorted(lines, key=lambda n: (n.box.y0 + n.box.y1) / 2):
        if row and (line.box.y0 + line.box.y1) / 2 > row[0].box.y1:
            out.extend(sorted(row, key=lambda n: n.box.x0))
            row = []
        row.append(line)
    out.extend(sorted(row, key=lambda n: n.box.x0))
    return out
