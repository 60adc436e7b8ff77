"""A vision-language model in this process, through transformers: Qwen2.5-VL, Qwen3-VL, SmolVLM and others that
`AutoModelForImageTextToText` knows, by name or folder."""

import asyncio
import threading
from collections.abc import AsyncIterator

from msgspec import Struct

from answer.reader import Capacity, ReadRequest, TextDelta, Usage
from answer.readers.generating import Generator, Job
from answer.readers.loaded import LoadedModel


class LocalModel(Struct, frozen=True):
    """Which model, on what. `context` in tokens (None: the model's own, at most 32,768). `image_pixels`: larger images
    are made smaller before the model's own processor sees them. `batch_tokens`: prompts and replies of a batch,
    padding counted; what does not fit together runs one after the other, which bounds the memory. `wait_seconds`: how
    long a call waits for others to share a batch with (both chains of a question come within milliseconds)."""

    model: str
    device: str = "auto"
    dtype: str = "auto"
    attention: str = "auto"
    context: int | None = None
    image_pixels: int = 2_000_000
    batch_tokens: int = 48_000
    batch: int = 4
    wait_seconds: float = 0.05


class LocalReader:
    """Implements `answer.reader.Reader`. One thread of its own runs the model, so that no call waits in the event loop;
    the model is loaded when first needed, or by `capacity`. A stream that is closed ends its row between two tokens."""

    def __init__(self, settings: LocalModel, loaded: LoadedModel | None = None) -> None:
        """`loaded`: a model that is there already, instead of the one named."""
        self._settings = settings
        self._loading = threading.Lock()
        self._loaded = loaded
        self._generator: Generator | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The model's name."""
        return (self._settings.model,)

    async def capacity(self) -> Capacity:
        """The model's, once it is loaded. `ReaderUnavailable` where it can't be."""
        return (await asyncio.to_thread(self._load)).capacity

    async def read(self, request: ReadRequest) -> AsyncIterator[TextDelta | Usage]:
        """Stream the reply, generated in one batch with others that come at the same time."""
        await asyncio.to_thread(self._load)
        assert self._generator is not None  # made with the model
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[TextDelta | Usage | Exception] = asyncio.Queue()
        job = Job(
            request.messages, request.max_tokens, lambda event: loop.call_soon_threadsafe(events.put_nowait, event)
        )
        self._generator.put(job)
        try:
            while True:
                event = await events.get()
                if isinstance(event, Exception):
                    raise event
                yield event
                if isinstance(event, Usage):
                    return
        finally:
            job.cancel()

    async def close(self) -> None:
        """Ends the thread after the token that it is at."""
        if self._generator is not None:
            await asyncio.to_thread(self._generator.close)

    def _load(self) -> LoadedModel:
        with self._loading:
            settings = self._settings
            if self._loaded is None:
                self._loaded = LoadedModel.load(
                    settings.model,
                    device=settings.device,
                    dtype=settings.dtype,
                    attention=settings.attention,
                    context=settings.context,
                    image_pixels=settings.image_pixels,
                )
            if self._generator is None:
                self._generator = Generator(self._loaded, settings.batch, settings.batch_tokens, settings.wait_seconds)
            return self._loaded
