"""The room's front door on the real encoder and a real index: what is added, published and removed is found, or not."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
import pytest

from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import EncoderUnavailable, ModelMismatch, RetrievalError, RetrievalSettings, Retriever, Scope

Open = Callable[[], AbstractAsyncContextManager[Retriever]]

TIDES = "The gravity of the moon raises the tides of the oceans twice a day."
REVENUE = "Revenue rose to $1,234.5 million in 2023, as part AB-12/3 sold well."
BREAD = "Knead the dough for ten minutes and let the bread rise overnight."


def page(number: int, *texts: str, label: str | None = None) -> Page:
    """A page with a block for each text, a word a point wide."""
    words: list[Word] = []
    blocks: list[Block] = []
    for row, text in enumerate(texts):
        first = len(words)
        words += [Word(w, Box(x, 20 * row, x + 1, 20 * row + 10)) for x, w in enumerate(text.split())]
        box = Box(0, 20 * row, len(words) - first, 20 * row + 10)
        blocks.append(Block(BlockKind.TEXT, text, box, first, len(words)))
    source = TextSource.TEXT_LAYER if words else TextSource.NONE
    return Page(number, 600, 800, label, source, tuple(words), tuple(blocks), ("Chapter",))


async def published(retriever: Retriever, document: str, *pages: Page, revision: str = "r1", into: str = "c") -> int:
    count = sum((await retriever.add_pages(into, document, revision, pages)).passages.values())
    await retriever.publish(into, document, revision)
    return count


async def found(retriever: Retriever, question: str, *documents: str, into: str = "c") -> list[tuple[str, int]]:
    evidence = await retriever.search(question, Scope(into, documents))
    return [(hit.document, hit.number) for hit in evidence.pages]


def test_the_page_that_answers_comes_first_with_its_passage_boxes_and_scores(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            assert await published(room, "d", page(1, TIDES), page(2, REVENUE, label="ii"), page(3, BREAD)) == 3
            evidence = await room.search("How much revenue was there in 2023?", Scope("c", ("d",)))
        best = evidence.pages[0]
        assert (best.document, best.revision, best.number, best.label) == ("d", "r1", 2, "ii")
        hit = best.passages[0]
        assert hit.text == REVENUE
        assert hit.boxes == (Box(0, 0, 12, 10),)
        assert hit.section == ("Chapter",)
        assert hit.dense is not None
        assert 0.4 < hit.dense < 1
        assert hit.bm25 is not None
        assert hit.bm25 > 1
        assert [p.score for p in evidence.pages] == sorted((p.score for p in evidence.pages), reverse=True)
        assert set(evidence.milliseconds) == {"encode", "query", "group"}

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("question", "number"),
    [("1234.5", 2), ("AB-12/3", 2), ("What makes the sea go up and down?", 1), ("baking instructions", 3)],
)
def test_codes_and_numbers_are_found_by_word_and_paraphrases_by_meaning(
    retriever: Open, question: str, number: int
) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await published(room, "d", page(1, TIDES), page(2, REVENUE), page(3, BREAD))
            assert (await found(room, question))[0] == ("d", number)

    asyncio.run(scenario())


def test_nothing_is_visible_before_it_is_published(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await room.add_pages("c", "d", "r1", [page(1, TIDES)])
            assert await found(room, "tides") == []
            assert {point.visible for point in await room.points("c")} == {False}
            await room.publish("c", "d", "r1")
            await room.publish("c", "d", "r1")
            assert await found(room, "tides") == [("d", 1)]
            # Adding the same pages again, as a job that is resumed does, neither hides nor doubles them.
            await room.add_pages("c", "d", "r1", [page(1, TIDES)])
            assert await found(room, "tides") == [("d", 1)]
            assert await room.count("c") == 2

    asyncio.run(scenario())


def test_pages_may_be_visible_as_they_are_added(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await room.add_pages("c", "d", "r1", [page(1, TIDES)], visible=True)
            assert await found(room, "tides") == [("d", 1)]
            # What a crash left hidden is found once the page comes again.
            await room.add_pages("c", "d", "r1", [page(2, BREAD)])
            await room.add_pages("c", "d", "r1", [page(2, BREAD)], visible=True)
            assert await found(room, "bread") == [("d", 2), ("d", 1)]
            assert await room.count("c") == 4

    asyncio.run(scenario())


def test_a_new_revision_replaces_the_old_one(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await published(room, "d", page(1, TIDES), page(2, BREAD))
            await room.add_pages("c", "d", "r2", [page(1, REVENUE)])
            assert ("d", 1) in await found(room, "tides of the moon")
            await room.publish("c", "d", "r2")
            await room.remove("c", "d", keep="r2")
            await room.remove("c", "d", keep="r2")
            points = await room.points("c", document="d")
            assert {(p.revision, p.page, p.kind) for p in points} == {("r2", 1, "passage"), ("r2", 1, "page")}
            assert await room.count("c", document="d", revision="r1") == 0

    asyncio.run(scenario())


def test_a_page_read_anew_leaves_no_old_passages(retriever: Open) -> None:
    long = [f"Paragraph {n} says something of its own about subject {n}. " * 12 for n in range(8)]

    async def scenario() -> None:
        async with retriever() as room:
            many = await published(room, "d", page(1, *long))
            assert many > 1
            assert (await room.add_pages("c", "d", "r1", [page(1, TIDES)])).passages == {1: 1}
            assert await room.count("c", document="d") == 2

    asyncio.run(scenario())


def test_scope_keeps_to_its_documents_and_collection(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await published(room, "one", page(1, TIDES))
            await published(room, "two", page(4, TIDES))
            await published(room, "three", page(9, TIDES), into="other")
            assert await found(room, "tides", "two") == [("two", 4)]
            assert sorted(await found(room, "tides")) == [("one", 1), ("two", 4)]
            assert await found(room, "tides", into="other") == [("three", 9)]
            assert await found(room, "tides", "three") == []
            assert await found(room, "tides", into="nowhere") == []
            assert await room.collections() == ["c", "other"]

    asyncio.run(scenario())


def test_removing_leaves_nothing(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await published(room, "one", page(1, TIDES))
            await published(room, "two", page(1, TIDES))
            await room.remove("c", "one")
            await room.remove("c", "one")
            await room.remove("nowhere", "one")
            assert {point.document for point in await room.points("c")} == {"two"}
            await room.remove_collection("c")
            await room.remove_collection("c")
            assert await room.count("c") == 0
            assert await room.collections() == []
            await published(room, "one", page(1, TIDES))
            assert await found(room, "tides") == [("one", 1)]

    asyncio.run(scenario())


def test_pages_without_words_have_a_point_and_those_with_an_error_none(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            broken = Page(2, 0, 0, error="the parser crashed")
            assert await published(room, "d", page(1), broken) == 0
            assert {(p.page, p.kind) for p in await room.points("c")} == {(1, "page")}
            assert await found(room, "anything") == []
            # Named, it is found, and has nothing to quote.
            evidence = await room.search("What is on page 1?", Scope("c"))
            assert [(hit.number, hit.passages, hit.reasons) for hit in evidence.pages] == [(1, (), ("page 1",))]

    asyncio.run(scenario())


def test_odd_questions_are_questions(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await published(room, "d", page(1, TIDES))
            for question in ("", "???", "潮汐", "\ud800", "x" * 100_000, "the " * 20_000, "\0"):
                evidence = await room.search(question, Scope("c"), pages=3)
                assert [hit.number for hit in evidence.pages] in ([], [1])

    asyncio.run(scenario())


def test_an_index_of_another_model_is_refused_with_both_names(retriever: Open, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            await published(room, "d", page(1, TIDES))
        about = tmp_path / "index" / "c" / "index.json"
        index = msgspec.json.decode(about.read_bytes())
        index["about"] |= {"name": "some-other-model", "fingerprint": "0" * 16}
        about.write_bytes(msgspec.json.encode(index))
        async with retriever() as room:
            for attempt in (room.search("tides", Scope("c")), room.add_pages("c", "d", "r2", [page(1, TIDES)])):
                with pytest.raises(ModelMismatch) as caught:
                    await attempt
                assert "some-other-model" in str(caught.value)
                assert "all-MiniLM-L6-v2" in str(caught.value)
                assert "quire index rebuild -c c" in str(caught.value)
            # Removing is the way out, so it must not be refused.
            await room.remove_collection("c")
            await published(room, "d", page(1, TIDES))

    asyncio.run(scenario())


def test_before_start_and_without_an_address_there_is_one_clear_error(tmp_path: Path) -> None:
    room = Retriever(tmp_path)
    with pytest.raises(EncoderUnavailable, match="starting"):
        _ = room.encoder
    with pytest.raises(RetrievalError, match="url"):
        Retriever(tmp_path, RetrievalSettings(store="server"))
