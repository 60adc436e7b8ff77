"""Ranks pages from the lists that a search brings, and passages within a page."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from retrieval.schema import DENSE, PATCHES
from retrieval.settings import VISUAL_WEIGHT

PageList = Sequence[tuple[str, float]]
"""Page keys with scores, best first; a page once for each of its passages that was found."""

RRF_K = 60


class Images(Struct, frozen=True):
    """The list of page images: what it counts beside each list of words. `top`: the score that counts as
    whole, where 0 means nothing in common; then pages that are `wordless`, and so in no list of words, get `alone` points of
    it. None: scores have no zero, and are stretched over their range."""

    weight: float = VISUAL_WEIGHT
    top: float | None = None
    alone: float = 0.0
    wordless: Collection[str] = ()


REFERENCE, PHRASE, TITLE, SHOWN, BESIDE = "reference", "phrase", "title", "shown", "beside"
COUNTED, DOCUMENT, ROUTED = "counted", "document", "routed"
"""Signals beside the lists: places that the question names, its quotations, titles that stand in it, what it wants to
be shown, pages beside good ones, once more what a question about many places wants to be shown, and, of several
documents, those that lead, by their pages and as wholes (retrieval/routing.py)."""

BONUS = {REFERENCE: 4.0, PHRASE: 0.5, TITLE: 0.5, SHOWN: 0.5, BESIDE: 0.3, COUNTED: 1.0, DOCUMENT: 0.5, ROUTED: 0.5}
"""Points that a signal of full strength adds, where the lists give 3 at most: a page that is named leads, the others
tip the scales.

`python -m benchmarks.page_recall --ablate --choose`, 23 November 2026, N = 247 questions over 37 documents: R@1/3/5/10
50.0/72.4/81.9/89.3; without any of them 39.8/61.6/71.8/83.7. Left out one by one, R@5 falls by 7.8 [4.3, 12.6] without
references, 0.9 [0.1, 1.9] without neighbours, 0.8 [0.1, 1.8] without what is shown, 0.5 [0.1, 1.1] without what is
counted; titles and quotations move R@1 and R@3 by half a point. Weights fitted on some documents and scored on the
others give 81.0 to 82.2 at 5, so these round ones stay. DOCUMENT lifts R@10 over all documents by 1.5 [0.4, 2.6] out of
fold; other weights of it and other measures of a document do no better (benchmarks/README.md). ROUTED is chosen as
DOCUMENT is, not fitted: where this was written there were no weights of a model for whole documents."""


def fuse_pages(
    lists: Mapping[str, PageList],
    signals: Mapping[str, Mapping[str, float]] | None = None,
    bonus: Mapping[str, float] = BONUS,
    images: Images = Images(),  # noqa: B008 - frozen
) -> list[tuple[str, float]]:
    """Pages, best first, by the sum of their scores in each list, stretched to 0 to 1 (a page's best score counts), and
    of their `signals` (strength from 0 to 1 by page key), times `bonus`.

    Stretched scores are no worse than reciprocal ranks (k 60, equal weights: at R@1 -0.3 to 3.6 points, 95 %, and none
    at 3, 5 and 10), and signals can be added to them. Weights of the lists, fitted by cross-validation over documents,
    add nothing, so there are none. Where pages are in the list of page images beside those of
    words, all lists are brought down together, so that they still give 3 at most and signals weigh what they were fitted for.
    """
    totals: dict[str, float] = {}
    alone = images.wordless if images.top is not None else ()
    beside_words = any(key not in alone for key, _ in lists.get(PATCHES, ()))
    share_of_words = 3 / (3 + images.weight) if beside_words else 1.0
    for name, found in lists.items():
        seen = name == PATCHES
        weight = share_of_words * (images.weight if seen else 1.0)
        top = images.top if seen else None
        for key, share in _stretched(_best(found), from_zero=name not in (DENSE, PATCHES), top=top).items():
            totals[key] = totals.get(key, 0.0) + (images.alone if seen and key in alone else weight) * share
    for name, strengths in (signals or {}).items():
        for key, strength in strengths.items():
            totals[key] = totals.get(key, 0.0) + bonus[name] * strength
    return sorted(totals.items(), key=lambda item: -item[1])


def fuse_passages(lists: Sequence[Sequence[str]]) -> dict[str, float]:
    """Reciprocal-rank scores (Cormack et al., SIGIR 2009) of passages over their lists (ids, best first)."""
    scores: dict[str, float] = {}
    for ids in lists:
        for rank, found in enumerate(ids, start=1):
            scores[found] = scores.get(found, 0.0) + 1.0 / (RRF_K + rank)
    return scores


def _best(found: PageList) -> dict[str, float]:
    """Each page's best score."""
    best: dict[str, float] = {}
    for key, score in found:
        best[key] = max(score, best.get(key, score))
    return best


def _stretched(scores: Mapping[str, float], *, from_zero: bool, top: float | None = None) -> dict[str, float]:
    """Scores over their range, or from 0 to `top`. A lexical score of 0 means nothing in common; a cosine has no such zero, the
    least stands for it."""
    if top is not None:
        return {key: score / (top or 1.0) for key, score in scores.items()}
    top = max(scores.values(), default=0.0)
    low = 0.0 if from_zero else min(scores.values(), default=0.0)
    return {key: (score - low) / ((top - low) or 1.0) for key, score in scores.items()}
