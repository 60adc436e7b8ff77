"""A question to ranked pages: three lists rank the pages, then the passages of the best pages are scored by both
measures.

Two round trips to the store: the first brings keys only, from the dense, the lexical and the page-level lists; the
second brings every passage of the winning pages with its cosine and its BM25 score, so that a reader can judge support
whichever list brought the page up.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, convert

from ingest import Box
from retrieval.evidence import Evidence, EvidencePage, PassageHit, Scope
from retrieval.fusion import PageList, fuse_pages, fuse_passages
from retrieval.lexical import question_weights
from retrieval.schema import DENSE, LEXICAL, PAGE_LEXICAL, searchable
from retrieval.store.contract import Array, Filter, Hit, Nearest, Query, Sparse, VectorStore

CANDIDATES = 200
"""Length of each list. Within one document this is most of its passages; over a collection, enough for ten pages."""

_PASSAGES_OF_PAGE = 64
"""More passages than a page has: the second round trip brings all of them."""


class Question(Struct, frozen=True):
    """A question as the store needs it."""

    text: str
    dense: Array
    lexical: Sparse


def as_question(text: str, vector: Array) -> Question:
    return Question(text, vector, question_weights(text))


async def search_pages(
    store: VectorStore, question: Question, scope: Scope, *, pages: int, passages_per_page: int
) -> Evidence:
    """Ranked pages with their best passages, and the time of each stage but encoding."""
    started = time.perf_counter()
    ranked = fuse_pages(await page_lists(store, question, scope))[:pages]
    scored = await store.query(scope.collection, _passage_queries(question, scope, [key for key, _ in ranked]))
    queried = time.perf_counter()
    found = _group(ranked, scored[0], scored[1], passages_per_page)
    grouped = time.perf_counter()
    spent = {"query": 1000 * (queried - started), "group": 1000 * (grouped - queried)}
    return Evidence(question.text, scope, found, spent)


async def page_lists(store: VectorStore, question: Question, scope: Scope) -> dict[str, PageList]:
    """The lists that rank pages, by the name of their vector: keys and scores, best first, a page once for each hit."""
    lists = await store.query(scope.collection, _page_queries(question, searchable(scope)))
    scored = [[(hit.payload["page_key"], hit.score) for hit in hits] for hits in lists]
    return dict(zip((DENSE, LEXICAL, PAGE_LEXICAL), scored, strict=True))


def _page_queries(question: Question, visible: Filter) -> list[Query]:
    by = (
        Nearest(DENSE, question.dense),
        Nearest(LEXICAL, question.lexical, corpus=visible),
        Nearest(PAGE_LEXICAL, question.lexical, corpus=visible),
    )
    return [Query(one, CANDIDATES, where=visible, payload=("page_key",)) for one in by]


def _passage_queries(question: Question, scope: Scope, keys: Sequence[str]) -> list[Query]:
    visible = searchable(scope)
    of_pages = Filter(any_of={**visible.any_of, "page_key": keys or ("",)}, none_of=visible.none_of)
    limit = _PASSAGES_OF_PAGE * max(1, len(keys))
    return [
        Query(Nearest(DENSE, question.dense), limit, where=of_pages, payload=True),
        Query(Nearest(LEXICAL, question.lexical, corpus=visible), limit, where=of_pages),
    ]


def _group(
    ranked: Sequence[tuple[str, float]], dense: Sequence[Hit], lexical: Sequence[Hit], passages_per_page: int
) -> tuple[EvidencePage, ...]:
    bm25 = {hit.id: hit.score for hit in lexical}
    fused = fuse_passages([[hit.id for hit in dense], [hit.id for hit in lexical]])
    by_page: dict[str, list[Hit]] = defaultdict(list)
    for hit in sorted(dense, key=lambda hit: -fused[hit.id]):
        by_page[hit.payload["page_key"]].append(hit)
    return tuple(
        _page(
            score, [_passage(hit, fused[hit.id], bm25.get(hit.id)) for hit in hits[:passages_per_page]], hits[0].payload
        )
        for key, score in ranked
        if (hits := by_page[key])
    )


def _page(score: float, passages: Sequence[PassageHit], payload: Any) -> EvidencePage:
    return EvidencePage(
        document=payload["document"],
        revision=payload["revision"],
        number=payload["page"],
        score=score,
        passages=tuple(passages),
        label=payload["label"],
    )


def _passage(hit: Hit, score: float, bm25: float | None) -> PassageHit:
    return PassageHit(
        ordinal=hit.payload["ordinal"],
        text=hit.payload["text"],
        boxes=convert(hit.payload["boxes"], tuple[Box, ...]),
        score=score,
        section=tuple(hit.payload["section"]),
        dense=hit.score,
        bm25=bm25,
    )
