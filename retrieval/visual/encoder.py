"""Page images and questions to vectors for late interaction, through colpali-engine's models."""

import copy
import logging
import os
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.errors import EncoderUnavailable, UnreadableImage
from retrieval.lexical import encodable
from retrieval.settings import VISUAL_WEIGHT
from retrieval.visual.checkpoint import Checkpoint, find_checkpoint
from retrieval.visual.choices import (
    Choice,
    Choices,
    choose_attention,
    choose_device,
    choose_dtype,
    choose_pixels,
    choose_tokens,
)
from retrieval.visual.contract import PageScore, QueryTokens, VisualIdentity
from retrieval.visual.grids import Layout, layouts, limit_tokens, most_tokens, pixels_of
from retrieval.visual.loading import load_network, load_processor
from retrieval.visual.page import Floats, PageVectors, check_multivector, unit_rows

if TYPE_CHECKING:
    from PIL.Image import Image

_log = logging.getLogger(__name__)

_QUESTIONS = 16
"""Questions a forward pass: they are short, and are padded to the longest of them."""


_MOST_AHEAD = 8
"""Batches prepared at the same time beside a GPU. On one core a page of 1240 x 1754 pixels took 105 ms to prepare for
ColQwen2.5 and 204 ms for ColModernVBERT, several times what a large GPU needs to encode it."""


class _Prepared(Struct, frozen=True):
    """A batch on its way: images, what the processor made of them, and where each one's tokens lie."""

    images: list[Any]
    batch: Any
    places: list[Layout]


class VisualEncoder:
    """A `PageEncoder`: a ColPali or one of its kin, loaded. One forward pass runs at a time, so a question waits for at most
    one batch of pages."""

    weight: float = VISUAL_WEIGHT
    pages: Literal["all", "wordless"] = "all"
    alone: float = 0.0
    known: float = 1.0
    rule: PageScore | None = None

    def __init__(
        self,
        name: str,
        *,
        device: str = "auto",
        dtype: str = "auto",
        attention: str = "auto",
        batch_pixels: int | None = None,
        page_tokens: int | None = None,
    ) -> None:
        """Loads the model `name`: a folder, or a name on the hub; a whole model or a LoRA adapter. EncoderUnavailable
        if it can't, for whatever reason.

        `device`: auto, cpu, mps, cuda or cuda:<number>. `dtype`: auto, float32, float16 or bfloat16. `attention`: auto,
        or what transformers takes (sdpa, eager, flash_attention_2). `batch_pixels`: pixels a forward pass, after the
        processor's resizing. `page_tokens`: the most vectors a page gets, for families that cut pages as they come (the
        Qwen ones). What was chosen, and why, is in `choices`.
        """
        checkpoint = _find(name)
        where = choose_device(device)
        arithmetic = choose_dtype(dtype, where.value)
        how = choose_attention(attention, where.value, arithmetic.value, checkpoint.family.model_class())
        self._processor = load_processor(checkpoint)
        self._network, fingerprint = load_network(
            checkpoint, device=where.value, dtype=arithmetic.value, attention=how.value
        )
        self.family = checkpoint.family
        tokens = self._limit_tokens(page_tokens)
        self.choices = Choices(where, arithmetic, how, choose_pixels(batch_pixels, where.value), tokens)
        self.identity = _identity(checkpoint, self._network, self._processor, fingerprint)
        self._special = _special_tokens(self._processor)
        self._batch_pixels = int(self.choices.pixels.value)
        self._lock = threading.Lock()
        self._ahead = _batches_ahead(where.value)
        self._processors: SimpleQueue[Any] = SimpleQueue()
        for _ in range(self._ahead):
            # A tokenizer serves one thread at a time; the questions keep theirs.
            self._processors.put(copy.deepcopy(self._processor))
        _log.info("visual encoder %s: %s; %s", name, self.family.name, self.choices)

    def encode_pages(self, images: Sequence["Image"]) -> list[PageVectors]:
        """The vectors of page images, in order. UnreadableImage for one that the processor can't take; InvalidVector if
        the model's arithmetic overflowed."""
        return list(self.stream_pages(images))

    def stream_pages(self, images: Iterable["Image"]) -> Generator[PageVectors, None, None]:
        """As `encode_pages`, a batch at a time: takes images for the batches that are prepared ahead and no more, so
        that a document of any length stays within memory. An image that is refused ends the stream; `pixels` tells
        them beforehand."""
        pool = ThreadPoolExecutor(self._ahead, "visual-prepare")
        ahead: deque[Future[_Prepared]] = deque()
        try:
            for batch in self._batches(images):
                ahead.append(pool.submit(self._prepare, batch))
                if len(ahead) > self._ahead:
                    yield from self._finish(ahead.popleft().result())
            while ahead:
                yield from self._finish(ahead.popleft().result())
        finally:
            pool.shutdown(cancel_futures=True)

    def pixels(self, image: "Image") -> int:
        """Pixels that the model sees of a page image, after the processor's resizing. UnreadableImage if it takes no
        image of that shape."""
        return pixels_of(self.family, self._processor, _size(image))

    def encode_query(self, texts: Sequence[str]) -> list[Floats]:
        """Questions as float32 arrays (m, d) of unit rows, one for each token, prompt and augmentation as the family's
        processor adds them; without padding."""
        vectors: list[Floats] = []
        for start in range(0, len(texts), _QUESTIONS):
            part = [self._plain(text) for text in texts[start : start + _QUESTIONS]]
            with self._lock:
                batch = self._questions(part)
                output = self._forward(batch)
            masks = batch["attention_mask"].bool().numpy()
            vectors += [unit_rows(rows[mask]) for rows, mask in zip(output, masks, strict=True)]
        for question in vectors:
            check_multivector(question)
        return vectors

    def query_tokens(self, text: str) -> QueryTokens:
        """What the vectors of a question stand for, for showing maps by token."""
        plain = self._plain(text)
        tokenizer = self._processor.tokenizer
        with self._lock:
            ids = self._processor.process_queries([plain])["input_ids"][0].tolist()
            inner = self._processor.process_queries([plain], suffix="")["input_ids"][0].tolist()
            empty = self._processor.process_queries([""], suffix="")["input_ids"][0].tolist()
            texts = tuple(tokenizer.decode([token]) for token in ids)
        # What stands before the question is what an empty one consists of.
        return QueryTokens(texts=texts, words=tuple(range(len(empty), len(inner))))

    def _limit_tokens(self, wanted: int | None) -> Choice:
        shipped = most_tokens(self.family, self._processor)
        dynamic = self.family.grid == "dynamic"
        tokens = choose_tokens(wanted, shipped, int(self._network.dim), adjustable=dynamic)
        if int(tokens.value) != shipped:
            limit_tokens(self._processor, int(tokens.value))
        return tokens

    def _batches(self, images: Iterable["Image"]) -> Iterator[list["Image"]]:
        """Consecutive images whose pixels, each padded to the largest of them, stay within the batch's."""
        batch: list[Image] = []
        largest = 0
        for image in images:
            pixels = self.pixels(image)
            if batch and max(largest, pixels) * (len(batch) + 1) > self._batch_pixels:
                yield batch
                batch, largest = [], 0
            batch.append(image)
            largest = max(largest, pixels)
        if batch:
            yield batch

    def _prepare(self, images: list["Image"]) -> _Prepared:
        """A batch for the network, and where its tokens lie."""
        processor = self._processors.get()
        try:
            batch = processor.process_images(images)
            return _Prepared(images, batch, layouts(self.family, processor, batch, [_size(image) for image in images]))
        finally:
            self._processors.put(processor)

    def _finish(self, prepared: _Prepared) -> list[PageVectors]:
        import torch

        seen = (prepared.batch["input_ids"] == self._processor.image_token_id).numpy()
        try:
            with self._lock:
                output = self._forward(prepared.batch)
        except torch.OutOfMemoryError as error:
            return self._finish_in_halves(prepared.images, error)
        return [_page(rows[mask], layout) for rows, mask, layout in zip(output, seen, prepared.places, strict=True)]

    def _finish_in_halves(self, images: list["Image"], error: Exception) -> list[PageVectors]:
        import torch

        if len(images) == 1:
            raise EncoderUnavailable(
                f"A page of {images[0].height} x {images[0].width} pixels does not fit into the memory of "
                f"{self.choices.device.value} beside the model {self.identity.name!r}: {error}"
            ) from error
        half = len(images) // 2
        self._batch_pixels = max(1, self._batch_pixels // 2)
        _log.warning("%d pages at once are too many; from now on %d pixels a batch", len(images), self._batch_pixels)
        torch.cuda.empty_cache()
        return [page for part in (images[:half], images[half:]) for page in self._finish(self._prepare(part))]

    def _questions(self, texts: list[str]) -> Any:
        import torch

        batch = self._processor.process_queries(texts)
        if self.family.prefix:
            # Without token types transformers 5 reads a question alone in both directions, as the models were trained,
            # but a padded batch of them, or any under eager attention, only from the left: other vectors altogether.
            batch["token_type_ids"] = torch.zeros_like(batch["input_ids"])
        return batch

    def _forward(self, batch: Any) -> npt.NDArray[np.float32]:
        """All tokens' vectors, padding included: (texts or images, tokens, d)."""
        import torch

        # ColPali's processor prepares training as well; its labels would have a loss computed over the vocabulary.
        batch.pop("labels", None)
        with torch.inference_mode():
            output = self._network(**batch.to(self._network.device))
        vectors: npt.NDArray[np.float32] = output.float().cpu().numpy()
        batch.to("cpu")
        return vectors

    def _plain(self, text: str) -> str:
        """A question without the model's special tokens: one that is written out in it would be read as a command, an
        image's as an image that isn't there."""
        plain = encodable(text)
        for token in self._special:
            plain = plain.replace(token, " ")
        return plain


def _batches_ahead(device: str) -> int:
    return 1 if device == "cpu" else max(1, min(_MOST_AHEAD, (os.cpu_count() or 2) // 2))


def _find(name: str) -> Checkpoint:
    from retrieval.torchvision_ops import declare_missing_operators

    # Before transformers, which imports torchvision.
    declare_missing_operators()
    return find_checkpoint(name)


def _special_tokens(processor: Any) -> list[str]:
    """Longest first, so that one which holds another goes whole."""
    added = processor.tokenizer.added_tokens_decoder.values()
    special = {str(token) for token in added if token.special} | {processor.image_token}
    return sorted(special, key=len, reverse=True)


def _identity(checkpoint: Checkpoint, network: Any, processor: Any, fingerprint: str) -> VisualIdentity:
    images = processor.image_processor
    limits = {
        "fixed": lambda: images.size["height"] * images.size["width"],
        "tiles": lambda: images.size["longest_edge"] ** 2,
    }
    return VisualIdentity(
        name=checkpoint.name,
        family=checkpoint.family.name,
        dimension=int(network.dim),
        pooling="late interaction, image tokens",
        pixels=int(limits.get(checkpoint.family.grid, lambda: images.size["longest_edge"])()),
        fingerprint=fingerprint,
    )


def _page(vectors: npt.NDArray[np.float32], layout: Layout) -> PageVectors:
    # NaN is refused here, where the page is known; too many vectors only when they are stored, for pooling may come first.
    for start in range(0, len(vectors), 256):
        check_multivector(vectors[start : start + 256])
    return PageVectors(unit_rows(vectors).astype(np.float16), layout.rows, layout.columns, layout.cells)


def _size(image: "Image") -> tuple[int, int]:
    if not image.width or not image.height:
        raise UnreadableImage(f"A page image of {image.height} x {image.width} pixels (height x width) shows nothing.")
    return image.height, image.width
