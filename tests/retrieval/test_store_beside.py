"""What the contract says of collections that are built beside others, and of moving them: from each store to each, and by a
file."""

import asyncio
import json
import os
from pathlib import Path

import numpy as np
import pytest

from retrieval import StoreError
from retrieval.store import Filter, Nearest, Point, Query, Sparse, VectorStore, beside, shards
from retrieval.store.edge import EdgeStore
from retrieval.store.server import ServerStore
from retrieval.store.transfer import copy, export_file, import_file
from tests.retrieval.test_store_contract import (
    ABOUT,
    SCHEMA,
    Drive,
    by_text,
    drive,
    ids,
    in_memory,
    pictured,
    point,
    uid,
    unit,
)

__all__ = ["drive"]
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect")

NEWER = {"name": "a newer model", "dimension": "3"}
BOTH = [("edge", "server"), ("server", "edge"), ("edge", "edge")]


def test_what_is_built_beside_is_not_seen_until_it_takes_the_place(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(1), point(2)])
        assert await store.open(beside("c"), SCHEMA, NEWER) == NEWER
        await store.upsert(beside("c"), [point(3)])
        assert await store.collections() == ["c"]
        assert (await store.about("c"), await store.about(beside("c"))) == (ABOUT, NEWER)
        assert (await store.schema("c"), await store.schema(beside("c"))) == (SCHEMA, SCHEMA)
        assert sorted(ids(await store.scroll("c"))) == [1, 2]
        assert await store.count(beside("c")) == 1
        await store.switch("c")
        (hits,) = await store.query("c", [by_text()])
        assert ids(hits) == [3]
        assert (await store.about("c"), await store.about(beside("c"))) == (NEWER, None)
        await store.upsert("c", [point(4)])
        await store.switch("c")
        assert sorted(ids(await store.scroll("c"))) == [3, 4]
        assert await store.collections() == ["c"]

    drive(scenario)


def test_it_can_be_given_up_and_goes_with_its_collection(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(1)])
        await store.open(beside("c"), SCHEMA, NEWER)
        await store.drop(beside("c"))
        await store.drop(beside("c"))
        assert await store.about(beside("c")) is None
        assert ids(await store.scroll("c")) == [1]
        await store.open(beside("c"), SCHEMA, NEWER)
        await store.upsert(beside("c"), [point(2)])
        await store.drop("c")
        assert [await store.about(name) for name in ("c", beside("c"))] == [None, None]
        await store.open("c", SCHEMA, ABOUT)
        assert await store.count("c") == 0

    drive(scenario)


def test_one_may_be_built_where_there_is_none_yet(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.open(beside("new"), SCHEMA, NEWER)
        await store.upsert(beside("new"), [point(1)])
        assert await store.collections() == ["c"]
        assert await store.scroll("new") == []
        await store.switch("new")
        assert await store.collections() == ["c", "new"]
        assert ids(await store.scroll("new")) == [1]
        assert await store.schema("none") is None
        assert await store.size("none") is None

    drive(scenario)


def test_the_embedded_store_says_what_a_collection_takes(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = EdgeStore(tmp_path, inline=True)
        await store.open("c", SCHEMA, ABOUT)
        before = await store.size("c")
        await store.upsert("c", [point(n) for n in range(500)])
        after = await store.size("c")
        assert before is not None
        assert after is not None
        assert after > before > 0
        await store.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("cut", ["before the switch", "after the switch"])
def test_a_kill_leaves_one_of_the_two_whole(cut: str, tmp_path: Path) -> None:
    """What lies on disk between the steps, opened by another process's eyes."""

    async def scenario() -> None:
        store = EdgeStore(tmp_path, inline=True)
        await store.open("c", SCHEMA, ABOUT)
        await store.upsert("c", [point(1)])
        await store.open(beside("c"), SCHEMA, NEWER)
        await store.upsert(beside("c"), [point(2), point(3)])
        await store.close()
        folder = tmp_path / "c"
        (folder / "shard-halfbuilt").mkdir()
        (folder / f".{shards.BESIDE}").write_text("{")
        if cut == "after the switch":
            (folder / shards.BESIDE).replace(folder / shards.INDEX)

        again = EdgeStore(tmp_path, inline=True)
        await again.open("other", SCHEMA, ABOUT)
        assert not (folder / "shard-halfbuilt").exists()
        if cut == "before the switch":
            assert ids(await again.scroll("c")) == [1]
            assert await again.open(beside("c"), SCHEMA, {}) == NEWER
            assert await again.count(beside("c")) == 2
        else:
            assert sorted(ids(await again.scroll("c"))) == [2, 3]
            assert len(list(folder.glob("shard*"))) == 1
        await again.close()

    asyncio.run(scenario())


def store_of(kind: str, folder: Path) -> VectorStore:
    return EdgeStore(folder, inline=True) if kind == "edge" else ServerStore("memory", client=in_memory())


def many() -> list[Point]:
    rows = [unit(1, n) for n in range(1, 40)]
    bare = Point(uid(40), {}, {"document": "a", "page": 40, "nested": {"boxes": [[0.5, 1.0]], "label": None}})
    return [*(point(n) for n in range(1, 36)), pictured(36, rows, [unit(1, 1), unit(1, 2)]), bare]


async def check_same(a: VectorStore, b: VectorStore) -> None:
    names = (*SCHEMA.dense, *SCHEMA.sparse)
    there = [one.id for one in await a.scroll("c")]
    before, after = [
        {one.id: one for one in await store.retrieve("c", there, vectors=names, fields=True)} for store in (a, b)
    ]
    assert set(before) == set(after) == {one.id for one in await b.scroll("c")}
    for id, ours in before.items():
        theirs = after[id]
        assert ours.payload == theirs.payload
        assert set(ours.vectors) == set(theirs.vectors)
        for name, vector in ours.vectors.items():
            other = theirs.vectors[name]
            if isinstance(vector, Sparse):
                assert isinstance(other, Sparse)
                assert dict(zip(vector.indices, vector.values, strict=True)) == dict(
                    zip(other.indices, other.values, strict=True)
                )
            else:
                assert isinstance(other, np.ndarray)
                np.testing.assert_allclose(other, vector, atol=1e-3)


@pytest.mark.parametrize("by", ["itself", "a file"])
@pytest.mark.parametrize(("source", "target"), BOTH)
def test_a_collection_arrives_whole(by: str, source: str, target: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        old, new = store_of(source, tmp_path / "old"), store_of(target, tmp_path / "new")
        await old.open("c", SCHEMA, ABOUT)
        await old.upsert("c", many())
        if by == "itself":
            moved = await copy(old, "c", new)
        else:
            moved = await export_file(old, "c", tmp_path / "c.index")
            assert moved == await import_file(new, tmp_path / "c.index")
        assert (moved.collection, moved.points) == ("c", 37)
        assert (await new.about("c"), await new.schema("c")) == (ABOUT, SCHEMA)
        await check_same(old, new)
        await check_same(new, old)
        # It is a collection as any: filters, exact late interaction, new points.
        queries = [
            by_text(3, where=Filter(any_of={"document": ("a",)})),
            Query(Nearest("patches", np.stack([unit(1, 3)])), 2),
        ]
        assert [ids(hits) for hits in await new.query("c", queries)] == [[1, 2, 3], [36]]
        await new.upsert("c", [point(77)])
        assert await new.count("c") == 38
        with pytest.raises(StoreError, match="has an index of collection 'c' already, with 38 points"):
            await copy(old, "c", new)
        assert (await copy(old, "c", new, replace=True)).points == 37
        assert await new.count("c") == 37
        await old.close()
        await new.close()

    asyncio.run(scenario())


def test_a_file_that_is_cut_short_or_another_leaves_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        store, new = store_of("server", tmp_path), store_of("server", tmp_path)
        await store.open("c", SCHEMA, ABOUT)
        await store.upsert("c", many())
        whole = tmp_path / "whole"
        await export_file(store, "c", whole)
        with pytest.raises(StoreError, match="not overwritten"):
            await export_file(store, "c", whole)
        with pytest.raises(StoreError, match=r"no index of a collection 'd'; there are: c\."):
            await export_file(store, "d", tmp_path / "d")
        with pytest.raises(StoreError, match="can't be written"):
            await export_file(store, "c", tmp_path / "nowhere" / "c")
        data = whole.read_bytes()
        broken = tmp_path / "broken"
        for content, problem in [
            (data[: len(data) // 2], "cut short"),
            (data[:-20], "cut short"),
            (data[:-1] + b"\x07", "says 7"),
            (data[:40], "cut short"),
            (data.replace(b"sparse", b"sqarse"), "damaged"),
            (b"%PDF-1.7", "not an index"),
            (b"", "not an index"),
        ]:
            broken.write_bytes(content)
            with pytest.raises(StoreError, match=problem):
                await import_file(new, broken)
            assert await new.collections() == []
        with pytest.raises(StoreError, match="can't be read"):
            await import_file(new, tmp_path / "nothing")
        await import_file(new, whole)
        assert await new.count("c") == 37
        assert sorted(os.listdir(tmp_path)) == ["broken", "whole"]

    asyncio.run(scenario())


def test_an_index_of_an_earlier_version_is_opened_and_replaced(tmp_path: Path) -> None:
    """Its one shard had no name of its own."""

    async def scenario() -> None:
        store = EdgeStore(tmp_path, inline=True)
        await store.open("c", SCHEMA, ABOUT)
        await store.upsert("c", [point(1)])
        await store.close()
        index = tmp_path / "c" / shards.INDEX
        said = json.loads(index.read_bytes())
        (tmp_path / "c" / said.pop("shard")).rename(tmp_path / "c" / "shard")
        index.write_text(json.dumps(said))

        again = EdgeStore(tmp_path, inline=True)
        assert await again.open("c", SCHEMA, {}) == ABOUT
        assert ids(await again.scroll("c")) == [1]
        await again.open(beside("c"), SCHEMA, NEWER)
        await again.switch("c")
        assert await again.about("c") == NEWER
        assert not (tmp_path / "c" / "shard").exists()
        await again.close()

    asyncio.run(scenario())


def test_on_a_server_what_has_no_name_is_a_leftover_and_others_are_let_alone() -> None:
    async def scenario() -> None:
        client = in_memory()
        store = ServerStore("memory", client=client)
        for name in ("c", "c-d"):
            await store.open(name, SCHEMA, ABOUT)
        for name in ("quire_c_0badbeef", "quire_c-d_0badbeef", "somebody_else", "quired"):
            await client.create_collection(name, vectors_config={})
        await store.open(beside("c"), SCHEMA, NEWER)
        await store.switch("c")
        await store.drop("c")
        names = {one.name for one in (await client.get_collections()).collections}
        assert {"quire_c-d_0badbeef", "somebody_else", "quired"} <= names
        assert not any(name.startswith("quire_c_") for name in names)
        assert await store.collections() == ["c-d"]
        await store.close()

    asyncio.run(scenario())
