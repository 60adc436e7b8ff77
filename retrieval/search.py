"""A question to ranked pages: three lists, a fourth by page images where they are encoded, and what the question names
rank the pages, then the passages of the best pages are scored by both measures.

Three round trips to the store: the first brings keys only, from the dense, the lexical, the page-level and the visual lists;
the second looks up the places that the question names; the third brings every passage of the winning pages with its cosine
and its BM25 score, so that a reader can judge support whichever list brought the page up.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from typing import Any

from msgspec import Struct, convert, structs

from ingest import Box
from retrieval.evidence import Evidence, EvidencePage, PassageHit, Scope
from retrieval.fusion import Images, PageList, fuse_pages, fuse_passages
from retrieval.imaged import SEEN, ImageList, ImageQuestion, image_list, image_queries
from retrieval.lexical import question_weights
from retrieval.questions import Question, understand
from retrieval.resolving import Signals, around, holding, merged, named, phrase_queries
from retrieval.routing import SHARE, belonging, considered, dealt, lacking, route_query, routed_to, share_queries
from retrieval.schema import DENSE, LEXICAL, PAGE, PAGE_LEXICAL, PATCHES, WORDLESS, searchable
from retrieval.store.contract import Array, Filter, Hit, Nearest, Query, Sparse, VectorStore

CANDIDATES = 200
"""Length of each list. Within one document this is most of its passages; over a collection, enough for ten pages."""

_PASSAGES_OF_PAGE = 64
"""More passages than a page has: the second round trip brings all of them."""

_PERIODS = 2.0
"""How much a year or quarter of the question counts beside another word: pages of one report differ in little else.
(1.5 to 3 lift R@3 of the passage list by 1.1 [0.1, 2.3] points and move nothing else beyond noise.)"""

_ABOUT = ("page_key", "document", "page", "shows", WORDLESS)
"""What is brought of a hit for ranking its page."""

_NAMED_IN = 3
"""Over more documents than this, "page 12" is a page of those that lead by likeness."""


class Asked(Struct, frozen=True):
    """A question as the store needs it. `visual`: as the visual encoder has it, where there is one and it finds something in
    it; `routed`: its vector (d,) for whole documents, where there is a model for them."""

    text: str
    dense: Array
    lexical: Sparse
    understood: Question
    visual: ImageQuestion | None = None
    routed: Array | None = None


class Candidates(Struct, frozen=True):
    """What ranks pages. `lists`: by the name of their vector, page keys and scores, best first, a page once for each
    hit. `signals`: what the question names. `images`: how the list of page images counts."""

    lists: dict[str, PageList]
    signals: Signals
    images: Images = Images()


def as_question(
    text: str,
    vector: Array,
    visual: ImageQuestion | None = None,
    routed: Array | None = None,
) -> Asked:
    """A question with its embedding (d,), as it is asked of page images, and with one for whole documents; taken apart."""
    understood = understand(text)
    return Asked(
        text,
        vector,
        question_weights(text, understood.periods, _PERIODS, understood.made_of),
        understood,
        visual,
        routed,
    )


async def search_pages(
    store: VectorStore, question: Asked, scope: Scope, *, pages: int, passages_per_page: int
) -> Evidence:
    """Ranked pages with their best passages, and the time of each stage but encoding."""
    started = time.perf_counter()
    found = await candidates(store, question, scope)
    fused = fuse_pages(found.lists, found.signals.strengths, images=found.images)
    ranked = dealt(fused, found.signals.documents, scope, pages)
    scored = await store.query(scope.collection, _passage_queries(question, scope, [key for key, _ in ranked]))
    pictures = await _without_passages(store, scope, {key for key, _ in ranked} - _keys(scored[0]))
    queried = time.perf_counter()
    by_image = dict(found.lists.get(PATCHES, ()))
    shown = tuple(
        structs.replace(page, reasons=found.signals.reasons.get(key, ()), visual=by_image.get(key))
        for key, page in _group(ranked, scored[0], scored[1], passages_per_page, pictures)
    )
    grouped = time.perf_counter()
    spent = {"query": 1000 * (queried - started), "group": 1000 * (grouped - queried)}
    return Evidence(question.text, scope, shown, spent, considered(found.signals.documents))


async def candidates(store: VectorStore, question: Asked, scope: Scope) -> Candidates:
    """The lists that rank pages, and what the question names; two round trips, one more if it names the last page, if a document
    in scope lacks its share, and if more pages have images than are brought of each word."""
    visible = searchable(scope)
    by = (
        Nearest(DENSE, question.dense),
        Nearest(LEXICAL, question.lexical, corpus=visible),
        Nearest(PAGE_LEXICAL, question.lexical, corpus=visible),
    )
    queries = {one.using: [Query(one, CANDIDATES, where=visible, payload=_ABOUT)] for one in by}
    if question.visual is not None:
        queries[PATCHES] = image_queries(question.visual, visible, _ABOUT)
    flat = [query for several in queries.values() for query in several]
    routes = [] if question.routed is None else [route_query(question.routed, visible)]
    phrases = phrase_queries(question.understood, visible)
    answers = await store.query(scope.collection, [*flat, *routes, *phrases])
    hits, top = await _made_up(store, scope, question, queries, answers[: len(flat)])
    lists: dict[str, PageList] = {
        name: [(hit.payload["page_key"], hit.score) for hit in found] for name, found in hits.items()
    }
    about = {hit.payload["page_key"]: hit.payload for found in hits.values() for hit in found}
    images = _images(question, top, {key for key, known in about.items() if known.get(WORDLESS)})
    likely = fuse_pages(lists, images=images)
    near = around(question.understood, likely, about)
    quoted = holding(question.understood, answers[len(flat) + len(routes) :])
    leading = tuple(dict.fromkeys(about[key]["document"] for key, _ in likely))
    placed = await named(store, question.understood, _narrowed(scope, leading))
    alike = Signals(documents={key: known["document"] for key, known in about.items()})
    told = merged([alike, near, quoted, placed])
    routed = routed_to(answers[len(flat)] if routes else [], told.documents)
    return Candidates(lists, merged([told, belonging(likely, told.documents), routed]), images)


async def _made_up(
    store: VectorStore,
    scope: Scope,
    question: Asked,
    queries: Mapping[str, Sequence[Query]],
    answers: Sequence[Sequence[Hit]],
) -> tuple[dict[str, list[Hit]], float | None]:
    """The hits of each list, and more of the documents in scope that have less than their share; and the score that counts as
    whole in the list of page images. `answers`: of the queries, in order."""
    hits, top = await _listed(store, scope, question, queries, answers)
    short = lacking(
        scope, {hit.payload["page_key"]: hit.payload["document"] for found in hits.values() for hit in found}
    )
    if not short:
        return hits, top
    flat = [query for several in queries.values() for query in several]
    more = iter(await store.query(scope.collection, share_queries(flat, short)))
    longer = [[*found, *(hit for _ in short for hit in next(more))] for found in answers]
    return await _listed(store, scope, question, queries, longer, short)


async def _listed(
    store: VectorStore,
    scope: Scope,
    question: Asked,
    queries: Mapping[str, Sequence[Query]],
    answers: Sequence[Sequence[Hit]],
    short: Collection[str] = (),
) -> tuple[dict[str, list[Hit]], float | None]:
    """The lists that the answers make: that of page images is cut, but for pages of the documents `short`."""
    of = iter(answers)
    brought = {name: [next(of) for _ in several] for name, several in queries.items()}
    images = brought.pop(PATCHES, [])
    lists = {name: list(only) for name, (only,) in brought.items()}
    seen = ImageList([]) if question.visual is None else image_list(question.visual, images)
    if seen.hits:
        lists[PATCHES] = await _leading(store, scope, seen.hits, short)
    return lists, seen.top


async def _leading(store: VectorStore, scope: Scope, hits: Sequence[Hit], short: Collection[str]) -> list[Hit]:
    """The first of them, and the first of each of the documents `short`, with what is known of their pages."""
    of = {name: [hit for hit in hits[SEEN:] if hit.payload.get("document") == name] for name in short}
    kept = [*hits[:SEEN], *(hit for name in short for hit in of[name][:SHARE])]
    unknown = [hit.id for hit in kept if not hit.payload]
    told = {point.id: point.payload for point in await store.retrieve(scope.collection, unknown, fields=_ABOUT)}
    known = [structs.replace(hit, payload=hit.payload or told.get(hit.id, {})) for hit in kept]
    # Gone since the first round trip, if nothing is known of it.
    return [hit for hit in known if hit.payload]


def _images(question: Asked, top: float | None, wordless: Collection[str]) -> Images:
    seen = question.visual
    return Images() if seen is None else Images(seen.weight, top, seen.alone, wordless)


def _narrowed(scope: Scope, leading: tuple[str, ...]) -> Scope:
    """The scope, or of many documents those that lead in it."""
    if 0 < len(scope.documents) <= _NAMED_IN:
        return scope
    return Scope(scope.collection, leading[:_NAMED_IN] or scope.documents, scope.hidden)


def _passage_queries(question: Asked, scope: Scope, keys: Sequence[str]) -> list[Query]:
    visible = searchable(scope)
    of_pages = Filter(any_of={**visible.any_of, "page_key": keys or ("",)}, none_of=visible.none_of)
    limit = _PASSAGES_OF_PAGE * max(1, len(keys))
    return [
        Query(Nearest(DENSE, question.dense), limit, where=of_pages, payload=True),
        Query(Nearest(LEXICAL, question.lexical, corpus=visible), limit, where=of_pages),
    ]


def _keys(hits: Sequence[Hit]) -> set[str]:
    return {hit.payload["page_key"] for hit in hits}


async def _without_passages(store: VectorStore, scope: Scope, keys: Set[str]) -> dict[str, Mapping[str, Any]]:
    """What is known of pages that have no passage: those that were found by their image alone, or by name."""
    if not keys:
        return {}
    visible = searchable(scope)
    pages = Filter(any_of={**visible.any_of, "page_key": sorted(keys), "kind": (PAGE,)}, none_of=visible.none_of)
    found = await store.scroll(scope.collection, pages, fields=("page_key", "document", "revision", "page", "label"))
    return {stored.payload["page_key"]: stored.payload for stored in found}


def _group(
    ranked: Sequence[tuple[str, float]],
    dense: Sequence[Hit],
    lexical: Sequence[Hit],
    passages_per_page: int,
    pictures: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, EvidencePage]]:
    bm25 = {hit.id: hit.score for hit in lexical}
    fused = fuse_passages([[hit.id for hit in dense], [hit.id for hit in lexical]])
    by_page: dict[str, list[Hit]] = defaultdict(list)
    for hit in sorted(dense, key=lambda hit: -fused[hit.id]):
        by_page[hit.payload["page_key"]].append(hit)
    for key, score in ranked:
        hits = by_page[key]
        about = hits[0].payload if hits else pictures.get(key)
        # Gone since the first round trip, if nothing is known of it.
        if about is not None:
            passages = [_passage(hit, fused[hit.id], bm25.get(hit.id)) for hit in hits[:passages_per_page]]
            yield key, _page(score, passages, about)


def _page(score: float, passages: Sequence[PassageHit], payload: Mapping[str, Any]) -> EvidencePage:
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
