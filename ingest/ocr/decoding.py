"""Reads the words of one line's picture with a PP-OCR recognition model: text, where each word's ink stands, and how sure it is.

The model gives, for every 8 pixels of a line 48 high, a probability for each character; CTC (Graves et al., 2006) makes text of
that: a character that is repeated counts once, and a blank parts it from its twin. RapidOCR's own decoder takes the likeliest at
each place, places words by the mean width of a character, and pairs words with the confidences of characters; here a space that
the model all but saw is kept, words end where the ink does, and a word's confidence is that of its own characters.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Pixels, height x width x 3, blue first, which is the order that the models were trained on."""

_HEIGHT = 48
# The models were trained on lines padded to at least this width.
_MIN_WIDTH = 320
# Nothing that is 100 times as long as high is a line of text, and a tensor of it would take hundreds of megabytes.
_MAX_WIDTH = 48 * 100
# Between two letters a space is likely long before it is the likeliest.
_SPACE = 0.15
# Ink is what differs from the line's ground by this share of its contrast.
_INK = 0.4


class ReadWord(Struct, frozen=True):
    """A word in a line's picture: `left` and `right` in pixels of it, `confidence` 0 to 1, the mean over its characters."""

    text: str
    left: float
    right: float
    confidence: float


class LineReader:
    """A recognition model. Not thread-safe."""

    def __init__(self, model: Path, characters: Sequence[str] | None = None) -> None:
        """`characters` where the model file does not hold them. Raises ValueError when neither does, if they
        don't fit, or if the file is no model."""
        from onnxruntime import InferenceSession, SessionOptions  # type: ignore[import-untyped]

        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # The arena keeps what the longest line ever took.
        options.enable_cpu_mem_arena = False
        try:
            self._session: Any = InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001  # each way in which a file is no model has its own class of error
            raise ValueError(f"The OCR model {model} can't be loaded: {error}") from None
        self._input = self._session.get_inputs()[0].name
        own = self._session.get_modelmeta().custom_metadata_map.get("character", "").splitlines()
        self._characters = ["", *(own or characters or ()), " "]
        self._check(model)

    def _check(self, model: Path) -> None:
        told = self._session.get_outputs()[0].shape[-1]
        if len(self._characters) <= 2:
            raise ValueError(
                f"The OCR model {model.name} names no characters; a file dict.txt beside it must, one a line."
            )
        if isinstance(told, int) and told != len(self._characters):
            raise ValueError(
                f"The OCR model {model.name} tells {told - 2} characters apart; its list has {len(self._characters) - 2}."
            )

    def read(self, picture: Picture) -> list[ReadWord]:
        """Words from left to right; none where the model sees no character."""
        height, width = picture.shape[:2]
        if not height or not width:
            return []
        scaled = min(_MAX_WIDTH, max(1, int(np.ceil(_HEIGHT * width / height))))
        line = cv2.resize(
            picture, (scaled, _HEIGHT), interpolation=cv2.INTER_AREA if height > _HEIGHT else cv2.INTER_LINEAR
        )
        tensor = np.zeros((1, 3, _HEIGHT, max(_MIN_WIDTH, scaled)), np.float32)
        tensor[0, :, :, :scaled] = line.transpose(2, 0, 1) / 127.5 - 1
        likely = self._session.run(None, {self._input: tensor})[0][0]
        step = tensor.shape[3] / len(likely) * width / scaled
        return self._words(likely, _Ink(picture), step)

    def _words(self, likely: NDArray[np.float32], ink: "_Ink", step: float) -> list[ReadWord]:
        """`likely`: places x characters; `step`: pixels of the picture a place."""
        groups = [group for group in self._groups(likely) if group]
        if not groups:
            return []
        spans = [((group[0] + 0.5) * step, (group[-1] + 0.5) * step) for group in groups]
        gaps = [ink.gap(left[1], right[0]) for left, right in pairwise(spans)]
        starts = [ink.start(spans[0][0]), *(gap[1] for gap in gaps)]
        ends = [*(gap[0] for gap in gaps), ink.end(spans[-1][1])]
        best = likely.argmax(axis=1)
        words = []
        for group, left, right in zip(groups, starts, ends, strict=True):
            text = "".join(self._characters[best[place]] for place in group)
            confidence = float(np.mean([likely[place, best[place]] for place in group]))
            words.append(ReadWord(text, left, right, confidence))
        return words

    def _groups(self, likely: NDArray[np.float32]) -> list[list[int]]:
        """The places of each word's characters."""
        best = likely.argmax(axis=1)
        space = len(self._characters) - 1
        groups: list[list[int]] = [[]]
        last = -1
        for place in np.flatnonzero(best):
            if place and best[place - 1] == best[place]:
                continue
            if self._characters[best[place]].isspace():
                groups.append([])
                continue
            if groups[-1] and likely[last + 1 : place, space].max(initial=0) > _SPACE:
                groups.append([])
            groups[-1].append(int(place))
            last = int(place)
        return groups


class _Ink:
    """Which columns of a line's picture hold ink."""

    def __init__(self, picture: Picture) -> None:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
        # The upper and lower edge of the picture hold tails of the lines around it.
        edge = grey.shape[0] // 6
        inner = grey[edge : grey.shape[0] - edge] if grey.shape[0] > 6 else grey
        off = np.abs(inner - np.median(inner))
        # A column's darkest pixel, but one: a speck is not ink.
        columns = np.sort(off, axis=0)[-2] if len(off) > 1 else off[0]
        self._columns = columns > _INK * max(1.0, float(np.percentile(columns, 90)))

    def gap(self, left: float, right: float) -> tuple[float, float]:
        """The widest stretch without ink between two places; where there is none, their middle."""
        first, last = max(0, int(left)), min(len(self._columns), int(np.ceil(right)))
        edges = np.flatnonzero(np.diff(np.concatenate(([1], self._columns[first:last].astype(np.int8), [1]))))
        if len(edges) < 2:
            return (left + right) / 2, (left + right) / 2
        runs = edges.reshape(-1, 2)
        begin, end = runs[np.argmax(runs[:, 1] - runs[:, 0])]
        return float(first + begin), float(first + end)

    def start(self, place: float) -> float:
        """Where the ink of the first word begins; `place` lies in its first character."""
        found = np.flatnonzero(self._columns[: max(1, int(place))])
        return float(found[0]) if len(found) else place

    def end(self, place: float) -> float:
        """Where the ink of the last word ends; `place` lies in its last character."""
        first = min(int(place), len(self._columns) - 1)
        found = np.flatnonzero(self._columns[first:])
        return float(first + found[-1] + 1) if len(found) else place
