"""Where the columns of an unruled table part: gaps that run through its lines, and the layout model's own lines."""

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from ingest.tables.lines import TextLine
from ingest.tables.wording import is_blank, is_figure

# Of the lines with several chunks, the part that must have text on both sides of a gap that the model doesn't see.
_SUPPORT = 0.4
# And the part that may cross a line of the model.
_CROSSED = 0.25
# The least gap between columns, in heights of words, where the model sees one.
_TIGHT = 0.1


class Gap(Struct):
    x0: float
    x1: float

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


def column_edges(
    lines: Sequence[TextLine], left: float, right: float, guesses: Sequence[float], height: float
) -> list[float]:
    """Edges of the columns, the outer ones included. `guesses` are the model's lines; `height` is that of words; all in points."""
    body = [line for line in lines[head_lines(lines) :] if len(line.chunks) > 1]
    body = body or [line for line in lines if len(line.chunks) > 1]
    gaps = _gaps(body, 0.35 * height)
    kept: list[Gap] = []
    for gap in gaps:
        near = any(gap.x0 - 0.5 * height <= g <= gap.x1 + 0.5 * height for g in guesses)
        if near or _support(gap, body) >= max(3.0, _SUPPORT * len(body)):
            kept.append(_narrowed(gap, lines))
    for guess in guesses:
        if any(gap.x0 - 1.2 * height <= guess <= gap.x1 + 1.2 * height for gap in gaps):
            continue
        tight = _word_gap(guess, body, height)
        if tight is not None:
            kept.append(tight)
            continue
        crossing = sum(_crosses(line, guess) for line in body)
        between = _between(guess, kept, left, right)
        if crossing <= _CROSSED * len(body) and between[0] < guess < between[1]:
            kept.append(Gap(guess, guess))
    kept = _with_text_between(sorted(kept, key=lambda g: g.middle), lines)
    return [left, *(g.middle for g in kept), right]


def head_lines(lines: Sequence[TextLine]) -> int:
    """How many lines stand before the first with figures; 0 where that is not among the first eight."""
    for number, line in enumerate(lines[:8]):
        told = [c for c in line.chunks if not is_blank(c.text)]
        figures = sum(is_figure(c.text) for c in told)
        if figures and figures * 2 >= len(told) - 1 and len(line.chunks) > 1:
            return number
    return 0


def _gaps(body: Sequence[TextLine], least: float) -> list[Gap]:
    """Stretches that no chunk of these lines touches, inside of them all."""
    spans = sorted((c.x0, c.x1) for line in body for c in line.chunks)
    gaps: list[Gap] = []
    reached = spans[0][1] if spans else 0.0
    for x0, x1 in spans:
        if x0 - reached >= least:
            gaps.append(Gap(reached, x0))
        reached = max(reached, x1)
    return gaps


def _word_gap(guess: float, body: Sequence[TextLine], height: float) -> Gap | None:
    """The gap nearest to a guess that no word of these lines touches, though they stand close; None where there is none."""
    spans = sorted(span for line in body for chunk in line.chunks for span in chunk.spans)
    found: list[Gap] = []
    reached = spans[0][1] if spans else 0.0
    for x0, x1 in spans:
        if x0 - reached >= _TIGHT * height:
            found.append(Gap(reached, x0))
        reached = max(reached, x1)
    near = [g for g in found if g.x0 - 0.6 * height <= guess <= g.x1 + 0.6 * height]
    return min(near, key=lambda g: abs(g.middle - guess), default=None)


def _support(gap: Gap, body: Sequence[TextLine]) -> int:
    """Lines that have text on both sides."""
    return sum(line.chunks[0].x1 <= gap.x0 + 0.1 and line.chunks[-1].x0 >= gap.x1 - 0.1 for line in body)


def _crosses(line: TextLine, x: float) -> bool:
    return any(c.x0 + 1 < x < c.x1 - 1 for c in line.chunks)


def _between(guess: float, kept: Sequence[Gap], left: float, right: float) -> tuple[float, float]:
    return (
        max((g.x1 for g in kept if g.x1 <= guess), default=left),
        min((g.x0 for g in kept if g.x0 >= guess), default=right),
    )


def _narrowed(gap: Gap, lines: Sequence[TextLine]) -> Gap:
    """The part of a gap that the fewest of all lines cross, headers too; the widest such part."""
    edges = sorted({gap.x0, gap.x1, *(x for n in lines for c in n.chunks for x in (c.x0, c.x1) if gap.x0 < x < gap.x1)})
    parts = [Gap(a, b) for a, b in pairwise(edges) if b - a > 0.5] or [gap]
    return min(parts, key=lambda p: (sum(_crosses(line, p.middle) for line in lines), p.x0 - p.x1))


def _with_text_between(gaps: Sequence[Gap], lines: Sequence[TextLine]) -> list[Gap]:
    """Of gaps with no text between them, the first."""
    kept: list[Gap] = []
    for gap in gaps:
        if kept and not any(kept[-1].middle <= c.middle <= gap.middle for n in lines for c in n.chunks):
            continue
        kept.append(gap)
    return kept
