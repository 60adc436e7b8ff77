"""Candidates for an answer and how well each is supported: sentences and table cells under one measure."""

from collections.abc import Sequence

from msgspec import Struct

from answer.extractive.question import Kind, Question
from answer.extractive.spans import best_span
from answer.extractive.terms import Weights

_NEXT_TO = 0.6
_ON_PAGE = 0.3
"""Credit for a term of the question that stands next to the candidate (title, neighbouring sentence), or elsewhere
on its page."""


_HEADING = 12
"""Words from which a line without a stop is more than a heading."""


class Candidate(Struct, frozen=True):
    """Something that may answer. `text` states it for people, `quote` is what stands on the page, `words` the
    quote's words (indexes into the page's), `stems`, `near` and `page_stems` what it says, what it stands next to,
    and what its page and document say. `value` is the answer itself where it is known without looking for a span (a
    cell)."""

    document: str
    page: int
    text: str
    quote: str
    words: tuple[int, ...]
    stems: frozenset[str]
    near: frozenset[str]
    page_stems: frozenset[str]
    value: str | None = None
    fit: float = 0.0


class Support(Struct, frozen=True):
    """How well a candidate is supported. All shares are 0 to 1, by weight. `own`: the question's terms it has
    itself; `covered`: with part credit for what stands around it; `page`: terms anywhere on its page; `years` and
    `names`: those asked for that its page has (1.0 where none is asked for); `cosine` of it and the question; `fit`
    of its span to the asked type."""

    own: float
    covered: float
    page: float
    years: float
    names: float
    cosine: float
    fit: float

    @property
    def rank(self) -> float:
        """What candidates of one question are ranked by. What holds nothing of the asked type stands far back."""
        shares = 0.6 * self.covered + 0.25 * self.own + 0.3 * self.years + 0.15 * self.names
        return shares + 0.5 * self.cosine + (0.4 * self.fit if self.fit else -0.4)


def measure(candidate: Candidate, question: Question, weights: Weights, cosine: float = 0.0) -> Support:
    """Support of one candidate."""
    total = sum(weights[term] for term in question.terms) or 1.0
    own = sum(weights[term] for term in question.terms if term in candidate.stems)
    near = sum(weights[t] for t in question.terms if t not in candidate.stems and t in candidate.near)
    around = candidate.stems | candidate.near
    far = sum(weights[t] for t in question.terms if t not in around and t in candidate.page_stems)
    return Support(
        own=own / total,
        covered=(own + _NEXT_TO * near + _ON_PAGE * far) / total,
        page=(own + near + far) / total,
        years=_years(candidate, question),
        names=_names(candidate, question),
        cosine=cosine,
        fit=_fit(candidate, question),
    )


def _years(candidate: Candidate, question: Question) -> float:
    if not question.years:
        return 1.0
    other = any(len(stem) == 4 and stem.startswith(("19", "20")) and stem.isdigit() for stem in candidate.stems)
    credit = [_year_credit(candidate, year, other) for year in question.years]
    return sum(credit) / len(credit)


def _year_credit(candidate: Candidate, year: str, other: bool) -> float:
    """Full where the candidate has the year itself; less the further away it stands; little where it has another
    year."""
    if _has(candidate.stems, year):
        return 1.0
    if other:
        near, far = (0.0, 0.0) if candidate.value is not None else (0.6, 0.3)
    else:
        near, far = 0.8, 0.5
    return near if _has(candidate.near, year) else far if _has(candidate.page_stems, year) else 0.0


def _has(stems: frozenset[str], year: str) -> bool:
    return year in stems or f"fy{year}" in stems


def _names(candidate: Candidate, question: Question) -> float:
    names = [name for name in question.names if any(not term.isdigit() for term in name)]
    if not names:
        return 1.0
    everything = candidate.stems | candidate.near | candidate.page_stems
    return sum(all(term in everything for term in name) for name in names) / len(names)


def _fit(candidate: Candidate, question: Question) -> float:
    if candidate.value is not None:
        return candidate.fit
    if question.kind in (Kind.PASSAGE, Kind.YES_NO, Kind.LIST):
        # A heading says what is talked about, not what is said.
        return (
            0.5
            if candidate.text.rstrip("\"'”’)").endswith((".", "!", "?", ":")) or len(candidate.words) > _HEADING
            else 0.2
        )
    span = best_span(candidate.text, question)
    return 0.2 + 0.8 * span.fit if span is not None else 0.0


def shortlist(
    candidates: Sequence[Candidate], question: Question, weights: Weights, most: int
) -> list[tuple[Candidate, Support]]:
    """The best candidates by words alone, so that only they have to be encoded."""
    measured = [(candidate, measure(candidate, question, weights)) for candidate in candidates]
    return sorted(measured, key=lambda pair: pair[1].rank, reverse=True)[:most]
