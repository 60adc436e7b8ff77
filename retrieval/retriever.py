"""The room's front door: indexes pages, publishes and removes documents, searches."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct, structs

from ingest import Page
from retrieval.encoder import TextEncoder, Vectors
from retrieval.errors import EncoderUnavailable, NoVisualEncoder, RetrievalError
from retrieval.evidence import Evidence, Scope
from retrieval.indexing import Origin, build_points, with_image
from retrieval.matching import about, check
from retrieval.questions import breadth
from retrieval.schema import GRID, PAGE, PASSAGE, PATCHES, PointInfo, point_id, revision_of, schema
from retrieval.search import as_question, search_pages
from retrieval.seeing import Draw, PageSimilarity, Sight
from retrieval.settings import RetrievalSettings
from retrieval.store.contract import Filter, Point, Sparse, VectorStore
from retrieval.visual import VisualEncoder
from retrieval.visual.keeping import restored

PAGES = 10
"""Pages that a search brings unless told otherwise."""

_FIELDS = ("document", "revision", "page", "ordinal", "kind", "visible", GRID)


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
        visual: VisualEncoder | None = None,
    ) -> None:
        """Cheap: nothing is loaded or opened yet. `folder` is where the embedded store keeps its collections.
        `encoder`, `visual`: loaded already; otherwise `start` loads those that the settings name."""
        self._settings = settings
        self._store: VectorStore = open_store(folder, settings)
        self._encoder = encoder
        self._sight = None if visual is None else Sight(visual, settings.visual_pooling)
        self._checked: set[str] = set()
        self._opened: set[str] = set()
        # Apart, so that a question never waits for passages.
        self._questions = ThreadPoolExecutor(1, thread_name_prefix="encode-question")
        self._background = ThreadPoolExecutor(1, thread_name_prefix="encode-passages")

    async def start(self) -> None:
        """Load the encoders, off the loop. EncoderUnavailable if one can't be had."""
        if self._encoder is None:
            self._encoder = await asyncio.get_running_loop().run_in_executor(self._questions, self._load)
        if self._sight is None and self._settings.visual is not None:
            visual = await asyncio.get_running_loop().run_in_executor(self._questions, self._load_visual)
            self._sight = Sight(visual, self._settings.visual_pooling)

    @property
    def encoder(self) -> TextEncoder:
        """The loaded encoder; EncoderUnavailable before `start`."""
        if self._encoder is None:
            raise EncoderUnavailable("The encoder is not loaded yet: the service is still starting.")
        return self._encoder

    @property
    def visual(self) -> VisualEncoder | None:
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
        await self._open(collection)
        origin = Origin(collection, document, revision)
        before = await self._store.scroll(collection, _of_pages(document, revision, pages), fields=("visible",))
        shown = {stored.id for stored in before if stored.payload["visible"]}
        points = await asyncio.get_running_loop().run_in_executor(
            self._background, build_points, origin, pages, self.encoder, None if visible else shown
        )
        unseen = await self._write(collection, points, pages, draw)
        await self._store.delete(collection, sorted({stored.id for stored in before} - {point.id for point in points}))
        counts = Counter(point.payload["page"] for point in points if point.payload["kind"] == PASSAGE)
        return Indexed({page.number: counts[page.number] for page in pages}, unseen)

    async def _write(
        self, collection: str, points: Sequence[Point], pages: Sequence[Page], draw: Draw | None
    ) -> dict[int, str]:
        """Write the points, those of pages with the vectors of their images, as these come. Returns what is unseen."""
        if self._sight is None:
            await self._store.upsert(collection, points)
            return {}
        of_pages = {point.payload["page"]: point for point in points if point.payload["kind"] == PAGE}
        if draw is None:
            await self._store.upsert(collection, points)
            return dict.fromkeys(of_pages, "No image of the page was given.")
        await self._store.upsert(collection, [point for point in points if point.payload["kind"] != PAGE])
        unseen: dict[int, str] = {}
        async with aclosing(self._sight.pages([page for page in pages if page.number in of_pages], draw)) as seen:
            async for some in seen:
                unseen |= {number: why for number, why in some.items() if isinstance(why, str)}
                await self._store.upsert(
                    collection,
                    [
                        of_pages[number] if isinstance(found, str) else with_image(of_pages[number], found)
                        for number, found in some.items()
                    ],
                )
        return unseen

    async def publish(self, collection: str, document: str, revision: str) -> None:
        """Make the revision's points visible to search. May be repeated."""
        hidden = Filter(any_of={**revision_of(document, revision).any_of, "visible": (0,)})
        found = await self._store.scroll(collection, hidden)
        await self._store.set_payload(collection, [stored.id for stored in found], {"visible": 1})

    async def remove(self, collection: str, document: str, *, keep: str | None = None) -> None:
        """Delete the document's points, all revisions but `keep`; durable when it returns. May be repeated."""
        unwanted = Filter(
            any_of=revision_of(document).any_of, none_of={"revision": (keep,)} if keep is not None else {}
        )
        found = await self._store.scroll(collection, unwanted)
        await self._store.delete(collection, [stored.id for stored in found])

    async def remove_collection(self, collection: str) -> None:
        """Delete the collection's index. May be repeated."""
        self._checked.discard(collection)
        self._opened.discard(collection)
        await self._store.drop(collection)

    async def collections(self) -> list[str]:
        """Collections that have an index, sorted."""
        return await self._store.collections()

    async def count(self, collection: str, *, document: str | None = None, revision: str | None = None) -> int:
        """Points (passages and pages), exact."""
        return await self._store.count(collection, None if document is None else revision_of(document, revision))

    async def points(self, collection: str, *, document: str | None = None) -> list[PointInfo]:
        """Every point, for verification; in no promised order."""
        where = None if document is None else revision_of(document)
        found = await self._store.scroll(collection, where, fields=_FIELDS)
        return [
            PointInfo(
                id=stored.id,
                document=stored.payload["document"],
                revision=stored.payload["revision"],
                page=stored.payload["page"],
                ordinal=stored.payload["ordinal"],
                kind=stored.payload["kind"],
                visible=bool(stored.payload["visible"]),
                seen=GRID in stored.payload,
            )
            for stored in found
        ]

    async def search(
        self, question: str, scope: Scope, *, pages: int | None = None, passages_per_page: int = 3
    ) -> Evidence:
        """The best pages in scope, published documents only. An unknown or empty collection brings no pages. `pages`:
        how many; None: PAGES, and as many again for a question that asks about many places ("how many ... in the
        report", "list all")."""
        wanted = pages if pages is not None else breadth(question, PAGES)
        if not await self._known(scope.collection):
            return Evidence(question, scope, (), {})
        started = time.perf_counter()
        vectors, seen = await asyncio.gather(self._encoded(question), self._seen(question))
        encoded = 1000 * (time.perf_counter() - started)
        asked = as_question(question, vectors, seen, self._settings.visual_weight)
        found = await search_pages(self._store, asked, scope, pages=wanted, passages_per_page=passages_per_page)
        return structs.replace(found, milliseconds={"encode": encoded, **found.milliseconds})

    async def similarity(
        self, question: str, collection: str, document: str, revision: str, page: int
    ) -> PageSimilarity | None:
        """Where the question finds its match on a page's image; None if the index has no image of this page.
        NoVisualEncoder where none is set; ModelMismatch as in a search."""
        if self._sight is None:
            raise NoVisualEncoder("Pages are not indexed as images: no visual encoder is set.")
        if not await self._known(collection):
            return None
        id = point_id(document, revision, PAGE, page, 0)
        found = await self._store.retrieve(collection, [id], vectors=(PATCHES,), fields=(GRID,))
        if not found or PATCHES not in found[0].vectors:
            return None
        patches = found[0].vectors[PATCHES]
        assert not isinstance(patches, Sparse)
        return await self._sight.similarity(question, restored(patches, found[0].payload[GRID]))

    async def close(self) -> None:
        """Write out and close everything, and end the shard process."""
        self._questions.shutdown(wait=False, cancel_futures=True)
        self._background.shutdown(wait=False, cancel_futures=True)
        if self._sight is not None:
            self._sight.close()
        await self._store.close()

    def _load(self) -> TextEncoder:
        encoder = TextEncoder(
            self._settings.encoder,
            device=self._settings.device,
            threads=self._settings.threads,
            context=self._settings.context,
            context_method=self._settings.context_method,
        )
        # The first pass through a model is several times slower than the rest; no user should be the one to pay for it.
        encoder.encode_query(["ready"])
        # torch and transformers leave half a million objects that never die. Looking through them all, which Python
        # does now and then while documents are added, held everything up for 300 to 450 ms; frozen, they are passed
        # over (benchmarks/search_latency.py).
        gc.collect()
        gc.freeze()
        return encoder

    def _load_visual(self) -> VisualEncoder:
        settings = self._settings
        assert settings.visual is not None
        encoder = VisualEncoder(
            settings.visual,
            device=settings.visual_device,
            dtype=settings.visual_dtype,
            attention=settings.visual_attention,
            batch_pixels=settings.visual_batch_pixels,
            page_tokens=settings.visual_page_tokens,
        )
        encoder.encode_query(["ready"])
        gc.collect()
        gc.freeze()
        return encoder

    async def _encoded(self, question: str) -> Vectors:
        vectors = await asyncio.get_running_loop().run_in_executor(
            self._questions, self.encoder.encode_query, [question]
        )
        first: Vectors = vectors[0]
        return first

    async def _seen(self, question: str) -> Vectors | None:
        return None if self._sight is None else await self._sight.question(question)

    def _about(self) -> dict[str, str]:
        visual = None if self._sight is None else self._sight.encoder.identity
        return about(self.encoder.identity, visual, self._settings.visual_pooling)

    async def _open(self, collection: str) -> None:
        if collection not in self._opened:
            visual = None if self._sight is None else self._sight.encoder.identity.dimension
            wanted = schema(self.encoder.identity.dimension, visual)
            stored = await self._store.open(collection, wanted, self._about())
            self._check(collection, dict(stored))
            self._opened.add(collection)

    async def _known(self, collection: str) -> bool:
        """True if the collection exists, and was built with this model."""
        if collection in self._checked:
            return True
        stored = await self._store.about(collection)
        if stored is None:
            return False
        self._check(collection, dict(stored))
        return True

    def _check(self, collection: str, stored: dict[str, str]) -> None:
        check(collection, stored, self._about())
        self._checked.add(collection)


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
