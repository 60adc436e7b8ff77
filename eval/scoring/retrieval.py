"""How well a ranked list finds what it should: recall two ways, reciprocal rank, nDCG two ways, precision.

A ranking is any sequence of keys, best first (page numbers, or (document, page) pairs); a key that comes again counts
once, where it stood first. `gold` must not be empty: what to do with questions without gold pages is the caller's
decision, not a score.
"""

import math
from collections.abc import Collection, Hashable, Sequence


def recall(gold: Collection[Hashable], ranking: Sequence[Hashable], k: int) -> float:
    """The fraction of the gold keys among the first k."""
    return len(_wanted(gold) & set(_top(ranking, k))) / len(_wanted(gold))


def found_all(gold: Collection[Hashable], ranking: Sequence[Hashable], k: int) -> float:
    """1 where every gold key is among the first k, else 0."""
    return float(_wanted(gold) <= set(_top(ranking, k)))


def found_any(gold: Collection[Hashable], ranking: Sequence[Hashable], k: int) -> float:
    """1 where any gold key is among the first k, else 0 ("hit", "top-k accuracy")."""
    return float(bool(_wanted(gold) & set(_top(ranking, k))))


def precision(gold: Collection[Hashable], ranking: Sequence[Hashable], k: int) -> float:
    """The share of gold keys among the first k, or among all where the list is shorter; 0 of an empty list."""
    top = _top(ranking, k)
    return sum(key in _wanted(gold) for key in top) / len(top) if top else 0.0


def reciprocal_rank(gold: Collection[Hashable], ranking: Sequence[Hashable], k: int | None = None) -> float:
    """1 over the rank of the first gold key (among the first k, where k is given); 0 where there is none."""
    wanted = _wanted(gold)
    return next((1 / rank for rank, key in enumerate(_top(ranking, k), start=1) if key in wanted), 0.0)


def ndcg(gold: Collection[Hashable], ranking: Sequence[Hashable], k: int) -> float:
    """Normalised discounted cumulative gain, the standard one: a gold key gains 1 over log2(1 + rank); the ideal list
    has all gold keys first."""
    wanted = _wanted(gold)
    return _gain(wanted, _top(ranking, k)) / _ideal(min(len(wanted), k))


def ndcg_truncated(gold: Collection[Hashable], ranking: Sequence[Hashable], k: int) -> float:
    """MoLoRAG's nDCG: k is first replaced by min(length of the list, number of gold keys, k), for the list and the ideal
    alike. With one gold page it looks at the first rank alone, whatever k."""
    wanted, top = _wanted(gold), _top(ranking, k)
    cut = min(len(top), len(wanted), k)
    return _gain(wanted, top[:cut]) / _ideal(cut) if cut else 0.0


def _wanted(gold: Collection[Hashable]) -> set[Hashable]:
    if not gold:
        raise ValueError("Without gold there is nothing to find: leave such questions out, and say how many.")
    return set(gold)


def _top(ranking: Sequence[Hashable], k: int | None) -> list[Hashable]:
    return list(dict.fromkeys(ranking))[:k]


def _gain(wanted: set[Hashable], top: Sequence[Hashable]) -> float:
    return sum(1 / math.log2(1 + rank) for rank, key in enumerate(top, start=1) if key in wanted)


def _ideal(count: int) -> float:
    return sum(1 / math.log2(1 + rank) for rank in range(1, count + 1))
