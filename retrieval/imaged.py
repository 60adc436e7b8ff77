"""The list of pages by their images: what the store is asked, and how its answers become scores.

By MaxSim the engine adds up the cosines itself. An encoder with a rule of its own wants the best cosine of every vector of
the question on every page: one query for each vector.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from retrieval.schema import PAGE_LEXICAL, PATCHES, POOLED
from retrieval.settings import VISUAL_WEIGHT
from retrieval.store.contract import Array, Filter, Hit, Nearest, Query, Sparse
from retrieval.visual import PageScore
from retrieval.visual.page import Floats

SEEN = 100
"""Pages of the list. Also those that the pooled vectors bring for MaxSim, which takes 7 ms for them at 300 patches and 15 at
768 (embedded engine, one core; benchmarks/visual_search.py)."""

_CELLS = 20_000
"""Cosines brought for a rule, over all vectors of the question: of twenty words those with a thousand pages each. To bring
them takes about as long as to reckon them."""
_FEWEST = 200


class KnownWords(Struct, frozen=True):
    """Where pages of which the words are known have no images in the index: the words of a question, one for each of its
    vectors, as they are asked of the lists of words, and the cosine that a word counts as which is known to be there."""

    asked: tuple[Sparse, ...]
    cosine: float


class ImageQuestion(Struct, frozen=True):
    """A question as a visual encoder has it: `vectors` (m, d), and of the encoder what its list of pages counts beside each
    list of words, the rule that scores it (None: MaxSim), and the points of a page without words. `known`: its words, where
    only pages without words have images."""

    vectors: Array
    weight: float = VISUAL_WEIGHT
    rule: PageScore | None = None
    alone: float = 0.0
    known: KnownWords | None = None


class ImageList(Struct, frozen=True):
    """Pages by their images, best first. `top`: the score that counts as whole, where scores have a zero."""

    hits: list[Hit]
    top: float | None = None


def image_queries(question: ImageQuestion, visible: Filter, payload: tuple[str, ...]) -> list[Query]:
    """For MaxSim one in two stages: candidates by pooled vectors, ranked by exact late interaction over all of theirs. For
    a rule one for each vector, exact, over all pages, for means of words are like none of them: 40 ms of the processor for
    six words and 1,000 pages of 300 vectors, 300 ms for 10,000 (embedded engine, benchmarks/visual_search.py). The first
    brings the payload: where all pages fit into the lists, of all of them. After them one for each word that is looked up
    among known ones.
    """
    if question.rule is None:
        first = Query(Nearest(POOLED, question.vectors), SEEN, where=visible)
        return [Query(Nearest(PATCHES, question.vectors), SEEN, where=visible, prefetch=(first,), payload=payload)]
    by = [Nearest(PATCHES, vector[None]) for vector in question.vectors]
    if question.known is not None:
        by += [Nearest(PAGE_LEXICAL, word) for word in question.known.asked if len(word.indices)]
    brought: tuple[bool | tuple[str, ...], ...] = (payload, *[False] * (len(by) - 1))
    return [
        Query(one, _pages_each(question), where=visible, payload=fields)
        for one, fields in zip(by, brought, strict=True)
    ]


def image_list(question: ImageQuestion, answers: Sequence[Sequence[Hit]]) -> ImageList:
    """Pages, best first. `answers`: of each of the `image_queries`, and after them what the same brought of parts of the scope.

    A page that is not in the list of a vector, because the list is full, is taken to be as good as the last there: it is
    no better. The rule is applied to all pages of all lists: to all pages of the scope, if these fit. Pages whose words are
    known take part in that, so that a page is measured by them, but are not in the list.
    """
    if question.rule is None:
        return ImageList(list(answers[0]))
    seen, looked_up = answers[: len(question.vectors)], answers[len(question.vectors) :]
    columns: dict[str, int] = {}
    payloads: dict[str, Mapping[str, Any]] = {}
    for hits in seen:
        for hit in hits:
            columns.setdefault(hit.id, len(columns))
            if hit.payload:
                payloads[hit.id] = hit.payload
    if not columns:
        return ImageList([])
    best = np.empty((len(seen), len(columns)), dtype=np.float32)
    for row, hits in zip(best, seen, strict=True):
        row[:] = hits[min(len(hits), _pages_each(question)) - 1].score if hits else -1
        for hit in hits:
            row[columns[hit.id]] = hit.score
    scores = question.rule(np.concatenate([best, _known(question, best, columns, looked_up)], axis=1)).tolist()
    scored = sorted(zip(columns, scores, strict=False), key=lambda one: -one[1])
    return ImageList([Hit(id, score, payloads.get(id, {})) for id, score in scored], max(scores))


def _known(question: ImageQuestion, best: Floats, seen: Mapping[str, int], answers: Sequence[Sequence[Hit]]) -> Floats:
    """The best cosines of pages without images, by their words, float32 (m, pages). A word that they lack is as unlike
    anything there as it is on the middle one of those with images."""
    if question.known is None:
        return best[:, :0]
    of = iter(answers)
    having = [
        {hit.id for hit in next(of)} - seen.keys() if len(word.indices) else set() for word in question.known.asked
    ]
    pages = sorted(set().union(*having))
    found = np.repeat(np.median(best, axis=1, keepdims=True), len(pages), axis=1)
    for row, there in zip(found, having, strict=True):
        row[[page in there for page in pages]] = question.known.cosine
    return found.astype(np.float32)


def _pages_each(question: ImageQuestion) -> int:
    return max(_FEWEST, _CELLS // len(question.vectors))
