"""Spans of a sentence that can be the answer to a question of some type."""

import re
from collections.abc import Iterator

from msgspec import Struct

from answer.compare.words import SPELT
from answer.extractive.question import CONTACTS, FIGURES, Kind, Question
from answer.extractive.terms import STOP, stem, words

_SCALE = r"(?:\s?(?:thousand|million|billion|trillion|[mM]n|[bB]n|[mMkK])\b)?"
_FIGURE = r"(?<![\w.,])[-−]?\d[\d,]*+(?:\.\d+)?+(?![A-Za-z]+\d)"
CODE = re.compile(r"(?<![\w-])(?=[A-Z/.-]*\d)(?=[\d/.-]*[A-Z])[A-Z0-9]+(?:[-/.][A-Z0-9]+)+(?![\w-])")
"""A code, such as `R-3A4B6` or `COVID-19`, whose digits are no number."""

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_SPELT = rf"\b(?i:{'|'.join(SPELT)})\b"
_PATTERNS: dict[Kind, tuple[str, ...]] = {
    Kind.PERCENT: (rf"{_FIGURE}\s?(?:%|per\s?cent\b|percent\b)(?:age points)?",),
    Kind.MONEY: (
        rf"(?:US|EUR|GBP|USD|CHF)?\s?[$€£¥]\s?\d[\d,]*(?:\.\d+)?{_SCALE}",
        rf"\b(?:EUR|USD|GBP|CHF|Rs\.?)\s?\d[\d,]*(?:\.\d+)?{_SCALE}",
        rf"{_FIGURE}{_SCALE}\s(?:euros?|dollars?|pounds?|francs?|EUR|USD|GBP|CHF)\b",
        rf"{_FIGURE}\s?(?:thousand|million|billion|trillion|[mM]n|[bB]n)\b",
    ),
    Kind.DATE: (
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}\.?,?\s(?:19|20)\d\d\b",
        rf"\b{_MONTH}\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d\b",
        rf"\b{_MONTH}\.?,?\s(?:19|20)\d\d\b",
        r"\b(?:19|20)\d\d-\d\d-\d\d\b",
        rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}\b|\b{_MONTH}\.?\s\d{{1,2}}\b",
        r"\b(?:19|20)\d\d\b",
    ),
    Kind.NUMBER: (rf"{_FIGURE}{_SCALE}(?:\s?%)?", _SPELT),
    Kind.EMAIL: (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",),
    Kind.PHONE: (r"(?<![\w.,$€£])(?:\+\s?)?\(?\d{1,4}\)?(?:[\s./-]{1,2}\(?\d{2,5}\)?){2,4}(?![\w,])",),
    Kind.LINK: (
        r"(?:https?://|www\.)[^\s,;)]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|gov|edu|eu|io|info|int)\b(?:/[^\s,;)]*)?",
    ),
    Kind.VERSION: (
        r"(?<=[vV]ersion )v?\d+(?:\.\w+)*(?:-\w+)?|(?<=[rR]evision )[\w.]*\d[\w.]*|(?<=[rR]elease )v?\d+(?:\.\w+)*",
        r"\bv\d+(?:\.\w+)*\b|(?<![\w.,$€£])\d+(?:\.\d+){2,}(?:[a-z]|-\w+)?\b(?!%)",
    ),
    Kind.CODE: (
        r"(?<![\w-])--?[A-Za-z][\w-]*(?:=[\w./-]+)?",
        r"(?<![\w.])~?/[\w.-]+(?:/[\w.*-]+)*/?|\b[A-Z]:\\[\w\\.-]+",
        r"\b[A-Za-z]\w*(?:\(\)|_\w+)(?:\(\))?|\b[\w-]+\.[a-z]{2,4}\b(?![\w.])|\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b|\b[a-z]+[A-Z]\w+\b",
    ),
    Kind.NAME: (
        r"(?:\b(?:Dr|Mr|Mrs|Ms|Prof|St)\.\s)?\b[A-Z][\w'’&.-]*(?:\s(?:(?:of|the|and|de|van|von|&|for)\s)?[A-Z][\w'’&-]*)*",
    ),
}


_BEHIND = 2
_LETTERS = 3
"""How much further away what stands behind an address counts, in words behind it; a word of the question with more letters,
in an address, tells whose it is."""

_AFTER = re.compile(r"\s([A-Za-z°]{1,20})\b")
_ENUMERATOR = re.compile(r"^\W*(?:\(\w{1,3}\)|\d{1,3}[.)]|\[\d{1,3}\])\s")
"""What a note or an item of a list begins with: no value of anything."""
LABEL = re.compile(
    r"\b(tables?|figures?|fig|charts?|exhibits?|box|notes?|pages?|slides?|sections?|chapters?|appendix)\.?\s\d+(?:\.\d+)*\b",
    re.I,
)
"""Numbers by which a part of the document is called, no values either."""
_UNITS = re.compile(
    r"[kMGT]?Wh?|[kcm]?m|km|[km]?g|tonnes?|litres?|liters?|hectares?|metres?|meters?|miles?|degrees?|°C|times"
    r"|years?|months?|weeks?|days?|hours?|minutes?|seconds?"
)


class Span(Struct, frozen=True):
    """Characters `begin` to `end` (half-open) of a sentence, and how well it fits as the answer, 0 to 1."""

    begin: int
    end: int
    text: str
    fit: float


def best_span(sentence: str, question: Question) -> Span | None:
    """The span that answers best: of the asked type, not part of the question, near the words that the question
    shares."""
    spans = [_fit(sentence, span, question) for span in _spans(sentence, question)]
    return max(spans, key=lambda span: span.fit, default=None)


def _spans(sentence: str, question: Question) -> Iterator[tuple[int, int]]:
    asked = set(words(question.text))
    mark = _ENUMERATOR.match(sentence)
    taken: list[tuple[int, int]] = [mark.span()] if mark else []
    taken += [code.span() for code in CODE.finditer(sentence)] if question.kind in FIGURES else []
    taken += [label.span() for label in LABEL.finditer(sentence) if label[1].casefold() not in asked]
    for pattern in _PATTERNS.get(question.kind, ()):
        for match in re.finditer(pattern, sentence):
            begin, end = match.span()
            text = match[0].strip(" .,")
            begin += len(match[0]) - len(match[0].lstrip())
            if any(b < end and begin < e for b, e in taken) or not text:
                continue
            said = [word for word in words(text) if word not in STOP]
            if said and not all(word in asked for word in said):
                taken.append((begin, begin + len(text)))
                yield begin, begin + len(text)


def _fit(sentence: str, span: tuple[int, int], question: Question) -> Span:
    """Nearness: the mean, over the question's terms in the sentence, of 1 / (1 + words between / 6)."""
    begin, end = span
    wanted = set(question.terms)
    before = [stem(word) for word in words(sentence[:begin])]
    after = [stem(word) for word in words(sentence[end:])]
    near: dict[str, float] = {}
    # An address or a number stands behind what says whose or which it is ("Fax: ...").
    behind = _BEHIND * len(after) if question.kind in CONTACTS else 0
    for gap, term in [*enumerate(reversed(before)), *enumerate(after, start=behind)]:
        if term in wanted:
            near[term] = max(near.get(term, 0.0), 1.0 / (1.0 + gap / 6.0))
    score = sum(near.values()) / len(near) if near else 0.0
    if question.kind is Kind.NUMBER:
        end = _with_unit(sentence, end, question)
    text = sentence[begin:end]
    if question.kind is Kind.NUMBER and question.focus:
        # "How many employees": the number has to stand by the employees, or it counts something else.
        beside = set(before[-2:]) | set(after[:4])
        score *= 1.0 if beside & set(question.focus) else 0.35
    if question.kind is Kind.NUMBER and re.match(r"(19|20)\d\d\b", text):
        score *= 0.4
    if question.kind in CONTACTS and any(term in text.casefold() for term in question.terms if len(term) > _LETTERS):
        return Span(begin, end, text, 1.0)
    if question.kind is Kind.NAME and begin == 0 and len(words(text)) == 1:
        score *= 0.5
    return Span(begin, end, text, min(score, 1.0))


def _with_unit(sentence: str, end: int, question: Question) -> int:
    """Where a number ends with what it counts: the words after it, if the question has them or they are a unit."""
    match = _AFTER.match(sentence, end)
    if match is None or not (stem(match[1].casefold()) in question.focus or _UNITS.fullmatch(match[1])):
        return end
    end = match.end(1)
    following = _AFTER.match(sentence, end)
    while following is not None and stem(following[1].casefold()) in question.terms:
        end = following.end(1)
        following = _AFTER.match(sentence, end)
    return end
