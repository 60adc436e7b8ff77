"""Candidates for an answer and how well each is supported: sentences and table cells under one measure."""

import re
from collections.abc import Sequence

from msgspec import Struct

from answer.extractive.cells import Crossing
from answer.extractive.fit import cell_fit, headed, heads, in_percent, sentence_fit
from answer.extractive.longer import longer, names_another
from answer.extractive.question import FIGURES, Kind, Question
from answer.extractive.terms import Weights, stem

_NEXT_TO = 0.6
_ABOVE = 0.9
_ON_PAGE = 0.3
"""Credit for a term of the question that stands next to the candidate (title, neighbouring sentence), above the table
or chart that it is of (a caption speaks of every cell), or elsewhere on its page."""


_NEARBY = 0.75
_ELSEWHERE = 0.5
"""Credit for a name of several words that stands only elsewhere on the page; less where the candidate names another."""

HEADING = 0.2
"""Fit of a line that only says what is talked about."""

ANOTHER_TIME = 0.3
"""A candidate that meets less of the years asked for is about another time."""

DATED = 0.8
_SEVERAL = 3
_CROSSED = 0.4
"""Credit for years with which a candidate is of the time asked for; words from which a question is met in full by more
than chance; what a cell gains whose row and column are both asked for."""

_EXTREME = re.compile(
    r"\b(?:highest|lowest|largest|smallest|biggest|greatest|least|most|fewest|best|worst|top|maximum|minimum|exceed\w*|average\w*)\b",
    re.I,
)
"""Words for which a value has to be held against others."""

_CROSSING = (*FIGURES, Kind.PASSAGE)
_MANY = re.compile(r"\bhow many\b|\bnumber of\b", re.I)


class Candidate(Struct, frozen=True):
    """Something that may answer. `text` states it for people, `quote` is what stands on the page, `words` the
    quote's words (indexes into the page's), `stems`, `near` and `page_stems` what it says, what it stands next to,
    and what its page and document say. `value` is the answer itself where it is known without looking for a span (a
    cell); `label` are the stems that name a cell's row, `crossing` the cell, `title` what stands above its table or chart.
    `tabular`: it is a cell, or a line of a marked table; `leads`: items of a list follow it."""

    document: str
    page: int
    text: str
    quote: str
    words: tuple[int, ...]
    stems: frozenset[str]
    near: frozenset[str]
    page_stems: frozenset[str]
    value: str | None = None
    label: frozenset[str] = frozenset()
    crossing: Crossing | None = None
    title: str = ""
    tabular: bool = False
    leads: bool = False


class Support(Struct, frozen=True):
    """How well a candidate is supported. All shares are 0 to 1, by weight. `own`: the question's terms it has
    itself; `covered`: with part credit for what stands around it; `page`: terms anywhere on its page; `years` and
    `names`: those asked for that its page has (1.0 where none is asked for); `cosine` of it and the question; `fit`
    of its span to the asked type. `whole`: all that is asked for stands in it, or above the table or chart it is of, and
    nothing in its label is another thing. `crossed`: its row and its column are both called by what the question names."""

    own: float
    covered: float
    page: float
    years: float
    names: float
    cosine: float
    fit: float
    whole: bool = False
    crossed: bool = False

    @property
    def rank(self) -> float:
        """What candidates of one question are ranked by. What holds nothing of the asked type stands far back, and so does
        what is about another time or thing; what says all that is asked stands in front."""
        shares = 0.6 * self.covered + 0.25 * self.own + 0.3 * self.years + 0.15 * self.names
        aside = 0.6 * (self.years < ANOTHER_TIME) + 0.6 * (self.names == 0.0)
        met = 0.5 * self.whole + _CROSSED * self.crossed
        return shares + 0.5 * self.cosine + (0.4 * self.fit if self.fit else -0.4) + met - aside


def measure(candidate: Candidate, question: Question, weights: Weights, cosine: float = 0.0) -> Support:
    """Support of one candidate."""
    total = sum(weights[term] for term in question.terms) or 1.0
    own = sum(weights[term] for term in question.terms if term in candidate.stems)
    near = sum(weights[t] for t in question.terms if t not in candidate.stems and t in candidate.near)
    around = candidate.stems | candidate.near
    far = sum(weights[t] for t in question.terms if t not in around and t in candidate.page_stems)
    years, names, fit = _years(candidate, question), _names(candidate, question), _fit(candidate, question, weights)
    held = around if candidate.crossing is not None else candidate.stems
    sound = years >= DATED and names == 1.0 and fit > 0.0
    whole = sound and all(term in held for term in question.terms) and fit > HEADING
    return Support(
        own=own / total,
        covered=(own + (_ABOVE if candidate.crossing else _NEXT_TO) * near + _ON_PAGE * far) / total,
        page=(own + near + far) / total,
        years=years,
        names=names,
        cosine=cosine,
        fit=fit,
        whole=whole and len(question.terms) >= _SEVERAL and _named(candidate, question),
        crossed=sound and _crossed(candidate, question),
    )


def _named(candidate: Candidate, question: Question) -> bool:
    """Whether a cell's label, and what heads its column, say nothing that the question does not."""
    if candidate.crossing is not None and not headed(candidate.crossing, question):
        return False
    return all(stem in question.terms or stem.isdigit() for stem in candidate.label)


def _crossed(candidate: Candidate, question: Question) -> bool:
    """Whether a cell's label and what heads its column each name something that is asked for, and nothing else."""
    crossing = candidate.crossing
    if crossing is None or not crossing.value.is_value or not crossing.label or question.kind not in _CROSSING:
        return False
    held_against = {
        stem(word) for word in _EXTREME.findall(question.text)
    } - candidate.stems  # "Load (maximum)" is no extreme
    if held_against or (question.kind is Kind.PERCENT and not in_percent(crossing)):
        return False
    if _MANY.search(question.text) and not {*question.focus} <= candidate.stems | candidate.near:
        return False  # something else is counted
    return bool(heads(crossing) & {*question.terms}) and _named(candidate, question)


def _years(candidate: Candidate, question: Question) -> float:
    if not question.years:
        return 1.0
    credit = [_year_credit(candidate, year) for year in question.years]
    return sum(credit) / len(credit)


def _year_credit(candidate: Candidate, year: str) -> float:
    """Full where the candidate has the year itself; less the further away it stands; next to none where it has another
    year, since what happened in one year says nothing of the next. What stands above a table dates all of it; what stands
    next to a sentence may speak of another time."""
    if _has(candidate.stems, year):
        return 1.0
    table = candidate.tabular
    if _dated(candidate.stems):
        near, far = (0.0, 0.0) if table else (0.2, 0.1)
    else:
        near, far = 0.8, 0.0 if table and _dated(candidate.near) else 0.5
    return near if _has(candidate.near, year) else far if _has(candidate.page_stems, year) else 0.0


def _dated(stems: frozenset[str]) -> bool:
    return any(len(stem) == 4 and stem.startswith(("19", "20")) and stem.isdigit() for stem in stems)


def _has(stems: frozenset[str], year: str) -> bool:
    return year in stems or f"fy{year}" in stems


def _names(candidate: Candidate, question: Question) -> float:
    names = [name for name in question.names if any(not term.isdigit() for term in name)]
    if not names:
        return 1.0
    everything = candidate.stems | candidate.near | candidate.page_stems
    return sum(_called(candidate, name, question, everything) for name in names) / len(names)


def _called(candidate: Candidate, name: tuple[str, ...], question: Question, everything: frozenset[str]) -> float:
    """Whether the name is there; not where the candidate has it only as part of a longer one."""
    if not all(term in everything for term in name) or longer(name, candidate.text, question):
        return 0.0
    if len(name) > 1 and not all(term in candidate.stems or term in candidate.near for term in name):
        return _ELSEWHERE if names_another(candidate.text, question) else _NEARBY
    return 1.0


def _fit(candidate: Candidate, question: Question, weights: Weights) -> float:
    if candidate.crossing is not None:
        return cell_fit(candidate.crossing, candidate.label, question, weights)
    return sentence_fit(candidate.text, len(candidate.words), question, leads=candidate.leads)


def shortlist(
    candidates: Sequence[Candidate], question: Question, weights: Weights, most: int
) -> list[tuple[Candidate, Support]]:
    """The best candidates by words alone, so that only they have to be encoded."""
    measured = [(candidate, measure(candidate, question, weights)) for candidate in candidates]
    return sorted(measured, key=lambda pair: pair[1].rank, reverse=True)[:most]
