"""Means and differences with their uncertainty: bootstrap over documents, because questions about one document go up and
down together."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

ROUNDS = 2000
SEED = 7
Totals = NDArray[np.float64]
"""Shape (rounds, columns): each round's sums over the documents drawn."""


class Estimate(Struct, frozen=True):
    """A figure. `low` and `high`: the 95 % percentile interval, None with fewer than two documents. `n`: the questions in
    it; `documents`: the clusters that were drawn from."""

    value: float | None
    n: int
    documents: int
    low: float | None = None
    high: float | None = None


def mean(clusters: Sequence[str], values: Sequence[float]) -> Estimate:
    """The mean over questions, `clusters` naming each question's document. None where there is no question."""
    return ratio(clusters, [(value, 1.0) for value in values], lambda totals: totals[:, 0] / totals[:, 1])


def ratio(
    clusters: Sequence[str], rows: Sequence[tuple[float, ...]], statistic: Callable[[Totals], NDArray[np.float64]]
) -> Estimate:
    """Any statistic of column sums (a mean, an F1). Rounds in which it is undefined are left out of the interval."""
    if not rows:
        return Estimate(None, 0, 0)
    by_document: dict[str, NDArray[np.float64]] = defaultdict(lambda: np.zeros(len(rows[0])))
    for cluster, row in zip(clusters, rows, strict=True):
        by_document[cluster] += row
    sums = np.array(list(by_document.values()))
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(sums.sum(0, keepdims=True))[0])
        drawn = statistic(_draw(sums)) if len(sums) > 1 else np.array([])
    drawn = drawn[np.isfinite(drawn)]
    low, high = (float(bound) for bound in np.percentile(drawn, [2.5, 97.5])) if len(drawn) else (None, None)
    return Estimate(value if np.isfinite(value) else None, len(rows), len(sums), low, high)


def _draw(sums: NDArray[np.float64]) -> Totals:
    return _weights(len(sums)) @ sums


@lru_cache(maxsize=8)
def _weights(count: int) -> NDArray[np.float64]:
    """Each round as weights of the documents: how often each was drawn. The same for all figures over as many documents, so
    that they can be compared."""
    generator = np.random.default_rng(SEED)
    return generator.multinomial(count, np.full(count, 1 / count), size=ROUNDS).astype(np.float64)


def pearson(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Correlation; None where one of them does not vary."""
    if len(one) < 2 or len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return float(np.corrcoef(one, other)[0, 1])
