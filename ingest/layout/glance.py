"""What a glance at a page tells its neighbours: what stands in its margins, its printed number, its titles.

Taken from the text layer by rules, without the model, and always in the same way whichever pages a worker has read before: the
outcome for a page must not depend on that.
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from ingest.document import BlockKind, Box
from ingest.layout.geometric import arrange
from ingest.sources.opening import Source
from ingest.text.lines import Line, body_size, read_lines
from ingest.workers.allowance import at_most

# Eight and a half per cent of A4 is 2.5 cm, the margin word processors set by default; text that starts below it is body.
ZONE = 0.085
EDGE = 0.15
_APART = 1.2
NO_TITLE = 1.1
"""A row further in, up to this share of the page's height, is of the margin if it is the outermost, so many of its heights away
from the next, and no larger than so many times the text: LaTeX's papers have theirs at an eighth."""
_KEPT = 128
_NUMBERED = re.compile(
    r"^(?:(?:chapter|section|part|appendix)\s+)?((?:[0-9]{1,2}|[A-Z])(?:\.[0-9]{1,2}){0,4})\.?\s+\S", re.IGNORECASE
)
_SECONDS = 3.0
"""Processor time for a glance at another page, which takes some milliseconds: an endless one must not use up its neighbours'."""
_TITLES = 40
"""Titles kept of one page: more are no titles but a poster's words."""


NO_REACH = (0.0, float("inf"))


class Heading(Struct, frozen=True):
    """A title as set: its size in points, and how deep its number says it is (1 for "2", 3 for "2.1.4"; None without one)."""

    text: str
    size: float
    bold: bool
    depth: int | None


class Glance(Struct, frozen=True):
    """What a page shows in passing. `marks`: lines in its margins, digits made alike, with their heights."""

    marks: frozenset[tuple[str, int]]
    numbers: tuple[str, ...]
    """Lines of the margins that are printed page numbers by their look, as printed."""
    headings: tuple[Heading, ...]


NOTHING = Glance(frozenset(), (), ())


def glance(source: Source, number: int, lines: Sequence[Line] | None = None) -> Glance:
    """A look at a page, remembered. `lines`: its text layer, where that is at hand.

    Nothing is seen of pages that can't be read: they must not take their neighbours with them (see `Source.avoided`).
    """
    known: Glance | None = source.glances.get(number)
    if known is None:
        if lines is None and (source.alone or number in source.avoided):
            return NOTHING
        known = _look_at(source, number) if lines is None else look(lines, source.page(number).rect.height)
        source.glances[number] = known
        while len(source.glances) > _KEPT:
            source.glances.popitem(last=False)
    return known


def _look_at(source: Source, number: int) -> Glance:
    try:
        with at_most(_SECONDS):
            page = source.page(number)
            return look(read_lines(page), page.rect.height)
    except Exception:  # noqa: BLE001  # whatever MuPDF raises; the page itself will be read, and its error told
        return NOTHING


def look(lines: Sequence[Line], height: float) -> Glance:
    """A glance at a page of which only the lines are known."""
    reach = reach_of(lines, height)
    margin = [line for line in lines if margin_side(line.box, height, reach) is not None]
    # Titles of slides stand in the margin; what runs there on every page is the same title again and does no harm.
    titles = [region for region in arrange(lines, body_size(lines)) if region.kind is BlockKind.TITLE]
    return Glance(
        frozenset(mark(line) for line in margin),
        tuple(found for line in margin if (found := printed_number(line.text)) is not None),
        tuple(heading(region.lines) for region in titles[:_TITLES]),
    )


def heading(lines: Sequence[Line]) -> Heading:
    """A title's look, from its lines."""
    text = " ".join(" ".join(line.text.split()) for line in lines)
    match = _NUMBERED.match(text)
    depth = match.group(1).count(".") + 1 if match else None
    return Heading(text, max(line.size for line in lines), all(line.bold for line in lines), depth)


def margin_side(box: Box, height: float, reach: tuple[float, float] = NO_REACH) -> BlockKind | None:
    """Whether a box stands in the top or bottom margin of a page, which go as far as `reach` at least."""
    if (box.y1 <= ZONE * height * 1.4 and box.y0 <= ZONE * height) or box.y1 <= reach[0]:
        return BlockKind.HEADER
    if (box.y0 >= (1 - ZONE * 1.4) * height and box.y1 >= (1 - ZONE) * height) or box.y0 >= reach[1]:
        return BlockKind.FOOTER
    return None


def reach_of(lines: Sequence[Line], height: float) -> tuple[float, float]:
    """How far down the top margin goes, and from where on the bottom one, by the outermost rows that stand apart."""
    upright = [line for line in lines if line.upright]
    if any(line.box.x1 > height for line in upright):
        return NO_REACH  # broader than high: a slide, and what stands there is its title
    most, largest = EDGE * height, NO_TITLE * body_size(lines)
    top = _depth([(line.box.y0, line.box.y1, line.size) for line in upright], most, largest)
    bottom = _depth([(height - line.box.y1, height - line.box.y0, line.size) for line in upright], most, largest)
    return top, height - bottom if bottom else NO_REACH[1]


def _depth(lines: list[tuple[float, float, float]], most: float, largest: float) -> float:
    """Where the first row ends, if that is no further than `most` and it stands apart; else 0. Of each line: where it begins
    and ends, as seen from the edge of the page, and its size."""
    edge, height = min(((begin, end - begin) for begin, end, _ in lines), default=(0.0, 0.0))
    first = [line for line in lines if line[0] < edge + height]
    rest = [line for line in lines if line[0] >= edge + height]
    end = max((line[1] for line in first), default=0.0)
    apart = bool(rest) and min(line[0] for line in rest) - end >= _APART * height
    return end if apart and end <= most and max(line[2] for line in first) <= largest else 0.0


def mark(line: Line) -> tuple[str, int]:
    """A line with its digits made alike, and its height on the page: "Annual report 12" and "Annual report 13" agree."""
    return re.sub(r"\d+", "#", line.text.lower()), round(line.box.y0)


_PAGE_NUMBER = re.compile(
    r"^\W*(?:(?:page|seite|p\.|pg\.?|slide)\s*)?([0-9]{1,4}|[ivxlc]{1,7}|[A-Z]{1,2}-?[0-9]{1,3}|[0-9]{1,3}-[0-9]{1,3})"
    r"(?:\s*(?:/|of|von|de|sur)\s*[0-9]{1,4})?\W*$",
    re.IGNORECASE,
)


def printed_number(text: str) -> str | None:
    """The number in a line that is nothing but a page number: "12", "xiv", "Page 3 of 20", "A-4"."""
    match = _PAGE_NUMBER.match(text)
    return match.group(1) if match else None
