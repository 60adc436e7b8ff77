"""Reads words off a page's image with RapidOCR (PP-OCR models, in its wheel). One engine a worker, loaded at its first page."""

import ctypes
import logging
import sys
from typing import Any

import numpy as np
import pymupdf
from msgspec import Struct

from ingest.document import Box, Word
from ingest.geometry import enclose
from ingest.text.lines import Line

# Measured on 17 pages (reports whose text layer is known, and slides without one), one core: words found of those known
# 95.8 % at 1,200 pixels on the long side, 95.5 % at 1,400, 95.4 % at 1,600, 94.8 % at 2,000; words found on slides 793, 819,
# 832, 842; processor seconds a page 3.5, 3.7, 4.4, 5.1. Above 1,400 time and memory grow and words hardly do.
_LONG_SIDE = 1400
# Small pages are not blown up beyond what a scanner would give.
_MAX_DPI = 300
# Labels of a chart are set smaller than the text around it; a picture is read on its own, at a scanner's resolution.
_CLIP_DPI = 200
_SHORT_SIDE = 32
# Blocks above this go back to the system at once. Measured as above: without it 640 MB at the peak, at 8 MB 560 for 10 % more
# processor time, at 1 MB 510 for 30 % more.
_RETURNED_BYTES = 8 << 20


class Recogniser:
    """Words with boxes and confidences from a page's image. Not thread-safe."""

    def __init__(self) -> None:
        """Loads the models (0.4 s and 100 MB; peaks under 600 MB while reading)."""
        import cv2
        from rapidocr import RapidOCR

        cv2.setNumThreads(1)
        _return_freed_memory()
        self._engine = RapidOCR(
            params={
                "Global.log_level": "critical",
                # The classifier that turns lines upside down cost 7 words of 1,011 on 14 slides that were all upright.
                "Global.use_cls": False,
                # By default the detector blows an image up until its short side has 736 pixels: a chart as wide as the page and
                # three centimetres high took 16 s that way. What is rendered here has the size to be read at.
                "Det.limit_type": "max",
                "Det.limit_side_len": _LONG_SIDE,
                # One line at a time: a batch is padded to its widest line, which costs memory and no word is read better for it.
                "Rec.rec_batch_num": 1,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)

    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]:
        """Lines as the engine finds them (top to bottom, left to right) on the page or in `clip`; boxes in points of the page
        as displayed."""
        area = clip or page.rect
        zoom = min(_LONG_SIDE / max(area.width, area.height, 1), (_CLIP_DPI if clip else _MAX_DPI) / 72)
        if min(area.width, area.height) * zoom < _SHORT_SIDE:
            return []
        pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csRGB, alpha=False, clip=clip)
        image = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)[:, : pixmap.width * 3]
        # The models were trained on images in OpenCV's order of colours, blue first.
        result = self._engine(
            np.ascontiguousarray(image.reshape(pixmap.height, pixmap.width, 3)[:, :, ::-1]), return_word_box=True
        )
        if result.boxes is None or not result.txts:
            return []
        return _read_lines(result, _Place(pixmap.x, pixmap.y, 1 / zoom))


class _Place(Struct, frozen=True):
    """Where an image lies on its page: the pixel at its corner, and points a pixel."""

    x: int
    y: int
    scale: float

    def points(self, quad: Any) -> np.ndarray:
        """Corners in points of the page, as floats (4, 2)."""
        corners: np.ndarray = np.add(np.asarray(quad, dtype=float), (self.x, self.y)) * self.scale
        return corners


def _read_lines(result: Any, place: _Place) -> list[Line]:
    words = result.word_results or ()
    lines = []
    for index, (quad, text, score) in enumerate(zip(result.boxes, result.txts, result.scores, strict=True)):
        found = _words(text, float(score), quad, words[index] if len(words) == len(result.txts) else (), place)
        if found:
            box = enclose([w.box for w in found])
            lines.append(Line(found, box, size=_height(place.points(quad))))
    return lines


def _words(text: str, score: float, quad: Any, parts: Any, place: _Place) -> list[Word]:
    """Words of a line with a box each: the engine's where they agree with the text, else shared out by length."""
    texts = text.split()
    if [part[0] for part in parts] == texts:
        return [Word(part[0], _box(part[2], place), round(float(part[1]), 3)) for part in parts]
    line = _box(quad, place)
    total = max(1, len(text))
    words, at = [], 0
    for word in texts:
        at = text.index(word, at)
        left, right = (line.x0 + (line.x1 - line.x0) * x / total for x in (at, at + len(word)))
        words.append(Word(word, Box(round(left, 2), line.y0, round(right, 2), line.y1), round(score, 3)))
        at += len(word)
    return words


def _box(quad: Any, place: _Place) -> Box:
    points = place.points(quad)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return Box(round(float(x0), 2), round(float(y0), 2), round(float(x1), 2), round(float(y1), 2))


def _height(points: np.ndarray) -> float:
    """The height of a line that may be tilted: the length of its left side."""
    return float(np.hypot(*(points[3] - points[0])))


def _return_freed_memory() -> None:
    """Makes the allocator give large blocks back at once; glibc otherwise learns to keep and split the detector's 50 MB ones."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            mmap_threshold, trim_threshold = -3, -1
            libc.mallopt(mmap_threshold, _RETURNED_BYTES)
            libc.mallopt(trim_threshold, _RETURNED_BYTES)
