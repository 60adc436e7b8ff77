"""Which text lines make one row of an unruled table."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from ingest.tables.lines import TextLine
from ingest.tables.rules import Rule

# Steps from line to line are of two kinds, within cells and between rows, when the larger are this much larger.
_STEP = 1.12


class Band(Struct):
    """Lines of one row, top to bottom."""

    lines: list[TextLine]

    @property
    def y0(self) -> float:
        return min(line.y0 for line in self.lines)

    @property
    def y1(self) -> float:
        return max(line.y1 for line in self.lines)


def row_bands(lines: Sequence[TextLine], edges: Sequence[float], guesses: Sequence[float], across: Sequence[Rule],
              grounds: Sequence[float]) -> list[Band]:  # fmt: skip
    """Rows top to bottom. `guesses` are y of the model's lines, `across` rules within the table, `grounds` y where a ground ends."""
    if not lines:
        return []
    told = _by_model(lines, guesses)
    spaced = _by_spacing(lines, edges, across, grounds)
    if spaced is not None and 0.6 * len(told) <= len(spaced) <= 1.7 * len(told):
        return spaced
    return told


def _by_model(lines: Sequence[TextLine], guesses: Sequence[float]) -> list[Band]:
    """Lines between two lines of the model are a row; a line of the model through a text line goes to the nearer side."""
    bands: list[Band] = []
    place = -1
    for line in lines:
        here = sum(g < line.middle for g in guesses)
        if bands and here == place:
            bands[-1].lines.append(line)
        else:
            bands.append(Band([line]))
        place = here
    return bands


def _by_spacing(lines: Sequence[TextLine], edges: Sequence[float], across: Sequence[Rule], grounds: Sequence[float]
                ) -> list[Band] | None:  # fmt: skip
    """Rows by the white between them; None where the steps from line to line are all alike."""
    columns = [_column_lines(lines, a, b) for a, b in pairwise(edges)]
    steps = sorted(b.middle - a.middle for column in columns for a, b in pairwise(column))
    limit = _limit(steps)
    if limit is None:
        return None
    blocks: list[tuple[float, float]] = []
    for column in columns:
        start = None
        for n, line in enumerate(column):
            start = line.y0 if start is None else start
            after = column[n + 1] if n + 1 < len(column) else None
            if after is None or after.middle - line.middle > limit or _parted(line, after, across, grounds):
                blocks.append((start, line.y1))
                start = None
    return _merge(lines, blocks)


def _column_lines(lines: Sequence[TextLine], left: float, right: float) -> list[TextLine]:
    return [line for line in lines if any(left <= c.middle < right for c in line.chunks)]


def _limit(steps: Sequence[float]) -> float | None:
    """A step between the two kinds; None where there are no two."""
    small = steps[: max(1, len(steps))]
    if len(small) < 4:
        return None
    best, at = 0.0, None
    low = small[0]
    for a, b in pairwise(small):
        if a > 1.35 * low:
            break
        if b / max(a, 0.1) > max(_STEP, best):
            best, at = b / max(a, 0.1), (a + b) / 2
    # One odd line is no kind.
    if at is None or sum(s < at for s in small) < 2:
        return None
    return at if median(s for s in small if s < at) > 0 else None


def _parted(upper: TextLine, lower: TextLine, across: Sequence[Rule], grounds: Sequence[float]) -> bool:
    ys = [*(r.at for r in across), *grounds]
    return any(upper.middle < y < lower.middle for y in ys)


def _merge(lines: Sequence[TextLine], blocks: Sequence[tuple[float, float]]) -> list[Band]:
    """Blocks that overlap by more than the slack of line boxes become one row."""
    merged: list[list[float]] = []
    for y0, y1 in sorted(blocks):
        if merged and merged[-1][1] - y0 > 0.4 * min(y1 - y0, merged[-1][1] - merged[-1][0]):
            merged[-1][1] = max(merged[-1][1], y1)
        else:
            merged.append([y0, y1])
    bands = [Band([]) for _ in merged]
    for line in lines:
        nearest = min(range(len(merged)), key=lambda n: max(merged[n][0] - line.middle, line.middle - merged[n][1], 0))
        bands[nearest].lines.append(line)
    return [b for b in bands if b.lines]
