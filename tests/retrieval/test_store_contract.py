"""The contract of `VectorStore`, kept by both drivers: qdrant-edge on disk, and the client driver on qdrant-client's
in-memory engine."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from retrieval import InvalidVector, StoreError
from retrieval.store import (
    DenseSpec,
    Filter,
    Fuse,
    Nearest,
    Point,
    Query,
    Schema,
    Sparse,
    SparseSpec,
    VectorStore,
    shards,
)
from retrieval.store.batches import batches, wire_bytes
from retrieval.store.checks import check_points
from retrieval.store.contract import collection_name, storage_name
from retrieval.store.edge import EdgeStore
from retrieval.store.server import ServerStore

# The in-memory engine has no payload indexes, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect")

SCHEMA = Schema(
    dense={
        "text": DenseSpec(size=3),
        "patches": DenseSpec(size=2, multi=True, half=True, graph=False),
        "pooled": DenseSpec(size=2, multi=True, half=True),
    },
    sparse={"bm25": SparseSpec(idf=True)},
    keywords=("document",),
    integers=("page", "visible"),
)
ABOUT = {"name": "a model", "dimension": "3"}

Drive = Callable[[Callable[[VectorStore], Coroutine[Any, Any, None]]], None]


def in_memory() -> AsyncQdrantClient:
    return AsyncQdrantClient(":memory:")


@asynccontextmanager
async def opened(kind: str, folder: Path) -> AsyncIterator[VectorStore]:
    store: VectorStore = EdgeStore(folder) if kind == "edge" else ServerStore("memory", client=in_memory())
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture(params=["edge", "server"])
def drive(request: pytest.FixtureRequest, tmp_path: Path) -> Drive:
    """Runs a coroutine with an opened store of either kind, collection `c` created in it."""

    def run(scenario: Callable[[VectorStore], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            async with opened(request.param, tmp_path) as store:
                await store.open("c", SCHEMA, ABOUT)
                await scenario(store)

        asyncio.run(whole())

    return run


def uid(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def unit(*values: float) -> np.ndarray[Any, Any]:
    vector = np.asarray(values, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def sparse(weights: dict[int, float]) -> Sparse:
    return Sparse(np.array(list(weights), dtype=np.uint32), np.array(list(weights.values()), dtype=np.float32))


def point(number: int, *, document: str = "a", visible: int = 1, words: dict[int, float] | None = None) -> Point:
    return Point(
        uid(number),
        {"text": unit(1, number, 0), "bm25": sparse(words or {number: 1.0, 1000: 1.0})},
        {"document": document, "page": number, "visible": visible, "boxes": [[0.5, 1.0, 2.0, 3.25]], "label": None},
    )


def ids(hits: list[Any]) -> list[int]:
    return [int(hit.id[-12:]) for hit in hits]


def by_text(limit: int = 10, **more: Any) -> Query:
    return Query(Nearest("text", unit(1, 1, 0)), limit, **more)


def test_what_is_written_is_found_nearest_first(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(n) for n in range(1, 6)])
        (hits,) = await store.query("c", [by_text(3, payload=True)])
        assert ids(hits) == [1, 2, 3]
        assert hits[0].score == pytest.approx(1.0, abs=1e-5)
        assert hits[1].score == pytest.approx(3 / math.sqrt(10), abs=1e-5)
        assert hits[0].payload == point(1).payload

    drive(scenario)


def test_only_the_fields_asked_for_come_back(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(1)])
        none, some = await store.query("c", [by_text(), by_text(payload=("document",))])
        assert none[0].payload == {}
        assert some[0].payload == {"document": "a"}

    drive(scenario)


def test_filters_take_any_of_none_of_and_ids(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        documents = "abcab"
        await store.upsert("c", [point(n, document=d, visible=n % 2) for n, d in enumerate(documents, start=1)])
        cases: list[tuple[Filter, list[int]]] = [
            (Filter(any_of={"document": ("a",)}), [1, 4]),
            (Filter(any_of={"document": ("a", "c")}), [1, 3, 4]),
            (Filter(any_of={"document": ("a", "b"), "visible": (1,)}), [1, 5]),
            (Filter(any_of={"page": (2, 3)}), [2, 3]),
            (Filter(none_of={"document": ("a", "b")}), [3]),
            (Filter(any_of={"visible": (1,)}, none_of={"document": ("a",)}), [3, 5]),
            (Filter(ids=[uid(2), uid(4), uid(99)]), [2, 4]),
            (Filter(), [1, 2, 3, 4, 5]),
        ]
        answers = await store.query("c", [by_text(where=where) for where, _ in cases])
        for (where, expected), hits in zip(cases, answers, strict=True):
            assert sorted(ids(hits)) == expected
            assert await store.count("c", where) == len(expected)
            assert sorted(ids(await store.scroll("c", where))) == expected

    drive(scenario)


def test_writing_twice_is_writing_once_and_replaces_the_whole_point(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(1), point(2)])
        await store.upsert("c", [point(1), point(2)])
        assert await store.count("c") == 2
        await store.upsert("c", [Point(uid(1), {"text": unit(0, 0, 1)}, {"document": "z"})])
        assert await store.count("c") == 2
        text, words = await store.query(
            "c", [by_text(payload=True), Query(Nearest("bm25", sparse({1: 1.0, 2: 1.0})), 5)]
        )
        assert ids(text) == [2, 1]
        assert text[1].payload == {"document": "z"}
        assert ids(words) == [2]

    drive(scenario)


def test_set_payload_changes_these_fields_of_these_points(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(n, visible=0) for n in (1, 2, 3)])
        await store.set_payload("c", [uid(1), uid(3)], {"visible": 1})
        await store.set_payload("c", [uid(1), uid(3)], {"visible": 1})
        await store.set_payload("c", [], {"visible": 1})
        visible = await store.scroll("c", Filter(any_of={"visible": (1,)}), fields=("visible", "page"))
        assert sorted(stored.payload["page"] for stored in visible) == [1, 3]
        assert await store.count("c", Filter(any_of={"visible": (0,)})) == 1

    drive(scenario)


def test_delete_removes_for_good_and_may_be_repeated(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(n) for n in (1, 2, 3)])
        await store.delete("c", [uid(1), uid(3), uid(77)])
        await store.delete("c", [uid(1), uid(3)])
        await store.delete("c", [])
        assert ids(await store.scroll("c")) == [2]
        (hits,) = await store.query("c", [by_text()])
        assert ids(hits) == [2]

    drive(scenario)


def test_sparse_scores_are_bm25_with_idf_over_the_corpus_that_is_named(drive: Drive) -> None:
    """Word 7 stands in every point of document a, and in one of six of all. IDF: ln(1 + (N - df + 0.5) / (df +
    0.5))."""

    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(n, document="a", words={7: 2.0, 8: 1.0}) for n in (1, 2)])
        await store.upsert("c", [point(n, document="b", words={9: 1.0}) for n in range(3, 11)])
        inside = Filter(any_of={"document": ("a",)})
        question = sparse({7: 1.0})
        (own,) = await store.query("c", [Query(Nearest("bm25", question, corpus=inside), 5, where=inside)])
        (wide,) = await store.query("c", [Query(Nearest("bm25", question, corpus=Filter()), 5, where=inside)])
        assert [hit.score for hit in own] == pytest.approx([2 * math.log(1 + 0.5 / 2.5)] * 2, rel=1e-4)
        assert [hit.score for hit in wide] == pytest.approx([2 * math.log(1 + 8.5 / 2.5)] * 2, rel=1e-4)

    drive(scenario)


def test_points_that_lack_the_vector_are_not_found_by_it(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        words_only = Point(uid(2), {"bm25": sparse({5: 1.0})}, {"document": "a"})
        await store.upsert("c", [point(1), words_only])
        text, words = await store.query("c", [by_text(), Query(Nearest("bm25", sparse({5: 1.0})), 5)])
        assert ids(text) == [1]
        assert ids(words) == [2]

    drive(scenario)


def test_fusion_counts_reciprocal_ranks_from_one(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(1, words={5: 1.0}), point(2, words={5: 3.0}), point(3, words={6: 1.0})])
        lists = (by_text(2), Query(Nearest("bm25", sparse({5: 1.0})), 2))
        even, weighted = (Fuse(k=60), Fuse(k=60, weights=(1.0, 3.0)))
        plain, leaning = await store.query("c", [Query(by, 5, prefetch=lists) for by in (even, weighted)])
        # Each is first in one list and second in the other.
        assert {n: hit.score for n, hit in zip(ids(plain), plain, strict=True)} == {
            1: pytest.approx(1 / 61 + 1 / 62, rel=1e-4),
            2: pytest.approx(1 / 61 + 1 / 62, rel=1e-4),
        }
        assert {n: hit.score for n, hit in zip(ids(leaning), leaning, strict=True)} == {
            1: pytest.approx(1 / 61 + 1 / (60 + 2 / 3), rel=1e-5),
            2: pytest.approx(1 / 62 + 1 / (60 + 1 / 3), rel=1e-5),
        }

    drive(scenario)


def test_a_prefetch_is_reranked_by_multivectors_of_half_precision(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        pages = {1: [unit(1, 0), unit(0, 1)], 2: [unit(1, 1)], 3: [unit(1, 0)]}
        await store.upsert(
            "c",
            [
                Point(uid(n), {"text": unit(1, n, 0), "patches": np.stack(rows).astype(np.float16)}, {"page": n})
                for n, rows in pages.items()
            ],
        )
        question = np.stack([unit(1, 0), unit(0, 1)])
        (hits,) = await store.query("c", [Query(Nearest("patches", question), 5, prefetch=(by_text(2),))])
        assert ids(hits) == [1, 2]
        assert [hit.score for hit in hits] == pytest.approx([2.0, math.sqrt(2)], rel=1e-3)

    drive(scenario)


def pictured(number: int, patches: list[np.ndarray[Any, Any]], pooled: list[np.ndarray[Any, Any]]) -> Point:
    half = {"patches": np.stack(patches).astype(np.float16), "pooled": np.stack(pooled).astype(np.float16)}
    return Point(uid(number), half, {"document": "a" if number < 4 else "b", "page": number})


def test_two_stages_take_candidates_by_pooled_vectors_and_rank_them_exactly(drive: Drive) -> None:
    """Page 3 would win exactly, but its pooled vectors keep it from the candidates; page 9 has none, and is no fault."""

    async def scenario(store: VectorStore) -> None:
        across, up, slope = unit(1, 0), unit(0, 1), unit(1, 1)
        pages = [
            pictured(1, [across, up], [slope]),
            pictured(2, [slope, slope], [slope]),
            pictured(3, [across, up, slope], [unit(-1, 0.1)]),
            pictured(4, [across], [across]),
        ]
        await store.upsert("c", [*pages, point(9)])
        question = np.stack([across, up])
        inside = Filter(any_of={"document": ("a",)})
        for where, expected in ((Filter(), [1, 2, 4]), (inside, [1, 2])):
            first = Query(Nearest("pooled", question), len(expected), where=where)
            exact = Query(Nearest("patches", question), 5, where=where)
            both = Query(exact.by, 5, where=where, prefetch=(first,), payload=("page",))
            hits, alone, words = await store.query("c", [both, exact, by_text()])
            assert [hit.payload["page"] for hit in hits] == expected
            assert [hit.score for hit in hits] == pytest.approx([2.0, math.sqrt(2), 1.0][: len(hits)], rel=1e-3)
            assert sorted(ids(alone)) == sorted([*expected, 3])
            assert ids(words) == [9]

    drive(scenario)


def test_vectors_come_back_by_id_in_the_precision_they_are_kept_in(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        rows = np.stack([unit(1, n) for n in range(1, 50)])
        await store.upsert("c", [pictured(1, [*rows], [unit(1, 1)]), point(2, words={7: 2.0, 9: 0.5})])
        wanted = [uid(2), uid(1), uid(77)]
        found = {p.id: p for p in await store.retrieve("c", wanted, vectors=("patches", "bm25"), fields=("page",))}
        assert set(found) == {uid(1), uid(2)}
        patches, words = found[uid(1)].vectors["patches"], found[uid(2)].vectors["bm25"]
        assert isinstance(patches, np.ndarray)
        assert isinstance(words, Sparse)
        assert patches.dtype == np.float32
        assert patches.shape == (49, 2)
        np.testing.assert_allclose(patches, rows, atol=1e-3)
        assert (words.indices.tolist(), words.values.tolist()) == ([7, 9], [2.0, 0.5])
        assert set(found[uid(1)].vectors) == {"patches"}
        assert found[uid(1)].payload == {"page": 1}
        (bare,) = await store.retrieve("c", [uid(1)])
        assert (bare.vectors, bare.payload) == ({}, {})
        assert await store.retrieve("c", []) == []
        assert await store.retrieve("none", [uid(1)], vectors=("patches",)) == []

    drive(scenario)


def test_a_point_may_have_no_vectors_at_all(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [Point(uid(1), {}, {"page": 1}), point(2)])
        await store.upsert("c", [Point(uid(1), {}, {"page": 1})])
        assert await store.count("c") == 2
        assert [stored.payload for stored in await store.scroll("c", Filter(any_of={"page": (1,)}), fields=True)] == [
            {"page": 1}
        ]
        (hits,) = await store.query("c", [by_text()])
        assert ids(hits) == [2]

    drive(scenario)


def test_writes_are_parted_by_bytes_and_by_number() -> None:
    heavy = Point(uid(1), {"patches": np.zeros((1000, 128), dtype=np.float16)}, {})
    light = point(2)
    size = wire_bytes(heavy)
    assert 4 * 128_000 <= size < 4 * 128_000 + 200, "as float32, which is what both engines take"
    parted = [len(part) for part in batches([heavy] * 5 + [light] * 70, 2 * size, most=32)]
    assert parted == [2, 2, 33 - 1, 32, 75 - 68]
    assert [len(part) for part in batches([heavy, heavy, light], 10)] == [1, 1, 1], "more than the limit goes alone"
    assert list(batches([], 10)) == []


@pytest.mark.parametrize("kind", ["edge", "server"])
def test_pages_are_sent_a_few_at_a_time(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands between a search and the shard, or goes to a server in one request, is bounded in bytes."""
    calls: list[int] = []

    async def scenario() -> None:
        client = in_memory()
        store: VectorStore = (
            EdgeStore(tmp_path, inline=True) if kind == "edge" else ServerStore("memory", client=client)
        )
        target, name = (shards, "upsert") if kind == "edge" else (client, "upsert")
        real = getattr(target, name)

        def counting(where: Any, points: Any, **more: Any) -> Any:
            calls.append(len(points))
            return real(where, points, **more)

        monkeypatch.setattr(target, name, counting)
        await store.open("c", Schema(dense={"patches": DenseSpec(128, multi=True, half=True)}, sparse={}), ABOUT)
        patches = np.zeros((768, 128), dtype=np.float16)
        patches[:, 0] = 1
        await store.upsert("c", [Point(uid(n), {"patches": patches}, {}) for n in range(1, 21)])
        assert await store.count("c") == 20
        await store.close()

    asyncio.run(scenario())
    assert calls == ([2] * 10 if kind == "edge" else [15, 5])


BAD_VECTORS: list[tuple[dict[str, Any], str]] = [
    ({"text": np.array([math.nan, 0, 0], dtype=np.float32)}, "NaN"),
    ({"text": np.array([3, 0, 0], dtype=np.float32)}, "length"),
    ({"text": unit(1, 1)}, "2 values where 3"),
    ({"text": np.stack([unit(1, 1, 1)])}, "axes"),
    ({"other": unit(1, 1, 1)}, "no dense vector"),
    ({"other": sparse({1: 1.0})}, "no sparse vector"),
    ({"bm25": sparse({1: math.inf})}, "NaN or infinity"),
    ({"bm25": Sparse(np.array([1, 1], dtype=np.uint32), np.array([1, 1], dtype=np.float32))}, "twice"),
    ({"patches": np.zeros((0, 2), dtype=np.float16)}, "no rows"),
    ({"patches": np.tile(np.array([1, 0], dtype=np.float16), (524_289, 1))}, "1048578 values"),
]


def test_bad_vectors_are_refused_before_anything_is_written(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        for vectors, problem in BAD_VECTORS:
            with pytest.raises(InvalidVector, match=problem):
                await store.upsert("c", [point(1), Point(uid(2), vectors, {})])
        assert await store.count("c") == 0
        # The largest that is allowed: 8,192 rows of 128 would be 1,048,576 values; here 524,288 of 2.
        largest = np.tile(np.array([1, 0], dtype=np.float16), (524_288, 1))
        check_points(SCHEMA, [Point(uid(3), {"patches": largest}, {})])

    drive(scenario)


def test_what_is_stored_beside_a_collection_stays_as_it_was_created(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        assert await store.about("c") == ABOUT
        assert await store.open("c", SCHEMA, {"name": "another"}) == ABOUT
        assert await store.about("none") is None

    drive(scenario)


def test_collections_are_separate_and_can_be_dropped(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        for name in ("d e/ü", "..", "A_b"):
            await store.open(name, SCHEMA, ABOUT)
        await store.upsert("d e/ü", [point(1)])
        assert await store.count("c") == 0
        assert await store.collections() == sorted(["c", "d e/ü", "..", "A_b"])
        await store.drop("d e/ü")
        await store.drop("d e/ü")
        assert await store.collections() == sorted(["c", "..", "A_b"])
        await store.open("d e/ü", SCHEMA, ABOUT)
        assert await store.count("d e/ü") == 0

    drive(scenario)


def test_a_collection_that_is_not_there_has_nothing(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        assert await store.query("none", [by_text(), by_text()]) == [[], []]
        assert await store.scroll("none") == []
        assert await store.count("none") == 0
        await store.delete("none", [uid(1)])
        with pytest.raises(StoreError, match="opened"):
            await store.upsert("none", [point(1)])
        assert await store.collections() == ["c"]

    drive(scenario)


def test_many_points_are_listed_once_each(drive: Drive) -> None:
    async def scenario(store: VectorStore) -> None:
        await store.upsert("c", [point(n) for n in range(1, 2502)])
        assert sorted(ids(await store.scroll("c"))) == list(range(1, 2502))
        await store.delete("c", [uid(n) for n in range(1, 2501)])
        assert ids(await store.scroll("c")) == [2501]

    drive(scenario)


@given(st.text(min_size=1, max_size=30))
def test_storage_names_are_safe_and_can_be_turned_back(name: str) -> None:
    stored = storage_name(name)
    assert collection_name(stored) == name
    assert stored.isascii()
    assert not set(stored) & set('/\\:*?"<>|. _\0')
