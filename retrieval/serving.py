"""The collections' indexes as they are served: each with the models that it was made with, and with turns for those who write,
search or replace it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import structlog

from retrieval.encoders import Encoders, load
from retrieval.errors import EncoderUnavailable, IndexBusy
from retrieval.matching import check, choice_of, same
from retrieval.settings import ModelChoice, RetrievalSettings
from retrieval.store.contract import VectorStore, beside
from retrieval.turns import Turns

log = structlog.get_logger(__name__)


class _Turns:
    def __init__(self) -> None:
        self.writing, self.searching, self.replacing = Turns(), Turns(), asyncio.Lock()
        self.amending = Turns()


class Collections:
    """Most indexes are served with the models of the settings (`own`). Another one is refused, but for two cases: while it is
    built anew it is served with the models that it was built with, loaded for that; and when it has been built with others
    than the settings name, it is served with those. Either lasts until the process ends."""

    def __init__(self, store: VectorStore, settings: RetrievalSettings, own: Callable[[], Encoders]) -> None:
        self._store, self._settings, self._own = store, settings, own
        self._served: dict[str, Encoders] = {}
        self._opened: set[str] = set()
        self._loaded: list[Encoders] = []
        self._turns: dict[str, _Turns] = defaultdict(_Turns)

    @asynccontextmanager
    async def writing(self, collection: str) -> AsyncGenerator[Encoders, None]:
        """The models to write with; the collection is made unless it is there. ModelMismatch."""
        async with self._turns[collection].writing.shared():
            if collection not in self._opened:
                encoders = await self._encoders(collection) or self._own()
                stored = await self._store.open(collection, encoders.schema(), encoders.about())
                check(collection, stored, encoders.about())
                self._served[collection] = encoders
                self._opened.add(collection)
            yield self._served[collection]

    @asynccontextmanager
    async def changing(self, collection: str) -> AsyncGenerator[None, None]:
        """For who deletes, or changes payloads: needs no models."""
        async with self._turns[collection].writing.shared():
            yield

    @asynccontextmanager
    async def searching(self, collection: str) -> AsyncGenerator[Encoders | None, None]:
        """The models to search with; None if there is no such collection. ModelMismatch."""
        async with self._turns[collection].searching.shared():
            yield await self._encoders(collection)

    @asynccontextmanager
    async def replacing(self, collection: str) -> AsyncGenerator[None, None]:
        """One at a time builds beside a collection."""
        turns = self._turns[collection]
        async with turns.replacing, turns.amending.alone():
            yield

    @asynccontextmanager
    async def amending(self, collection: str) -> AsyncGenerator[None, None]:
        """For who changes pages that are there. What is built beside a collection has each page as it was when its turn came, so
        IndexBusy as long as there is something beside it."""
        turns = self._turns[collection].amending
        if await self.frozen(collection):
            raise IndexBusy(
                f"The index of collection {collection!r} is being built anew; until that has ended its pages stay as they are."
            )
        async with turns.shared():
            yield

    async def frozen(self, collection: str) -> bool:
        """Whether there is something beside the collection, so that its pages stay as they are."""
        there = await self._store.about(beside(collection)) is not None
        return there or self._turns[collection].amending.taken

    @asynccontextmanager
    async def still(self, collection: str) -> AsyncGenerator[None, None]:
        """Nobody writes."""
        async with self._turns[collection].writing.alone():
            yield

    async def switch(self, collection: str, encoders: Encoders | None) -> None:
        """What is built beside the collection takes its place, and is served with these models (None: as before)."""
        async with self._turns[collection].searching.alone():
            await self._store.switch(collection)
            if encoders is not None:
                self._served[collection] = encoders
                self._opened.discard(collection)

    def forget(self, collection: str) -> None:
        """The collection is gone."""
        self._served.pop(collection, None)
        self._opened.discard(collection)

    async def load(self, choice: ModelChoice) -> Encoders:
        """Other models, beside those of the settings. EncoderUnavailable."""
        for encoders in (self._own(), *self._loaded):
            if encoders.choice == choice:
                return encoders
        loaded = await asyncio.to_thread(load, self._settings.choosing(choice), self._own())
        self._loaded.append(loaded)
        return loaded

    async def keep_serving(self, collection: str) -> str | None:
        """Have the collection searched with the models that it was built with, whatever the settings say. Returns why that can't
        be."""
        if collection in self._served:
            return None
        stored = await self._store.about(collection)
        if stored is None or same(stored, self._own().about()):
            return None
        try:
            encoders = await self.load(choice_of(stored))
        except EncoderUnavailable as error:
            return str(error)
        if not same(stored, encoders.about()):
            return "The models that it was built with are not what their names stand for now."
        self._served[collection] = encoders
        return None

    def close(self) -> None:
        """Begin nothing more."""
        for sight in {encoders.sight for encoders in self._loaded}:
            if sight is not None:
                sight.close()

    async def _encoders(self, collection: str) -> Encoders | None:
        if collection not in self._served:
            stored = await self._store.about(collection)
            if stored is None:
                return None
            check(collection, stored, self._own().about())
            self._served[collection] = self._own()
        return self._served[collection]
