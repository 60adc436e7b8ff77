"""Ways of scoring pages by a question's words: the package's, and those it was chosen among."""

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from benchmarks.wordspot.paging import Encoder
from retrieval.wordspot.reading import Spotted
from retrieval.wordspot.scoring import Matches, matches, scores

Floats = npt.NDArray[np.float32]
Score = Callable[[Matches, Floats, Encoder], Floats]
"""Matches, vectors of each page and the encoder to scores of the pages."""

CHOSEN = "standing out x root of chance"
WEIGHT = 0.25
"""The rule, and what its ranking counts beside BM25's: chosen by benchmarks.wordspot.ranking, used elsewhere."""

_FIRST_RANKS = 10
"""Within a document there are tens of pages, not thousands: with 60 all ranks would count alike."""


def shipped(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
    """The rule of the package."""
    return scores(found.best, with_.calibration)


def standing_out(power: float, doubt: float) -> Score:
    """As `retrieval.wordspot.scoring.scores`, but with powers of its two factors."""

    def score(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
        pages = np.maximum(found.best, 0)
        over = (pages - pages.mean(axis=1, keepdims=True)) / (pages.std(axis=1, keepdims=True) + 0.03)
        chance = with_.calibration.page.chance(found.best)
        return np.asarray((np.maximum(over, 0) ** power * chance**doubt).sum(axis=0), dtype=np.float32)

    return score


def soft(k1: float, b: float) -> Score:
    """BM25 (Robertson and Zaragoza, 2009) over soft counts: the chances of a page's cells added up."""

    def score(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
        norm = k1 * (1 - b + b * lengths / max(float(lengths.mean()), 1.0))
        weighted = rarity(found, with_) * found.counts * (k1 + 1) / (found.counts + norm)
        return np.asarray(weighted.sum(axis=0), dtype=np.float32)

    return score


def powered(power: float) -> Score:
    """The best cosine to a power, times how rare the word is: what the trial ranked by."""

    def score(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
        return np.asarray((rarity(found, with_) * np.maximum(found.best, 0) ** power).sum(axis=0), dtype=np.float32)

    return score


def likely(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
    """The chance that the word is there, times how rare it is."""
    return np.asarray((rarity(found, with_) * with_.calibration.page.chance(found.best)).sum(axis=0), dtype=np.float32)


def plain(found: Matches, lengths: Floats, with_: Encoder) -> Floats:
    """MaxSim."""
    return np.asarray(found.best.sum(axis=0), dtype=np.float32)


def rarity(found: Matches, with_: Encoder) -> Floats:
    """Of each word, from its chances on all pages: (m, 1)."""
    frequency = with_.calibration.page.chance(found.best).sum(axis=1, keepdims=True)
    return np.asarray(np.log1p((found.best.shape[1] - frequency + 0.5) / (frequency + 0.5)), dtype=np.float32)


RULES: dict[str, Score] = (
    {"MaxSim": plain, CHOSEN: shipped, "rarity x chance": likely}
    | {f"standing out^{a} x chance^{b}": standing_out(a, b) for a, b in ((1, 0), (1, 1), (1.5, 0), (1.5, 0.5), (2, 0))}
    | {f"rarity x best^{power}": powered(power) for power in (4, 8, 12)}
    | {f"soft BM25, k1 {k1}, b {b}": soft(k1, b) for k1, b in product((0.6, 1.2, 2.0), (0.0, 0.4, 0.75))}
)


def rank(scored: Floats) -> list[int]:
    """Page numbers from 1, best first."""
    return [int(index) + 1 for index in np.argsort(-scored, kind="stable")]


def scored(text: str, pages: Sequence[Spotted], with_: Encoder, rules: dict[str, Score]) -> dict[str, Floats]:
    """A question against a document's pages, by every rule."""
    query = with_.asker.vectors(with_.asker.words(text))
    vectors = [page.vectors for page in pages]
    lengths = np.array([len(page.gates) for page in pages], dtype=np.float32)
    found = matches(query, vectors, with_.calibration)
    return {name: rule(found, lengths, with_) for name, rule in rules.items()}


def fused(first: Sequence[int], second: Sequence[int], weight: float) -> list[int]:
    """Two rankings by the reciprocals of their ranks (Cormack et al., SIGIR 2009), the second's times `weight`."""
    totals: dict[int, float] = {}
    for ranking, factor in ((first, 1.0), (second, weight)):
        for place, page in enumerate(ranking):
            totals[page] = totals.get(page, 0.0) + factor / (_FIRST_RANKS + place)
    return sorted(totals, key=lambda page: -totals[page])
