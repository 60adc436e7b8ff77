"""Whether a page's text layer can be used, or the page, or parts of it, have to be read by OCR."""

from collections.abc import Sequence
from itertools import chain

import pymupdf
from msgspec import Struct

from ingest.document import Box
from ingest.geometry import area, covered, enclose
from ingest.ocr.garble import is_garbled, oddness
from ingest.ocr.ink import Ink
from ingest.text.lines import Line

# A page of running text has 300 to 700 words, a slide about 40; a scan with a stamp or a page number has a handful.
_FEW_WORDS = 30
# Of a page's ink, or an image's, outside its words' boxes.
_UNCOVERED = 0.8
# Shares of the page. An image below the first is a picture in the text, which is read as a figure; above the last, it is the page.
_PART = 0.25
_MUCH = 0.5
_WHOLE = 0.9
# Pixels of all images of a page: a scan of half a sheet at 100 dots an inch has 467,000.
_SCANNED_PIXELS = 400_000
# Lines that alone are garbled, and odd characters in them, for parts of a page to be read again: fewer are bullets and icons.
_ODD_LINES = 2
_ODD_WORDS = 0.5
_ODD_CHARACTERS = 16
# A layer without ink may be off by this many points; its correlation with the ink must be this share of the best it would have
# elsewhere, and this at all. On 14 pages of one scanned book sound layers have 0.34 to 0.76, and the best where they are; moved by
# 25 to 40 points they have at most 0.73 of the best, at half the size 0.10.
_NEAR = 10.0
_BETTER_ELSEWHERE = 0.8
_NO_AGREEMENT = 0.15


class OcrPlan(Struct, frozen=True):
    """What of a page is to be read by OCR: all of it, or `regions`, in points of the page as displayed; and why.

    `garbled`: the layer's text is worth nothing, so that even little that is read replaces it. `replaced`: indices of the lines
    that the reading of `regions` stands in for.
    """

    whole: bool = False
    regions: tuple[Box, ...] = ()
    reason: str = ""
    garbled: bool = False
    replaced: tuple[int, ...] = ()


def plan_ocr(page: pymupdf.Page, lines: Sequence[Line]) -> OcrPlan:
    """What to read by OCR of a page whose visible lines are `lines`; nothing, on most pages, within a few milliseconds.

    - the layer is garbled (`ingest.ocr.garble`): the page, or the lines that are;
    - it was laid without ink over a picture, and does not lie where the picture's ink is: the page;
    - no words, or under 30 with more than 80 % of the ink outside their boxes: the page, or, where the ink lies in an image that
      leaves part of the page to the words, that image;
    - 30 words or more, and an image over half of the page that holds lines of text of which the layer has none: that image.
    """
    text = "\n".join(line.text for line in lines)
    if is_garbled(text):
        return OcrPlan(True, reason="its text layer is garbled", garbled=True)
    if not all(line.inked for line in lines) and _misplaced(page, lines):
        return OcrPlan(True, reason="its invisible text layer does not lie on the text of its picture", garbled=True)
    if sum(len(line.words) for line in lines) < _FEW_WORDS:
        return _plan_thin(page, lines)
    plan = _plan_parts(page, lines)
    return plan if plan.regions else _plan_odd_lines(lines)


def _plan_thin(page: pymupdf.Page, lines: Sequence[Line]) -> OcrPlan:
    ink = Ink(page)
    if ink.blank or ink.outside([line.box for line in lines]) <= _UNCOVERED:
        return OcrPlan()
    if not lines:
        return OcrPlan(True, reason="it has no text layer")
    found = _beside(page, lines)
    if found and ink.outside([*(line.box for line in lines), *found]) <= 1 - _UNCOVERED:
        return OcrPlan(regions=tuple(found), reason="images beside its few words hold most of its ink")
    return OcrPlan(True, reason="its text layer is thin against its ink")


def _beside(page: pymupdf.Page, lines: Sequence[Line]) -> list[Box]:
    """Images that make up much of the page and leave room for words, most of which stand there."""
    sheet = page.rect.width * page.rect.height
    found = [box for box in find_images(page) if _PART * sheet <= area(box) <= _WHOLE * sheet]
    apart = sum(len(line.words) for line in lines if not any(covered(line.box, box) > 0.5 for box in found))
    return found if apart > 0.5 * sum(len(line.words) for line in lines) else []


def _plan_parts(page: pymupdf.Page, lines: Sequence[Line]) -> OcrPlan:
    """Scans on a page that has a text layer beside them."""
    if page.parent.is_pdf and sum(image[2] * image[3] for image in page.get_images()) < _SCANNED_PIXELS:
        return OcrPlan()
    sheet = page.rect.width * page.rect.height
    large = [box for box in find_images(page) if area(box) >= _MUCH * sheet]
    if not large:
        return OcrPlan()
    ink = Ink(page)
    words = [word.box for line in lines for word in line.words]
    found = [box for box in large if ink.outside(words, box) > _UNCOVERED and ink.has_lines_of_text(words, box)]
    return (
        OcrPlan(regions=tuple(found), reason="an image holds text that its text layer has not") if found else OcrPlan()
    )


def _plan_odd_lines(lines: Sequence[Line]) -> OcrPlan:
    """Lines in a font without a map to Unicode, among others that are sound."""
    odd = [n for n, line in enumerate(lines) if not line.text.isascii() or "(cid:" in line.text]
    odd = [n for n in odd if oddness(lines[n].text) > _ODD_WORDS]
    if len(odd) < _ODD_LINES or sum(len(lines[n].text) for n in odd) < _ODD_CHARACTERS:
        return OcrPlan()
    groups: dict[int, list[int]] = {}
    for n in odd:
        groups.setdefault(lines[n].group, []).append(n)
    # Icons and bullets come one by one; text comes in words.
    groups = {g: ns for g, ns in groups.items() if sum(len(lines[n].text) for n in ns) >= _ODD_CHARACTERS}
    regions = tuple(_wider(enclose([lines[n].box for n in numbers])) for numbers in groups.values())
    replaced = tuple(sorted(chain.from_iterable(groups.values())))
    return (
        OcrPlan(regions=regions, reason="a part of its text layer is garbled", replaced=replaced)
        if groups
        else OcrPlan()
    )


def _wider(box: Box) -> Box:
    """With the margin that a line needs to be found."""
    return Box(box.x0 - 4, box.y0 - 4, box.x1 + 4, box.y1 + 4)


def _misplaced(page: pymupdf.Page, lines: Sequence[Line]) -> bool:
    """Whether a layer without ink lies beside the text of its picture, or is not that text's."""
    boxes = [word.box for line in lines if not line.inked for word in line.words]
    if len(boxes) < _FEW_WORDS:
        return False
    here, anywhere = Ink(page).agreement(boxes, _NEAR)
    return here < _NO_AGREEMENT or here < _BETTER_ELSEWHERE * anywhere


def find_images(page: pymupdf.Page) -> list[Box]:
    """Boxes of the page's images as displayed; those that touch count as one: scanners cut pages into strips."""
    turn = page.rotation_matrix if page.rotation else pymupdf.Identity
    rects = [pymupdf.Rect(info["bbox"]) * turn & page.rect for info in page.get_image_info()]
    boxes = [Box(*map(float, rect)) for rect in rects if not rect.is_empty]
    # Strips come in their order; a page of a thousand icons is not worth the time to unite them.
    return _united(boxes) if len(boxes) <= 200 else boxes


def _united(boxes: Sequence[Box]) -> list[Box]:
    merged: list[Box] = []
    for box in boxes:
        touching = [other for other in merged if _touch(other, box)]
        merged = [*(other for other in merged if other not in touching), enclose([*touching, box])]
    return merged if len(merged) == len(boxes) else _united(merged)


def _touch(a: Box, b: Box) -> bool:
    return a.x0 <= b.x1 + 1 and b.x0 <= a.x1 + 1 and a.y0 <= b.y1 + 1 and b.y0 <= a.y1 + 1
