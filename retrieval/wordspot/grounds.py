"""What print lies on beside plain paper: photographs, patterns, rules and grids."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from zlib import crc32

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

FOLDER = "grounds"
"""Of the folder that `retrieval.wordspot.fonts` fills: grey pictures, as made by its `shrunk`."""

_HELD_OUT_SHARE = 8


def load(folder: Path, *, held_out: bool) -> tuple[Grey, ...]:
    """The pictures of a folder, those held out for validation or the others; none where there are none."""
    import cv2

    paths = sorted((folder / FOLDER).glob("*.png"))
    read = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in paths if _is_held_out(path.stem) == held_out]
    return tuple(np.asarray(picture, dtype=np.uint8) for picture in read if picture is not None)


def _is_held_out(name: str) -> bool:
    return crc32(name.encode()) % _HELD_OUT_SHARE == 0


def part(random: Random, pictures: Sequence[Grey], size: tuple[int, int]) -> Grey:
    """Some part of one of the pictures, brought to `size` (h, w)."""
    import cv2

    picture = random.choice(pictures)
    largest = min(picture.shape[0] / size[0], picture.shape[1] / size[1])
    zoom = largest * random.uniform(0.3, 1.0)
    height, width = max(2, int(size[0] * zoom)), max(2, int(size[1] * zoom))
    top, left = random.randint(0, picture.shape[0] - height), random.randint(0, picture.shape[1] - width)
    cut = picture[top : top + height, left : left + width]
    if random.random() < 0.5:
        cut = cut[:, ::-1]
    method = cv2.INTER_AREA if zoom > 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, size[::-1], interpolation=method), dtype=np.uint8)


def photographic(random: Random, pictures: Sequence[Grey], size: tuple[int, int], level: float) -> tuple[Grey, int]:
    """A photograph to print on and the ink that stands out from it, less of a gap between the two as it gets harder."""
    cut = part(random, pictures, size).astype(np.float32)
    low, high = np.percentile(cut[::4, ::4], (2, 98))
    span = random.uniform(30, 80 + 60 * level)
    dark = random.uniform(0, 50)
    gap = random.uniform(80 - 40 * level, 140)
    values = np.clip((cut - low) / max(4.0, float(high - low)), -0.1, 1.1) * span + dark
    ink = int(min(255, dark + span + gap))
    ground = np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
    return (ground, ink) if random.random() < 0.6 else (255 - ground, 255 - ink)


def patterned(random: Random, size: tuple[int, int], ground: int, ink: int) -> Grey:
    """Paper with rules, squares, dots, hatching or a run of shades, in shades nearer to the ground than to the ink."""
    height, width = size
    down, across = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    pitch, kind = random.uniform(4, 36), random.random()
    if kind < 0.35:
        angle = random.uniform(0, 6.3)
        run = np.cos(angle) * across / width + np.sin(angle) * down / height
        shape = (run - run.min()) / max(1e-6, float(run.max() - run.min()))
    elif kind < 0.55:
        shape = ((down % pitch < 1) | (across % pitch < 1)).astype(np.float32)
    elif kind < 0.75:
        shape = np.broadcast_to(down % pitch < 1.2, size).astype(np.float32)
    elif kind < 0.88:
        shape = ((across + down * random.choice((-1, 1))) % pitch < 0.4 * pitch).astype(np.float32)
    else:
        shape = ((down % 4 < 2) & (across % 4 < 2)).astype(np.float32)
    strength = random.uniform(0.08, 0.4) * (ink - ground)
    return np.asarray(np.clip(ground + strength * shape, 0, 255), dtype=np.uint8)
