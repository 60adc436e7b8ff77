"""Running headers and footers: what stands in the same place of the margin on neighbouring pages; page numbers; printed labels."""

from collections.abc import Sequence

from ingest.document import BlockKind, Box
from ingest.layout.geometric import Region
from ingest.layout.glance import Glance, glance, margin_side, mark, printed_number
from ingest.sources.opening import Source
from ingest.text.lines import Line

_REACH = (-2, -1, 1, 2)
_RUNNING = (BlockKind.HEADER, BlockKind.FOOTER)
_EDGE = 0.15


def mark_margins(regions: Sequence[Region], height: float, around: Sequence[Glance]) -> None:
    """Gives running headers, footers and page numbers their kind. `around` holds glances at neighbouring pages.

    On a page that says nothing else, what repeats is what it says: it stays text, and only page numbers are marked. The layout
    model's headers and footers are believed near the edges only, and, where neighbours can be looked at, if one has the like.
    """
    repeated = frozenset[tuple[str, int]]().union(*(near.marks for near in around))
    for region in regions:
        alone = bool(around) and not any(_near_mark(line, repeated) for line in region.lines)
        if region.kind in _RUNNING and (alone or not _near_edge(region.box, height)):
            region.kind = BlockKind.TEXT
    repeats: list[tuple[Region, BlockKind]] = []
    numbers = 0
    for region in regions:
        side = margin_side(region.box, height)
        if side is None or len(region.rows) > 3:
            continue
        if printed_number(" ".join(line.text for line in region.lines)):
            region.kind = BlockKind.PAGE_NUMBER
            numbers += 1
        elif any(_near_mark(line, repeated) for line in region.lines):
            repeats.append((region, side))
    running = sum(region.kind in _RUNNING for region in regions if region not in [r for r, _ in repeats])
    if len(repeats) + numbers + running < len(regions):
        for region, side in repeats:
            region.kind = side
        return
    for region in regions:
        if region.kind in _RUNNING:
            region.kind = BlockKind.TEXT


def _near_edge(box: Box, height: float) -> bool:
    return box.y0 < _EDGE * height or box.y1 > (1 - _EDGE) * height


def _near_mark(line: Line, marks: frozenset[tuple[str, int]]) -> bool:
    text, y = mark(line)
    return any((text, y + shift) in marks for shift in (0, -1, 1, -2, 2))


def glances_around(source: Source, number: int) -> list[Glance]:
    """Glances at the two pages before and after. Pages are read in runs, so most are remembered."""
    return [glance(source, number + reach) for reach in _REACH if 1 <= number + reach <= source.page_count]


def page_label(source: Source, number: int, own: Glance) -> str | None:
    """The printed number: what the file says it is, else a number in the margin that counts on from the neighbours'."""
    if told := source.label(number):
        return told
    for candidate in own.numbers:
        if any(_counts_on(source, number, reach, candidate) for reach in _REACH):
            return candidate
    return None


def _counts_on(source: Source, number: int, reach: int, candidate: str) -> bool:
    if not 1 <= number + reach <= source.page_count:
        return False
    here = _value(candidate)
    return here is not None and any(
        there[0] == here[0] and there[1] - here[1] == reach
        for there in map(_value, glance(source, number + reach).numbers)
        if there is not None
    )


_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def _value(printed: str) -> tuple[str, int] | None:
    """What a printed number counts: its series ("", "roman", "A-") and its place in it."""
    lower = printed.lower()
    if lower.isdigit():
        return "", int(lower)
    if set(lower) <= _ROMAN.keys():
        values = [_ROMAN[letter] for letter in lower]
        return "roman", sum(v if v >= max(values[i + 1 :], default=0) else -v for i, v in enumerate(values))
    digits = lower[len(lower.rstrip("0123456789")) :]
    return (lower[: -len(digits)], int(digits)) if digits else None
