"""Sentences that give several values for several years at once: "$714 million and $533 million in 2015 and 2014"."""

import re

from answer.extractive.question import Kind, Question
from answer.extractive.terms import stems

_YEAR = r"(?:19|20)\d\d"
_LINK = r"(?:\s?,\s?(?:and\s)?|\sand\s)"
_YEARS = re.compile(rf"(?<![\d,.]){_YEAR}(?:{_LINK}{_YEAR})+(?!\d)")
_SCALE = r"(?:\s(?:thousand|million|billion|percent|%)|%)?"
_VALUE = rf"(?:[$€£¥]\s?)?\d[\d,]*(?:\.\d+)?{_SCALE}"
_VALUES = re.compile(rf"(?<![\w.,]){_VALUE}(?:{_LINK}{_VALUE})+(?![\w])")
_FOLLOWING = re.compile(r"\W*([A-Za-z]+(?:\s[A-Za-z]+)?)")


def aligned(sentence: str, question: Question) -> str | None:
    """The value that a sentence gives for the question's year, where it has as many values in a row as years in a row;
    None where it has no such rows. Of several rows of values, the one of the asked type whose neighbours the question
    names best."""
    if len(question.years) != 1:
        return None
    years = [re.findall(_YEAR, row[0]) for row in _YEARS.finditer(sentence)]
    years = [row for row in years if question.years[0] in row]
    if not years:
        return None
    rows = [row for row in _VALUES.finditer(sentence) if not re.fullmatch(rf"{_YEAR}(?:{_LINK}{_YEAR})+", row[0])]
    found = [
        (_near(sentence, row, question), values[years[0].index(question.years[0])])
        for row in rows
        if len(values := re.findall(_VALUE, row[0])) == len(years[0]) and _fits(values[0], question)
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _fits(value: str, question: Question) -> bool:
    money = value[0] in "$€£¥"
    if question.kind is Kind.PERCENT:
        return value.endswith(("%", "percent"))
    return money or question.kind is not Kind.MONEY or re.search("million|billion|thousand", value) is not None


def _near(sentence: str, row: "re.Match[str]", question: Question) -> int:
    """How many of the words around a row the question has; words right before and after it count."""
    around = stems(sentence[max(0, row.start() - 40) : row.start()]) + stems(sentence[row.end() : row.end() + 40])
    return sum(stem in question.terms for stem in around)
