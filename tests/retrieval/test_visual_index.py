"""Pages as images in a real index, through a tiny checkpoint loaded as real ones are: what is kept, found, refused. Its
weights are random, so a page is asked for by what makes any encoder find it: its own vectors."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import (
    Built,
    EncoderUnavailable,
    InvalidVector,
    ModelMismatch,
    NoVisualEncoder,
    RetrievalSettings,
    Retriever,
    Scope,
    TextEncoder,
    UnreadableImage,
)
from retrieval.schema import PATCHES, POOLED, point_id
from retrieval.seeing import LONGEST
from retrieval.visual import WHOLE_PAGE, PageVectors, VisualEncoder, maxsim, similarity_map
from retrieval.visual.keeping import kept, restored
from tests.retrieval.tiny_checkpoints import build

pytestmark = pytest.mark.skipif(find_spec("colpali_engine") is None, reason="the extra `visual` is not installed")

Open = Callable[..., AbstractAsyncContextManager[Retriever]]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("ColModernVBert", tmp_path_factory.mktemp("visual") / "model")


@pytest.fixture(scope="module")
def visual(checkpoint: Path) -> VisualEncoder:
    return VisualEncoder(str(checkpoint), device="cpu", dtype="float32")


@pytest.fixture
def opened(encoder: TextEncoder, visual: VisualEncoder, tmp_path: Path) -> Open:
    """A retriever on this test's folder; with `blind`, one without the visual encoder."""

    @asynccontextmanager
    async def open_(blind: bool = False, **more: Any) -> AsyncIterator[Retriever]:
        # The shard on a thread: to start its process takes a second each time.
        chosen = RetrievalSettings(shard_inline=True, **more)
        room = Retriever(tmp_path / "index", chosen, encoder=encoder, visual=None if blind else visual)
        await room.start()
        try:
            yield room
        finally:
            await room.close()

    return open_


def page(number: int, text: str = "") -> Page:
    words = tuple(Word(word, Box(n, 0, n + 1, 10)) for n, word in enumerate(text.split()))
    blocks = (Block(BlockKind.TEXT, text, Box(0, 0, len(words), 10), 0, len(words)),) if words else ()
    return Page(number, 600, 800, f"p{number}", TextSource.TEXT_LAYER, words, blocks)


def picture(number: int, size: tuple[int, int] = (90, 120)) -> Image.Image:
    """Noise, the same for a number each time."""
    noise = np.random.default_rng(number).integers(0, 256, (12, 9, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


async def drawn(page: Page, pixels: int) -> bytes:
    return png(picture(page.number))


def pages_found(evidence: Any) -> list[int]:
    return [hit.number for hit in evidence.pages]


def test_a_page_without_words_is_found_by_its_image_with_the_exact_score(
    opened: Open, visual: VisualEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "Which chart falls?"
    pages = [page(1), page(2), page(3, "The gravity of the moon raises the tides.")]

    async def scenario() -> None:
        async with opened() as room:
            indexed = await room.add_pages("c", "d", "r1", pages, draw=drawn)
            assert (indexed.passages, indexed.unseen) == ({1: 0, 2: 0, 3: 1}, {})
            assert (await room.search(question, Scope("c"))).pages == ()
            await room.publish("c", "d", "r1")
            evidence = await room.search(question, Scope("c"))
            exact = maxsim(
                visual.encode_query([question])[0], [p.vectors for p in visual.encode_pages([*map(picture, (1, 2, 3))])]
            )
            assert sorted(pages_found(evidence)) == [1, 2, 3]
            for hit in evidence.pages:
                assert hit.visual == pytest.approx(exact[hit.number - 1], abs=2e-2)
                assert (hit.document, hit.revision, hit.label) == ("d", "r1", f"p{hit.number}")
                assert len(hit.passages) == (1 if hit.number == 3 else 0)
            # What nothing but the image can tell: the vectors of page 2 as a question.
            (second,) = visual.encode_pages([picture(2)])
            monkeypatch.setattr(visual, "encode_query", lambda texts: [second.vectors.astype(np.float32)] * len(texts))
            assert pages_found(await room.search("x", Scope("c")))[0] == 2
            await room.remove("c", "d")
            assert await room.count("c") == 0

    asyncio.run(scenario())


def test_what_the_index_keeps_is_the_pages_vectors_in_half_precision(opened: Open, visual: VisualEncoder) -> None:
    async def scenario() -> None:
        async with opened() as room:
            await room.add_pages("c", "d", "r1", [page(1)], draw=drawn, visible=True)
            id = point_id("d", "r1", "page", 1, 0)
            (point,) = await room.store.retrieve("c", [id], vectors=(PATCHES, POOLED), fields=True)
            (seen,) = visual.encode_pages([picture(1)])
            pooled = point.vectors[POOLED]
            assert isinstance(pooled, np.ndarray)
            assert len(pooled) == seen.rows + seen.columns + 2, "means of rows and of columns, and the thumbnail's"
            patches = point.vectors[PATCHES]
            assert isinstance(patches, np.ndarray)
            back = restored(patches, point.payload["grid"])
            np.testing.assert_allclose(back.grid(), seen.grid(), atol=2e-3)
            np.testing.assert_allclose(back.thumbnail(), seen.thumbnail(), atol=2e-3)

    asyncio.run(scenario())


@pytest.mark.parametrize("pooling", [1, 2])
def test_a_similarity_map_comes_from_what_is_stored(opened: Open, visual: VisualEncoder, pooling: int) -> None:
    question = "Where is the peak?"

    async def scenario() -> None:
        async with opened(visual_pooling=pooling) as room:
            await room.add_pages("c", "d", "r1", [page(1), page(2)], draw=drawn, visible=True)
            found = await room.similarity(question, "c", "d", "r1", 2)
            assert found is not None
            (seen,) = visual.encode_pages([picture(2)])
            vectors = visual.encode_query([question])[0]
            assert len(found.tokens.texts) == len(vectors) == len(found.maps.tokens)
            assert "".join(found.tokens.texts[k] for k in found.tokens.words).strip() == question
            assert found.maps.total.shape == (seen.rows, seen.columns)
            if pooling == 1:
                np.testing.assert_allclose(found.maps.tokens, similarity_map(vectors, seen).tokens, atol=5e-3)
            else:
                assert len(np.unique(found.maps.total)) <= -(-len(seen.vectors) // 2)
                ours, theirs = found.maps.total.ravel(), similarity_map(vectors, seen).total.ravel()
                assert np.corrcoef(ours, theirs)[0, 1] > 0.5
            assert await room.similarity(question, "c", "d", "r1", 3) is None
            long = await room.similarity("wide " * 500, "c", "d", "r1", 2)
            assert long is not None
            assert len(long.tokens.texts) == len(long.maps.tokens) == LONGEST >= len(long.tokens.words) > 100
            assert len((await room.search("wide " * 500, Scope("c"))).pages) == 2
            assert await room.similarity(question, "nowhere", "d", "r1", 2) is None

    asyncio.run(scenario())


def test_a_page_that_cannot_be_seen_keeps_its_words_and_says_why(opened: Open) -> None:
    async def draw(page: Page, pixels: int) -> bytes:
        if page.number == 1:
            raise UnreadableImage("the page can't be drawn: its stream is broken")
        if page.number == 2:
            return png(picture(2))[:60]
        return png(picture(page.number, (4000, 1) if page.number == 3 else (90, 120)))

    async def scenario() -> None:
        async with opened() as room:
            pages = [page(n, f"Here stands marker mark{n}end.") for n in (1, 2, 3, 4)]
            pages.append(Page(5, 0, 0, error="the parser crashed"))
            indexed = await room.add_pages("c", "d", "r1", pages, draw=draw, visible=True)
            assert indexed.passages == {1: 1, 2: 1, 3: 1, 4: 1, 5: 0}
            assert set(indexed.unseen) >= {1, 2}
            assert "stream is broken" in indexed.unseen[1]
            assert "can't be read" in indexed.unseen[2]
            assert {4, 5}.isdisjoint(indexed.unseen)
            seen = {point.page for point in await room.points("c") if point.seen}
            assert seen == {1, 2, 3, 4} - set(indexed.unseen)
            assert {point.page for point in await room.points("c") if point.kind == "page"} == {1, 2, 3, 4}
            for number in (1, 2, 3, 4):
                assert number in pages_found(await room.search(f"mark{number}end", Scope("c")))
            assert await room.similarity("x", "c", "d", "r1", 1) is None
            assert await room.similarity("x", "c", "d", "r1", 4) is not None
            # Without any images, the words are still indexed, and what was seen before is gone with the old points.
            again = await room.add_pages("c", "d", "r1", pages[3:4])
            assert "No image" in again.unseen[4]
            assert await room.similarity("x", "c", "d", "r1", 4) is None

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", [InvalidVector("overflow"), EncoderUnavailable("out of memory")])
def test_one_page_that_the_model_fails_on_does_not_take_others_along(
    opened: Open, visual: VisualEncoder, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    real = visual.stream_pages

    def failing(images: Any) -> Any:
        for image in images:
            if image.size == (77, 77):
                raise fault
            yield from real([image])

    async def draw(page: Page, pixels: int) -> bytes:
        return png(picture(page.number, (77, 77) if page.number == 2 else (90, 120)))

    async def scenario() -> None:
        monkeypatch.setattr(visual, "stream_pages", failing)
        async with opened() as room:
            indexed = await room.add_pages("c", "d", "r1", [page(n) for n in (1, 2, 3)], draw=draw)
            assert indexed.unseen == {2: str(fault)}

    asyncio.run(scenario())


def test_images_are_asked_for_a_few_ahead_and_never_all(opened: Open, visual: VisualEncoder) -> None:
    """However long the document: those that are encoded, and the next few."""
    ahead: list[int] = []
    asked: list[int] = []
    encoded: list[int] = []
    real = visual.stream_pages

    async def draw(page: Page, pixels: int) -> bytes:
        asked.append(page.number)
        ahead.append(len(asked) - len(encoded))
        return png(picture(page.number, (32, 32)))

    def counting(images: Any) -> Any:
        for found in real(images):
            encoded.append(1)
            yield found

    async def scenario() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(visual, "stream_pages", counting)
            async with opened() as room:
                await room.add_pages("c", "d", "r1", [page(n) for n in range(1, 41)], draw=draw)
        assert sorted(asked) == list(range(1, 41))
        assert max(ahead) <= 16

    asyncio.run(scenario())


def test_what_is_not_about_one_page_ends_it_all_and_may_be_repeated(opened: Open) -> None:
    class GivenUp(Exception):
        pass

    async def draw(page: Page, pixels: int) -> bytes:
        if page.number > 20:
            raise GivenUp
        return await drawn(page, pixels)

    async def scenario() -> None:
        pages = [page(n) for n in range(1, 31)]
        async with opened() as room:
            with pytest.raises(GivenUp):
                await room.add_pages("c", "d", "r1", pages, draw=draw, visible=True)
            await room.add_pages("c", "d", "r1", pages, draw=drawn, visible=True)
            assert len(pages_found(await room.search("x", Scope("c"), pages=50))) == 30

    asyncio.run(scenario())


def test_page_images_are_asked_in_the_same_round_trip_and_count_as_much_as_is_set(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        pages = [page(1, "The moon raises the tides."), page(2, "Bread rises overnight."), page(3)]
        tops = []
        for weight in (0.0, 50.0):
            async with opened(visual_weight=weight) as room:
                await room.add_pages("c", "d", "r1", pages, draw=drawn, visible=True)
                calls: list[int] = []
                query = room.store.query

                async def counted(collection: str, queries: Any, query: Any = query, calls: list[int] = calls) -> Any:
                    calls.append(len(queries))
                    return await query(collection, queries)

                monkeypatch.setattr(room.store, "query", counted)
                evidence = await room.search("Why do the tides rise?", Scope("c"))
                assert calls == [4, 2]
                tops.append(pages_found(evidence)[0])
                by_image = {hit.number: hit.visual for hit in evidence.pages}
                assert None not in by_image.values()
        assert tops == [1, max(by_image, key=lambda number: by_image[number] or 0.0)]

    asyncio.run(scenario())


def test_an_index_with_other_eyes_is_refused_and_the_way_out_is_named(opened: Open, tmp_path: Path) -> None:
    async def refused(room: Retriever) -> str:
        said = set()
        for attempt in (room.search("x", Scope("c")), room.add_pages("c", "d", "r1", [page(1)], draw=drawn)):
            with pytest.raises(ModelMismatch) as caught:
                await attempt
            said.add(str(caught.value))
        (only,) = said
        return only

    async def scenario() -> None:
        async with opened(blind=True) as room:
            await room.add_pages("c", "d", "r1", [page(1, "Some words.")], visible=True)
            with pytest.raises(NoVisualEncoder, match="no visual encoder"):
                await room.similarity("x", "c", "d", "r1", 1)
        async with opened() as room:
            text = await refused(room)
            assert "built without page images" in text
            assert "quire index rebuild -c c" in text
            await room.remove_collection("c")
            await room.add_pages("c", "d", "r1", [page(1, "Some words.")], visible=True, draw=drawn)
        async with opened(blind=True) as room:
            assert "Set `visual`" in await refused(room)
        async with opened(visual_pooling=2) as room:
            assert "`visual_pooling`" in await refused(room)
        async with opened() as room:
            assert pages_found(await room.search("words", Scope("c"))) == [1]

    asyncio.run(scenario())


def test_an_index_of_words_is_given_eyes_while_it_serves(opened: Open) -> None:
    """Images are drawn again; a page that can't be drawn is told, and found by its words."""

    class Shelf:
        draw = staticmethod(drawn)

        async def page(self, number: int) -> Page | None:
            return page(number, f"Some words of page {number}.")

    @asynccontextmanager
    async def kept(document: str, revision: str) -> AsyncIterator[Shelf]:
        yield Shelf()

    async def scenario() -> None:
        async with opened(blind=True) as room:
            pages = [page(n, f"Some words of page {n}.") for n in range(1, 4)]
            await room.add_pages("c", "d", "r1", pages, visible=True)
        async with opened(visual_pooling=2) as room:

            async def tell(built: Built) -> None:
                evidence = await room.search("words", Scope("c"))
                assert {hit.visual for hit in evidence.pages} == {None}

            replaced = await room.rebuild("c", kept, tell)
            assert replaced.pages == 3
            evidence = await room.search("words", Scope("c"))
            assert all(hit.visual is not None for hit in evidence.pages)
            assert await room.similarity("words", "c", "d", "r1", 2) is not None
            before = await room.points("c")
            await room.compact("c", tell_nothing)
            assert {point.id: point for point in await room.points("c")} == {point.id: point for point in before}
            assert await room.similarity("words", "c", "d", "r1", 2) is not None

    async def tell_nothing(_: Built) -> None:
        return None

    asyncio.run(scenario())


def test_the_settings_name_the_model_and_one_that_is_not_there_is_one_clear_error(
    encoder: TextEncoder, checkpoint: Path, visual: VisualEncoder, tmp_path: Path
) -> None:
    async def scenario() -> None:
        chosen = RetrievalSettings(visual=str(checkpoint), visual_device="cpu", visual_dtype="float32")
        room = Retriever(tmp_path, chosen, encoder=encoder)
        assert room.visual is None
        await room.start()
        assert room.visual is not None
        assert room.visual.identity == visual.identity
        await room.close()
        missing = Retriever(tmp_path, RetrievalSettings(visual=str(tmp_path / "none")), encoder=encoder)
        with pytest.raises(EncoderUnavailable, match="none"):
            await missing.start()
        await missing.close()

    asyncio.run(scenario())


def pages_of_vectors() -> st.SearchStrategy[PageVectors]:
    """Grids of 1 to 6 by 1 to 6, with up to 3 vectors of a thumbnail, in any order."""

    @st.composite
    def made(draw: st.DrawFn) -> PageVectors:
        rows, columns, whole = draw(st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(0, 3)))
        rng = np.random.default_rng(draw(st.integers(0, 999)))
        cells = np.concatenate([np.arange(rows * columns), np.full(whole, WHOLE_PAGE)]).astype(np.int32)
        vectors = rng.normal(size=(len(cells), 8))
        unit = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
        return PageVectors(unit, rows, columns, rng.permutation(cells))

    return made()


@settings(max_examples=40)
@given(pages_of_vectors(), st.integers(1, 3))
def test_a_kept_page_comes_back_with_each_vector_in_its_cell(seen: PageVectors, factor: int) -> None:
    stored = kept(seen, factor)
    back = restored(stored.patches.astype(np.float32), stored.grid)
    assert len(stored.patches) <= max(len(seen.vectors) // factor, 1)
    assert (back.rows, back.columns, len(back.vectors)) == (seen.rows, seen.columns, len(seen.vectors))
    assert len(back.thumbnail()) == len(seen.thumbnail())
    if factor == 1:
        np.testing.assert_array_equal(back.grid(), seen.grid())
        np.testing.assert_array_equal(back.thumbnail(), seen.thumbnail())


def test_more_vectors_than_can_be_kept_are_refused_with_the_factor_that_helps() -> None:
    cells = np.arange(90 * 100, dtype=np.int32)
    vectors = np.zeros((len(cells), 128), dtype=np.float16)
    vectors[:, 0] = 1
    with pytest.raises(InvalidVector, match="factor of 2"):
        kept(PageVectors(vectors, 90, 100, cells))
