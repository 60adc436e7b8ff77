"""Whether what was found is enough to answer with.

Two things decide. What the question insists on (years, names, quoted words) and the evidence lacks is a reason to
decline by itself, and so is what words can't answer. Otherwise a measure of support is held against one threshold. The
measure is logistic, for sentences and cells each, fitted by `python -m benchmarks.abstention` to tell where the page of the
best candidate is a gold page of an answerable question, on the development split of MMLongBench-Doc (320 questions, 69
unanswerable, most of the others needing sight or several steps; right answers are too rare to learn from). Out of fold (five,
by document), the more certain chain followed:

    threshold   coverage   right of answered   unanswerable declined   accuracy
         0.00       0.65                0.17                    0.51      0.222
         0.35       0.45                0.24                    0.74      0.266
         0.40       0.34                0.30                    0.87      0.291
         0.45       0.27                0.37                    0.93      0.300
         0.50       0.20                0.47                    0.96      0.300
         0.55       0.17                0.51                    0.99      0.297
         0.60       0.07                0.45                    0.99      0.244

(Always declining has accuracy 0.216.) Just below 0.50 accuracy is highest, and nearly half of what is answered is right.
"""

from math import exp

from answer.extractive.candidates import ANOTHER_TIME, DATED, HEADING, Candidate
from answer.extractive.find import Found
from answer.extractive.insist import as_said
from answer.extractive.question import CONTACTS, FIGURES, Kind, Question
from answer.extractive.terms import stems
from answer.extractive.threads import points_to

THRESHOLD = 0.49

RECKONED = {
    "sum": 0.6, "difference": 0.6, "average": 0.6, "relative change": 0.5, "highest": 0.6, "lowest": 0.6, "measure": 0.6,
    "line": 0.8, "rise": 0.6, "fall": 0.6,
}  # fmt: skip
"""Belief in what was reckoned, by what was done. Right on the development split: 6 of 10 measures, 5 of 6 lines, 4 of the 7
others, too few to fit anything by; every value in them was looked up strictly."""

LABELLED = {"title": 0.6, "short form": 0.85, "count": 0.5, "thread": 0.7, "extreme": 0.55}
"""Belief in what is read off labels."""

HELD = 0.75
"""Belief in what has a value that the question gives."""

_ELSEWHERE = 0.5
"""Credit for names from which a candidate may well be about another thing that stands on the same page."""

WHOLE, CROSSED = 0.85, 0.6
"""Belief in what says all that is asked for, and in a cell whose row and column are both asked for, or an address that stands
by whose it is."""

NAMED = 0.5
_SEVERAL = 3
"""Belief in a cell of the asked type and time whose label has so many words, all of them asked for."""

ADDRESSED = 0.6
"""Fit from which an address stands by words of the question."""

_TYPED = (*FIGURES, *CONTACTS, Kind.DATE, Kind.VERSION, Kind.CODE)

FORMS = ("sentence", "cell")
FEATURES = ("covered", "page", "cosine", "margin")
_WEIGHTS = {"sentence": (0.51, 0.78, 0.46, 1.1), "cell": (0.46, 0.73, 0.91, 0.36)}
_BIAS = {"sentence": -1.55, "cell": -1.76}


def form(found: Found) -> str:
    """Which weights the best candidate is measured by: those of a cell or of a sentence."""
    return FORMS[1] if found.ranked and found.ranked[0][0].crossing is not None else FORMS[0]


def features(found: Found) -> tuple[float, ...]:
    """The measure's inputs, in the order of `FEATURES`, about the best candidate."""
    if not found.ranked:
        return (0.0,) * len(FEATURES)
    best = found.ranked[0][1]
    margin = best.rank - found.ranked[1][1].rank if len(found.ranked) > 1 else best.rank
    return (best.covered, best.page, best.cosine, min(margin, 1.0))


def belief(found: Found) -> float:
    """How far the best candidate is to be believed, 0 to 1; 0 where nothing was found or what is insisted on is
    absent."""
    if refusal(found, 0.0) is not None:
        return 0.0
    kind = form(found)
    total = _BIAS[kind] + sum(weight * value for weight, value in zip(_WEIGHTS[kind], features(found), strict=True))
    return max(1.0 / (1.0 + exp(-total)), assured(found))


def assured(found: Found) -> float:
    """What the best candidate is believed at least, for what it is."""
    if not found.ranked:
        return 0.0
    candidate, best = found.ranked[0]
    named = (
        len(candidate.label) >= _SEVERAL
        and candidate.label <= {*found.question.terms}
        and candidate.crossing is not None
    )
    addressed = found.question.kind in CONTACTS and best.names == 1.0 and best.fit > ADDRESSED
    sound = best.fit == 1.0 and best.years >= DATED and best.names == 1.0
    return max(WHOLE * best.whole, CROSSED * max(best.crossed, addressed), NAMED * (named and sound))


def refusal(found: Found, threshold: float = THRESHOLD) -> str | None:
    """Why to decline, or None."""
    if not found.ranked:
        return "the pages that came nearest hold no words"
    if found.absent:
        return f"none of the pages that came nearest mentions {', '.join(found.absent)}"
    if found.question.beyond:
        return found.question.beyond
    if found.question.years and found.ranked[0][1].years < ANOTHER_TIME:
        return f"what comes nearest is not about {', '.join(found.question.years)}"
    if found.question.names and found.ranked[0][1].names <= _ELSEWHERE:
        return f"what comes nearest is not about {' or '.join(as_said(name, found.question.text) for name in found.question.names)}"
    if (code := points_to(found.ranked[0][0].text, found.question.text)) is not None:
        return f"what comes nearest points to {code}, which the pages that came nearest do not tell more of"
    if found.question.kind in _TYPED and not found.ranked[0][1].fit:
        return f"what comes nearest holds no {found.question.kind.value}"
    if found.question.kind is Kind.PASSAGE and found.ranked[0][1].fit <= HEADING and not found.ranked[0][0].tabular:
        return "what comes nearest is a heading"
    if found.question.kind is Kind.YES_NO and not found.ranked[0][1].fit:
        return "what comes nearest says neither yes nor no"
    worded = found.question.kind in (Kind.NAME, Kind.LIST) or found.ranked[0][0].value is not None
    if worded and _says_no_more(found.ranked[0][0], found.question):
        return "what comes nearest says no more than the question does"
    if threshold and belief(found) < threshold:
        return "nothing on the pages that came nearest supports an answer well enough"
    return None


def _says_no_more(best: Candidate, question: Question) -> bool:
    """Whether all that the best candidate says stands in the question already."""
    asked = frozenset(stems(question.text))
    said = best.value if best.value is not None else best.text
    return not said.endswith(":") and frozenset(stems(said)) <= asked
