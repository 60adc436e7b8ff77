"""Collections from one store to another, or to a file and back: points with their vectors as they are kept.

A file is for moving, not for keeping: a line that names the format, then frames of MessagePack (retrieval/store/frames.py).
What is brought in is built beside and takes its place when it has been counted, so nobody sees half of it.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

from msgspec import Struct

from retrieval.errors import StoreError
from retrieval.store.contract import Point, Schema, VectorStore, beside
from retrieval.store.frames import FileReader, FileWriter, Header

_TOGETHER = 16
"""Points read at once: a page of 1,030 patches is half a megabyte as float32, and several as lists on the way."""


class Moved(Struct, frozen=True):
    """A collection that has been moved, and how many points it has."""

    collection: str
    points: int


async def points_of(store: VectorStore, collection: str, schema: Schema) -> AsyncGenerator[list[Point], None]:
    """All points with all their vectors, some at a time: those that are there now, but for what is deleted meanwhile."""
    names = (*schema.dense, *schema.sparse)
    ids = sorted(stored.id for stored in await store.scroll(collection))
    for start in range(0, len(ids), _TOGETHER):
        yield await store.retrieve(collection, ids[start : start + _TOGETHER], vectors=names, fields=True)


async def copy(source: VectorStore, collection: str, target: VectorStore, *, replace: bool = False) -> Moved:
    """The collection, under its name, in another store. StoreError if there is none, if the other store has one of that name
    (unless it is to be replaced), or if another number of points has come there than went."""
    header = await _header(source, collection)
    await _make_room(target, header, replace)
    async with aclosing(points_of(source, collection, header.schema)) as points:
        return await _fill(target, header, points)


async def export_file(store: VectorStore, collection: str, path: Path) -> Moved:
    """The collection as a file. StoreError if there is none, or there is a file already."""
    header = await _header(store, collection)
    written = 0
    with FileWriter(path, header) as file:
        async with aclosing(points_of(store, collection, header.schema)) as points:
            async for some in points:
                file.write(some)
                written += len(some)
    return Moved(collection, written)


async def import_file(store: VectorStore, path: Path, *, replace: bool = False) -> Moved:
    """The collection that is in the file, under its name. StoreError for a file that is no such or is cut short, and as in
    `copy`."""
    with FileReader(path) as file:
        await _make_room(store, file.header, replace)

        async def read() -> AsyncGenerator[list[Point], None]:
            for some in file:
                yield some

        async with aclosing(read()) as points:
            return await _fill(store, file.header, points)


async def _header(store: VectorStore, collection: str) -> Header:
    schema, about = await store.schema(collection), await store.about(collection)
    if schema is None or about is None:
        there = ", ".join(await store.collections()) or "none"
        raise StoreError(f"There is no index of a collection {collection!r}; there are: {there}.")
    return Header(collection, schema, dict(about))


async def _make_room(store: VectorStore, header: Header, replace: bool) -> None:
    present: Mapping[str, str] | None = await store.about(header.collection)
    if present is not None and not replace:
        count = await store.count(header.collection)
        raise StoreError(
            f"The store has an index of collection {header.collection!r} already, with {count} points. Say that it is to be "
            "replaced, or drop it first."
        )
    # What an earlier attempt left.
    await store.drop(beside(header.collection))


async def _fill(store: VectorStore, header: Header, points: AsyncGenerator[list[Point], None]) -> Moved:
    name = beside(header.collection)
    await store.open(name, header.schema, header.about)
    sent = 0
    async for some in points:
        await store.upsert(name, some)
        sent += len(some)
    arrived = await store.count(name)
    if arrived != sent:
        await store.drop(name)
        raise StoreError(
            f"{sent} points of collection {header.collection!r} were sent, {arrived} arrived; nothing is kept."
        )
    await store.switch(header.collection)
    return Moved(header.collection, sent)
