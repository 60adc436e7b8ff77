"""Values held against each other along a column or a row: which is the highest, the second lowest, how many exceed 50."""

import re
from collections.abc import Sequence
from decimal import Decimal

from answer.extractive.amounts import amount, plain
from answer.extractive.candidates import Candidate
from answer.extractive.columns import Run, covered, runs
from answer.extractive.labelled import Labelled
from answer.extractive.material import Material
from answer.extractive.plan import DOWN, UP
from answer.extractive.question import Question, analyse
from answer.extractive.terms import stems

_COVERED = 0.75
_LEAD = 0.05
"""Share of what is asked for that a run has to be called by; by how much it has to lead another one."""

_DEGREE = (
    rf"(?:(?P<nth>second|third|2nd|3rd)[\s-])?(?:(?P<up>{UP}|top|maximum|strongest)|(?P<down>{DOWN}|minimum|weakest))"
)
_WHICH = re.compile(
    rf"\b(?:which|what|who)\b(?!\s(?:is|was|are|were)\sthe\s(?:\w+[\s-])?(?:{UP}|{DOWN}|maximum|minimum)\b).*?\b(?:the\s)?{_DEGREE}\b",
    re.I,
)
_HOW_HIGH = re.compile(rf"\bwhat(?:\s(?:is|was|are|were)|['’]s)\sthe\s{_DEGREE}\b", re.I)
_WHEN = re.compile(r"\b(?:which|what)\s(?:year|month|quarter|season|day|week|decade)\b|^\W*when\b", re.I)
_HOW_MANY = re.compile(
    r"\bhow many\b(?P<what>.*?)\b(?P<side>more than|greater than|higher than|larger than|over|above|exceed\w*|at least|less than"
    r"|fewer than|lower than|smaller than|below|under|at most)\s"
    r"(?P<limit>[$€£]?\d[\d,.]*\s?(?:%|percent|million|billion|thousand)?)",
    re.I,
)
_ABOVE = ("more", "greater", "higher", "larger", "over", "above", "exceed", "at least")
_NOT_MEANT = frozenset(
    stems(
        f"{UP.replace('|', ' ')} {DOWN.replace('|', ' ')} top maximum minimum second third 2nd 3rd among group one country "
        "year amount value level percent percentage number rate share chart table figure graph column row record show report "
        "list total detail accord"
    )
)
_PLACES = {"second": 2, "2nd": 2, "third": 3, "3rd": 3}


def extreme(text: str, material: Material) -> Labelled | None:
    """The name or the value at the end of a run, or how many of its values lie beyond a limit; None where nothing of the
    kind is asked for, or no run is called by what is asked for."""
    limit = _HOW_MANY.search(text)
    asked = _WHICH.search(text) or _HOW_HIGH.search(text)
    if (limit is None and asked is None) or re.search(
        r"\bcompared?\b|\bthan\b", text if limit is None else limit["what"]
    ):
        return None
    question = analyse(text)
    run = _meant(question, material, limit["limit"] if limit else "", down=_WHEN.search(text) is None)
    if run is None:
        return None
    if limit is not None:
        return _beyond(run, limit["side"], limit["limit"])
    return _end(run, asked, named=_WHICH.search(text) is not None) if asked is not None else None


def _meant(question: Question, material: Material, limit: str, *, down: bool) -> Run | None:
    """The run that is asked for, if one leads."""
    given = {*stems(limit), *question.years}
    terms = tuple(
        term for term in question.terms if not term.isdigit() and term not in given and term not in _NOT_MEANT
    )
    aside = frozenset(question.focus[:1])
    wanted = tuple(term for term in terms if term not in aside) or terms
    scored = [(covered(run, wanted, question, material), run) for run in runs(material, down=down)]
    ranked = sorted(scored, key=lambda pair: -pair[0])
    if not ranked or not wanted or ranked[0][0] < _COVERED:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _LEAD and _names(ranked[0][1]) != _names(ranked[1][1]):
        return None
    return ranked[0][1]


def _names(run: Run) -> list[tuple[str, Decimal]]:
    return [(name, value.value) for name, value, _ in run.members]


def _end(run: Run, asked: "re.Match[str]", *, named: bool) -> Labelled | None:
    order = sorted(run.members, key=lambda member: member[1].value, reverse=asked["up"] is not None)
    place = _PLACES.get((asked["nth"] or "").lower(), 1) - 1
    tied = [member for member in order if member[1].value == order[min(place, len(order) - 1)][1].value]
    if place >= len(order) or len(tied) > 1:
        return None
    name, value, candidate = order[place]
    answer = name if named else candidate.value or plain(value.value)
    told = ", ".join(f"{one}: {plain(its.value)}" for one, its, _ in order[:4])
    return Labelled(answer, (candidate, *_next(order, place)), f"values held against each other: {told}", "extreme")


def _next(order: Sequence[tuple[str, object, Candidate]], place: int) -> tuple[Candidate, ...]:
    """The neighbour that the value was held against."""
    return (order[place + 1][2],) if place + 1 < len(order) else ()


def _beyond(run: Run, side: str, limit: str) -> Labelled | None:
    bound = amount(limit)
    if bound is None or (bound.percent != run.members[0][1].percent and bound.percent):
        return None
    upward, equal = side.lower().startswith(_ABOVE), side.lower() in ("at least", "at most")
    held = [
        candidate
        for _, value, candidate in run.members
        if (value.value > bound.whole if upward else value.value < bound.whole)
        or (equal and value.value == bound.whole)
    ]
    if not held:
        return None
    return Labelled(str(len(held)), tuple(held), f"{len(held)} of {len(run.members)} values {side} {limit}", "extreme")
