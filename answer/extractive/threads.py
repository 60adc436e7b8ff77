"""Places that only point to another one: "is recorded under R-3A4B6", "the record R-3A4B6 reads 12.5 tonnes". The code is
followed through the evidence, from page to page."""

import re
from collections.abc import Iterator

from answer.extractive.candidates import DATED, Candidate
from answer.extractive.find import Found
from answer.extractive.labelled import Labelled
from answer.extractive.material import Material
from answer.extractive.question import FIGURES, Kind, Question
from answer.extractive.spans import CODE, best_span

_POINTING = re.compile(
    r"\b(?:recorded|listed|given|stated|found|filed|kept|held|entered|noted|described|set out|moved|transferred|carried|see"
    r"|refer\w*|shown|reported|continued|superseded by|replaced by)\b(?:\s\w+){0,3}?"
    r"\s(?:under|to|in|at|on|by|as|see|refer\w*)?\s?(?:the\s)?"
    r"(?:(?:record|entry|item|note|file|document|form|number|no\.)\s)?$",
    re.I,
)
_HOPS = 6
_OWN = 0.6
"""Places that a thread is followed through; share of the question's words that its beginning has to have itself (a unit
stands where the value does)."""

_TYPED = (*FIGURES, Kind.DATE)


def points_to(text: str, asked: str) -> str | None:
    """The code that a text sends its reader to, where it gives it in place of what is asked for."""
    for code in CODE.finditer(text):
        if code[0] not in asked and _POINTING.search(text[: code.start()]):
            return code[0]
    return None


def followed(found: Found, material: Material) -> Labelled | None:
    """What stands at the end of the thread that begins at the best candidate; None where it does not speak of all that is
    asked for, or does not point on, or what it points to is not there."""
    best, support = found.ranked[0] if found.ranked else (None, None)
    if best is None or support is None or support.own < _OWN or support.years < DATED or support.names < 1.0:
        return None
    question, places = found.question, [best]
    code = points_to(best.text, question.text)
    while code is not None and len(places) <= _HOPS:
        nearest = next(_holding(code, places, material), None)
        if nearest is None:
            return None
        places.append(nearest)
        onward = points_to(nearest.text.replace(code, ""), question.text)
        if onward is None:
            value = _value(nearest, code, question)
            return Labelled(value, tuple(places), f"followed {code}", "thread") if value else None
        code = onward
    return None


def _holding(code: str, seen: list[Candidate], material: Material) -> Iterator[Candidate]:
    """Sentences that have the code, and are not where it was read."""
    known = {(one.document, one.page, one.words[:1]) for one in seen}
    for candidate in material.candidates:
        whole = re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", candidate.text)
        if whole and (candidate.document, candidate.page, candidate.words[:1]) not in known:
            yield candidate


def _value(place: Candidate, code: str, question: Question) -> str | None:
    """What the last place says, the code aside: a span of the asked type, or another code."""
    if place.crossing is not None:
        return place.value
    rest = place.text.partition(code)[2]
    if question.kind in _TYPED:
        span = best_span(rest, question)
        return span.text if span is not None else None
    other = CODE.search(rest)
    return other[0] if other is not None else rest.strip(" .:") or None
