"""What has to be worked out for a question, and from which questions: a sum, a difference, a ratio, a comparison.

Only the words of the question are looked at. Where it names several things ("of A, B and C"), each gets the question with
that one thing in it."""

import re
from enum import StrEnum

from msgspec import Struct


class Op(StrEnum):
    """What is done with the values. `HIGHEST` and `LOWEST` give the name that the value belongs to, `ROSE` and `FELL`
    whether the second is higher or lower."""

    SUM = "sum"
    DIFFERENCE = "difference"
    CHANGE = "relative change"
    AVERAGE = "average"
    HIGHEST = "highest"
    LOWEST = "lowest"
    ROSE = "rise"
    FELL = "fall"


class Plan(Struct, frozen=True):
    """The values' questions, in the order in which the question names them, and the `names` that they are about. `place`:
    1 for the highest, 2 for the second."""

    op: Op
    names: tuple[str, ...]
    questions: tuple[str, ...]
    place: int = 1


_YEAR = r"(?:FY\s?)?(?:19|20)\d\d"
_HEAD = r"(?-i:(?:[A-Z][\w&.'’/+-]*|\d[\w&.'’/+-]*))"
_TAIL = r"(?:\s(?:of\s|the\s|de\s|\+\s)?(?-i:[A-Z][\w&.'’/+-]*\w|\d[\w&.'’/+-]*))*"
_QUOTED = r"[`\"“'‘][^`\"”'’]{1,60}[`\"”'’]"
_ITEM = rf"(?:{_QUOTED}|{_HEAD}{_TAIL})"
_NAMED = re.compile(rf"(?P<list>{_ITEM}(?:,\s{_ITEM})*,?\s(?:and|or|&)\s{_ITEM})")
_BETWEEN = re.compile(r"\bbetween (?:the )?(?P<a>[^,?]+?) and (?:the )?(?P<b>[^,?]+?)(?=\?|,| in (?:19|20)\d\d|$)")
_THAN = re.compile(
    rf"^(?P<ask>.*?)\b(?P<more>more|less|fewer|higher|lower|greater|larger|smaller)\b(?P<what>.*?)\s(?P<a>{_ITEM})"
    rf"\s(?:(?:is|are|was|were|has|have|had)\s)?(?:compared (?:to|with)|than)\s(?:in\s|of\s)?(?P<b>{_ITEM})(?P<rest>.*)$"
)
_THAN_AFTER = re.compile(r"\b(?:compared (?:to|with)|than)\b")
_SPLIT = re.compile(r",\s(?:and\s|or\s)?|\s(?:and|or|&)\s")
_FROM_TO = re.compile(rf"\b(?:from|between)\s(?P<a>{_YEAR})\s(?:to|and|until)\s(?P<b>{_YEAR})\b")

_SUM = re.compile(
    r"\b(?:the )?(?:sum|total|combined (?:total|value|number|percentage)|combined)(?: of)?\b|\b(?:in total|altogether|combined)\b",
    re.I,
)
_DIFFERENCE = re.compile(r"\b(?:the )?(?:absolute )?difference (?:in|of|between)?\b", re.I)
_AVERAGE = re.compile(r"\b(?:the )?(?:averaged?|mean)(?: value| percentage| number)? of\b", re.I)
_RISE = re.compile(r"\b(?:increase|decrease|grow|grew|rise|rose|fall|fell|drop|decline|change|reduce)\w*\b", re.I)
_DOWNWARD = re.compile(r"\b(?:decrease|fall|fell|drop|decline|reduce)\w*\b", re.I)
_WHETHER = re.compile(r"^\W*(?:did|has|have|had)\b", re.I)
_POINTS = re.compile(r"\bpercentage points?\b", re.I)
_PERCENT = re.compile(r"\bper ?cent|%|\bgrowth rate\b|\brate\b", re.I)
UP = r"higher|greater|larger|bigger|more|highest|greatest|largest|biggest|most"
DOWN = r"lower|smaller|less|fewer|lowest|smallest|least|fewest"
_DEGREE = rf"(?:the |an? )?(?P<nth>second[- ]|third[- ])?(?:(?P<up>{UP})|(?P<down>{DOWN}))"
_IS = r"(?:had|has|have|having|was|were|is|are|shows?|showed|recorded|reported|received|got|with)"
_AMONG = re.compile(
    rf"^(?:of|among|between)\s(?P<list>{_ITEM}(?:,\s{_ITEM})*,?\s(?:and|or|&)\s{_ITEM}),?\s(?:which|who|what)(?:\s\w+)?\s{_IS}\s"
    rf"{_DEGREE}\s(?:in\s)?(?P<what>[^?]+?)(?P<tail>,?\s(?:in|for|at)\s[^?]*?{_YEAR})?\?*$",
    re.I,
)
_WHICH = re.compile(
    rf"^(?:[^?,]*,\s)?(?:which|who|what)(?:\s\w+){{0,2}}?\s{_IS}\s{_DEGREE}\s(?:in\s)?(?P<what>[^?,]+?)"
    rf"(?P<tail>,?\s(?:in|for|at)\s[^?,]*?(?:{_YEAR}|survey|report))?(?:,|\?|:)\s(?P<list>[^?]+?(?:,\sor\s|\sor\s)[^?]+)\?*$",
    re.I,
)
_PLACES = {"second": 2, "third": 3}


def plan(question: str) -> Plan | None:
    """How to work out the answer; None where nothing says that it has to be, or what from."""
    text = " ".join(question.split())
    return _spread(text) or _compared(text) or _over_years(text) or _put_together(text)


def _compared(text: str) -> Plan | None:
    """Which of several named things has more of something."""
    found = _AMONG.match(text) or _WHICH.match(text)
    if found is None or _THAN_AFTER.search(text):
        return None
    names = _names(found["list"])
    nth = (found["nth"] or "").strip(" -").lower()
    questions = tuple(f"What was the {found['what']} of {name}{found['tail'] or ''}?" for name in names)
    return Plan(Op.HIGHEST if found["up"] else Op.LOWEST, names, questions, _PLACES.get(nth, 1))


def _spread(text: str) -> Plan | None:
    """How much more of something one thing has than another."""
    found = _THAN.match(text)
    if found is None or not re.search(r"\bhow (?:much|many)\b", found["ask"], re.I):
        return None
    ask, rest = found["ask"], found["rest"]
    questions = tuple(" ".join(f"{ask} {found['what']} {name} {rest}".split()) for name in (found["a"], found["b"]))
    return Plan(Op.DIFFERENCE, (found["a"], found["b"]), questions)


def _over_years(text: str) -> Plan | None:
    """By how much something changed from one year to another."""
    years = _FROM_TO.search(text)
    if years is None or not _RISE.search(text) or re.search(r"\b(?:which|who)\b", text, re.I):
        return None
    bare = _RISE.sub("", _cut(text, (years.span(),), by="@"))
    questions = tuple(" ".join(bare.replace("@", f"in {years[side]}").split()) for side in "ab")
    if _WHETHER.match(text):
        asked = tuple(re.sub(_WHETHER, "What was", question) for question in questions)
        return Plan(Op.FELL if _DOWNWARD.search(text) else Op.ROSE, (years["a"], years["b"]), asked)
    op = Op.CHANGE if _PERCENT.search(text) and not _POINTS.search(text) else Op.DIFFERENCE
    return Plan(op, (years["a"], years["b"]), questions)


def _put_together(text: str) -> Plan | None:
    """A sum, a difference or an average of the same measure of several things."""
    for op, pattern in ((Op.DIFFERENCE, _DIFFERENCE), (Op.AVERAGE, _AVERAGE), (Op.SUM, _SUM)):
        said = pattern.search(text)
        if said is None:
            continue
        listed = _NAMED.search(text) or (_BETWEEN.search(text) if op is Op.DIFFERENCE else None)
        if listed is None:
            return None
        span = listed.span("list") if "list" in listed.groupdict() else (listed.start("a"), listed.end("b"))
        bare = _cut(text, (span,), by="@")
        bare = pattern.sub("", bare).replace("between", "of")
        names = _names(text[span[0] : span[1]])
        return Plan(op, names, tuple(" ".join(bare.replace("@", name).split()) for name in names))
    return None


def _names(listed: str) -> tuple[str, ...]:
    quoted = re.findall(_QUOTED, listed)
    if len(quoted) > 1:  # a name in quotation marks may have an "or" in it
        return tuple(dict.fromkeys(name[1:-1].strip() for name in quoted))
    parts = (part.strip(" `\"“”'‘’?") for part in _SPLIT.split(listed))
    return tuple(dict.fromkeys(re.sub(r"(?i)^(?:the|of)\s", "", part) for part in parts if part))


def _cut(text: str, spans: tuple[tuple[int, int], ...], by: str = "") -> str:
    """The text without some of its parts."""
    for begin, end in sorted(spans, reverse=True):
        text = f"{text[:begin]}{by}{text[end:]}"
    return " ".join(text.split())
