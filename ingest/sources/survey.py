"""Pictures that a document uses again and again: letterheads, backgrounds, icons of a running foot.

The page resources of a PDF say which pictures a page may draw, at a tenth of a millisecond a page; where a picture of them comes on
several pages, the nearest few of these pages are looked at for its place. Runs in workers.
"""

from collections import OrderedDict, defaultdict
from functools import cached_property
from weakref import WeakKeyDictionary

import pymupdf
from msgspec import Struct

from ingest.document import Box
from ingest.sources.opening import Source

REPEATED = 3
"""Pages with the same picture in the same place from which it belongs to the page's dress, not to its matter."""
_SAMPLED = 300
"""Pages whose resources are listed, spread over the document: 0.1 s at the worst of the reports at hand."""
_LISTED = 200
"""Pictures of one page that are listed."""
_LOOKED_AT = 6
"""Pages looked at for the place of a picture: the nearest that list it. Left and right pages differ, so more than two."""
_KEPT = 64
_APART = 6.0
"""Points by which the place of a picture may differ from page to page: crops, and right-hand pages shifted by the binding."""

Content = tuple[int, int, int]
"""What tells one picture from another: width and height in pixels, and the length of its data."""


class Placement(Struct, frozen=True):
    """A picture where a page draws it: box in points as displayed (it may reach over the page's edge)."""

    box: Box
    content: Content


class Survey:
    """Which pictures a document repeats. Looks at pages as it is asked, and remembers the last few."""

    def __init__(self, document: pymupdf.Document) -> None:
        self._document = document
        self._placed: OrderedDict[int, tuple[Placement, ...]] = OrderedDict()

    def placements(self, number: int) -> tuple[Placement, ...]:
        """Pictures that page `number` (from 1) draws, in its order, boxes as displayed."""
        if number in self._placed:
            self._placed.move_to_end(number)
            return self._placed[number]
        page = self._document[number - 1]
        turn = page.rotation_matrix if page.rotation else pymupdf.Identity
        found = []
        for info in page.get_image_info():
            rect = pymupdf.Rect(info["bbox"]) * turn
            content = (int(info["width"]), int(info["height"]), int(info["size"]))
            found.append(Placement(Box(*(round(float(value), 2) for value in rect)), content))
        self._placed[number] = tuple(found)
        while len(self._placed) > _KEPT:
            self._placed.popitem(last=False)
        return self._placed[number]

    def pages_with(self, number: int, placement: Placement) -> int:
        """How many pages, of those looked at and page `number` itself, draw this picture in about this place."""
        if not self._document.is_pdf:
            return 1
        pages = self._lists.get(placement.content[:2], ())
        near = sorted((n for n in pages if n != number), key=lambda n: abs(n - number))[:_LOOKED_AT]
        return 1 + sum(any(_same(placement, other) for other in self.placements(n)) for n in near)

    @cached_property
    def _lists(self) -> dict[tuple[int, int], list[int]]:
        """For the size in pixels of a picture, the pages whose resources list one like it; only of those on several pages."""
        lists: dict[tuple[int, int], list[int]] = defaultdict(list)
        count = self._document.page_count
        for index in range(0, count, max(1, -(-count // _SAMPLED))):
            images = self._document.get_page_images(index)[:_LISTED]
            for size in {(int(image[2]), int(image[3])) for image in images}:
                lists[size].append(index + 1)
        return {size: pages for size, pages in lists.items() if len(pages) >= REPEATED - 1}


_surveys: WeakKeyDictionary[Source, Survey] = WeakKeyDictionary()


def survey_of(source: Source) -> Survey:
    """The survey of an open document, made at the first call and kept as long as the document is open."""
    if source not in _surveys:
        _surveys[source] = Survey(source.document)
    return _surveys[source]


def _same(one: Placement, other: Placement) -> bool:
    if one.content != other.content:
        return False
    pairs = (
        (one.box.x0, other.box.x0),
        (one.box.y0, other.box.y0),
        (one.box.x1, other.box.x1),
        (one.box.y1, other.box.y1),
    )
    return all(abs(a - b) <= _APART for a, b in pairs)
