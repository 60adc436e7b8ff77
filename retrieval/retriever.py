"""The room's front door: indexes pages, publishes and removes documents, searches."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ingest import Page
from retrieval.encoder import TextEncoder
from retrieval.errors import EncoderUnavailable, ModelMismatch, RetrievalError
from retrieval.evidence import Evidence, Scope
from retrieval.indexing import Origin, build_points
from retrieval.questions import breadth
from retrieval.schema import PASSAGE, PointInfo, point_id, revision_of, schema
from retrieval.search import as_question, search_pages
from retrieval.settings import RetrievalSettings, describe
from retrieval.store.contract import Filter, VectorStore

PAGES = 10
"""Pages that a search brings unless told otherwise."""

_FIELDS = ("document", "revision", "page", "ordinal", "kind", "visible")


class Retriever:
    """All collections' indexes. Used from one event loop; encoding runs on threads, the shards in a process of their
    own."""

    def __init__(
        self,
        folder: Path,
        settings: RetrievalSettings = RetrievalSettings(),  # noqa: B008 - frozen
        *,
        encoder: TextEncoder | None = None,
    ) -> None:
        """Cheap: nothing is loaded or opened yet. `folder` is where the embedded store keeps its collections.
        `encoder`: one that is loaded already; otherwise `start` loads the one that the settings name."""
        self._settings = settings
        self._store: VectorStore = open_store(folder, settings)
        self._encoder = encoder
        self._checked: set[str] = set()
        self._opened: set[str] = set()
        # Apart, so that a question never waits for passages.
        self._questions = ThreadPoolExecutor(1, thread_name_prefix="encode-question")
        self._background = ThreadPoolExecutor(1, thread_name_prefix="encode-passages")

    async def start(self) -> None:
        """Load the encoder, off the loop. EncoderUnavailable if it can't be had."""
        if self._encoder is None:
            self._encoder = await asyncio.get_running_loop().run_in_executor(self._questions, self._load)

    @property
    def encoder(self) -> TextEncoder:
        """The loaded encoder; EncoderUnavailable before `start`."""
        if self._encoder is None:
            raise EncoderUnavailable("The encoder is not loaded yet: the service is still starting.")
        return self._encoder

    @property
    def store(self) -> VectorStore:
        """The index itself, for tools that measure or move it."""
        return self._store

    async def add_pages(
        self, collection: str, document: str, revision: str, pages: Sequence[Page], *, visible: bool = False
    ) -> dict[int, int]:
        """Index the pages; durable when it returns. Returns the number of passages by page.

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
        await self._store.upsert(collection, points)
        await self._store.delete(collection, sorted({stored.id for stored in before} - {point.id for point in points}))
        counts = Counter(point.payload["page"] for point in points if point.payload["kind"] == PASSAGE)
        return {page.number: counts[page.number] for page in pages}

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
        vectors = await asyncio.get_running_loop().run_in_executor(
            self._questions, self.encoder.encode_query, [question]
        )
        encoded = 1000 * (time.perf_counter() - started)
        found = await search_pages(
            self._store, as_question(question, vectors[0]), scope, pages=wanted, passages_per_page=passages_per_page
        )
        return Evidence(question, scope, found.pages, {"encode": encoded, **found.milliseconds})

    async def close(self) -> None:
        """Write out and close everything, and end the shard process."""
        self._questions.shutdown(wait=False, cancel_futures=True)
        self._background.shutdown(wait=False, cancel_futures=True)
        await self._store.close()

    def _load(self) -> TextEncoder:
        encoder = TextEncoder(self._settings.encoder, device=self._settings.device, threads=self._settings.threads)
        # The first pass through a model is several times slower than the rest; no user should be the one to pay for it.
        encoder.encode_query(["ready"])
        # torch and transformers leave half a million objects that never die. Looking through them all, which Python
        # does now and then while documents are added, held everything up for 300 to 450 ms; frozen, they are passed
        # over (benchmarks/search_latency.py).
        gc.collect()
        gc.freeze()
        return encoder

    async def _open(self, collection: str) -> None:
        if collection not in self._opened:
            wanted = schema(self.encoder.identity.dimension)
            stored = await self._store.open(collection, wanted, self.encoder.identity.as_text())
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
        wanted = self.encoder.identity.as_text()
        # The name may differ: the same model from the hub and from a folder.
        if {**stored, "name": ""} != {**wanted, "name": ""}:
            raise ModelMismatch(collection, describe(stored), describe(wanted))
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
