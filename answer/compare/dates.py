"""Dates as (year, quarter, month, day), with None for what is not said. A date whose day and month can't be told apart
(03/04/2018) is left to the comparison of words."""

import re

from answer.compare.words import folded

Date = tuple[int | None, int | None, int | None, int | None]

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = (
    {name: n + 1 for n, name in enumerate(_MONTHS)} | {name[:3]: n + 1 for n, name in enumerate(_MONTHS)} | {"sept": 9}
)
_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? )?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_WEEKDAY}(?:the )?{_DAY}(?: of)? (?P<name>{_NAMES})\.?(?:,? (?P<year>\d{{4}}))?",
        rf"{_WEEKDAY}(?P<name>{_NAMES})\.? {_DAY}(?:,? (?P<year>\d{{4}}))?",
        rf"(?P<name>{_NAMES})\.?(?:,| of)? (?P<year>\d{{4}})",
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"q(?P<quarter>[1-4])(?: of)?,? (?P<year>\d{4})",
        r"(?P<year>\d{4}) ?q(?P<quarter>[1-4])",
        r"(?P<ordinal>first|second|third|fourth) quarter(?: of)?,? (?P<year>\d{4})",
    )
)
_SLASHED = re.compile(r"(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<year>\d{4})")
_ORDINALS = ("first", "second", "third", "fourth")


def date(text: str) -> Date | None:
    """The date that an answer is; None where it is anything else. A year alone is a number."""
    plain = re.sub(r"^(?:(?:on|in|by|at|since|from) )?(?:the )?", "", folded(text))
    for form in _FORMS:
        match = form.fullmatch(plain)
        if match is not None:
            return _checked(_read(match.groupdict()))
    match = _SLASHED.fullmatch(plain)
    return _checked(_slashed(int(match["one"]), int(match["two"]), int(match["year"]))) if match else None


def _read(found: dict[str, str | None]) -> Date:
    def number(key: str) -> int | None:
        value = found.get(key)
        return int(value) if value else None

    named, ordinal = found.get("name"), found.get("ordinal")
    month = _MONTH[named] if named else number("month")
    quarter = _ORDINALS.index(ordinal) + 1 if ordinal else number("quarter")
    return number("year"), quarter, month, number("day")


def _slashed(one: int, two: int, year: int) -> Date | None:
    if one == two or two > 12:
        return year, None, one, two
    return (year, None, two, one) if one > 12 else None


def _checked(found: Date | None) -> Date | None:
    if found is None:
        return None
    _, _, month, day = found
    return found if (month is None or 1 <= month <= 12) and (day is None or 1 <= day <= 31) else None
