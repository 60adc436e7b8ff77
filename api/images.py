"""Page images on demand: rendered in a worker at the asked width, kept for the next time."""

from collections.abc import Sequence
from math import sqrt
from pathlib import Path

from api.catalogue import Documents
from api.errors import InvalidInput, NotFound, Unavailable
from api.files import Files
from api.settings import LimitSettings
from ingest import Box, IngestError, Ingestor, Page
from retrieval import Draw, UnreadableImage

MARGIN_POINTS = 60.0
"""What is shown around a cited region, so that a reader sees where on the page it is: about five lines of print."""


def drawing(ingestor: Ingestor, path: Path) -> Draw:
    """Page images of the file for a visual encoder, drawn by the ingestor's workers."""

    async def draw(page: Page, pixels: int) -> bytes:
        width = max(1, round(sqrt(pixels * page.width / max(page.height, 1.0))))
        try:
            return await ingestor.render(path, page.number, width=width)
        except (IngestError, ValueError) as error:
            raise UnreadableImage(f"the page can't be drawn: {error}") from error

    return draw


class Images:
    """Images of pages, and of regions of pages."""

    def __init__(self, limits: LimitSettings, documents: Documents, files: Files, ingestor: Ingestor) -> None:
        self._limits = limits
        self._documents = documents
        self._files = files
        self._ingestor = ingestor

    async def page(self, document: str, number: int, *, width: int, crop: Box | None = None) -> bytes:
        """A whole page as PNG, `width` pixels wide; or the part of it in `crop`, with a small margin. Crops are not kept."""
        revision = await self._check(document, number, width)
        if crop is not None:
            return await self._draw(document, revision, number, width=width, clip=crop)
        name = f"{number:06}-{width}"
        kept = await self._files.image(document, revision, name)
        if kept is not None:
            return kept
        drawn = await self._draw(document, revision, number, width=width)
        await self._files.put_image(document, revision, name, drawn)
        return drawn

    async def region(self, document: str, number: int, boxes: Sequence[Box], *, width: int) -> bytes:
        """The page around the boxes, marked; the whole page where there are no boxes."""
        revision = await self._check(document, number, width)
        page = await self._files.page(document, revision, number)
        clip = _around(boxes, page.width, page.height) if boxes else None
        return await self._draw(document, revision, number, width=width, boxes=boxes, clip=clip)

    async def _check(self, document: str, number: int, width: int) -> str:
        if not 16 <= width <= self._limits.image_width:
            raise InvalidInput(f"`width` is {width}; it can be 16 to {self._limits.image_width} pixels.")
        pages = (await self._documents.get(document)).pages
        if not 1 <= number <= pages:
            raise NotFound(f"Document {document!r} has pages 1 to {pages}; there is no page {number}.")
        return await self._documents.revision(document)

    async def _draw(
        self,
        document: str,
        revision: str,
        number: int,
        *,
        width: int,
        boxes: Sequence[Box] = (),
        clip: Box | None = None,
    ) -> bytes:
        suffix = await self._documents.suffix(document, revision)
        async with self._files.source(document, revision, suffix) as path:
            try:
                return await self._ingestor.render(path, number, width=width, boxes=boxes, clip=clip)
            except IngestError as error:
                raise Unavailable(f"Page {number} can't be rendered: {error}") from error
            except ValueError as error:
                # Width and number are checked before; what is left is a region that is not on the page.
                raise InvalidInput(f"{error} (page {number}, `box` {clip})") from error


def _around(boxes: Sequence[Box], width: float, height: float) -> Box:
    """The region that holds the boxes: the page's full width, so that lines stay readable, with a margin above and below."""
    top = min(box.y0 for box in boxes) - MARGIN_POINTS
    bottom = max(box.y1 for box in boxes) + MARGIN_POINTS
    return Box(0.0, max(0.0, top), width, min(height, bottom))
