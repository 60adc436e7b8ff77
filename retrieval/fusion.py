"""Ranks pages from the lists that a search brings, and passages within a page."""

from collections.abc import Mapping, Sequence

from retrieval.schema import DENSE, LEXICAL, PAGE_LEXICAL

PageList = Sequence[tuple[str, float]]
"""Page keys with scores, best first; a page once for each of its passages that was found."""

K = 60
WEIGHTS = {DENSE: 1.0, LEXICAL: 1.0, PAGE_LEXICAL: 1.0}


def fuse_pages(lists: Mapping[str, PageList]) -> list[tuple[str, float]]:
    """Pages by weighted reciprocal rank over the lists; of a page that occurs more than once, the best rank counts."""
    scores: dict[str, float] = {}
    for name, found in lists.items():
        for rank, key in enumerate(dict.fromkeys(key for key, _ in found), start=1):
            scores[key] = scores.get(key, 0.0) + WEIGHTS[name] / (K + rank)
    return sorted(scores.items(), key=lambda item: -item[1])


def fuse_passages(lists: Sequence[Sequence[str]]) -> dict[str, float]:
    """Reciprocal-rank scores of passages over their lists (ids, best first)."""
    scores: dict[str, float] = {}
    for ids in lists:
        for rank, found in enumerate(ids, start=1):
            scores[found] = scores.get(found, 0.0) + 1.0 / (K + rank)
    return scores
