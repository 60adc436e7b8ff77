"""Finds lines of text on a picture with RapidOCR's detector (PP-OCR, DB: Liao et al., 2020), in bands where print is small."""

import ctypes
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ingest.ocr.decoding import Picture
from ingest.ocr.frames import Points, Sheet, size_of
from ingest.ocr.views import LONG_SIDE, View

# Lines lower than this (pixels, with the margin that the detector leaves around them) are found again on a larger picture. Lines
# of 8 points on A4 have 19, of 7 and less 16 or 17 whatever their size; of words set in 5 points 92.8 % are read as they are and
# 100 % enlarged.
SMALL = 17.5
_AIM = 22.0
# A picture is cut into bands of so many pixels, which bounds the detector's memory.
_BAND_PIXELS = LONG_SIDE * 1000
# Lines around a cut are seen whole in one of two bands.
_OVERLAP = 4.0
# Blocks above this go back to the system at once. Measured as in `ingest.ocr.views`: without it 640 MB at the peak, at 8 MB 560
# for 10 % more processor time, at 1 MB 510 for 30 % more.
_RETURNED_BYTES = 8 << 20


class Detector:
    """Quadrangles around lines of text. Not thread-safe."""

    def __init__(self, model: Path) -> None:
        import cv2
        from rapidocr import RapidOCR

        cv2.setNumThreads(1)
        _return_freed_memory()
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.max_side_len": 8 * LONG_SIDE,
                # By default the detector blows an image up until its short side has 736 pixels: a chart as wide as the page and
                # three centimetres high took 16 s that way. What is rendered here has the size to be read at.
                "Det.limit_type": "max",
                "Det.limit_side_len": 8 * LONG_SIDE,
                "Det.model_path": str(model),
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)

    def find(self, view: View, sheet: Sheet) -> list[Points]:
        """Lines on the sheet, in its points, from top to bottom and from left to right."""
        zoom = view.zoom
        found = self._quads(view.straightened(sheet, zoom))
        typical = float(np.median([min(size_of(quad)) for quad in found])) if found else SMALL
        finer = min(zoom * max(1.3, _AIM / typical), view.finest())
        if typical < SMALL and finer > 1.1 * zoom:
            large = [quad * (finer / zoom) for quad in found if min(size_of(quad)) > 2 * typical]
            found, zoom = self._in_bands(view.straightened(sheet, finer), typical * finer / zoom, large), finer
        return in_rows([quad / zoom for quad in found])

    def _quads(self, picture: Picture) -> list[Points]:
        result = self._engine(picture, use_det=True, use_cls=False, use_rec=False)
        boxes = getattr(result, "boxes", None)
        return [] if boxes is None else [np.asarray(quad, dtype=float) for quad in boxes]

    def _in_bands(self, picture: Picture, line: float, large: Sequence[Points]) -> list[Points]:
        """Lines of a picture too large to be read at once; `large` are known and higher than what two bands share."""
        height, width = picture.shape[:2]
        share = round(_OVERLAP * line)
        count = max(1, -(-height * width // _BAND_PIXELS))
        found = list(large)
        for number in range(count):
            top, bottom = height * number // count, height * (number + 1) // count
            first = max(0, top - share)
            band = np.ascontiguousarray(picture[first : bottom + share])
            for quad in self._quads(band):
                quad = np.add(quad, (0, first))
                x, y = quad.mean(axis=0)
                if top <= y < bottom and not any(_holds(known, x, y) for known in large):
                    found.append(quad)
        return found


def _holds(quad: Points, x: float, y: float) -> bool:
    (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
    return bool(x0 <= x <= x1 and y0 <= y <= y1)


def in_rows(quads: Sequence[Points]) -> list[Points]:
    """From top to bottom, and from left to right what stands at one height."""
    rows: list[list[Points]] = []
    for quad in sorted(quads, key=lambda q: float(q[:, 1].mean())):
        if rows and quad[:, 1].mean() - rows[-1][0][:, 1].mean() < 0.5 * min(_depth(quad), _depth(rows[-1][0])):
            rows[-1].append(quad)
        else:
            rows.append([quad])
    return [quad for row in rows for quad in sorted(row, key=lambda q: float(q[:, 0].min()))]


def _depth(quad: Points) -> float:
    return float(np.ptp(quad[:, 1]))


def _return_freed_memory() -> None:
    """Makes the allocator give large blocks back at once; glibc otherwise learns to keep and split the detector's 50 MB ones."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            mmap_threshold, trim_threshold = -3, -1
            libc.mallopt(mmap_threshold, _RETURNED_BYTES)
            libc.mallopt(trim_threshold, _RETURNED_BYTES)
