"""Names by which a page can be asked for: its numbers, and the figures, tables and sections that stand on it.

Stored with the page (payload field `anchors`, keywords), so that a reference in a question is one look-up.
"""

from collections.abc import Iterator

import regex  # type: ignore[import-untyped]

from ingest import Block, BlockKind, FigureKind, Page
from retrieval.questions.naming import (
    CJK_NUMBERED,
    NAME,
    NUMBERED,
    PLACE_OF,
    Place,
    anchor,
    cjk_place,
    name_key,
    title_key,
    without_letter,
)

WITHIN = "in/"
"""Put before the anchor of a section that a page stands under without its title standing there."""

_MOST = 200
"""Anchors kept of a page: an index or a table of contents names hundreds of places, and is none of them."""
_LONGEST_TITLE = 100

_CAPTIONED = (
    Place.FIGURE, Place.TABLE, Place.CHART, Place.MAP, Place.BOX, Place.EXHIBIT, Place.EQUATION, Place.ALGORITHM
)  # fmt: skip
_HEADED = (
    Place.SECTION, Place.CHAPTER, Place.PART, Place.ITEM, Place.NOTE, Place.APPENDIX, Place.EXHIBIT
)  # fmt: skip
_OPENING = regex.compile(rf"\s*{NUMBERED.pattern}\.?\s*(?P<name>{NAME})(?P<after>\s*[:.|–—-]|\s*$|\s)", regex.I)
_NUMBER = regex.compile(r"\s*(?P<name>\d{1,2}(?:\.\d{1,3}){0,4}|[A-Z](?:\.\d{1,2}){1,3})[.)]?\s*(?=\p{L})")
_BARE_APPENDIX = regex.compile(r"\s*(?:appendix|appendices|annex(?:es)?|anhang|anexo|annexe)\b", regex.I)


def anchors(page: Page) -> list[str]:
    """The page's anchors, each once: "page:12", "label:iv", "figure:4b", "section:2.1", "title:our method",
    "in/section:2"."""
    found = [anchor(Place.PAGE, str(page.number))]
    if page.label:
        found.append(anchor(Place.LABEL, name_key(page.label)))
    for block in page.blocks:
        found += _of_block(block)
    here = set(found)
    for title in page.section:
        found += [WITHIN + name for name in _of_title(title) if name not in here]
    return list(dict.fromkeys(found))[:_MOST]


def shows(page: Page) -> list[str]:
    """What can be seen on the page beside running text, sorted: "chart", "diagram", "logo", "photo", "table", and
    "figure" for any of them but tables."""
    figures = {block.figure for block in page.blocks if block.kind is BlockKind.FIGURE and block.figure is not None}
    found = {figure.value for figure in figures - {FigureKind.DECORATION}}
    tables = {BlockKind.TABLE.value for block in page.blocks if block.kind is BlockKind.TABLE}
    return sorted(found | tables | ({BlockKind.FIGURE.value} if found else set()))


def _of_block(block: Block) -> Iterator[str]:
    if block.kind is BlockKind.TITLE:
        yield from _of_title(block.text)
    elif block.kind is BlockKind.CAPTION:
        yield from _captions(block.text, strict=False)
    elif block.kind in (BlockKind.TEXT, BlockKind.LIST, BlockKind.FIGURE, BlockKind.TABLE, BlockKind.FOOTNOTE):
        # Captions that the layout took for text: the first words of a line, and a mark after the number.
        yield from _captions(block.text, strict=True)


def _captions(text: str, *, strict: bool) -> Iterator[str]:
    for line in text.splitlines()[:200]:
        if (match := _OPENING.match(line)) and (
            not strict or match["after"].strip() or not line[match.end() :].strip()
        ):
            place = PLACE_OF[match["word"].casefold()]
            if place in _CAPTIONED:
                yield from _named(place, match["name"])
        if cjk := CJK_NUMBERED.match(line.strip()):
            yield anchor(cjk_place(cjk["aw"] or cjk["bw"]), cjk["a"] or cjk["b"])


def _named(place: Place, name: str) -> Iterator[str]:
    key = name_key(name)
    yield anchor(place, key)
    if without_letter(key) != key:
        yield anchor(place, without_letter(key))


def _of_title(text: str) -> Iterator[str]:
    line = " ".join(text.split())[:_LONGEST_TITLE]
    if match := _OPENING.match(line):
        place = PLACE_OF[match["word"].casefold()]
        if place in _HEADED or place in _CAPTIONED:
            yield from _named(place, match["name"])
    elif match := _NUMBER.match(line):
        yield anchor(Place.SECTION, name_key(match["name"]))
    if _BARE_APPENDIX.match(line):
        yield anchor(Place.APPENDIX, "")
    if key := title_key(line):
        yield anchor(Place.TITLE, key)
