"""The models that an index is made and searched with: of passages, of page images, of whole documents."""

import asyncio
import gc
from concurrent.futures import Executor

from msgspec import structs

from ingest import Page
from retrieval.encoder import TextEncoder, Vectors
from retrieval.errors import EncoderUnavailable
from retrieval.imaged import ImageQuestion, KnownWords
from retrieval.lexical import question_weights
from retrieval.matching import Identity, about
from retrieval.schema import schema
from retrieval.seeing import Sight
from retrieval.settings import RetrievalSettings
from retrieval.store.contract import Schema
from retrieval.visual import PageEncoder, load_visual


class Encoders:
    """What `settings` name, loaded. `routing`: of whole documents, None where none is set."""

    def __init__(
        self,
        settings: RetrievalSettings,
        text: TextEncoder,
        sight: Sight | None = None,
        routing: TextEncoder | None = None,
    ) -> None:
        self.choice = settings.choice()
        if sight is not None and self.choice.visual_pages is None:
            self.choice = structs.replace(self.choice, visual_pages=sight.encoder.pages)
        self._visual_weight = settings.visual_weight
        self.text, self.sight, self.routing = text, sight, routing

    def looks_at(self, page: Page) -> bool:
        """Whether the page is to be in the index as an image, where there is a visual encoder."""
        return self.choice.visual_pages != "wordless" or not page.words or page.awaiting_ocr is not None

    def about(self) -> Identity:
        """What is stored beside an index made with these."""
        visual = None if self.sight is None else self.sight.encoder.identity
        return about(self.text.identity, visual, None if self.routing is None else self.routing.identity, self.choice)

    def schema(self) -> Schema:
        """Of an index made with these."""
        visual = None if self.sight is None else self.sight.encoder.identity.dimension
        return schema(
            self.text.identity.dimension, visual, None if self.routing is None else self.routing.identity.dimension
        )

    async def question(
        self, text: str, thread: Executor, *, routed: bool
    ) -> tuple[Vectors, ImageQuestion | None, Vectors | None]:
        """The question as each of the models has it, encoded on `thread` (page images have one of their own). `routed`: whether
        it is put to several documents; an M2-BERT pads it to its full length, which takes as long as a document does."""
        words, seen, whole = await asyncio.gather(
            _encoded(self.text, text, thread),
            _nothing() if self.sight is None else self._of_images(self.sight, text),
            _nothing() if self.routing is None or not routed else _encoded(self.routing, text, thread),
        )
        return words, seen, whole

    async def _of_images(self, sight: Sight, text: str) -> ImageQuestion | None:
        vectors = await sight.question(text)
        encoder = sight.encoder
        weight = encoder.weight if self._visual_weight is None else self._visual_weight
        known = None
        if encoder.rule is not None and self.choice.visual_pages == "wordless":
            words = encoder.query_tokens(text).texts[: len(vectors)]
            known = KnownWords(tuple(map(question_weights, words)), encoder.known)
        return ImageQuestion(vectors, weight, encoder.rule, encoder.alone, known) if len(vectors) else None


async def _encoded(encoder: TextEncoder, text: str, thread: Executor) -> Vectors:
    vectors = await asyncio.get_running_loop().run_in_executor(thread, encoder.encode_query, [text])
    first: Vectors = vectors[0]
    return first


async def _nothing() -> None:
    return None


def load(settings: RetrievalSettings, like: Encoders) -> Encoders:
    """The models that the settings name, those that `like` has loaded already taken from there. Slow: not on the loop."""
    now, then = settings.choice(), like.choice
    words = (now.encoder, now.context, now.context_method)
    text = like.text if words == (then.encoder, then.context, then.context_method) else load_text(settings)
    seen = (now.visual, now.visual_page_tokens, now.visual_pooling)
    kept = seen == (then.visual, then.visual_page_tokens, then.visual_pooling)
    sight = like.sight if kept else load_sight(settings)
    routing = like.routing if now.routing_model == then.routing_model else load_routing(settings, text)
    return Encoders(settings, text, sight, routing)


def load_text(settings: RetrievalSettings) -> TextEncoder:
    """The encoder of passages. EncoderUnavailable."""
    encoder = TextEncoder(
        settings.encoder,
        device=settings.device,
        threads=settings.threads,
        context=settings.context,
        context_method=settings.context_method,
    )
    _warm(encoder)
    return encoder


def load_sight(settings: RetrievalSettings) -> Sight | None:
    """The visual encoder, if the settings name one. EncoderUnavailable."""
    if settings.visual is None:
        return None
    encoder = load_visual(
        settings.visual,
        device=settings.visual_device,
        dtype=settings.visual_dtype,
        attention=settings.visual_attention,
        batch_pixels=settings.visual_batch_pixels,
        page_tokens=settings.visual_page_tokens,
    )
    _warm(encoder)
    return Sight(encoder, settings.visual_pooling)


def load_routing(settings: RetrievalSettings, text: TextEncoder) -> TextEncoder | None:
    """The encoder of whole documents, if the settings name one: that of passages where it is the same. EncoderUnavailable."""
    name = settings.routing_model
    if name is None:
        return None
    if name == settings.encoder:
        return text
    try:
        encoder = TextEncoder(name, device=settings.device, threads=settings.threads)
    except EncoderUnavailable as error:
        raise EncoderUnavailable(f"For routing (`routing_model`): {error}") from error
    _warm(encoder)
    return encoder


def _warm(encoder: TextEncoder | PageEncoder) -> None:
    # The first pass through a model is several times slower than the rest; no user should be the one to pay for it.
    encoder.encode_query(["ready"])
    # torch and transformers leave half a million objects that never die. Looking through them all, which Python
    # does now and then while documents are added, held everything up for 300 to 450 ms; frozen, they are passed
    # over (benchmarks/search_latency.py).
    gc.collect()
    gc.freeze()
