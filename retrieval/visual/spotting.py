"""The encoder that is shipped with Quire as a visual encoder like the others: one vector for each word seen on a page."""

import logging
import threading
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from retrieval.errors import EncoderUnavailable, UnreadableImage
from retrieval.visual.choices import Choice, Choices
from retrieval.visual.contract import PageEncoder, QueryTokens, VisualIdentity
from retrieval.visual.encoder import VisualEncoder
from retrieval.visual.keeping import middle_cells
from retrieval.visual.page import Floats, PageVectors, unit_rows

if TYPE_CHECKING:
    from PIL.Image import Image

_log = logging.getLogger(__name__)

WORDSPOT = "wordspot"
"""What the settings call it."""

_MAP_CELL = 16
"""Pixels of the page as it is read to a cell of a map: about the height of a line."""


_WEIGHT = 0.25
"""Beside perfect words it adds nothing (benchmarks/wordspot/README.md), so its list counts as much as costs little there."""

_ALONE = 3.25
"""A little more than all lists of words give. Two documents, half of whose pages had no words, 150 made-up questions inside the
document, MRR of pages with words and without: 94.7 and 82.2 with 3 points, 93.1 and 89.0 with 3.25, 92.4 and 89.1 with 3.5,
89.5 and 91.3 with 4 (python -m benchmarks.wordspot.fusing --questions 150)."""

_CERTAIN = 0.98
"""Chance that is taken for certainty, so that words which are known count as words which are well seen, not more."""


class WordspotEncoder:
    """The networks of retrieval/wordspot as a `PageEncoder`. It runs on the processor, on one thread: a page takes it half a
    second to a second there. Pages are scored by words (retrieval/wordspot/scoring.py)."""

    weight = _WEIGHT
    # Of pages whose words are known it knows less: with their images nothing is found better (benchmarks/wordspot/README.md).
    pages: Literal["all", "wordless"] = "wordless"
    alone = _ALONE

    def __init__(self, weights: Path | None = None, *, dtype: str = "auto", page_tokens: int | None = None) -> None:
        """`weights`: another file than the shipped one. `dtype`: auto, float32 or bfloat16. `page_tokens`: the most words
        of a page, the surest ones. EncoderUnavailable as of `VisualEncoder`."""
        from retrieval.wordspot.asking import Asker
        from retrieval.wordspot.reading import LONG_SIDE, MOST, PageReader
        from retrieval.wordspot.scoring import calibration_in
        from retrieval.wordspot.weights import SHIPPED, load

        arithmetic = _arithmetic(dtype)
        networks = load(SHIPPED if weights is None else weights)
        self._calibration = calibration_in(networks.about)
        self.known = self._calibration.page.cosine(_CERTAIN)
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

    def encode_pages(self, images: Sequence["Image"]) -> list[PageVectors]:
        """As `stream_pages`."""
        return list(self.stream_pages(images))

    def stream_pages(self, images: Iterable["Image"]) -> Generator[PageVectors, None, None]:
        """A page at a time. UnreadableImage for one on which no word is seen, or of no size."""
        for image in images:
            yield self._page(image)

    def rule(self, best: Floats) -> Floats:
        """Scores of pages by the best cosines (m, pages) of a question's words."""
        from retrieval.wordspot.scoring import scores

        return scores(best, self._calibration)

    def encode_query(self, texts: Sequence[str]) -> list[Floats]:
        """Questions as float32 arrays (m, d) of unit rows, one for each word that says something."""
        with self._lock:
            return [self._asker.vectors(self._asker.words(text)) for text in texts]

    def query_tokens(self, text: str) -> QueryTokens:
        """The words of the vectors: all of them from the question."""
        words = tuple(self._asker.words(text))
        return QueryTokens(words, tuple(range(len(words))))

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


def load_visual(
    name: str,
    *,
    device: str = "auto",
    dtype: str = "auto",
    attention: str = "auto",
    batch_pixels: int | None = None,
    page_tokens: int | None = None,
) -> PageEncoder:
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
