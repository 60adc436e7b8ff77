"""Pages into an index: their passages, words and images."""

import asyncio
from collections import Counter
from collections.abc import Sequence, Set
from concurrent.futures import Executor
from contextlib import aclosing

from msgspec import Struct

from ingest import Page
from retrieval import wholes
from retrieval.encoders import Encoders
from retrieval.indexing import Origin, build_points, with_image, with_image_of
from retrieval.schema import DOCUMENT, GRID, PAGE, PASSAGE, PATCHES, POOLED, SECTION
from retrieval.seeing import Draw
from retrieval.store.contract import Filter, Point, VectorStore


class Written(Struct, frozen=True):
    """Points that have been written, and why the image of a page is not among them, by its number."""

    points: list[Point]
    unseen: dict[int, str]

    def passages(self) -> Counter[int]:
        """How many passages each page has."""
        return Counter(point.payload["page"] for point in self.points if point.payload["kind"] == PASSAGE)


class Writer:
    """Writes with the same models into one collection of a store, or what is built beside it (`name`). Encodes on `thread`."""

    def __init__(self, store: VectorStore, name: str, encoders: Encoders, thread: Executor) -> None:
        self._store, self._name, self._encoders, self._thread = store, name, encoders, thread

    async def pages(
        self, origin: Origin, pages: Sequence[Page], visible: Set[str] | None, draw: Draw | None
    ) -> Written:
        """Write the points of the pages, each page's own after its passages: where it is, the page is whole. `visible`: ids of
        those that search may see, None for all."""
        points = await asyncio.get_running_loop().run_in_executor(
            self._thread, build_points, origin, pages, self._encoders.text, visible
        )
        return Written(points, await self._write(points, pages, draw))

    async def words(self, origin: Origin, pages: Sequence[Page]) -> Written:
        """Write the points of pages that are there and visible, with the words that have been read of them since. The vectors of
        their images stay: to make them again would take longer than all else."""
        points = await asyncio.get_running_loop().run_in_executor(
            self._thread, build_points, origin, pages, self._encoders.text, None
        )
        if self._encoders.sight is not None:
            own = [point.id for point in points if point.payload["kind"] == PAGE]
            there = await self._store.retrieve(self._name, own, vectors=(PATCHES, POOLED), fields=(GRID,))
            images = {point.id: point for point in there if PATCHES in point.vectors}
            points = [with_image_of(point, images[point.id]) if point.id in images else point for point in points]
        await self._store.upsert(self._name, points)
        return Written(points, {})

    async def document(self, origin: Origin, pages: int, *, visible: bool) -> None:
        """Write the points of a whole document of which `pages` pages are there, where a model for that is set."""
        if self._encoders.routing is None:
            return
        whole = await wholes.read(self._store, self._name, origin.document, origin.revision, pages)

        def encoded() -> list[Point]:
            assert self._encoders.routing is not None
            return wholes.points(origin, whole, self._encoders.routing, visible=visible)

        of_it = {"document": (origin.document,), "revision": (origin.revision,), "kind": (DOCUMENT, SECTION)}
        before = await self._store.scroll(self._name, Filter(any_of=of_it))
        points = await asyncio.get_running_loop().run_in_executor(self._thread, encoded)
        await self._store.upsert(self._name, points)
        await self._store.delete(self._name, sorted({stored.id for stored in before} - {point.id for point in points}))

    async def _write(self, points: Sequence[Point], pages: Sequence[Page], draw: Draw | None) -> dict[int, str]:
        """Write the points, those of pages with the vectors of their images, as these come. Returns what is unseen."""
        sight = self._encoders.sight
        if sight is None:
            await self._store.upsert(self._name, points)
            return {}
        looked_at = {page.number: page for page in pages if self._encoders.looks_at(page)}
        of_pages = {point.payload["page"]: point for point in points if point.payload["kind"] == PAGE}
        of_pages = {number: point for number, point in of_pages.items() if number in looked_at}
        later = {point.id for point in of_pages.values()}
        if draw is None:
            await self._store.upsert(self._name, points)
            return dict.fromkeys(of_pages, "No image of the page was given.")
        await self._store.upsert(self._name, [point for point in points if point.id not in later])
        unseen: dict[int, str] = {}
        async with aclosing(sight.pages([looked_at[number] for number in of_pages], draw)) as seen:
            async for some in seen:
                unseen |= {number: why for number, why in some.items() if isinstance(why, str)}
                await self._store.upsert(
                    self._name,
                    [
                        of_pages[number] if isinstance(found, str) else with_image(of_pages[number], found)
                        for number, found in some.items()
                    ],
                )
        return unseen
