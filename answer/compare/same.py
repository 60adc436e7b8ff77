"""The comparison of two answers: typed where both are of a type, else word by word."""

import re
from collections.abc import Iterable, Sequence

from answer.compare.dates import date
from answer.compare.quantities import quantity
from answer.compare.words import folded, name, negations, tokens, turned, verdict

_NUMBERED = re.compile(r"(?:^|\s)\(?\d{1,2}[.)]\s+(?=\D)")
_BULLETS = re.compile(r"(?:^|\n)\s*[-*•–]\s+")
_LINKS = frozenset("is are was were be been has have had it its of in on at for to by with and as that this".split())


def same_answer(a: str, b: str, *, question: str = "", ordered: bool = False) -> bool:
    """Whether two answers to `question` say the same. Symmetric and reflexive, not transitive: "4,210" is the same as
    "4,210 staff" and as "4,210 ships". `ordered`: items of lists have to stand in the same order; so they have in lists
    that are numbered on both sides. An answer given as a sentence is compared by what it says beyond the question's own
    words; without `question`, only whole answers are compared."""
    told = verdict(a), verdict(b)
    if None not in told:
        return told[0] == told[1]
    lists = _items(a), _items(b)
    if len(lists[0]) > 1 and len(lists[1]) > 1:
        inherent = _NUMBERED.search(a) is not None and _NUMBERED.search(b) is not None
        return _same_items(*lists, ordered or inherent) or _same_words(a, b)
    return _same_item(a, b) or _same_beyond(a, b, question)


def _same_item(a: str, b: str) -> bool:
    days = date(a), date(b)
    if None not in days:
        return days[0] == days[1]
    one, two = quantity(a), quantity(b)
    if one is not None and two is not None:
        return one.same(two)
    return _same_words(a, b)


def _same_words(a: str, b: str) -> bool:
    forms = [{name(tokens(text)), turned(text) or name(tokens(text))} for text in (a, b)]
    # Signs alone ("-", "…") have no words: such answers are the same only if they are.
    return folded(a) == folded(b) or bool({form for form in forms[0] if form} & forms[1])


def _same_beyond(a: str, b: str, question: str) -> bool:
    """Compared by what each says beyond the question's words. Nothing may be left over on either side."""
    asked = frozenset(tokens(question))
    words = tokens(a), tokens(b)
    if not asked or negations(words[0]) != negations(words[1]):
        return False
    left = [name(tuple(word for word in side if word not in asked and word not in _LINKS)) for side in words]
    if not left[0] or not left[1]:
        return False
    short = " ".join(left[0]), " ".join(left[1])
    # A date loses its form in tokens, so that the short side is compared as it stands too.
    return _same_item(*short) or _same_item(short[0], b) or _same_item(a, short[1])


def _items(text: str) -> tuple[str, ...]:
    """The items of a list; one item for anything else. Commas between digits separate no items."""
    if date(text) is not None or quantity(text) is not None:
        return (text,)
    for mark in (_NUMBERED, _BULLETS):
        parts = _kept(mark.split(text))
        if len(parts) > 1:
            return parts
    for split in (r"\n", r";", r",(?!\d)"):
        parts = _kept(re.split(split, text))
        if len(parts) > 1:
            return _kept(piece for part in parts for piece in re.split(r"^and\s|\s(?:and|&)\s", part))
    return _kept(re.split(r"\s(?:and|&)\s", text))


def _kept(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in parts if part.strip(" .,;-*•–"))


def _same_items(a: Sequence[str], b: Sequence[str], ordered: bool) -> bool:
    if len(a) != len(b):
        return False
    if ordered:
        return all(_same_item(one, two) for one, two in zip(a, b, strict=True))
    return _matched(a, b)


def _matched(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether the items pair off (augmenting paths: sameness is not transitive, so a greedy pairing may fail)."""
    partner: dict[int, int] = {}

    def place(one: int, seen: set[int]) -> bool:
        for two in range(len(b)):
            if two in seen or not _same_item(a[one], b[two]):
                continue
            seen.add(two)
            if two not in partner or place(partner[two], seen):
                partner[two] = one
                return True
        return False

    return all(place(one, set()) for one in range(len(a)))
