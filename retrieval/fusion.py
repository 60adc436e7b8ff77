"""Ranks pages from the lists that a search brings."""

from collections.abc import Mapping, Sequence

RRF_K = 60
WEIGHTS = {"page_bm25": 1.0, "bm25": 1.0, "text": 1.0}


def fuse_pages(lists: Mapping[str, Sequence[str]]) -> list[tuple[str, float]]:
    """Pages by weighted reciprocal rank over the lists (page keys, best first, a page may occur more than once: its
    best rank counts)."""
    scores: dict[str, float] = {}
    for name, keys in lists.items():
        for rank, key in enumerate(dict.fromkeys(keys), start=1):
            scores[key] = scores.get(key, 0.0) + WEIGHTS[name] / (RRF_K + rank)
    return sorted(scores.items(), key=lambda item: -item[1])


def fuse_passages(lists: Sequence[Sequence[str]]) -> dict[str, float]:
    """Reciprocal-rank scores of passages over their lists (ids, best first)."""
    scores: dict[str, float] = {}
    for ids in lists:
        for rank, found in enumerate(ids, start=1):
            scores[found] = scores.get(found, 0.0) + 1.0 / (RRF_K + rank)
    return scores
