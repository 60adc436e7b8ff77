"""Pages that are in the index by their images, and get their words afterwards."""

import asyncio
from pathlib import Path

import pytest

from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import Built, Expected, IndexBusy, RetrievalSettings, Retriever, Scope, TextEncoder
from retrieval.visual import WORDSPOT, load_visual
from retrieval.wordspot.weights import SHIPPED
from tests.retrieval.test_succession import kept_in, silent
from tests.retrieval.test_wordspot_index import LINES, draw

pytestmark = pytest.mark.skipif(not SHIPPED.exists(), reason="no weights are shipped")


def blank(number: int) -> Page:
    return Page(number, 420, 160, str(number), awaiting_ocr="it has no text layer")


def read(number: int, text: str = "") -> Page:
    text = text or LINES[number]
    box = Box(30, 80, 400, 95)
    words = tuple(Word(word, box, 0.9) for word in text.split())
    return Page(
        number, 420, 160, str(number), TextSource.OCR, words, (Block(BlockKind.TEXT, text, box, 0, len(words)),)
    )


def test_words_come_to_pages_that_are_there_and_their_images_stay(encoder: TextEncoder, tmp_path: Path) -> None:
    async def scenario() -> None:
        visual = load_visual(WORDSPOT, dtype="float32")
        room = Retriever(tmp_path / "index", RetrievalSettings(shard_inline=True), encoder=encoder, visual=visual)
        await room.start()
        try:
            await room.add_pages("c", "d", "r1", [blank(number) for number in LINES], draw=draw, visible=True)
            question, scope = "What were the premiums for pilotage?", Scope("c")
            before = await room.search(question, scope)
            seen = await room.by_image(question, scope, pages=2)
            assert next((page.document, page.revision, page.number) for page in seen) == ("d", "r1", 2)
            assert not before.pages[0].passages
            for _ in range(2):  # what a crash leaves is done again
                assert await room.add_words("c", "d", "r1", [read(2)]) == {2: 1}
            after = await room.search(question, scope)
            assert [passage.text for passage in after.pages[0].passages] == [LINES[2]]
            assert after.pages[0].visual == pytest.approx(before.pages[0].visual, abs=1e-4)
            assert await room.by_image(question, scope, pages=2) == seen
            assert await room.similarity("insurance", "c", "d", "r1", 2) is not None
            whole = [Expected("d", "r1", {1: 0, 2: 1, 3: 0}, published=True)]
            assert await room.verify("c", whole, {("d", "r1")}) == []
            # Shorter than before, as when a garbled layer was replaced: nothing of the old text stays.
            await room.add_words("c", "d", "r1", [read(2, "word " * 600)])
            assert await room.add_words("c", "d", "r1", [read(2)]) == {2: 1}
            assert await room.count("c") == 4
        finally:
            await room.close()

    asyncio.run(scenario())


def test_no_words_come_while_the_index_is_built_anew(encoder: TextEncoder, tmp_path: Path) -> None:
    refused: list[int] = []

    async def scenario() -> None:
        room = Retriever(tmp_path / "index", RetrievalSettings(shard_inline=True), encoder=encoder)
        await room.start()
        try:
            await room.add_pages("c", "d", "r1", [blank(1), blank(2)], visible=True)

            async def tell(built: Built) -> None:
                with pytest.raises(IndexBusy, match="'c' is being built anew"):
                    await room.add_words("c", "d", "r1", [read(1)])
                refused.append(built.page)

            await room.rebuild("c", kept_in({("d", "r1"): {1: blank(1), 2: blank(2)}}), tell)
            assert await room.add_words("c", "d", "r1", [read(1)]) == {1: 1}
            await room.compact("c", silent)
            found = await room.search("timber", Scope("c"))
            assert [page.number for page in found.pages if page.passages] == [1]
        finally:
            await room.close()

    asyncio.run(scenario())
    assert refused == [1, 2]
