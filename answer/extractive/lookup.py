"""One value, looked up strictly: for what is reckoned from several, a near miss is worse than none."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from answer.extractive.amounts import Amount, amount
from answer.extractive.candidates import DATED, Candidate, Support, measure
from answer.extractive.cells import Crossing
from answer.extractive.insist import absent, spelled
from answer.extractive.material import Material
from answer.extractive.question import FIGURES, Kind, Question, analyse
from answer.extractive.series import aligned
from answer.extractive.spans import best_span
from answer.extractive.terms import stems

_COVERED = 0.8
"""Share of the question's words that has to be met by what is looked up."""


class Operand(Struct, frozen=True):
    """A value with where it stands."""

    amount: Amount
    candidate: Candidate
    support: Support


def look_up(text: str, material: Material) -> Operand | None:
    """The best supported figure for a question, None where none is well enough supported."""
    question = spelled(analyse(text), material.everything)
    if question.kind not in FIGURES:
        question = msgspec.structs.replace(question, kind=Kind.NUMBER)
    if absent(question, material.everything, material.pages):
        return None
    wanted = frozenset(question.terms)
    measured = [
        (c, measure(c, question, material.weights)) for c in material.candidates if (c.label or c.stems) & wanted
    ]
    held = [
        (c, s)
        for c, s in measured
        if (s.covered >= _COVERED or s.crossed or _is_it(c, question)) and s.years >= DATED and s.names == 1.0 and s.fit
    ]
    for candidate, support in sorted(held, key=lambda pair: -pair[1].rank):
        value = value_of(candidate, question)
        if value is not None:
            return Operand(value, candidate, support)
    return None


def _is_it(candidate: Candidate, question: Question) -> bool:
    """Whether a cell's label says nothing that is not asked for, and what is counted stands in its header or above."""
    named = candidate.crossing is not None and bool(candidate.label) and candidate.label <= frozenset(question.terms)
    around = (candidate.stems | candidate.near) - candidate.label
    return named and bool(question.focus) and all(term in around for term in question.focus)


def beside(name: str, anchors: Sequence[Operand], material: Material) -> Operand | None:
    """The value of the row called just `name`, in the column of a value that was found for another name."""
    wanted = frozenset(stems(name))
    columns = [(o.candidate, o.candidate.crossing) for o in anchors if o.candidate.crossing is not None]
    for candidate in material.candidates:
        crossing = candidate.crossing
        if crossing is None or not crossing.value.text[:1].isdigit() or candidate.label != wanted:
            continue
        if any(_one_column(candidate, crossing, other, its) for other, its in columns):
            value = amount(crossing.value.text, crossing.unit, crossing.titles)
            if value is not None:
                return Operand(value, candidate, Support(1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0))
    return None


def _one_column(candidate: Candidate, crossing: Crossing, other: Candidate, its: Crossing) -> bool:
    """Whether two values stand one below the other, on one page."""
    here, there = crossing.value.box, its.value.box
    one_page = (candidate.document, candidate.page) == (other.document, other.page)
    one_form = crossing.value.text[-1:].isalpha() == its.value.text[-1:].isalpha()
    return one_page and one_form and here.x0 < there.x1 and there.x0 < here.x1


def value_of(candidate: Candidate, question: Question) -> Amount | None:
    """The figure that a candidate gives for a question."""
    if candidate.crossing is not None:
        crossing = candidate.crossing
        if not crossing.value.is_value:
            return None
        above = (*(h.text for h in crossing.headers), *(g.text for g in crossing.groups), *crossing.titles)
        return amount(crossing.value.text, crossing.unit, above)
    text = aligned(candidate.text, question)
    if text is None:
        span = best_span(candidate.text, question)
        text = span.text if span is not None else None
    return amount(text) if text is not None else None
