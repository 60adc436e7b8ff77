"""The encoder that is shipped with Quire as a visual encoder like the others: one vector for each word seen on a page."""

import logging
import threading
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.errors import EncoderUnavailable, UnreadableImage
from retrieval.visual.choices import Choice, Choices
from retrieval.visual.encoder import QueryTokens, VisualEncoder, VisualIdentity
from retrieval.visual.families import Family
from retrieval.visual.keeping import middle_cells
from retrieval.visual.page import Floats, PageVectors, unit_rows

if TYPE_CHECKING:
    from PIL.Image import Image

_log = logging.getLogger(__name__)

WORDSPOT = "wordspot"
"""What the settings call it."""

_FAMILY = Family(WORDSPOT, "PageNet", "none", WORDSPOT, "words")
_MAP_CELL = 16
"""Pixels of the page as it is read to a cell of a map: about the height of a line."""


class WordspotEncoder(VisualEncoder):
    """The networks of retrieval/wordspot. As `VisualEncoder`, but it runs on the processor, on one thread: a page takes it
    half a second to a second there."""

    def __init__(self, weights: Path | None = None, *, dtype: str = "auto", page_tokens: int | None = None) -> None:
        """`weights`: another file than the shipped one. `dtype`: auto, float32 or bfloat16. `page_tokens`: the most words
        of a page, the surest ones. EncoderUnavailable as of `VisualEncoder`."""
        from retrieval.wordspot.asking import Asker
        from retrieval.wordspot.reading import LONG_SIDE, MOST, PageReader
        from retrieval.wordspot.weights import SHIPPED, load

        arithmetic = _arithmetic(dtype)
        networks = load(SHIPPED if weights is None else weights)
        self.family = _FAMILY
        # Of A4; a square page has more.
        pixels = int(LONG_SIDE**2 / 2**0.5)
        self.identity = VisualIdentity(
            WORDSPOT, WORDSPOT, networks.dimension, "late interaction, words seen", pixels, networks.fingerprint
        )
        most = MOST if page_tokens is None else page_tokens
        self.choices = Choices(
            Choice("cpu", "small enough to run anywhere"),
            arithmetic,
            Choice("none", "convolutions only"),
            Choice(str(pixels), "a page at a time"),
            Choice(str(most), "the surest words" if page_tokens is None else "as set"),
        )
        self._reader = PageReader(networks.page, half=arithmetic.value == "bfloat16", most=most)
        self._asker = Asker(networks.query)
        self._lock = threading.Lock()
        _log.info("visual encoder %s: %s", WORDSPOT, self.choices)

    def stream_pages(self, images: Iterable["Image"]) -> Generator[PageVectors, None, None]:
        """A page at a time. UnreadableImage for one on which no word is seen, or of no size."""
        for image in images:
            yield self._page(image)

    def pixels(self, image: "Image") -> int:
        """The same for every page: they are brought to one size."""
        _check(image)
        return self.identity.pixels

    def encode_query(self, texts: Sequence[str]) -> list[Floats]:
        """Questions as float32 arrays (m, d) of unit rows, one for each word that says something; of a question without
        any letter or figure of the alphabet one that is like none."""
        with self._lock:
            found = [self._asker.vectors(self._asker.words(text)) for text in texts]
        return [vectors if len(vectors) else self._like_none() for vectors in found]

    def query_tokens(self, text: str) -> QueryTokens:
        """The words of the vectors: all of them from the question."""
        words = tuple(self._asker.words(text))
        return QueryTokens(words, tuple(range(len(words)))) if words else QueryTokens(("",), ())

    def _page(self, image: "Image") -> PageVectors:
        _check(image)
        grey = np.asarray(image.convert("L"), dtype=np.uint8)
        with self._lock:
            spotted = self._reader.read(grey)
        if not len(spotted.vectors):
            raise UnreadableImage("No words are seen on the page's image.")
        rows, columns = self._reader.cells(grey, _MAP_CELL)
        cells = middle_cells(spotted.boxes, rows, columns)
        return PageVectors(unit_rows(spotted.vectors).astype(np.float16), rows, columns, cells, spotted.boxes)

    def _like_none(self) -> Floats:
        return np.full((1, self.identity.dimension), self.identity.dimension**-0.5, dtype=np.float32)


def load_visual(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    attention: str = "auto",
    batch_pixels: int | None = None,
    page_tokens: int | None = None,
) -> VisualEncoder:
    """The visual encoder of a name: the shipped one for `wordspot`, colpali-engine's for any other. Arguments and errors
    as of `VisualEncoder`."""
    if name == WORDSPOT:
        return WordspotEncoder(dtype=dtype, page_tokens=page_tokens)
    return VisualEncoder(
        name, device=device, dtype=dtype, attention=attention, batch_pixels=batch_pixels, page_tokens=page_tokens
    )


def _arithmetic(dtype: str) -> Choice:
    import torch

    if dtype not in {"auto", "float32", "bfloat16"}:
        raise EncoderUnavailable(f"For wordspot `dtype` is auto, float32 or bfloat16, not {dtype!r}.")
    if dtype != "auto":
        return Choice(dtype, "as set")
    if torch.cpu.get_capabilities().get("avx512_bf16", False):
        return Choice("bfloat16", "the processor multiplies it natively (AVX512_BF16)")
    return Choice("float32", "bfloat16 would be emulated here")


def _check(image: "Image") -> None:
    if not image.width or not image.height:
        raise UnreadableImage(f"A page image of {image.height} x {image.width} pixels (height x width) shows nothing.")
