"""Running headers and footers: what stands in the same place of the margin on neighbouring pages, and page numbers."""

import re
from collections.abc import Sequence

from ingest.document import BlockKind
from ingest.layout.geometric import Region
from ingest.sources.opening import Source
from ingest.text.lines import Line, read_lines

# Eight and a half per cent of A4 is 2.5 cm, the margin word processors set by default; text that starts below it is body.
_ZONE = 0.085
_REACH = (-2, -1, 1, 2)
_KEPT = 64
_PAGE_NUMBER = re.compile(
    r"^\W*(page|seite|p\.)?\s*([0-9]{1,4}|[ivxlc]{1,7}|[A-Z]-?[0-9]{1,3})(\s*(/|of|von|de)\s*[0-9]{1,4})?\W*$",
    re.IGNORECASE,
)


def mark_margins(regions: Sequence[Region], height: float, around: Sequence[frozenset[tuple[str, int]]]) -> None:
    """Gives running headers and footers their kind. `around` holds the margins of neighbouring pages (see `margin_marks`).

    On a page that says nothing else, what repeats is what it says: it stays text, and only page numbers are marked.
    """
    repeated = frozenset[tuple[str, int]]().union(*around)
    repeats: list[tuple[Region, BlockKind]] = []
    numbers = 0
    for region in regions:
        side = _side(region.box.y0, region.box.y1, height)
        if side is None or len(region.rows) > 3:
            continue
        if _PAGE_NUMBER.match(" ".join(line.text for line in region.lines)):
            region.kind = side
            numbers += 1
        elif any(_near_mark(line, repeated) for line in region.lines):
            repeats.append((region, side))
    if len(repeats) + numbers < len(regions):
        for region, side in repeats:
            region.kind = side


def _side(top: float, bottom: float, height: float) -> BlockKind | None:
    if bottom <= _ZONE * height * 1.4 and top <= _ZONE * height:
        return BlockKind.HEADER
    if top >= (1 - _ZONE * 1.4) * height and bottom >= (1 - _ZONE) * height:
        return BlockKind.FOOTER
    return None


def _mark(line: Line) -> tuple[str, int]:
    """A line with its digits made alike, and its height on the page: "Annual report 12" and "Annual report 13" agree."""
    return re.sub(r"\d+", "#", line.text.lower()), round(line.box.y0)


def _near_mark(line: Line, marks: frozenset[tuple[str, int]]) -> bool:
    text, y = _mark(line)
    return any((text, y + shift) in marks for shift in (0, -1, 1, -2, 2))


def margin_marks(lines: Sequence[Line], height: float) -> frozenset[tuple[str, int]]:
    """What stands in the margins of a page, in a form that can be compared."""
    return frozenset(_mark(line) for line in lines if _side(line.box.y0, line.box.y1, height) is not None)


def marks_around(source: Source, number: int, lines: Sequence[Line], height: float) -> list[frozenset[tuple[str, int]]]:
    """Margins of the two pages before and after, by their text layers. Pages are read in runs, so most are remembered."""
    source.margins[number] = margin_marks(lines, height)
    if not source.margins[number]:
        return []
    near = [number + reach for reach in _REACH if 1 <= number + reach <= source.page_count]
    found = [_marks_of(source, n) for n in near]
    while len(source.margins) > _KEPT:
        source.margins.popitem(last=False)
    return found


def _marks_of(source: Source, number: int) -> frozenset[tuple[str, int]]:
    if number not in source.margins:
        page = source.document[number - 1]
        source.margins[number] = margin_marks(read_lines(page), page.rect.height)
    return source.margins[number]
