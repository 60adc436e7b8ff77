"""Whether what was found is enough to answer with.

Two things decide. What the question insists on (years, names, quoted words) and the evidence lacks is a reason to
decline by itself. Otherwise a logistic measure of support, fitted by `benchmarks/abstention.py --fit`, is held against
one threshold.
"""

from math import exp

from answer.extractive.find import Found

THRESHOLD = 0.5

_YEARS = 0.3
"""A best candidate that meets less of the years asked for is about another time."""

FEATURES = ("covered", "own", "page", "years", "names", "cosine", "fit", "known", "margin")
_WEIGHTS = (2.0, 1.0, 1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 0.5)
_BIAS = -5.5


def features(found: Found) -> tuple[float, ...]:
    """The measure's inputs, in the order of `FEATURES`, about the best candidate."""
    if not found.ranked:
        return (0.0,) * len(FEATURES)
    best = found.ranked[0][1]
    margin = best.rank - found.ranked[1][1].rank if len(found.ranked) > 1 else best.rank
    shares = (best.covered, best.own, best.page, best.years, best.names, best.cosine, best.fit, found.known)
    return (*shares, min(margin, 1.0))


def belief(found: Found) -> float:
    """How far the best candidate is to be believed, 0 to 1; 0 where nothing was found or what is insisted on is
    absent."""
    if refusal(found, 0.0) is not None:
        return 0.0
    total = _BIAS + sum(weight * value for weight, value in zip(_WEIGHTS, features(found), strict=True))
    return 1.0 / (1.0 + exp(-total))


def refusal(found: Found, threshold: float = THRESHOLD) -> str | None:
    """Why to decline, or None."""
    if not found.ranked:
        return "the pages that came nearest hold no words"
    if found.absent:
        return f"none of the pages that came nearest mentions {', '.join(found.absent)}"
    if found.question.beyond:
        return found.question.beyond
    if found.question.years and found.ranked[0][1].years < _YEARS:
        return f"what comes nearest is not about {', '.join(found.question.years)}"
    if threshold and belief(found) < threshold:
        return "nothing on the pages that came nearest supports an answer well enough"
    return None
