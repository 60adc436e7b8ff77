"""What happens to print between the press and the scan: turning, blur, uneven light, bleed-through, noise, JPEG, and the
black and white of a copier."""

import numpy as np
import numpy.typing as npt

from retrieval.wordspot.pen import Canvas, Grey

Matrix = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

STEEPEST = 3.0
"""Degrees that a scan may be turned."""


def placed(canvas: Canvas, size: tuple[int, int], random: np.random.Generator, level: float) -> tuple[Grey, Matrix]:
    """The patch (h, w) cut out of a canvas, turned, sheared and shifted a little; and the matrix (2, 3) from the canvas
    to it."""
    import cv2

    angle = np.deg2rad(random.uniform(-STEEPEST, STEEPEST)) * level * (random.random() < 0.5)
    stretch = np.exp(random.uniform(-0.08, 0.08, 2) * level) / canvas.scale
    slant = random.uniform(-0.08, 0.08) * level * (random.random() < 0.5)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.array([[1.0, slant], [0.0, 1.0]]) @ np.diag(stretch)
    height, width = canvas.grey.shape
    middle = np.array([width / 2, height / 2])
    offset = np.array([size[1] / 2, size[0] / 2]) - linear @ middle + random.uniform(-8, 8, 2)
    matrix: Matrix = np.column_stack([linear, offset])
    grey = canvas.grey
    if canvas.scale > 1:
        # Linear sampling looks at one pixel of several; blurring first stands in for their mean.
        grey = cv2.GaussianBlur(grey, (0, 0), 0.32 * canvas.scale)  # type: ignore[assignment]
    edge = int(np.median(grey[0]))
    patch = cv2.warpAffine(grey, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR, borderValue=(edge,))
    return np.asarray(patch, dtype=np.uint8), matrix


def worn(patch: Grey, random: np.random.Generator, level: float) -> Grey:
    """A patch after some of the wear, more of it the higher `level` (0 to 1)."""
    import cv2

    values = patch.astype(np.float32)
    if random.random() < 0.35 * level:
        kernel = np.ones((2, 2), np.uint8)
        thicker = random.random() < 0.5
        other = (cv2.erode if thicker else cv2.dilate)(values, kernel)
        values = np.asarray(other * 0.6 + values * 0.4, dtype=np.float32)
    if random.random() < 0.6 * level:
        values = np.asarray(cv2.GaussianBlur(values, (0, 0), random.uniform(0.3, 1.0)), dtype=np.float32)
    if random.random() < 0.35 * level:
        values = _lit(values, random)
    if random.random() < 0.12 * level:
        behind = cv2.GaussianBlur(values[:, ::-1], (0, 0), 1.2)
        values = values * (1 - (s := random.uniform(0.08, 0.3))) + behind * s
    if random.random() < 0.1 * level:
        _stamp(values, random)
    if random.random() < 0.5 * level:
        values = values + random.standard_normal(values.shape, dtype=np.float32) * random.uniform(1, 14)
    shown = np.clip(values, 0, 255).astype(np.uint8)
    if random.random() < 0.35 * level:
        quality = int(random.integers(20, 90))
        _, coded = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, quality])
        shown = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
    return shown


def _lit(values: Floats, random: np.random.Generator) -> Floats:
    """Light or texture that changes slowly over the patch."""
    import cv2

    cells = (int(random.integers(2, 12)), int(random.integers(2, 24)))
    field = cv2.resize(
        random.uniform(-1, 1, cells).astype(np.float32), values.shape[::-1], interpolation=cv2.INTER_CUBIC
    )
    if random.random() < 0.5:
        lit: Floats = values * (1 + random.uniform(0.05, 0.4) * field)
        return lit
    return np.asarray(values * 0.75 + 32 + random.uniform(5, 32) * field, dtype=np.float32)


def _stamp(values: Floats, random: np.random.Generator) -> None:
    import cv2

    height, width = values.shape
    middle = (int(random.integers(0, width)), int(random.integers(0, height)))
    over = values.copy()
    size = (int(random.integers(20, 120)), int(random.integers(15, 60)))
    angle, ink, width = float(random.uniform(0, 180)), float(random.uniform(0, 255)), int(random.integers(1, 4))
    cv2.ellipse(over, middle, size, angle, 0, 360, ink, width)
    values += (over - values) * random.uniform(0.3, 0.8)


def copied(patch: Grey, random: np.random.Generator, level: float) -> Grey:
    """A patch in black and white, as a copier or a fax leaves it: cut at a threshold at a finer resolution than it is read
    in, with specks and streaks. As it is where a threshold would not tell print from ground."""
    import cv2

    finer = random.uniform(1.1, 2.0)
    wide = cv2.resize(patch, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
    values = cv2.GaussianBlur(wide, (0, 0), random.uniform(0.4, 1.0)).astype(np.float32)
    values += random.standard_normal(values.shape, dtype=np.float32) * random.uniform(1, 6 + 12 * level)
    middle, _ = cv2.threshold(np.clip(values, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    below, above = values[values <= middle], values[values > middle]
    if not len(below) or not len(above):
        return patch
    gap = float(above.mean() - below.mean())
    if gap < 2.5 * float(below.std() + above.std()):
        return patch
    black = np.where(values > middle + random.uniform(-0.22, 0.22) * gap, 255, 0).astype(np.uint8)
    _speckle(black, random, level)
    method = cv2.INTER_AREA if random.random() < 0.8 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(black, patch.shape[::-1], interpolation=method), dtype=np.uint8)


def _speckle(black: Grey, random: np.random.Generator, level: float) -> None:
    """Specks of dirt, and now and then a streak from top to bottom; in place."""
    height, width = black.shape
    for count, shade in ((random.uniform(0, 0.004 * level), 0), (random.uniform(0, 0.002 * level), 255)):
        for _ in range(2):
            specks = int(count * height * width / 4)
            rows, columns = random.integers(0, height - 1, specks), random.integers(0, width - 1, specks)
            black[rows, columns] = shade
            if random.random() < 0.5:
                black[rows + 1, columns] = shade
    if random.random() < 0.15 * level:
        column = int(random.integers(0, width - 2))
        black[:, column : column + int(random.integers(1, 3))] = int(random.choice([0, 255]))
