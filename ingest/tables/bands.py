"""Which text lines make one row of an unruled table."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from ingest.tables.lines import TextLine
from ingest.tables.rules import Rule
from ingest.tables.wording import is_figure

# Steps from line to line are of two kinds, within cells and between rows, when the larger are this much larger.
_STEP = 1.12
# Or this much, where the smaller are all the same.
_STEP_EVEN = 1.05


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
    """Rows top to bottom. `guesses` are y of the model's lines, `across` rules in the table, `grounds` y of the ends of grounds."""
    if not lines:
        return []
    told = _by_model(lines, guesses)
    spaced = _by_spacing(lines, edges, across, grounds)
    if spaced is None or not 0.6 * len(told) <= len(spaced) <= 1.7 * len(told) or _stacks_figures(spaced, edges):
        return [part for band in told for part in _unstacked(band, edges)]
    return spaced


def _unstacked(band: Band, edges: Sequence[float]) -> list[Band]:
    """A row apart where each of its lines holds figures of the same two columns or more."""
    held = [{n for n, (a, b) in enumerate(pairwise(edges)) for c in line.chunks if a <= c.middle < b and is_figure(c.text)}
            for line in band.lines]  # fmt: skip
    filled = [
        len({n for n, (a, b) in enumerate(pairwise(edges)) for c in line.chunks if a <= c.middle < b})
        for line in band.lines
    ]
    if len(band.lines) < 2 or not set.intersection(*held) or min(filled) < 2:
        return [band]
    return [Band([line]) for line in band.lines]


def _stacks_figures(bands: Sequence[Band], edges: Sequence[float]) -> bool:
    """Whether figures of one column came to stand above each other in a row: then the white parts groups of rows, not rows."""
    for band in bands:
        for left, right in pairwise(edges):
            lines = [n for n in band.lines if any(left <= c.middle < right and is_figure(c.text) for c in n.chunks)]
            if len(lines) > 1:
                return True
    return False


def _by_model(lines: Sequence[TextLine], guesses: Sequence[float]) -> list[Band]:
    """Lines between two lines of the model are a row; each line is one where it saw none."""
    bands: list[Band] = []
    place = -1
    for line in lines:
        here = sum(g < line.middle for g in guesses)
        if guesses and bands and here == place:
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
    """A step between the two kinds; None where there are no two.

    The first clear jump counts. A small one is clear only where the steps below it are all alike, as typesetting makes them.
    """
    if len(steps) < 4:
        return None
    low = steps[0]
    for n, (a, b) in enumerate(pairwise(steps), 1):
        if a > 1.35 * low:
            return None
        even = a <= 1.02 * low and n >= 3
        if n >= 2 and b > (_STEP_EVEN if even else _STEP) * a:
            return (a + b) / 2
    return None


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
