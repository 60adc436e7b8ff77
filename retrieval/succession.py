"""An index that is built beside the one that serves, and takes its place: with other models, or the same points in less space.

What the serving index holds is what the new one is to hold. Rounds compare the two, add what is missing, take away what has
gone and hide or show what has changed, until a round finds next to nothing to do; the last one runs while nobody writes, and
then the new one takes the place of the old. So documents that come and go meanwhile are dealt with as they are; a kill at any
moment leaves the old one serving and the new one as far as it came, to go on with.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import groupby
from typing import Protocol

from msgspec import Struct

from ingest import Page
from retrieval.indexing import Origin
from retrieval.listing import Key, Unit, Units, by_page, points
from retrieval.schema import DOCUMENT, PAGE
from retrieval.seeing import Draw
from retrieval.store.contract import Point, Schema, VectorStore, beside
from retrieval.writing import Writer

_PAGES = 8
"""Pages that are built together."""

_COPIED = 32
"""Pages that are copied together: 17 MB at 1,030 patches each."""

_FEW = 16
"""Pages that the last round may have to build while writers wait."""
_ROUNDS = 20
"""After so many, the rest is built while writers wait: documents come as fast as they are built."""


class Kept(Protocol):
    """A revision as it was read: what its pages are built from."""

    @property
    def draw(self) -> Draw | None:
        """Images of its pages, for a visual encoder."""
        ...

    async def page(self, number: int) -> Page | None:
        """A page; None if it is gone."""
        ...


KeptPages = Callable[[str, str], AbstractAsyncContextManager[Kept]]
"""The pages of a revision of a document, for as long as the context lasts."""


class Built(Struct, frozen=True):
    """A page that is in the new index: how many there are to be, and are. `remark`: what is less than it should be, or why it
    is not there."""

    document: str
    revision: str
    page: int
    pages_done: int
    pages_total: int
    passages: int
    remark: str | None = None
    failed: bool = False


Tell = Callable[[Built], Awaitable[None]]


class Replaced(Struct, frozen=True):
    """What an index has become. `lost`: pages that could not be built, with the reason. Sizes in bytes, None where the store
    does not say."""

    pages: int
    passages: int
    lost: dict[Key, str]
    bytes_before: int | None
    bytes_after: int | None


class Result(Struct, frozen=True):
    """A page that was made: passages, and what is less than it should be. `failed`: it is not there."""

    passages: int = 0
    remark: str | None = None
    failed: bool = False


class Maker(Protocol):
    """Makes pages of the new index."""

    def make(self, document: str, revision: str, wanted: Mapping[int, Unit]) -> AsyncGenerator[dict[int, Result], None]:
        """The pages (by number, as the serving index has them) of one revision, some at a time."""
        ...

    def wholes(self, live: Units, built: Units) -> Sequence[Key]:
        """Whole documents (page 0) that have to be made, once the pages are there."""
        ...

    def keeps(self, key: Key, live: Units) -> bool:
        """Whether the new index is to have what it has of this."""
        ...

    async def whole(self, key: Key, live: Units) -> None:
        """Make one."""
        ...


class Successor:
    """The index that is built beside `collection`."""

    def __init__(self, store: VectorStore, collection: str, maker: Maker, tell: Tell) -> None:
        self._store, self._collection, self._name = store, collection, beside(collection)
        self._maker, self._tell = maker, tell
        self._lost: dict[Key, str] = {}

    async def begin(self, schema: Schema, about: Mapping[str, str], *, resume: bool) -> None:
        """Begin, or go on with what is there if it was begun with the same models."""
        if not resume or await self._store.about(self._name) not in (None, about):
            await self._store.drop(self._name)
        await self._store.open(self._name, schema, about)

    async def catch_up(self) -> None:
        """Build until there is next to nothing left to build."""
        for _ in range(_ROUNDS):
            if await self.round() <= _FEW:
                return

    async def round(self) -> int:
        """Make the new index what the serving one is now; returns how many pages that took."""
        live, built = await self._units()
        gone = [unit.ids for key, unit in built.items() if not self._maker.keeps(key, live)]
        await self._store.delete(self._name, [id for ids in gone for id in ids])
        pages = {key: unit for key, unit in live.items() if key.page and unit.whole}
        missing = [key for key in pages if not (key in built and built[key].whole) and key not in self._lost]
        done = len(pages) - len(missing)
        for (document, revision), keys in groupby(missing, key=lambda key: (key.document, key.revision)):
            wanted = {key.page: live[key] for key in keys}
            async for made in self._maker.make(document, revision, wanted):
                for number, result in sorted(made.items()):
                    done += 1
                    if result.failed:
                        self._lost[Key(document, revision, number)] = result.remark or "It could not be built."
                    await self._tell(
                        Built(
                            document, revision, number, done, len(pages), result.passages, result.remark, result.failed
                        )
                    )
        await self._show(live)
        live, built = await self._units()
        for key in self._maker.wholes(live, built):
            await self._maker.whole(key, live)
        return len(missing)

    async def finish(self) -> Replaced:
        """The last round and the counts, while nobody writes. The switch is the caller's."""
        await self.round()
        live, built = await self._units()
        there = [unit for key, unit in built.items() if key.page and unit.whole]
        return Replaced(
            pages=len(there),
            passages=sum(unit.passages for unit in there),
            lost={key: why for key, why in self._lost.items() if key in live},
            bytes_before=await self._store.size(self._collection),
            bytes_after=await self._store.size(self._name),
        )

    async def _show(self, live: Units) -> None:
        """What can be found shall be the same."""
        built = by_page(await points(self._store, self._name))
        for visible in (True, False):
            changed = [
                unit.ids
                for key, unit in built.items()
                if key in live and live[key].visible is visible and not (unit.visible if visible else unit.hidden)
            ]
            ids = [id for some in changed for id in some]
            await self._store.set_payload(self._name, ids, {"visible": int(visible)})

    async def _units(self) -> tuple[dict[Key, Unit], dict[Key, Unit]]:
        return by_page(await points(self._store, self._collection)), by_page(await points(self._store, self._name))


class Rebuild:
    """Makes pages anew, with other models, from what was read of them."""

    def __init__(self, collection: str, writer: Writer, kept: KeptPages, *, routing: bool) -> None:
        self._collection, self._writer, self._kept, self._routing = collection, writer, kept, routing

    async def make(
        self, document: str, revision: str, wanted: Mapping[int, Unit]
    ) -> AsyncGenerator[dict[int, Result], None]:
        """A few pages at a time, of one visibility each."""
        origin = Origin(self._collection, document, revision)
        async with self._kept(document, revision) as kept:
            for visible, numbers in groupby(sorted(wanted), key=lambda number: wanted[number].visible):
                listed = list(numbers)
                for start in range(0, len(listed), _PAGES):
                    yield await self._some(origin, kept, listed[start : start + _PAGES], visible=visible)

    async def _some(self, origin: Origin, kept: Kept, numbers: Sequence[int], *, visible: bool) -> dict[int, Result]:
        found = {number: await kept.page(number) for number in numbers}
        pages = [page for page in found.values() if page is not None]
        written = await self._writer.pages(origin, pages, None if visible else set(), kept.draw)
        counts = written.passages()
        return {
            number: Result(failed=True, remark="What was read of it is gone.")
            if page is None
            else Result(counts[number], written.unseen.get(number))
            for number, page in found.items()
        }

    def wholes(self, live: Units, built: Units) -> Sequence[Key]:
        """Of documents that can be found, those that were made of another number of pages."""
        if not self._routing:
            return []
        pages: dict[Key, int] = {}
        for key, unit in built.items():
            if key.page and unit.whole and unit.visible:
                whole = Key(key.document, key.revision, 0)
                pages[whole] = pages.get(whole, 0) + 1
        self._pages = pages
        return [key for key, count in pages.items() if key not in built or built[key].pages != count]

    def keeps(self, key: Key, live: Units) -> bool:
        """Whole documents as long as there is a page of them; the serving index may have none."""
        if key.page:
            return key in live
        return self._routing and any((other.document, other.revision) == key[:2] for other in live)

    async def whole(self, key: Key, live: Units) -> None:
        """From the passages that are there."""
        origin = Origin(self._collection, key.document, key.revision)
        await self._writer.document(origin, self._pages[key], visible=True)


class Copy:
    """Makes pages as they are, vectors and all: what has been deleted takes no space in a copy.

    The embedded engine's own `optimize` answers nothing while it runs, and builds a graph, which makes an exact search an
    approximate one.
    """

    def __init__(self, store: VectorStore, collection: str, schema: Schema) -> None:
        self._store, self._collection = store, collection
        self._vectors = (*schema.dense, *schema.sparse)

    async def make(
        self, document: str, revision: str, wanted: Mapping[int, Unit]
    ) -> AsyncGenerator[dict[int, Result], None]:
        """Some at a time: each writing ends on the disk, which takes longer than a page of it."""
        listed = list(wanted)
        for start in range(0, len(listed), _COPIED):
            numbers = listed[start : start + _COPIED]
            await self._copy([wanted[number] for number in numbers])
            yield {number: Result(wanted[number].passages) for number in numbers}

    def wholes(self, live: Units, built: Units) -> Sequence[Key]:
        """Those that are not there yet as they are."""
        return [
            key
            for key, unit in live.items()
            if not key.page and unit.whole and (key not in built or built[key].pages != unit.pages)
        ]

    def keeps(self, key: Key, live: Units) -> bool:
        """What is there."""
        return key in live

    async def whole(self, key: Key, live: Units) -> None:
        """As it is."""
        await self._copy([live[key]])

    async def _copy(self, units: Sequence[Unit]) -> None:
        found: list[Point] = []
        # Few in a call, for a search may have to wait for it: a page's patches are hundreds of kilobytes, lists on the way.
        for unit in units:
            found += await self._store.retrieve(self._collection, unit.ids, vectors=self._vectors, fields=True)
        # A page's own point last: where it is, the page is whole.
        ordered = sorted(found, key=lambda point: point.payload["kind"] in (PAGE, DOCUMENT))
        await self._store.upsert(beside(self._collection), ordered)
