"""The embedded driver: qdrant-edge on disk, a folder for each collection, in a process of its own."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from retrieval.errors import StoreError
from retrieval.store import shards
from retrieval.store.batches import batches
from retrieval.store.checks import check_points
from retrieval.store.contract import (
    Filter,
    Hit,
    Point,
    Query,
    Schema,
    Stored,
    beside,
    collection_name,
    owner_of,
    storage_name,
)
from retrieval.store.shard_process import ShardProcess

_CHUNK, _CHUNK_BYTES = 32, 1_000_000
"""Points, and bytes of them as float32, that a call writes. The shard process does one call at a time, so this is what a
search may have to wait for: some 10 ms, for 32 passages as for two pages of 768 patches (measured: 4 ms each; 32 of
them took 130)."""

_IDS = 500
"""Ids a call deletes or changes the payload of."""

T = TypeVar("T")


class EdgeStore:
    """A `VectorStore` on qdrant-edge under `folder`. The folder has one owner at a time; the shards' own locks see to
    it."""

    def __init__(self, folder: Path, *, inline: bool = False) -> None:
        self._folder = folder.absolute()
        self._inline = inline
        self._process = ShardProcess(inline=inline)
        self._schemas: dict[str, Schema] = {}
        # Writers take turns, so that at most one chunk stands between a search and the shard, however many documents
        # are being added.
        self._writing = asyncio.Lock()
        self._swept = False

    async def open(self, collection: str, schema: Schema, about: Mapping[str, str]) -> Mapping[str, str]:
        await self._sweep()
        index = self._path(collection)
        if index.name == shards.BESIDE:
            stored = await self._begin_beside(index, schema, about)
        else:
            stored = await self._process.call(shards.create, index, schema, about)
        self._schemas[collection] = schema
        return stored

    async def _begin_beside(self, index: Path, schema: Schema, about: Mapping[str, str]) -> dict[str, str]:
        """In a process for that alone: to create a shard may take seconds (its payload indexes end on the disk one by one),
        and searches go on meanwhile."""
        builder = ShardProcess(inline=self._inline)
        try:
            async with self._writing:
                return await builder.call(shards.create, index, schema, about)
        finally:
            await builder.close()

    async def about(self, collection: str) -> Mapping[str, str] | None:
        return shards.about(self._path(collection))

    async def schema(self, collection: str) -> Schema | None:
        index = self._path(collection)
        return shards.read_index(index).schema if shards.exists(index) else None

    async def upsert(self, collection: str, points: Sequence[Point]) -> None:
        schema = self._schemas.get(collection)
        if schema is None:
            raise StoreError(f"Collection {collection!r} has to be opened before it is written to.")
        check_points(schema, points)
        async with self._writing:
            for chunk in batches(points, _CHUNK_BYTES, most=_CHUNK):
                await self._process.call(shards.upsert, self._path(collection), chunk)
            await self._process.call(shards.flush, self._path(collection))

    async def set_payload(self, collection: str, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        index = self._path(collection)
        if not ids or not shards.exists(index):
            return
        async with self._writing:
            for chunk in _chunks(ids, _IDS):
                await self._process.call(shards.set_payload, index, chunk, payload)
            await self._process.call(shards.flush, index)

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        index = self._path(collection)
        if not ids or not shards.exists(index):
            return
        async with self._writing:
            for chunk in _chunks(ids, _IDS):
                await self._process.call(shards.delete, index, chunk)
            await self._process.call(shards.flush, index)

    async def query(self, collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        return await self._process.call(shards.query, self._path(collection), queries)

    async def retrieve(
        self,
        collection: str,
        ids: Sequence[str],
        *,
        vectors: tuple[str, ...] = (),
        fields: tuple[str, ...] | bool = False,
    ) -> list[Point]:
        return await self._process.call(shards.retrieve, self._path(collection), ids, vectors, fields)

    async def scroll(
        self, collection: str, where: Filter | None = None, *, fields: tuple[str, ...] | bool = False
    ) -> list[Stored]:
        return await self._process.call(shards.scroll, self._path(collection), where, fields)

    async def count(self, collection: str, where: Filter | None = None) -> int:
        return await self._process.call(shards.count, self._path(collection), where)

    async def collections(self) -> list[str]:
        return sorted(collection_name(entry.parent.name) for entry in self._folder.glob(f"[!.]*/{shards.INDEX}"))

    async def drop(self, collection: str) -> None:
        async with self._writing:
            for name in (collection, beside(collection)):
                self._schemas.pop(name, None)
            await self._process.call(shards.drop, self._path(collection))

    async def switch(self, collection: str) -> None:
        async with self._writing:
            folder = self._path(collection).parent
            await self._process.call(shards.switch, folder)
            await asyncio.to_thread(shards.remove_untold, folder)
            schema = self._schemas.pop(beside(collection), None)
            if schema is not None:
                self._schemas[collection] = schema

    async def size(self, collection: str) -> int | None:
        index = self._path(collection)
        return await asyncio.to_thread(shards.size, index) if shards.exists(index) else None

    async def close(self) -> None:
        await self._process.close()

    def _path(self, collection: str) -> Path:
        owner, is_beside = owner_of(collection)
        return self._folder / storage_name(owner) / (shards.BESIDE if is_beside else shards.INDEX)

    async def _sweep(self) -> None:
        if not self._swept:
            self._swept = True
            await self._process.call(shards.sweep, self._folder)


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
