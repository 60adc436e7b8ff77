"""Two places that give different values for the same thing. Conservative: a report repeats itself with other units,
other years and other scopes all the time, so everything but the value has to be the same."""

from answer.extractive.candidates import Candidate
from answer.extractive.find import Found
from answer.extractive.question import Kind
from answer.extractive.spans import best_span
from answer.normal import normal

_NEARLY = 0.05
_SAME = 0.75
_COVERS = 0.7
"""Difference in rank of two that are equally supported; share of words two sentences must have in common to speak
of the same thing; share of the question's words, by weight, that each must have itself."""

_KINDS = (Kind.NUMBER, Kind.MONEY, Kind.PERCENT, Kind.DATE)


def rival(found: Found) -> Candidate | None:
    """A candidate as good as the best, from another page, that says the same of the same thing but for the value."""
    if found.question.kind not in _KINDS or len(found.ranked) < 2:
        return None
    best, support = found.ranked[0]
    value = _value(best, found)
    for other, theirs in found.ranked[1:]:
        close = support.rank - theirs.rank <= _NEARLY
        if not close:
            break
        elsewhere = (other.document, other.page) != (best.document, best.page)
        covered = min(support.own, theirs.own) >= _COVERS
        if elsewhere and covered and _same_thing(best, other) and value and _differs(value, _value(other, found)):
            return other
    return None


def _same_thing(a: Candidate, b: Candidate) -> bool:
    """Cells: the same label and headers. Sentences: most words in common, figures left aside."""
    if (a.value is None) != (b.value is None):
        return False
    if a.value is not None:
        return a.stems == b.stems
    mine, theirs = ({stem for stem in c.stems if stem.isalpha()} for c in (a, b))
    return len(mine & theirs) >= _SAME * len(mine | theirs)


def _value(candidate: Candidate, found: Found) -> str:
    if candidate.value is not None:
        return candidate.value
    span = best_span(candidate.text, found.question)
    return span.text if span is not None else ""


def _differs(a: str, b: str) -> bool:
    return bool(b) and normal(a) != normal(b)
