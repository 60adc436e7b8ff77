"""Where on a page a question finds its match: heat maps from what the visual encoder sees, as numbers and over the page."""

import asyncio

import numpy as np

from api.catalogue import Documents
from api.errors import InvalidInput, NotFound
from api.files import Files
from api.images import Images
from api.models import Models, as_problems
from api.schemas import SimilarityGrid, TokenMap
from api.settings import LimitSettings
from retrieval import PageSimilarity
from retrieval.visual import overlay

DIGITS = 4
"""Of a cosine: vectors are kept in half precision, which has three."""


class Similarity:
    """Similarity maps of pages in the index."""

    def __init__(
        self, limits: LimitSettings, documents: Documents, files: Files, images: Images, models: Models
    ) -> None:
        self._limits = limits
        self._documents = documents
        self._files = files
        self._images = images
        self._models = models

    async def grid(self, document: str, number: int, question: str) -> SimilarityGrid:
        """The question's cosines with each cell of the page's grid, by token and in total.

        Conflict where no visual encoder is set, or the index is another one's; NotFound for a page that is not in the
        index as an image, with the reason where it is known.
        """
        found = await self._found(document, number, question)
        rows, columns = found.maps.total.shape
        words = set(found.tokens.words)
        tokens = [
            TokenMap(index, text, index in words, _rounded(heat))
            for index, (text, heat) in enumerate(zip(found.tokens.texts, found.maps.tokens, strict=True))
        ]
        return SimilarityGrid(document, number, question.strip(), rows, columns, tokens, _rounded(found.maps.total))

    async def image(self, document: str, number: int, question: str, *, width: int, token: int | None = None) -> bytes:
        """The page as PNG with the total map over it, or that of one token. Errors as `grid`, and InvalidInput for a
        token that the question doesn't have."""
        found = await self._found(document, number, question)
        count = len(found.maps.tokens)
        if token is not None and not 0 <= token < count:
            raise InvalidInput(f"`token` is {token}; the question has {count} tokens, counted from 0.")
        heat = found.maps.total if token is None else found.maps.tokens[token]
        page = await self._images.page(document, number, width=width)
        return await asyncio.to_thread(overlay, page, heat)

    async def _found(self, document: str, number: int, question: str) -> PageSimilarity:
        question = question.strip()
        if not question or len(question) > self._limits.question_characters:
            limit = f"1 to {self._limits.question_characters:,} characters (setting `limits.question_characters`)"
            raise InvalidInput(f"`question` has {len(question):,} characters; accepted are {limit}.")
        collection = (await self._documents.get(document)).collection
        revision = await self._documents.revision(document)
        page = await self._files.page(document, revision, number)
        retriever = await self._models.retriever()
        with as_problems():
            found = await retriever.similarity(question, collection, document, revision, number)
        if found is None:
            why = next((note for note in reversed(page.notes) if note.startswith("Found by its words")), page.error)
            raise NotFound(
                f"Page {number} of document {document!r} is not in the index as an image. {why or ''}".strip()
            )
        return found


def _rounded(heat: np.ndarray) -> list[list[float]]:
    rows: list[list[float]] = np.round(heat.astype(np.float64), DIGITS).tolist()
    return rows
