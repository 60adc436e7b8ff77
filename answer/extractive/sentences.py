"""Sentences of a page, as ranges of its words, so that what is quoted can be found again."""

import re
from collections.abc import Iterator

from msgspec import Struct

from answer.extractive.terms import stems
from answer.lines import same_line
from ingest import Block, BlockKind, Page, Word

_LONGEST = 70
"""Words of a sentence; what runs on longer (a table's text, a list without stops) is cut at a line's end."""

_FIGURES = 0.4
"""Share of figures from which text is taken for a table's that nobody marked as one."""

_BEFORE = 2
"""Sentences before that a sentence is read with, and one after: pronouns point back."""

_SHORT = "mr mrs ms dr prof st no nos fig figs eq vs e.g i.e etc inc ltd co corp jr sr al approx ca cf u.s u.k"
_ABBREVIATIONS = frozenset(_SHORT.split())
_NUMBERED = frozenset(
    "ver vol p pp ch sec art chap ed rev ext jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
"""Abbreviations that a number follows: "Ver. 1.7", "Oct. 2004"."""

_ENUMERATOR = re.compile(r"^\(?(?:\d{1,3}|[ivx]{1,4}|[a-z])[.)]$", re.I)
BULLETS = frozenset("•▪●○◦■□–—*·‣➢✓")
_CELLS = frozenset({BlockKind.TABLE, BlockKind.FIGURE})
_RUNNING = frozenset({BlockKind.HEADER, BlockKind.FOOTER, BlockKind.PAGE_NUMBER})


class Sentence(Struct, frozen=True):
    """Words `first` to `last` (half-open) of a page. `text` is for people: words that a line's end broke are
    joined. `context` are stems of what it stands under and next to: the title above it and the sentences around it."""

    first: int
    last: int
    text: str
    stems: frozenset[str]
    context: frozenset[str]
    kind: BlockKind


def sentences(page: Page) -> tuple[Sentence, ...]:
    """All sentences of a page outside running headers and footers, in reading order."""
    found: list[tuple[Block, int, int, str]] = []
    for block in page.blocks or (_whole(page),):
        if block.kind not in _RUNNING:
            found += [(block, first, last, join(page, first, last)) for first, last in _ranges(page, block)]
    own = [frozenset(stems(text)) for _, _, _, text in found]
    title: frozenset[str] = frozenset(term for part in page.section for term in stems(part))
    made: list[Sentence] = []
    for at, (block, first, last, text) in enumerate(found):
        around = title.union(*own[max(0, at - _BEFORE) : at], *own[at + 1 : at + 2])
        made.append(Sentence(first, last, text, own[at], around, block.kind))
        if block.kind is BlockKind.TITLE:
            title = own[at]
    return tuple(made)


def _whole(page: Page) -> Block:
    from ingest import Box

    return Block(BlockKind.TEXT, "", Box(0.0, 0.0, page.width, page.height), 0, len(page.words))


def _ranges(page: Page, block: Block) -> Iterator[tuple[int, int]]:
    first = block.first_word
    for at in range(block.first_word, block.last_word):
        last = at + 1 == block.last_word
        if not last and at == first and _ENUMERATOR.match(page.words[at].text):
            continue
        if last or _ends(page.words, at) or _line_ends(page.words, first, at, block.kind):
            yield first, at + 1
            first = at + 1


def _ends(words: tuple[Word, ...], at: int) -> bool:
    word, after = words[at].text, words[at + 1].text
    if after[:1] in BULLETS:
        return True
    stripped = word.rstrip("\"'”’)]")
    if not stripped.endswith((".", "!", "?")):
        return False
    short = stripped[:-1].lower().lstrip("(")
    if short in _ABBREVIATIONS or (len(stripped) == 2 and stripped[0].isupper()):
        return False
    if short in _NUMBERED and after[:1].isdigit():
        return False
    return after[:1].isupper() or after[:1].isdigit() or after[:1] in "\"'“‘([" or not after[:1].isalpha()


def _line_ends(words: tuple[Word, ...], first: int, at: int, kind: BlockKind) -> bool:
    """Whether to cut at this line's end: always in tables and figures, and where what runs on is too long or mostly
    figures."""
    if same_line(words[at].box, words[at + 1].box):
        return False
    length = at + 1 - first
    figures = sum(word.text[:1].isdigit() or word.text[-1:].isdigit() for word in words[first : at + 1])
    return kind in _CELLS or length >= _LONGEST or figures > max(2, _FIGURES * length)


def join(page: Page, first: int, last: int) -> str:
    """The words as running text; a hyphen at a line's end before a small letter is taken for the typesetter's."""
    text = ""
    for at in range(first, last):
        word = page.words[at].text
        if text.endswith(("-", "\u00ad")) and text[-2:-1].isalpha() and word[:1].islower() and _breaks(page.words, at):
            text = text[:-1] + word
        else:
            text = f"{text} {word}" if text else word
    return text.replace("\u00ad", "")


def _breaks(words: tuple[Word, ...], at: int) -> bool:
    return at > 0 and not same_line(words[at - 1].box, words[at].box)
