"""Whether what was found is enough to answer with.

Two things decide. What the question insists on (years, names, quoted words) and the evidence lacks is a reason to
decline by itself, and so is what words can't answer. Otherwise a measure of support is held against one threshold. The
measure is logistic, fitted by `benchmarks/abstention.py --fit` to tell questions whose cited page is a gold page from
all others, on the development split of MMLongBench-Doc (320 questions, 69 unanswerable, most of the others needing
sight or sums).

Out of fold (five, by document), text layer only, N 320:

    threshold   coverage   cited page gold   right   unanswerable declined   accuracy
         0.20      0.46          0.38         0.08            0.70             0.188
         0.30      0.34          0.43         0.10            0.83             0.212
         0.40      0.20          0.48         0.16            0.91             0.228
         0.50      0.08          0.54         0.38            0.99             0.241

(`cited page gold` and `right` are shares of what was answered; always declining has accuracy 0.216.) 0.40 is where
nine in ten unanswerable questions are declined while F1 still is what it is without any threshold; more caution would
only trade answers away.
"""

from math import exp

from answer.extractive.find import Found

THRESHOLD = 0.4

_YEARS = 0.3
"""A best candidate that meets less of the years asked for is about another time."""

FEATURES = ("covered", "page", "names", "cosine", "fit", "margin")
_WEIGHTS = (0.53, 0.85, 0.75, 0.98, 0.19, 0.65)
_BIAS = -2.68


def features(found: Found) -> tuple[float, ...]:
    """The measure's inputs, in the order of `FEATURES`, about the best candidate."""
    if not found.ranked:
        return (0.0,) * len(FEATURES)
    best = found.ranked[0][1]
    margin = best.rank - found.ranked[1][1].rank if len(found.ranked) > 1 else best.rank
    return (best.covered, best.page, best.names, best.cosine, best.fit, min(margin, 1.0))


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
