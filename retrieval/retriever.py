"""The room's front door: indexes pages, publishes and removes documents, searches."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog
from msgspec import Struct, structs

from ingest import Page
from retrieval.by_image import SeenPage, pages_by_image
from retrieval.encoder import TextEncoder
from retrieval.encoders import Encoders, load_routing, load_sight, load_text
from retrieval.errors import EncoderUnavailable, NoVisualEncoder, RetrievalError, StoreError
from retrieval.evidence import Evidence, Scope
from retrieval.indexing import Origin
from retrieval.listing import by_page
from retrieval.listing import points as listed
from retrieval.matching import choice_of, routes, sees
from retrieval.questions import breadth
from retrieval.schema import GRID, PAGE, PATCHES, PointInfo, point_id, revision_of
from retrieval.search import Asked, as_question, search_pages
from retrieval.seeing import Draw, PageSimilarity, Sight
from retrieval.serving import Collections
from retrieval.settings import ModelChoice, RetrievalSettings
from retrieval.store.contract import Filter, Schema, Sparse, Stored, VectorStore, beside
from retrieval.succession import Copy, KeptPages, Rebuild, Replaced, Successor, Tell
from retrieval.verifying import Expected, Finding, findings
from retrieval.visual import PageEncoder
from retrieval.visual.keeping import restored
from retrieval.writing import Writer, Written

log = structlog.get_logger(__name__)

PAGES = 10
"""Pages that a search brings unless told otherwise."""


class Indexed(Struct, frozen=True):
    """What became of pages, by number: how many passages each has, and why the image of one is not in the index (nothing
    where there is no visual encoder)."""

    passages: dict[int, int]
    unseen: dict[int, str]


class Retriever:
    """All collections' indexes. Used from one event loop; encoding runs on threads, the shards in a process of their
    own."""

    def __init__(
        self,
        folder: Path,
        settings: RetrievalSettings = RetrievalSettings(),  # noqa: B008 - frozen
        *,
        encoder: TextEncoder | None = None,
        visual: PageEncoder | None = None,
    ) -> None:
        """Cheap: nothing is loaded or opened yet. `folder` is where the embedded store keeps its collections.
        `encoder`, `visual`: loaded already; otherwise `start` loads those that the settings name."""
        self._settings = settings
        self._store: VectorStore = open_store(folder, settings)
        self._encoder = encoder
        self._sight = None if visual is None else Sight(visual, settings.visual_pooling)
        self._routing: TextEncoder | None = None
        self._encoders: Encoders | None = None
        self._collections = Collections(self._store, settings, self._own)
        # Apart, so that a question never waits for passages.
        self._questions = ThreadPoolExecutor(1, thread_name_prefix="encode-question")
        self._background = ThreadPoolExecutor(1, thread_name_prefix="encode-passages")

    async def start(self) -> None:
        """Load the encoders, off the loop. EncoderUnavailable if one can't be had."""
        await asyncio.get_running_loop().run_in_executor(self._questions, self._load)
        self._encoders = None

    def _load(self) -> None:
        if self._encoder is None:
            self._encoder = load_text(self._settings)
        if self._sight is None:
            self._sight = load_sight(self._settings)
        if self._routing is None:
            self._routing = load_routing(self._settings, self._encoder)

    def _own(self) -> Encoders:
        """The models of the settings."""
        if self._encoders is None:
            self._encoders = Encoders(self._settings, self.encoder, self._sight, self._routing)
        return self._encoders

    @property
    def encoder(self) -> TextEncoder:
        """The loaded encoder; EncoderUnavailable before `start`."""
        if self._encoder is None:
            raise EncoderUnavailable("The encoder is not loaded yet: the service is still starting.")
        return self._encoder

    @property
    def visual(self) -> PageEncoder | None:
        """The loaded visual encoder; None where none is set, and before `start`."""
        return None if self._sight is None else self._sight.encoder

    @property
    def store(self) -> VectorStore:
        """The index itself, for tools that measure or move it."""
        return self._store

    async def add_pages(
        self,
        collection: str,
        document: str,
        revision: str,
        pages: Sequence[Page],
        *,
        visible: bool = False,
        draw: Draw | None = None,
    ) -> Indexed:
        """Index the pages; durable when it returns. `draw` gives their images to the visual encoder, if there is one: a
        page that can't be drawn or encoded is indexed by its words.

        They are invisible to search until `publish`, so that a revision can replace another at once; with `visible` they
        are found from now on, for a document that has no other revision to be mixed up with.

        May be repeated: the same pages have the same points, passages that a page no longer has are removed, and what
        is visible stays so. ModelMismatch if the collection was built with another model.
        """
        async with self._collections.writing(collection) as encoders:
            before = await self._store.scroll(collection, _of_pages(document, revision, pages), fields=("visible",))
            shown = {stored.id for stored in before if stored.payload["visible"]}
            writer = Writer(self._store, collection, encoders, self._background)
            origin = Origin(collection, document, revision)
            written = await writer.pages(origin, pages, None if visible else shown, draw)
            await self._remove_surplus(collection, before, written)
        counts = written.passages()
        return Indexed({page.number: counts[page.number] for page in pages}, written.unseen)

    async def add_words(self, collection: str, document: str, revision: str, pages: Sequence[Page]) -> dict[int, int]:
        """Index again, by what has been read of them since, pages that are there and can be found; the vectors of their
        images stay. Durable when it returns: how many passages each page has now. May be repeated. IndexBusy while the
        index is built anew; ModelMismatch."""
        async with self._collections.amending(collection), self._collections.writing(collection) as encoders:
            before = await self._store.scroll(collection, _of_pages(document, revision, pages))
            writer = Writer(self._store, collection, encoders, self._background)
            written = await writer.words(Origin(collection, document, revision), pages)
            await self._remove_surplus(collection, before, written)
        counts = written.passages()
        return {page.number: counts[page.number] for page in pages}

    async def frozen(self, collection: str) -> bool:
        """Whether the index is being built anew, so that `add_words` is refused."""
        return await self._collections.frozen(collection)

    async def _remove_surplus(self, collection: str, before: Sequence[Stored], written: Written) -> None:
        """Points that the pages had and have no more."""
        surplus = {stored.id for stored in before} - {point.id for point in written.points}
        await self._store.delete(collection, sorted(surplus))

    async def publish(self, collection: str, document: str, revision: str) -> None:
        """Make the revision's points visible to search; all its pages are there. May be repeated."""
        async with self._collections.writing(collection) as encoders:
            of_it = revision_of(document, revision)
            if encoders.routing is not None:
                pages = await self._store.count(collection, Filter(any_of={**of_it.any_of, "kind": (PAGE,)}))
                writer = Writer(self._store, collection, encoders, self._background)
                await writer.document(Origin(collection, document, revision), pages, visible=False)
            found = await self._store.scroll(collection, Filter(any_of={**of_it.any_of, "visible": (0,)}))
            await self._store.set_payload(collection, [stored.id for stored in found], {"visible": 1})

    async def remove(self, collection: str, document: str, *, keep: str | None = None) -> None:
        """Delete the document's points, all revisions but `keep`; durable when it returns. May be repeated."""
        unwanted = Filter(
            any_of=revision_of(document).any_of, none_of={"revision": (keep,)} if keep is not None else {}
        )
        async with self._collections.changing(collection):
            found = await self._store.scroll(collection, unwanted)
            await self._store.delete(collection, [stored.id for stored in found])

    async def remove_points(self, collection: str, ids: Sequence[str]) -> None:
        """Delete these points; durable when it returns. May be repeated."""
        async with self._collections.changing(collection):
            await self._store.delete(collection, ids)

    async def remove_collection(self, collection: str) -> None:
        """Delete the collection's index, and what is built beside it. May be repeated."""
        async with self._collections.changing(collection):
            self._collections.forget(collection)
            await self._store.drop(collection)

    async def rebuild(
        self, collection: str, kept: KeptPages, tell: Tell, choice: ModelChoice | None = None
    ) -> Replaced:
        """Build the index anew from what was read of its pages (`kept`), with other models (None: those of the settings),
        beside the one that serves, which it replaces at once when it is whole. `tell` hears of each page; if it raises, the
        build stops, and the next call with the same models goes on with it.

        Meanwhile the index is searched with the models that it was built with, and written to; what comes and goes is in
        the new one too. EncoderUnavailable; StoreError if there is no such index.
        """
        async with self._collections.replacing(collection):
            await self._require(collection)
            encoders = self._own() if choice is None else await self._collections.load(choice)
            refused = await self._collections.keep_serving(collection)
            if refused is not None:
                log.warning("the index can't be searched while it is built anew", collection=collection, why=refused)
            writer = Writer(self._store, beside(collection), encoders, self._background)
            maker = Rebuild(collection, writer, kept, routing=encoders.routing is not None)
            successor = Successor(self._store, collection, maker, tell)
            await successor.begin(encoders.schema(), encoders.about(), resume=True)
            return await self._succeed(collection, successor, encoders)

    async def compact(self, collection: str, tell: Tell) -> Replaced:
        """Give back the space of what has been deleted: the points are copied beside the index, which the copy then replaces.
        Needs no model. As `rebuild`, but begins anew each time."""
        async with self._collections.replacing(collection):
            schema, about = await self._require(collection)
            successor = Successor(self._store, collection, Copy(self._store, collection, schema), tell)
            await successor.begin(schema, about, resume=False)
            return await self._succeed(collection, successor, None)

    async def _require(self, collection: str) -> tuple[Schema, Mapping[str, str]]:
        schema, about = await self._store.schema(collection), await self._store.about(collection)
        if schema is None or about is None:
            raise StoreError(f"Collection {collection!r} has no index.")
        return schema, about

    async def _succeed(self, collection: str, successor: Successor, encoders: Encoders | None) -> Replaced:
        await successor.catch_up()
        async with self._collections.still(collection):
            replaced = await successor.finish()
            await self._collections.switch(collection, encoders)
        return replaced

    async def abandon(self, collection: str) -> None:
        """Give up what was built beside the collection. May be repeated."""
        async with self._collections.replacing(collection):
            await self._store.drop(beside(collection))

    async def collections(self) -> list[str]:
        """Collections that have an index, sorted."""
        return await self._store.collections()

    async def count(self, collection: str, *, document: str | None = None, revision: str | None = None) -> int:
        """Points (passages and pages), exact."""
        return await self._store.count(collection, None if document is None else revision_of(document, revision))

    async def points(self, collection: str, *, document: str | None = None) -> list[PointInfo]:
        """Every point, for verification; in no promised order."""
        return await listed(self._store, collection, None if document is None else revision_of(document))

    async def verify(
        self, collection: str, expected: Sequence[Expected], known: Collection[tuple[str, str]]
    ) -> list[Finding]:
        """What is wrong with the index (retrieval/verifying.py), by the models that it was built with. Needs none of them."""
        about = await self._store.about(collection) or {}
        wordless = choice_of(about).visual_pages == "wordless"
        units = by_page(await listed(self._store, collection, wordless=wordless))
        return findings(expected, units, known=known, seen=sees(about), routed=routes(about))

    async def search(
        self, question: str, scope: Scope, *, pages: int | None = None, passages_per_page: int = 3
    ) -> Evidence:
        """The best pages in scope, published documents only. An unknown or empty collection brings no pages. `pages`:
        how many; None: PAGES, and as many again for a question that asks about many places ("how many ... in the
        report", "list all")."""
        wanted = pages if pages is not None else breadth(question, PAGES)
        async with self._collections.searching(scope.collection) as encoders:
            if encoders is None:
                return Evidence(question, scope, (), {})
            started = time.perf_counter()
            asked = await self._asked(question, scope, encoders)
            encoded = 1000 * (time.perf_counter() - started)
            found = await search_pages(self._store, asked, scope, pages=wanted, passages_per_page=passages_per_page)
        return structs.replace(found, milliseconds={"encode": encoded, **found.milliseconds})

    async def by_image(self, question: str, scope: Scope, *, pages: int) -> list[SeenPage]:
        """Pages in scope that the question finds by their images, best first, whatever their words say; none without a
        visual encoder."""
        async with self._collections.searching(scope.collection) as encoders:
            if encoders is None or encoders.sight is None:
                return []
            return await pages_by_image(self._store, await self._asked(question, scope, encoders), scope, pages)

    async def _asked(self, question: str, scope: Scope, encoders: Encoders) -> Asked:
        several = len(scope.documents) != 1
        dense, seen, routed = await encoders.question(question, self._questions, routed=several)
        return as_question(question, dense, seen, routed)

    async def similarity(
        self, question: str, collection: str, document: str, revision: str, page: int
    ) -> PageSimilarity | None:
        """Where the question finds its match on a page's image; None if the index has no image of this page.
        NoVisualEncoder where none is set; ModelMismatch as in a search."""
        async with self._collections.searching(collection) as encoders:
            sight = self._sight if encoders is None else encoders.sight
            if sight is None:
                raise NoVisualEncoder("Pages are not indexed as images: no visual encoder is set.")
            id = point_id(document, revision, PAGE, page, 0)
            found = await self._store.retrieve(collection, [id], vectors=(PATCHES,), fields=(GRID,))
            if not found or PATCHES not in found[0].vectors:
                return None
            patches = found[0].vectors[PATCHES]
            assert not isinstance(patches, Sparse)
            return await sight.similarity(question, restored(patches, found[0].payload[GRID]))

    async def close(self) -> None:
        """Write out and close everything, and end the shard process."""
        self._questions.shutdown(wait=False, cancel_futures=True)
        self._background.shutdown(wait=False, cancel_futures=True)
        if self._sight is not None:
            self._sight.close()
        self._collections.close()
        await self._store.close()


def open_store(folder: Path, settings: RetrievalSettings) -> VectorStore:
    """The store that the settings name; each driver imports its own engine."""
    if settings.store == "edge":
        from retrieval.store.edge import EdgeStore

        return EdgeStore(folder, inline=settings.shard_inline)
    if settings.url is None:
        raise RetrievalError("The store is set to `server`, but no `url` says where Qdrant is.")
    from retrieval.store.server import ServerStore

    return ServerStore(settings.url, api_key=settings.api_key)


def _of_pages(document: str, revision: str, pages: Sequence[Page]) -> Filter:
    keys = [point_id(document, revision, "page", page.number, 0) for page in pages]
    return Filter(any_of={"page_key": keys})
