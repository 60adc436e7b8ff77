"""Page images into the index, and questions to them: a visual encoder with threads of its own.

Images are asked for a few at a time, decoded one by one and given up as soon as they are encoded, so memory does not
grow with the document. Drawing the next few goes on while these are encoded.
"""

import asyncio
import io
import os
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec import Struct

from ingest import Page
from retrieval.errors import EncoderUnavailable, InvalidVector
from retrieval.visual import PageEncoder, PageVectors, QueryTokens, SimilarityMap, UnreadableImage, similarity_map
from retrieval.visual.keeping import KeptPage, kept
from retrieval.visual.page import Floats

if TYPE_CHECKING:
    from PIL.Image import Image

Draw = Callable[[Page, int], Awaitable[bytes]]
"""The image of a page (PNG, or what else Pillow reads) of about so many pixels. UnreadableImage where there is none."""

Seen = KeptPage | str
"""What is kept of a page image, or why there is nothing."""

_TOGETHER = 8
"""Images drawn and handed over together, at most: as many as the encoder takes at once. On a CPU that is one or two, so
that little is left to wait for when a job is given up."""

_SHARPER = 2.0
"""Pixels asked for, over those that the model sees: it resizes a page to its own grid, and from just as many pixels the
print would be blurred twice."""
_LEAST, _MOST = 600_000, 9_000_000
"""Bounds of that: A4 at 85 dpi, and at 300."""

LONGEST = 128
"""Vectors of a question that are compared with pages: some hundred words. Each costs every page a comparison, so a
question of 4,000 characters would take fifty times as long as one of twenty words; the words after these are left to
the lists of words."""

_NICENESS = 5
"""As of the thread that encodes passages: a question is served first."""

_REFUSALS = (UnreadableImage, InvalidVector, EncoderUnavailable)
"""What concerns one page: no shape for the model, arithmetic that overflowed, more vectors than can be kept, more
memory than there is beside the weights."""


class PageSimilarity(Struct, frozen=True):
    """Where a question finds its match on a page: `maps.tokens[k]` is of the question's token `tokens.texts[k]`. `words`
    of `tokens` are those that stand in the question itself."""

    tokens: QueryTokens
    maps: SimilarityMap


class Sight:
    """Used from one event loop."""

    def __init__(self, encoder: PageEncoder, pooling: int = 1) -> None:
        """`pooling`: one vector is kept for so many of a page."""
        self.encoder = encoder
        self.pixels = int(min(_MOST, max(_LEAST, _SHARPER * encoder.identity.pixels)))
        self._pooling = pooling
        at_once = int(encoder.choices.pixels.value) // max(1, encoder.identity.pixels)
        self._together = max(1, min(_TOGETHER, at_once))
        # Apart, so that a question waits for one batch of pages at most: the encoder takes turns by batches.
        self._questions = ThreadPoolExecutor(1, "see-question")
        self._pages = ThreadPoolExecutor(1, "see-pages", initializer=_lower_priority)

    async def question(self, text: str) -> Floats:
        """The question's vectors, float32 (m, d), the first LONGEST of them."""
        (vectors,) = await asyncio.get_running_loop().run_in_executor(
            self._questions, self.encoder.encode_query, [text]
        )
        return vectors[:LONGEST]

    async def similarity(self, question: str, page: PageVectors) -> PageSimilarity:
        """The question's maps over a page, of its first LONGEST tokens."""
        vectors = await self.question(question)
        tokens = await asyncio.get_running_loop().run_in_executor(self._questions, self.encoder.query_tokens, question)
        words = tuple(index for index in tokens.words if index < LONGEST)
        return PageSimilarity(QueryTokens(tokens.texts[:LONGEST], words), similarity_map(vectors, page))

    async def pages(self, pages: Sequence[Page], draw: Draw) -> AsyncGenerator[dict[int, Seen], None]:
        """What is kept of the pages, by number, a few pages at a time. Whatever else `draw` raises ends it."""
        groups = [pages[start : start + self._together] for start in range(0, len(pages), self._together)]
        drawing = [asyncio.create_task(self._drawn(group, draw)) for group in groups[:1]]
        try:
            for index in range(len(groups)):
                images = await drawing.pop()
                drawing = [asyncio.create_task(self._drawn(group, draw)) for group in groups[index + 1 : index + 2]]
                yield await asyncio.get_running_loop().run_in_executor(self._pages, self._seen, images)
        finally:
            for task in drawing:
                task.cancel()
            await asyncio.gather(*drawing, return_exceptions=True)

    def close(self) -> None:
        """Begin nothing more."""
        self._questions.shutdown(wait=False, cancel_futures=True)
        self._pages.shutdown(wait=False, cancel_futures=True)

    async def _drawn(self, pages: Sequence[Page], draw: Draw) -> dict[int, bytes | str]:
        async def one(page: Page) -> bytes | str:
            try:
                return await draw(page, self.pixels)
            except UnreadableImage as error:
                return str(error)

        return dict(zip([page.number for page in pages], await asyncio.gather(*map(one, pages)), strict=True))

    def _seen(self, images: Mapping[int, bytes | str]) -> dict[int, Seen]:
        found: dict[int, Seen] = {number: image for number, image in images.items() if isinstance(image, str)}
        drawn = {number: image for number, image in images.items() if isinstance(image, bytes)}
        try:
            found |= zip(drawn, self._kept(list(drawn.values())), strict=True)
        except _REFUSALS:
            # One of them: alone, each page shows which.
            found |= {number: self._alone(image) for number, image in drawn.items()}
        return found

    def _alone(self, image: bytes) -> Seen:
        try:
            (only,) = self._kept([image])
        except _REFUSALS as error:
            return str(error)
        return only

    def _kept(self, images: Sequence[bytes]) -> list[KeptPage]:
        return [kept(page, self._pooling) for page in self.encoder.stream_pages(map(_opened, images))]


def _opened(image: bytes) -> "Image":
    from PIL import Image

    try:
        return Image.open(io.BytesIO(image)).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnreadableImage(f"The page's image can't be read: {error}") from error


def _lower_priority() -> None:
    # Linux schedules threads one by one; elsewhere the call would slow the whole process down.
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
