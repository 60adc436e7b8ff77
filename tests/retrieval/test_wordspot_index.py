"""Pages without any text in a real index, found by the words that the shipped encoder sees on their images."""

import asyncio
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import RetrievalSettings, Retriever, Scope, TextEncoder
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
    sheet.insert_text((30, 90), LINES.get(page.number, page.text), fontsize=14)
    zoom = (pixels / (420 * 160)) ** 0.5
    return bytes(sheet.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom)).tobytes("png"))


def test_scans_are_found_by_words_that_nothing_has_read(encoder: TextEncoder, tmp_path: Path) -> None:
    pages = [Page(number, 420, 160, str(number), TextSource.NONE, (), ()) for number in LINES]
    letter = "A letter that was written of the moon"
    words = tuple(Word(word, Box(0, 0, 9, 9)) for word in letter.split())
    pages.append(
        Page(4, 420, 160, "4", TextSource.TEXT_LAYER, words, (Block(BlockKind.TEXT, letter, Box(0, 0, 9, 9), 0, 8),))
    )
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
