"""The list of pages by their images: what the store is asked, and how its answers become scores.

By MaxSim the engine adds up the cosines itself. An encoder with a rule of its own wants the best cosine of every vector of
the question on every page: one query for each vector.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from retrieval.schema import PATCHES, POOLED
from retrieval.settings import VISUAL_WEIGHT
from retrieval.store.contract import Array, Filter, Hit, Nearest, Query
from retrieval.visual import PageScore

SEEN = 100
"""Pages of the list. Also those that the pooled vectors bring for MaxSim, which takes 7 ms for them at 300 patches and 15 at
768 (embedded engine, one core; benchmarks/visual_search.py)."""

_CELLS = 20_000
"""Cosines brought for a rule, over all vectors of the question: of twenty words those with a thousand pages each. Each costs
7 us on its way."""
_FEWEST = 200


class ImageQuestion(Struct, frozen=True):
    """A question as a visual encoder has it: `vectors` (m, d), and of the encoder what its list of pages counts beside each
    list of words, the rule that scores it (None: MaxSim), and the points of a page without words."""

    vectors: Array
    weight: float = VISUAL_WEIGHT
    rule: PageScore | None = None
    alone: float = 0.0


def image_queries(question: ImageQuestion, visible: Filter, payload: tuple[str, ...]) -> list[Query]:
    """For MaxSim one in two stages: candidates by pooled vectors, ranked by exact late interaction over all of theirs. For
    a rule one for each vector, exact, over all pages: means of words are like none of them (of the best fifty pages for a
    word their best 1,000 of 10,000 hold three quarters). The first brings the payload: where all pages fit into the
    lists, of all of them.
    """
    if question.rule is None:
        first = Query(Nearest(POOLED, question.vectors), SEEN, where=visible)
        return [Query(Nearest(PATCHES, question.vectors), SEEN, where=visible, prefetch=(first,), payload=payload)]
    brought: tuple[bool | tuple[str, ...], ...] = (payload, *[False] * (len(question.vectors) - 1))
    return [
        Query(Nearest(PATCHES, vector[None]), _pages_each(question), where=visible, payload=fields)
        for vector, fields in zip(question.vectors, brought, strict=True)
    ]


def image_hits(question: ImageQuestion, answers: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Pages, best first. `answers`: of each of the `image_queries`, and after them what the same brought of parts of the scope.

    A page that is not in the list of a vector, because the list is full, is taken to be as good as the last there: it is
    no better. The rule is applied to all pages of all lists: to all pages of the scope, if these fit.
    """
    if question.rule is None:
        return list(answers[0])
    columns: dict[str, int] = {}
    payloads: dict[str, Mapping[str, Any]] = {}
    for hits in answers:
        for hit in hits:
            columns.setdefault(hit.id, len(columns))
            if hit.payload:
                payloads[hit.id] = hit.payload
    best = np.empty((len(answers), len(columns)), dtype=np.float32)
    for row, hits in zip(best, answers, strict=True):
        row[:] = hits[min(len(hits), _pages_each(question)) - 1].score if hits else -1
        for hit in hits:
            row[columns[hit.id]] = hit.score
    scored = zip(columns, question.rule(best).tolist(), strict=True)
    return [Hit(id, score, payloads.get(id, {})) for id, score in sorted(scored, key=lambda one: -one[1])]


def _pages_each(question: ImageQuestion) -> int:
    return max(_FEWEST, _CELLS // len(question.vectors))
