"""Running headers and footers: what stands in the same place of the margin on neighbouring pages; page numbers; printed labels."""

from collections.abc import Sequence

from ingest.document import BlockKind, Box
from ingest.layout.geometric import Region
from ingest.layout.glance import EDGE, NO_TITLE, Glance, glance, margin_side, mark, printed_number, reach_of
from ingest.sources.opening import Source
from ingest.text.lines import Line, body_size

_REACH = (-2, -1, 1, 2)
_RUNNING = (BlockKind.HEADER, BlockKind.FOOTER)
_AGAIN = 0.4
"""Share of a running header that is the same on neighbouring pages: the rest may name the section."""


def mark_margins(regions: Sequence[Region], height: float, around: Sequence[Glance]) -> None:
    """Gives running headers, footers and page numbers their kind. `around` holds glances at neighbouring pages.

    On a page that says nothing else, what repeats is what it says: it stays text, and only page numbers are marked. The layout
    model's headers and footers are believed near the edges only, and, where neighbours can be looked at, if one has the like.
    """
    repeated = frozenset[tuple[str, int]]().union(*(near.marks for near in around))
    lines = [line for region in regions for line in region.lines]
    reach, largest = reach_of(lines, height), NO_TITLE * body_size(lines)
    again = [region for region in regions if _repeats(region, repeated) or _numbered(region, repeated, largest)]
    for region in regions:
        if region.kind in _RUNNING and ((around and region not in again) or not _near_edge(region.box, height)):
            region.kind = BlockKind.TEXT
    repeats: list[tuple[Region, BlockKind]] = []
    numbers = 0
    for region in regions:
        side = margin_side(region.box, height, reach)
        if side is None or len(region.rows) > 3:
            continue
        outer = margin_side(region.box, height) is not None
        if printed_number(" ".join(line.text for line in region.lines)) and (outer or region in again):
            region.kind = BlockKind.PAGE_NUMBER
            numbers += 1
        elif region in again:
            repeats.append((region, side))
    repeats += _beside(regions, repeats, height)
    running = sum(region.kind in _RUNNING for region in regions if region not in [r for r, _ in repeats])
    if len(repeats) + numbers + running < len(regions):
        for region, side in repeats:
            region.kind = side
        return
    for region in regions:
        if region.kind in _RUNNING:
            region.kind = BlockKind.TEXT


def _repeats(region: Region, marks: frozenset[tuple[str, int]]) -> bool:
    """Whether much of what a region says in letters stands there on a neighbouring page too; all of it, where it has none. The
    number of a heading is not enough, which is alike on all pages that begin with one."""
    near = [(line, _near_mark(line, marks)) for line in region.lines]
    letters = sum(_letters(line) for line, _ in near)
    if not letters:
        return all(seen for _, seen in near)
    return sum(_letters(line) for line, seen in near if seen) >= _AGAIN * letters


def _numbered(region: Region, marks: frozenset[tuple[str, int]], largest: float) -> bool:
    """Whether a page number is part of it: "Introduction 3", in letters no larger than the text."""
    counted = any(printed_number(line.text) and _near_mark(line, marks) for line in region.lines)
    return counted and len(region.rows) == 1 and all(line.size <= largest for line in region.lines)


def _letters(line: Line) -> int:
    return sum(char.isalpha() for char in line.text)


def _beside(
    regions: Sequence[Region], repeats: Sequence[tuple[Region, BlockKind]], height: float
) -> list[tuple[Region, BlockKind]]:
    """Regions of one row in the margin that stand level with what repeats: the name of the section beside the book's."""
    known = [region for region, _ in repeats]
    free = [r for r in regions if r not in known and len(r.rows) == 1 and r.kind is not BlockKind.PAGE_NUMBER]
    return [
        (region, side) for region in free for side in {side for other, side in repeats if _level(region, other, height)}
    ]


def _level(region: Region, other: Region, height: float) -> bool:
    side = margin_side(region.box, height)
    overlap = region.box.y0 < other.box.y1 and other.box.y0 < region.box.y1
    return side is not None and side is margin_side(other.box, height) and overlap


def _near_edge(box: Box, height: float) -> bool:
    return box.y0 < EDGE * height or box.y1 > (1 - EDGE) * height


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
