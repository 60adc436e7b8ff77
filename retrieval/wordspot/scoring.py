"""Pages by the words that a question shares with them, as far as the vectors tell.

Two logistic curves, fitted on made-up pages, turn cosines into probabilities: of one cell, that it is the word (one in
hundreds is); of a page's best cell, that the word is on the page at all.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from msgspec import MsgspecError, Struct, json

from retrieval.errors import EncoderUnavailable

Floats = npt.NDArray[np.float32]

_EVEN = 0.03
"""Added to deviations of cosines between pages: where all pages are as good as alike, none stands out."""


class Curve(Struct, frozen=True):
    """From a cosine to a probability: 1 / (1 + exp(-slope * (cosine - middle)))."""

    slope: float
    middle: float

    def chance(self, cosines: Floats) -> Floats:
        """Of each cosine."""
        odds = np.clip(self.slope * (cosines - self.middle), -60, 60)
        return np.asarray(1 / (1 + np.exp(-odds)), dtype=np.float32)

    def cosine(self, chance: float) -> float:
        """Of which this is the chance (over 0 and under 1)."""
        return self.middle + math.log(chance / (1 - chance)) / self.slope


class Calibration(Struct, frozen=True):
    """`cell`: that a cell is the word; `page`: that a word is on the page, by its best cell, either being as likely
    beforehand."""

    cell: Curve
    page: Curve


def calibration_in(about: Mapping[str, str]) -> Calibration:
    """That which is told of in a file of weights. EncoderUnavailable where there is none."""
    try:
        return json.decode(about.get("calibration", ""), type=Calibration)
    except MsgspecError as error:
        raise EncoderUnavailable(
            f"These weights of wordspot have no calibration ({error}): write them with retrieval.wordspot.export."
        ) from error


class Matches(Struct, frozen=True):
    """Words against pages, both (m, pages). `best`: the highest cosine; `counts`: how often the word stands there, the sum
    of its cells' chances."""

    best: Floats
    counts: Floats


def matches(query: Floats, pages: Sequence[Floats], calibration: Calibration) -> Matches:
    """A question's words (m, d) against pages' vectors, each (n, d). A page without any matches nothing."""
    best = np.full((len(query), len(pages)), -1.0, dtype=np.float32)
    counts = np.zeros((len(query), len(pages)), dtype=np.float32)
    for index, page in enumerate(pages):
        if len(page) and len(query):
            cosines = query @ page.astype(np.float32).T
            best[:, index] = cosines.max(axis=1)
            counts[:, index] = calibration.cell.chance(cosines).sum(axis=1)
    return Matches(best, counts)


def scores(best: Floats, calibration: Calibration) -> Floats:
    """Of each page (pages,), by the highest cosine of each word on it (m, pages): 0 and higher, higher is better.

    A word counts by how far its best cosine on the page stands out from its best ones on all pages of the search (in
    their deviations: so a word that stands on every page, or on none, tells little), times the root of the chance that it is
    there. Chosen by benchmarks.wordspot.ranking.
    """
    if not best.size:
        return np.zeros(best.shape[1], dtype=np.float32)
    pages = np.maximum(best, 0)
    over = pages - pages.mean(axis=1, keepdims=True)
    standing_out = np.maximum(over / (pages.std(axis=1, keepdims=True) + _EVEN), 0)
    return np.asarray((standing_out * np.sqrt(calibration.page.chance(best))).sum(axis=0), dtype=np.float32)


def fitted(present: Floats, absent: Floats, share: float = 0.5) -> Curve:
    """The curve under which cosines of what is the word, and of what is not, are likeliest (logistic regression), if a
    `share` of them is. `present`, `absent`: samples of both."""
    values = np.concatenate([present, absent]).astype(np.float64)
    truth = np.concatenate([np.ones(len(present)), np.zeros(len(absent))])
    weight = np.where(truth > 0, share / max(len(present), 1), (1 - share) / max(len(absent), 1))
    slope, offset = 10.0, -5.0
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(slope * values + offset, -60, 60)))
        error, curve = weight * (chance - truth), weight * chance * (1 - chance) + 1e-12
        gradient = np.array([(error * values).sum() + 1e-7 * slope, error.sum()])
        mixed = (curve * values).sum()
        hessian = np.array([[(curve * values**2).sum() + 1e-7, mixed], [mixed, curve.sum()]])
        step = np.linalg.solve(hessian, gradient)
        # Newton's step overshoots where the curve is flat.
        step *= min(1.0, 10.0 / float(np.abs(step).max()))
        slope, offset = slope - float(step[0]), offset - float(step[1])
    return Curve(slope, -offset / slope)
