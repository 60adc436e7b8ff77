"""References to places of a document, out of a question's words."""

from collections.abc import Iterator

import regex  # type: ignore[import-untyped]
from msgspec import Struct

from retrieval.questions.naming import CJK_NUMBERED, NAME, NUMBERED, PLACE_OF, Place, cjk_place, name_key

MOST = 64
"""References kept of one question; a range of pages counts each."""


class Reference(Struct, frozen=True):
    """A place that a question names. `name` is what it is called, folded: "12", "4b", "2.1"; of FROM_START and FROM_END
    the number of the page counted from that end, from 1; empty for any place of the kind ("the appendix")."""

    place: Place
    name: str


_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_SPELT = {word: n for n, word in enumerate([*_ONES.split(), "eighteen", "nineteen", "twenty"], start=1)}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_ORDINAL = {word: n for n, word in enumerate(_ORDINALS.split(), start=1)}

_PAGE = "page|slide|sheet"
_AFTER = rf"\.?\s*(?:no\.?|number(?:ed)?|nr\.?|#)?\s*(?P<name>{NAME}|(?:{'|'.join(_SPELT)})\b)"
_NAMED = regex.compile(NUMBERED.pattern + r"(?:(?<=[pP])|(?![\p{L}\p{N}]))" + _AFTER, regex.I)
_MORE = regex.compile(
    rf"\s*(?P<link>,\s*and|,|and|&|or|und|et|y|to|through|until|bis|[-–—])\s*"
    rf"(?:(?P<word>\p{{L}}+|§)\.?\s+(?=\p{{L}}?\d|[A-Z]\b))?(?P<name>{NAME})(?!\s?%|[\d,]*\s*(?:percent|million|billion))",
    regex.I,
)
_RANGE = regex.compile(r"(\d+)-(\d+)")
_TO = regex.compile(r"to|through|until|bis|[-–—]", regex.I)

_FROM_ENDS: tuple[tuple[str, Place, int], ...] = (
    (rf"(?:second|2nd)[- ](?:to[- ]|from[- ]the[- ])?last (?:{_PAGE})|(?:penultimate|next[- ]to[- ]last) (?:{_PAGE})",
     Place.FROM_END, 2),
    (rf"(?:third|3rd)[- ](?:to[- ]|from[- ]the[- ])?last (?:{_PAGE})", Place.FROM_END, 3),
    (rf"(?<!to[- ])(?<!second )(?<!third )(?:last|final|very last|closing) (?:{_PAGE})|back cover", Place.FROM_END, 1),
    (r"(?:on|the|its|this|front) cover(?! (?:letters?|ratios?|stor(?:y|ies)|charges?)\b)"
     rf"|cover (?:{_PAGE}|image|picture|photo)|(?:title|front|opening) (?:{_PAGE})", Place.FROM_START, 1),
)  # fmt: skip
_NTH = regex.compile(rf"\b(?P<nth>{'|'.join(_ORDINAL)}|\d{{1,3}}(?:st|nd|rd|th))[- ](?:{_PAGE})\b", regex.I)
_RUN = regex.compile(rf"\b(?P<end>first|last|final) (?P<n>{'|'.join(_SPELT)}|\d{{1,2}}) (?:{_PAGE})s\b", regex.I)
_BARE = regex.compile(
    r"\b(?:the|in|an?|from|how many|all|which|each|every) (?:appendix|appendices|annex(?:es)?|anhang)\b(?!\s+(?-i:[A-Z]\b|\d))",
    regex.I,
)
_SECTION_NAMED = regex.compile(
    r"\b(?:the|an?|in|its) (?P<name>\p{L}{4,}) (?:section|chapter)\b|\b(?:table of contents|bibliography|glossary)\b",
    regex.I,
)


def references(text: str) -> tuple[Reference, ...]:
    """The places that the text names, in order of kind, each once."""
    found = dict.fromkeys([*_numbered(text), *_cjk(text), *_positions(text), *_unnumbered(text)])
    return tuple(found)[:MOST]


def _numbered(text: str) -> Iterator[Reference]:
    for match in _NAMED.finditer(text):
        word = match["word"]
        place = PLACE_OF[word.casefold()]
        # "part a", "note I": letters are names of captioned things, not of these.
        if _doubtful(place, word, match["name"]):
            continue
        last = _spelt(match["name"])
        yield Reference(place, last)
        if range_ := _RANGE.fullmatch(last):
            yield from _between(place, str(int(range_[1]) - 1), range_[2])
        yield from _further(text, match.end(), place, last)


def _further(text: str, at: int, place: Place, last: str) -> Iterator[Reference]:
    """What goes on after the first number: lists and ranges."""
    while more := _MORE.match(text, at):
        word = more["word"]
        if word and PLACE_OF.get(word.casefold()) is not place:
            return
        name = name_key(more["name"])
        if _TO.fullmatch(more["link"]):
            yield from _between(place, last, name)
        elif _alike(last, name):
            yield Reference(place, name)
        else:
            return
        last, at = name, more.end()


def _alike(one: str, other: str) -> bool:
    """Whether both could be names in one series; "Figure 3 and 2019" are not."""
    return one[0].isdigit() == other[0].isdigit() and abs(len(one) - len(other)) <= 1


def _between(place: Place, first: str, last: str) -> Iterator[Reference]:
    """The names after `first` up to `last`; of a range that can't be counted out, its end."""
    if first.isdigit() and last.isdigit() and int(first) < int(last) <= int(first) + MOST:
        for number in range(int(first) + 1, int(last) + 1):
            yield Reference(place, str(number))
    elif not (first.isdigit() and last.isdigit()):
        yield Reference(place, last)


def _doubtful(place: Place, word: str, name: str) -> bool:
    letters = not any(character.isdigit() for character in name) and name.casefold() not in _SPELT
    if letters:
        return place in (Place.PAGE, Place.NOTE, Place.ITEM, Place.MAP, Place.BOX) or len(word) < 3 or name == "I"
    spelt = name.casefold() in _SPELT
    return spelt and place in (Place.PART, Place.NOTE, Place.ITEM, Place.MAP, Place.BOX)


def _spelt(name: str) -> str:
    return str(_SPELT[name.casefold()]) if name.casefold() in _SPELT else name_key(name)


def _cjk(text: str) -> Iterator[Reference]:
    for match in CJK_NUMBERED.finditer(text):
        yield Reference(cjk_place(match["aw"] or match["bw"]), match["a"] or match["b"])


def _positions(text: str) -> Iterator[Reference]:
    for pattern, place, count in _FROM_ENDS:
        if regex.search(rf"\b(?:{pattern})\b", text, regex.I):
            yield Reference(place, str(count))
    for match in _NTH.finditer(text):
        nth = match["nth"].casefold()
        yield Reference(Place.FROM_START, str(_ORDINAL.get(nth) or int(nth[:-2])))
    for match in _RUN.finditer(text):
        place = Place.FROM_START if match["end"].casefold() == "first" else Place.FROM_END
        n = match["n"].casefold()
        for count in range(1, min(MOST, _SPELT.get(n) or int(n)) + 1):
            yield Reference(place, str(count))


def _unnumbered(text: str) -> Iterator[Reference]:
    for _ in _BARE.finditer(text):
        yield Reference(Place.APPENDIX, "")
    for match in _SECTION_NAMED.finditer(text):
        name = (match["name"] or match.group()).casefold()
        if name not in _SPELT and name not in _ORDINAL:
            yield Reference(Place.TITLE, name)
