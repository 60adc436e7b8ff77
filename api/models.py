"""The models in use: loaded once, when first needed, and named for `quire doctor` and the readiness route."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from answer import Answerer, PageImages, Reader, ReaderError
from api.errors import Conflict, Misconfigured, Unavailable
from api.readers import EXTRACTIVE, make_answerer, make_reader
from api.schemas import PartStatus, Readiness
from api.settings import IndexSettings, Settings
from retrieval import (
    ModelMismatch,
    NoVisualEncoder,
    RetrievalError,
    RetrievalSettings,
    Retriever,
)


@contextmanager
def as_problems() -> Iterator[None]:
    """What the retrieval room raises over an index, as errors of the service: Conflict where the settings and the index don't go
    together, Unavailable for the rest."""
    try:
        yield
    except NoVisualEncoder as error:
        raise Conflict(
            f"{error} Name one in the setting `index.visual` (QUIRE_INDEX__VISUAL; a model's name or folder), and build the "
            "index again (quire index rebuild)."
        ) from error
    except ModelMismatch as error:
        raise Conflict(str(error)) from error
    except RetrievalError as error:
        raise Unavailable(str(error)) from error


def retrieval_settings(index: IndexSettings) -> RetrievalSettings:
    """The settings of the index as the retrieval room has them."""
    return RetrievalSettings(
        store=index.store,
        url=index.url,
        api_key=index.api_key.get_secret_value() if index.api_key else None,
        encoder=index.encoder,
        device=index.device,
        threads=index.threads,
        context=index.context,
        context_method=index.context_method,
        visual=index.visual,
        visual_device=index.visual_device,
        visual_dtype=index.visual_dtype,
        visual_attention=index.visual_attention,
        visual_batch_pixels=index.visual_batch_pixels,
        visual_page_tokens=index.visual_page_tokens,
        visual_pooling=index.visual_pooling,
        visual_pages=index.visual_pages,
        visual_weight=index.visual_weight,
        routing_model=index.routing_model,
    )


class Models:
    """The retriever with its encoder, and the answerer with its reader. `images` renders pages for readers that see."""

    def __init__(self, folder: Path, settings: Settings, images: PageImages | None = None) -> None:
        index = settings.index
        self._retriever = Retriever(
            folder,
            retrieval_settings(index),
        )
        self._encoder = index.encoder
        self._starting = asyncio.Lock()
        self._started = False
        self._problem: str | None = None
        self._answerer: Answerer | None = None
        self._reader_settings = settings.reader
        self._reader = make_reader(settings.reader)
        self._images = images
        self._reading = asyncio.Lock()

    @property
    def index(self) -> Retriever:
        """The retriever, its model loaded or not: enough to remove what is indexed, which need not wait seconds for a model."""
        return self._retriever

    async def retriever(self) -> Retriever:
        """The retriever, with its model loaded. Misconfigured names a model that isn't there."""
        if not self._started:
            async with self._starting:
                if not self._started:
                    await self._start()
        return self._retriever

    async def _start(self) -> None:
        try:
            await self._retriever.start()
        except RetrievalError as error:
            self._problem = str(error)
            raise Misconfigured(str(error)) from error
        self._started, self._problem = True, None

    async def answerer(self) -> Answerer:
        """The answerer over the reader in the settings, its model loaded where it runs here. Misconfigured names one that isn't
        there; a server is not asked before a question."""
        retriever = await self.retriever()
        async with self._reading:
            if self._answerer is None:
                if self._reader is not None and self._reader_settings.kind == "transformers":
                    await self._load(self._reader)
                self._answerer = make_answerer(
                    self._reader_settings, self._reader, lambda: retriever.encoder, self._images
                )
        return self._answerer

    async def _load(self, reader: Reader) -> None:
        try:
            await reader.capacity()
        except ReaderError as error:
            self._problem = str(error)
            raise Misconfigured(str(error)) from error

    async def close(self) -> None:
        """Lets the index and the reader go."""
        if self._reader is not None:
            await self._reader.close()
        await self._retriever.close()

    def readiness(self, settings: Settings, catalogue_problem: str | None) -> Readiness:
        """The state of each part, without touching the models."""
        encoder = "loaded" if self._started else self._problem or "loading, or not needed yet"
        parts = [
            PartStatus(
                "catalogue",
                settings.database_url or "SQLite",
                catalogue_problem is None,
                catalogue_problem or "answers",
            ),
            PartStatus("text encoder", self._encoder, self._started, encoder),
            *self._routing_model(settings.index.routing_model, encoder),
            self._visual_encoder(settings.index.visual, encoder),
            PartStatus("index", settings.index.store, self._started, settings.index.url or "in the data folder"),
            self._reader_status(),
        ]
        return Readiness(all(part.ok for part in parts), parts)

    def _reader_status(self) -> PartStatus:
        reader = self._reader_settings
        if reader.kind == "extractive":
            return PartStatus("reader", reader.kind, True, EXTRACTIVE)
        if reader.kind == "openai":
            return PartStatus("reader", f"{reader.model} at {reader.url}", True, "asked at the first question")
        loaded = self._answerer is not None
        why = "loaded" if loaded else self._problem or "loading, or not needed yet"
        return PartStatus("reader", reader.model or "", loaded, why)

    def _routing_model(self, name: str | None, state: str) -> list[PartStatus]:
        return [] if name is None else [PartStatus("routing model", name, self._started, state)]

    def _visual_encoder(self, name: str | None, state: str) -> PartStatus:
        if name is None:
            return PartStatus(
                "visual encoder", "none", True, "pages are found by their words", "index.visual names one"
            )
        loaded = self._retriever.visual
        why = state if loaded is None else f"loaded; {loaded.identity.family}; {loaded.choices}"
        return PartStatus("visual encoder", name, loaded is not None, why)
