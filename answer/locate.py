"""Find a quote among the words of a page, without a model.

Two steps, never a third: the quote's characters as they stand (see `answer.folding`), then the same with the errors
that OCR makes. There is ONE bar for the second step. It is not moved when nothing passes: what fails is unsupported.

BAR = 0.9     A scan that people can read has 2 to 5 errors in 100 characters; twice that still passes, while a
sentence in which one word in eight was put in by somebody else does not.

The bar alone would let "did not grow" pass for "did grow" in a long quote. So errors are also counted by the word, in
the quote and on the page alike: short words must be the same up to characters that look alike, longer ones bear one
error, and no word may be missing or added. Digits bear none: `15` is never found where `16` stands. Only words that
OCR read may have a digit where a letter looks like it (`l5`), because there the page image says what the words do not.
"""

from collections.abc import Sequence

from msgspec import Struct

from answer.folding import Stream, fold, numbers
from answer.lines import line_boxes, visual_order
from answer.tolerance import closest
from ingest import Box, Page, TextSource


class Located(Struct, frozen=True):
    """Where a quote stands. `boxes` in points, one a line; `match` is the share of the quote's characters found as
    quoted (1.0: all of them); `words` are indexes into `Page.words`, in the order in which they were read."""

    boxes: tuple[Box, ...]
    match: float
    words: tuple[int, ...]


def locate(quote: str, page: Page, *, near: Sequence[Box] = ()) -> Located | None:
    """The words of the page that the quote repeats, or None. Words are read in the page's own order, then along
    printed lines (a table's row). Where the quote stands more than once, the place nearest to `near` (boxes in
    points) is taken, then one with the same case, then the first."""
    wanted = fold(quote.split())
    if not wanted.text or not page.words:
        return None
    orders = dict.fromkeys((tuple(range(len(page.words))), visual_order(page.words)))
    streams = [(order, fold([page.words[index].text for index in order])) for order in orders]
    for order, stream in streams:
        places = [
            (_located(page, order, stream, begin, 1.0, len(wanted.text)), stream.cased[begin:].startswith(wanted.cased))
            for begin in _exact(wanted, stream)
        ]
        if places:
            return min(places, key=lambda place: (_distance(place[0].boxes, near), not place[1]))[0]
    ocr = page.source is TextSource.OCR
    for order, stream in streams:
        found = closest(wanted, stream, [ocr or page.words[index].confidence is not None for index in order])
        if found is not None:
            return _located(page, order, stream, found.begin, found.match, found.end - found.begin)
    return None


def _exact(wanted: Stream, stream: Stream) -> list[int]:
    expected, length = numbers(wanted), len(wanted.text)
    places: list[int] = []
    begin = stream.text.find(wanted.text)
    while begin >= 0:
        if stream.whole(begin, begin + length) and numbers(stream, begin, begin + length) == expected:
            places.append(begin)
        begin = stream.text.find(wanted.text, begin + 1)
    return places


def _located(page: Page, order: Sequence[int], stream: Stream, begin: int, match: float, length: int) -> Located:
    words = tuple(order[index] for index in dict.fromkeys(stream.words[begin : begin + length]))
    return Located(line_boxes([page.words[index].box for index in words]), match, words)


def _distance(boxes: Sequence[Box], near: Sequence[Box]) -> float:
    """Points between the centre of the first box and the nearest of the boxes hoped for; 0 inside one."""
    x, y = (boxes[0].x0 + boxes[0].x1) / 2, (boxes[0].y0 + boxes[0].y1) / 2
    return min((max(b.x0 - x, 0.0, x - b.x1) + max(b.y0 - y, 0.0, y - b.y1) for b in near), default=0.0)
