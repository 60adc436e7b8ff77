"""Reading order of boxes: columns one after the other, what spans them before and after.

A recursive XY-cut. A region is cut at a gutter first, where one runs through it with at least two boxes or one tall box on each
side; else above and below the boxes that span it; else at its horizontal gaps. Cutting at gaps before gutters would read columns
whose paragraphs happen to end at one height line by line across.
Source of the idea: G. Nagy, S. Seth, "Hierarchical representation of optically scanned documents", ICPR 1984.
"""

from collections.abc import Sequence
from itertools import pairwise

from ingest.document import Box

_WIDE = 0.6
"""A box spans its region when it is wider than this share of it."""
_OVERLAP = 0.15
"""Boxes of one column and of the next may overlap by this share of the narrower one: the model's boxes are not exact."""
_TALL = 0.3


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """Indices of the boxes in the order in which they are read."""
    return _order(boxes, list(range(len(boxes))))


def _order(boxes: Sequence[Box], within: list[int]) -> list[int]:
    if len(within) < 2:
        return within
    x = _gutter(boxes, within)
    if x is not None:
        left = [i for i in within if _middle_x(boxes[i]) < x]
        return _order(boxes, left) + _order(boxes, [i for i in within if _middle_x(boxes[i]) >= x])
    bands = _bands(boxes, within)
    if len(bands) > 1:
        return [i for band in bands for i in _order(boxes, band)]
    return sorted(within, key=lambda i: (boxes[i].y0, boxes[i].x0))


def _middle_x(box: Box) -> float:
    return (box.x0 + box.x1) / 2


def _gutter(boxes: Sequence[Box], within: Sequence[int]) -> float | None:
    """The x of a vertical gap with a column on both sides, or None. The widest such gap."""
    top, bottom = min(boxes[i].y0 for i in within), max(boxes[i].y1 for i in within)
    found = []
    for low, high in _gaps([(boxes[i].x0, boxes[i].x1) for i in within], slack=True):
        x = (low + high) / 2
        sides = [i for i in within if _middle_x(boxes[i]) < x], [i for i in within if _middle_x(boxes[i]) >= x]
        if all(side and _is_column([boxes[i] for i in side], bottom - top) for side in sides):
            found.append((high - low, x))
    return max(found)[1] if found else None


def _is_column(side: Sequence[Box], height: float) -> bool:
    """At least two boxes one above the other, or one that takes a good part of the region's height."""
    extent = max(b.y1 for b in side) - min(b.y0 for b in side)
    stacked = len(side) > 1 and extent > 1.2 * max(b.y1 - b.y0 for b in side)
    return stacked or extent > _TALL * height


def _bands(boxes: Sequence[Box], within: list[int]) -> list[list[int]]:
    """The region cut at horizontal gaps: around boxes that span it where there are any, else at all gaps."""
    width = max(boxes[i].x1 for i in within) - min(boxes[i].x0 for i in within)
    rows = _rows(boxes, within)
    spanning = [any(boxes[i].x1 - boxes[i].x0 > _WIDE * width for i in row) for row in rows]
    if len(rows) < 2 or not any(spanning):
        return rows
    bands: list[list[int]] = []
    before = True
    for row, spans in zip(rows, spanning, strict=True):
        if not spans and not before:
            bands[-1].extend(row)
        else:
            bands.append(list(row))
        before = spans
    return bands


def _rows(boxes: Sequence[Box], within: Sequence[int]) -> list[list[int]]:
    spans = _spans([(boxes[i].y0, boxes[i].y1) for i in within])
    rows: list[list[int]] = [[] for _ in spans]
    for i in within:
        middle = (boxes[i].y0 + boxes[i].y1) / 2
        # Spans may overlap a little: the first that holds the middle has the box.
        rows[next(n for n, (low, high) in enumerate(spans) if low <= middle <= high)].append(i)
    return [row for row in rows if row]


def _spans(intervals: Sequence[tuple[float, float]], allowed: float = _OVERLAP) -> list[tuple[float, float]]:
    """Stretches that intervals cover without a gap. A small overlap counts as a gap."""
    out: list[tuple[float, float]] = []
    for low, high in sorted(intervals):
        if out and low < out[-1][1] - allowed * min(high - low, out[-1][1] - out[-1][0]):
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def _gaps(intervals: Sequence[tuple[float, float]], *, slack: bool) -> list[tuple[float, float]]:
    """Gaps between stretches; they may be of negative width where boxes overlap a little."""
    spans = _spans(intervals, _OVERLAP if slack else 0.0)
    return [(left[1], right[0]) for left, right in pairwise(spans)]
