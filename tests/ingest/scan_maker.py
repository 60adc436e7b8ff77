"""Scanned pages made from known text: typeset, drawn as a scanner would see them, and put into a PDF without a text layer.

All of it follows from the seed. The words' boxes are where their ink stands on the page as displayed, after turning and skewing.
"""

import io
import random

import cv2
import numpy as np
import pymupdf
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from ingest import Box

FONTS = ("helv", "tiro", "cour")
"""Sans, serif and typewriter: base-14 fonts, which every PDF library has."""
_MARGIN = 60
_VOCABULARY = (
    "the of and a to in is was for on that by with as at from it an be are this which or were has had not but their its more than "
    "annual report revenue growth figure table committee proposal harbour levy breakwater herring crane tonnes estimate quarter "
    "increase decrease percentage households respondents survey methodology statistical significance appendix regulation "
    "temperature pressure laboratory specimen measurement equipment maintenance procedure inspector certificate municipal "
    "electricity transmission distribution infrastructure investment shareholders dividend liabilities depreciation amortisation "
    "university department faculty students enrolment scholarship research publication bibliography chapter paragraph footnote "
    "government parliament minister secretary agreement treaty negotiation delegation border customs tariff export import "
    "northern southern eastern western coast island mountain valley river bridge railway station village market building "
    "small large early late first second third every several between during against without through however although because"
).split()


class ScanSpec(Struct, frozen=True):
    """How a page is typeset and scanned. `skew` in degrees clockwise; `turn` in quarter turns clockwise of the sheet on the glass.

    `noise` is the standard deviation of grey values (of 255), `blur` of the Gaussian in pixels, `shade` how much darker than white
    the paper is at its darkest; `quality` is JPEG's.
    """

    font: str = "helv"
    size: float = 10.5
    dpi: int = 200
    skew: float = 0.0
    noise: float = 4.0
    blur: float = 0.4
    quality: int = 75
    shade: int = 12
    turn: int = 0
    seed: int = 1
    lines: int = 30


class ScannedWord(Struct, frozen=True):
    """A word that stands on the page, and where."""

    text: str
    box: Box


class Scan(Struct, frozen=True):
    """A PDF of one page, the words on it in reading order, and the picture it holds (grey, height x width)."""

    pdf: bytes
    words: tuple[ScannedWord, ...]
    picture: NDArray[np.uint8]


def make_scan(spec: ScanSpec) -> Scan:
    """A sheet of A4 with a heading, paragraphs, a column of figures and a footnote."""
    typed = _typeset(spec)
    words = [(str(w[4]), w[:4]) for w in typed[0].get_text("words")]
    sheet = typed[0].get_pixmap(dpi=spec.dpi, colorspace=pymupdf.csGRAY)
    grey = np.frombuffer(sheet.samples, np.uint8).reshape(sheet.height, sheet.stride)[:, : sheet.width]
    matrix = _skewing(spec, sheet.width, sheet.height)
    skewed = cv2.warpAffine(grey, matrix, (sheet.width, sheet.height), flags=cv2.INTER_CUBIC, borderValue=255)
    picture = np.ascontiguousarray(np.rot90(_aged(np.asarray(skewed, np.uint8), spec), -spec.turn))
    size = (typed[0].rect.width, typed[0].rect.height)
    boxes = [_placed(corners, matrix, spec, size) for _, corners in words]
    known = tuple(ScannedWord(text, box) for (text, _), box in zip(words, boxes, strict=True))
    return Scan(_wrap(picture, spec), known, picture)


def _typeset(spec: ScanSpec) -> pymupdf.Document:
    document = pymupdf.open()
    page = document.new_page(width=595, height=842)
    draw = random.Random(spec.seed)
    font = pymupdf.Font(spec.font)
    y = _write(page, font, 80.0, spec.size * 1.5, _words(draw, 5), spec.font)
    per_line = round((595 - 2 * _MARGIN) / font.text_length("average ", spec.size))
    for paragraph in range(3):
        y = _write(page, font, y + spec.size, spec.size, _words(draw, spec.lines // 3 * per_line), spec.font)
        if paragraph == 0:
            for _ in range(3):
                y = _write(page, font, y, spec.size, [*_words(draw, 2), _figure(draw), _figure(draw)], spec.font)
    _write(page, font, min(y + 30, 800), max(6.0, spec.size * 0.75), ["1", *_words(draw, 14)], spec.font)
    return document


def _write(page: pymupdf.Page, font: pymupdf.Font, y: float, size: float, words: list[str], name: str) -> float:
    """Sets words from line to line, from `y` down as far as the page goes; returns where the next line would stand."""
    line: list[str] = []
    for word in [*words, ""]:
        if not word or font.text_length(" ".join([*line, word]), size) > 595 - 2 * _MARGIN:
            if y > 815:
                break
            page.insert_text((_MARGIN, y), " ".join(line), fontsize=size, fontname=name)
            y += size * 1.35
            line = []
        line.append(word)
    return y


def _words(draw: random.Random, count: int) -> list[str]:
    words: list[str] = []
    while len(words) < count:
        sentence = [draw.choice(_VOCABULARY) for _ in range(draw.randint(6, 16))]
        sentence[0] = sentence[0].capitalize()
        if draw.random() < 0.4:
            sentence.insert(draw.randrange(1, len(sentence)), _figure(draw))
        if draw.random() < 0.3:
            sentence[draw.randrange(1, len(sentence))] += ","
        if draw.random() < 0.2:
            at = draw.randrange(1, len(sentence))
            sentence[at] = f"({sentence[at]})"
        sentence[-1] += draw.choice(".....?;")
        words += sentence
    return words[:count]


def _figure(draw: random.Random) -> str:
    value = draw.choice((draw.random() * 100, draw.random() * 1e5))
    return draw.choice(
        (f"{value:,.0f}", f"{value:,.1f}", f"{value % 100:.1f}%", f"${value:,.2f}", str(1900 + int(value) % 125))
    )


def _skewing(spec: ScanSpec, width: int, height: int) -> NDArray[np.float64]:
    # OpenCV counts angles against the clock.
    return np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), -spec.skew, 1.0), dtype=float)


def _aged(grey: NDArray[np.uint8], spec: ScanSpec) -> NDArray[np.uint8]:
    """Blurred, on paper that darkens towards a corner, with the sensor's noise, and through JPEG."""
    draw = np.random.default_rng(spec.seed)
    image = grey.astype(np.float32)
    if spec.blur:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), spec.blur), np.float32)
    down, across = np.linspace(0, 1, image.shape[0])[:, None], np.linspace(0, 1, image.shape[1])[None]
    # Ink is never quite black, nor is paper quite white.
    aged = 30 + image * (225 / 255) - spec.shade * (down + across) / 2 + draw.normal(0, spec.noise, image.shape)
    out = io.BytesIO()
    Image.fromarray(np.clip(aged, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=spec.quality)
    return np.asarray(Image.open(out))


def _placed(corners: tuple[float, ...], matrix: NDArray[np.float64], spec: ScanSpec, size: tuple[float, float]) -> Box:
    x0, y0, x1, y1 = corners
    zoom = spec.dpi / 72
    points = np.array([(x0, y0, 1), (x1, y0, 1), (x1, y1, 1), (x0, y1, 1)]) * (zoom, zoom, 1)
    at = points @ matrix.T / zoom
    width, height = size
    for _ in range(spec.turn):
        at = np.column_stack((height - at[:, 1], at[:, 0]))
        width, height = height, width
    (left, top), (right, bottom) = at.min(axis=0), at.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))


def _wrap(picture: NDArray[np.uint8], spec: ScanSpec) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=max(spec.quality, 90))
    with pymupdf.open() as document:
        height, width = (round(side * 72 / spec.dpi, 1) for side in picture.shape)
        page = document.new_page(width=width, height=height)
        page.insert_image(page.rect, stream=out.getvalue())
        return bytes(document.tobytes())
