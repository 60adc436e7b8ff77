"""Two places that give different values for the same thing. Conservative: a report repeats itself with other units, other
years and other scopes all the time, so both have to say all that is asked for."""

from decimal import Decimal

from answer.extractive.amounts import Amount
from answer.extractive.candidates import Candidate, Support, measure
from answer.extractive.find import Found
from answer.extractive.lookup import value_of
from answer.extractive.material import Material
from answer.extractive.question import FIGURES

_ROUNDED = Decimal("0.01")
"""Relative difference within which two values may be one, rounded."""


def rival(found: Found, material: Material) -> tuple[Candidate, Support] | None:
    """Another place anywhere in the evidence that answers in full, with another value than the best."""
    if found.question.kind not in FIGURES or not found.ranked or not found.ranked[0][1].whole:
        return None
    best, _ = found.ranked[0]
    value = value_of(best, found.question)
    if value is None:
        return None
    for candidate in material.candidates:
        if _elsewhere(candidate, best):
            support = measure(candidate, found.question, material.weights)
            other = value_of(candidate, found.question) if support.whole else None
            if other is not None and _differ(value, other):
                return candidate, support
    return None


def _elsewhere(candidate: Candidate, best: Candidate) -> bool:
    same = (candidate.document, candidate.page) == (best.document, best.page)
    return not same or not set(candidate.words) & set(best.words)


def _differ(a: Amount, b: Amount) -> bool:
    """Whether two amounts can't be one: of one kind, and apart by more than rounding. A scale that one of them leaves out
    is taken to be the other's."""
    if a.told != b.told or (a.percent != b.percent and 0 not in (a.value, b.value)):
        return _apart(a.value, b.value)
    return _apart(a.whole, b.whole)


def _apart(one: Decimal, two: Decimal) -> bool:
    return abs(one - two) > _ROUNDED * max(abs(one), abs(two))
