"""What a page, or the one chart or table on it, is called: "the title of the slide on page 7"; and a chapter by its number."""

import re

from answer.extractive.candidates import Candidate
from answer.extractive.labelled import Labelled
from answer.extractive.material import Material
from answer.extractive.question import PAGE_NAMED, analyse
from ingest import Block, BlockKind, FigureKind, Page

_THING = r"chart|graph|figure|diagram|table|map|picture|image|photo|infographic|plot|illustration"
_ASKED = re.compile(
    rf"\b(?:titles?|headings?|headlines?|captions?)\s(?:of|for|on|in|at)\s(?:the\s)?(?:first\s|main\s)?(?:(?P<thing>{_THING})|slide|page)?\b",
    re.I,
)
_PART = r"(?P<part>chapter|section|subsection|appendix|part)\s(?P<number>\d+(?:\.\d+)*|[A-Z](?:\.\d+)*|[IVX]+)"
_NUMBERED = re.compile(
    rf"\b(?:titles?|headings?|headlines?|names?)\sof\s(?:the\s)?{_PART}\b(?![.]?\d)"
    rf"|\b{_PART.replace('<part>', '<part2>').replace('<number>', '<number2>')}\s(?:called|titled|entitled|named)\b",
    re.I,
)

_ABOVE = 60.0
"""Points between a figure and a title above it."""

_LINE = 3.0
"""Points by which one title may be larger than another and still be set alike."""


def titled(text: str, material: Material) -> Labelled | None:
    """The title asked for; None where no page, chapter or section is named, or it has no title or several things that may be
    meant."""
    numbered = _NUMBERED.search(text)
    if numbered is not None:
        return _of_part(numbered["part"] or numbered["part2"], numbered["number"] or numbered["number2"], material)
    asked = _ASKED.search(text)
    if asked is None or len(PAGE_NAMED.findall(text)) != 1:
        return None
    wanted = {str(number) for number in analyse(text).pages}
    printed = [key for key, page in material.pages.items() if (page.label or "").strip() in wanted]
    counted = [key for key in material.pages if str(key[1]) in wanted]
    for key in (*counted, *printed):
        page = material.pages[key]
        block = _of_thing(page, asked["thing"].lower()) if asked["thing"] else _of_page(page)
        place = _place(block, key, material) if block is not None else None
        if block is not None and place is not None:
            title = re.sub(r"^(?:figure|table|chart)\s[\d.]+[.:]?\s", "", " ".join(block.text.split()), flags=re.I)
            return Labelled(title, (place,), f"the title on page {key[1]}", "title")
    return None


def _of_part(part: str, number: str, material: Material) -> Labelled | None:
    """The heading that begins with a number, or stands right below it ("Chapter 4")."""
    begins = re.compile(rf"(?:{part}\s)?{re.escape(number)}(?:[.:)]|\s[–—-])?(?:\s+(?P<rest>\S.*))?$", re.I)
    for key, page in material.pages.items():
        titles = [block for block in page.blocks if block.kind is BlockKind.TITLE]
        for at, block in enumerate(titles):
            found = begins.match(" ".join(block.text.split()))
            if found is None:
                continue
            named = block if found["rest"] else titles[at + 1] if at + 1 < len(titles) else None
            place = _place(named, key, material) if named is not None else None
            if named is not None and place is not None:
                title = found["rest"] or " ".join(named.text.split())
                return Labelled(title, (place,), f"the heading of {part.lower()} {number}", "title")
    return None


def _of_page(page: Page) -> Block | None:
    """The largest title; the uppermost of those set alike."""
    found = [block for block in page.blocks if block.kind is BlockKind.TITLE]
    largest = max((_size(page, block) for block in found), default=0.0)
    return next((block for block in found if _size(page, block) > largest - _LINE), None)


def _size(page: Page, block: Block) -> float:
    word = page.words[block.first_word].box
    return word.y1 - word.y0


def _of_thing(page: Page, thing: str) -> Block | None:
    """The caption of the only figure or table on a page, or the title right above it."""
    kind = BlockKind.TABLE if thing == "table" else BlockKind.FIGURE
    aside = (FigureKind.DECORATION, FigureKind.LOGO)
    found = [block for block in page.blocks if block.kind is kind and block.figure not in aside]
    if len(found) != 1:
        return None
    if found[0].caption is not None:
        return page.blocks[found[0].caption]
    above = [b for b in page.blocks if b.kind is BlockKind.TITLE and -4.0 <= found[0].box.y0 - b.box.y1 <= _ABOVE]
    return max(above, key=lambda block: block.box.y1, default=None)


def _place(block: Block, key: tuple[str, int], material: Material) -> Candidate | None:
    """The sentence with which a block begins."""
    return next(
        (
            candidate
            for candidate in material.candidates
            if (candidate.document, candidate.page) == key and candidate.words[:1] == (block.first_word,)
        ),
        None,
    )
