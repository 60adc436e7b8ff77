"""Pages without any text in a real index, found by the words that the shipped encoder sees on their images."""

import asyncio
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import Expected, ModelMismatch, RetrievalSettings, Retriever, Scope, TextEncoder
from retrieval.visual import WORDSPOT, load_visual
from retrieval.wordspot.weights import SHIPPED

pytestmark = pytest.mark.skipif(not SHIPPED.exists(), reason="no weights are shipped")

LINES = {
    1: "Timber exports from the northern harbour",
    2: "Pilotage revenue and insurance premiums",
    3: "Wind turbines generated electricity",
}


async def draw(page: Page, pixels: int) -> bytes:
    sheet = pymupdf.open().new_page(width=420, height=160)
    sheet.insert_text((30, 90), LINES.get(page.number) or page.text, fontsize=14)
    zoom = (pixels / (420 * 160)) ** 0.5
    return bytes(sheet.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom)).tobytes("png"))


def with_words(number: int, text: str) -> Page:
    box = Box(0, 0, 9, 9)
    words = tuple(Word(word, box) for word in text.split())
    block = Block(BlockKind.TEXT, text, box, 0, len(words))
    return Page(number, 420, 160, str(number), TextSource.TEXT_LAYER, words, (block,))


def test_scans_are_found_by_words_that_nothing_has_read(encoder: TextEncoder, tmp_path: Path) -> None:
    pages = [Page(number, 420, 160, str(number), TextSource.NONE, (), ()) for number in LINES]
    pages.append(with_words(4, "A letter that was written of the moon"))
    visual = load_visual(WORDSPOT, dtype="float32")

    async def scenario() -> None:
        room = Retriever(tmp_path / "index", RetrievalSettings(shard_inline=True), encoder=encoder, visual=visual)
        await room.start()
        try:
            indexed = await room.add_pages("c", "d", "r1", pages, draw=draw, visible=True)
            assert indexed.unseen == {}
            for question, number in (
                ("What were the premiums for pilotage?", 2),
                ("How much electricity did the turbines generate?", 3),
                ("Which harbour is the timber from?", 1),
                ("What was written of the moon?", 4),
            ):
                found = await room.search(question, Scope("c"))
                assert found.pages[0].number == number, question
            seen = await room.similarity("insurance", "c", "d", "r1", 2)
            assert seen is not None
            _, column = np.unravel_index(int(seen.maps.tokens[0].argmax()), seen.maps.total.shape)
            assert 0.3 < column / seen.maps.total.shape[1] < 0.6
        finally:
            await room.close()

    asyncio.run(scenario())


def test_only_pages_without_words_are_looked_at_unless_all_are_asked_for(encoder: TextEncoder, tmp_path: Path) -> None:
    """Those with words are found by these, and neither is preferred to the other."""
    drawn: list[int] = []

    async def drawing(page: Page, pixels: int) -> bytes:
        drawn.append(page.number)
        return await draw(page, pixels)

    letters = {4: "A letter that was written of the moon", 5: "Salt, grain and rye from the northern estates"}
    pages = [Page(number, 420, 160, str(number), TextSource.NONE) for number in LINES]
    pages += [with_words(number, text) for number, text in letters.items()]
    visual = load_visual(WORDSPOT, dtype="float32")

    async def scenario() -> None:
        room = Retriever(tmp_path / "index", RetrievalSettings(shard_inline=True), encoder=encoder, visual=visual)
        await room.start()
        try:
            indexed = await room.add_pages("c", "d", "r1", pages, draw=drawing, visible=True)
            assert (indexed.unseen, sorted(drawn)) == ({}, [1, 2, 3])
            for question, number in (
                ("What were the premiums for pilotage?", 2),
                ("How much electricity did the turbines generate?", 3),
                ("What does the letter say of the moon?", 4),
                ("What grain is from the northern estates?", 5),
            ):
                found = await room.search(question, Scope("c"))
                assert found.pages[0].number == number, question
                assert {page.number for page in found.pages if page.visual is not None} == {1, 2, 3}
            whole = [Expected("d", "r1", {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}, published=True)]
            assert await room.verify("c", whole, {("d", "r1")}) == []
            assert await room.search("中文", Scope("c")) is not None
        finally:
            await room.close()
        chosen = RetrievalSettings(shard_inline=True, visual_pages="all")
        other = Retriever(tmp_path / "index", chosen, encoder=encoder, visual=visual)
        try:
            await other.start()
            with pytest.raises(ModelMismatch, match="pages without words"):
                await other.search("moon", Scope("c"))
            await other.add_pages("all", "d", "r1", pages[3:4], draw=drawing, visible=True)
            assert drawn[-1] == 4
        finally:
            await other.close()

    asyncio.run(scenario())
