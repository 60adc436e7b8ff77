"""Pages with pictures of known place and kind, drawn from a seed: charts (Matplotlib), diagrams, photographs, logos, grounds."""

import io
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pymupdf
from PIL import Image, ImageDraw, ImageFilter

from ingest import FigureKind

NOUNS = "harbour crane levy dock ferry cable turbine quarry signal archive ledger depot mast valley".split()
PROSE = (
    "The harbour of the northern town was enlarged in three stages between the wars, and each stage was paid for by a levy on "
    "the herring that was landed there. In the first stage the old breakwater was raised by two metres. "
)


class Made(NamedTuple):
    """A page with one picture on it."""

    page: pymupdf.Page
    box: pymupdf.Rect
    kind: FigureKind
    form: str
    """How it was put in: `vector` or `image`, and its make."""


def make_page(document: pymupdf.Document, seed: int) -> Made:
    """Adds a page of text with a picture between its paragraphs; kind, make, place and size follow from the seed."""
    rng = random.Random(seed)
    page = document.new_page()
    kind = list(_MAKERS)[seed % len(_MAKERS)]
    form, draw = _MAKERS[kind][rng.randrange(len(_MAKERS[kind]))]
    width = rng.uniform(60, 110) if kind is FigureKind.LOGO else rng.uniform(230, 450)
    height = width * (rng.uniform(0.3, 0.6) if kind is FigureKind.LOGO else rng.uniform(0.5, 0.8))
    left = 72 + rng.uniform(0, 450 - width)
    top = rng.uniform(30, 50) if kind is FigureKind.LOGO else rng.uniform(230, 300)
    box = pymupdf.Rect(left, top, left + width, top + height)
    if kind is FigureKind.DECORATION:
        box = pymupdf.Rect(0, top, 595, top + rng.uniform(8, 30)) if rng.random() < 0.5 else box
    page.insert_textbox((72, 120, 523, 215), PROSE * 2, fontsize=10)
    draw(page, box, rng)
    page.insert_textbox((72, 680, 523, 790), PROSE * 2, fontsize=10)
    return Made(page, box, kind, form)


def _png(image: Image.Image, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, form, **({"quality": 80} if form == "JPEG" else {}))
    return out.getvalue()


def _plot(rng: random.Random, box: pymupdf.Rect, form: str) -> bytes:
    """A chart of one of the usual makes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(box.width / 72, box.height / 72), dpi=150, layout="constrained")
    axes = figure.subplots()
    names = rng.sample(NOUNS, rng.randint(4, 7))
    values = [rng.uniform(5, 100) for _ in names]
    make: list[Callable[[], Any]] = [
        lambda: axes.bar(names, values),
        lambda: axes.barh(names, values),
        lambda: [axes.plot(range(2001, 2011), [rng.uniform(0, 9) for _ in range(10)], label=n) for n in names[:3]],
        lambda: axes.pie(values, labels=names, autopct="%1.0f%%"),
        lambda: axes.scatter([rng.gauss(0, 20) for _ in range(80)], [rng.gauss(0, 30) for _ in range(80)]),
        lambda: axes.hist([rng.gauss(0, 20) for _ in range(300)], bins=15),
    ]
    rng.choice(make)()
    axes.tick_params(axis="x", labelsize=7)
    out = io.BytesIO()
    figure.savefig(out, format=form)
    return out.getvalue()


def _vector_chart(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    page.show_pdf_page(box, pymupdf.open("pdf", _plot(rng, box, "pdf")), 0)


def _image_chart(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    page.insert_image(box, stream=_plot(rng, box, "png"))


def _boxes(rng: random.Random, box: pymupdf.Rect) -> list[pymupdf.Rect]:
    """Places of the boxes of a flow diagram in a grid with gaps, some left out."""
    columns, rows = rng.randint(2, 4), rng.randint(2, 3)
    wide, high = box.width / columns, box.height / rows
    cells = [(c, r) for r in range(rows) for c in range(columns)]
    corner = pymupdf.Point(box.x0, box.y0)
    kept = [cells[0], cells[-1], *rng.sample(cells[1:-1], max(1, len(cells) - 3))]
    return [
        pymupdf.Rect(
            corner.x + c * wide, corner.y + r * high, corner.x + c * wide + wide * 0.7, corner.y + r * high + high * 0.6
        )
        for c, r in sorted(kept)
    ]


def _vector_diagram(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    places = _boxes(rng, box)
    for one, other in pairwise(places):
        start, end = (one.tl + one.br) / 2, (other.tl + other.br) / 2
        page.draw_line(start, end, color=(0.2, 0.2, 0.2), width=1)
        page.draw_circle(end, 3, color=(0, 0, 0), fill=(0, 0, 0))
    for place in places:
        fill = rng.choice([(1, 1, 1), (0.85, 0.9, 1), (1, 0.9, 0.8), (0.85, 1, 0.85)])
        page.draw_rect(place, color=(0.1, 0.2, 0.5), fill=fill, width=1)
        page.insert_textbox(
            (place.x0 + 3, place.y0 + 4, place.x1 - 3, place.y1), rng.choice(NOUNS).title(), fontsize=8, align=1
        )


def _image_diagram(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    single = pymupdf.open()
    drawn = single.new_page(width=box.width, height=box.height)
    _vector_diagram(drawn, pymupdf.Rect(4, 4, box.width - 4, box.height - 4), rng)
    page.insert_image(box, stream=drawn.get_pixmap(dpi=150).tobytes("png"))


def _photo(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    """Continuous tone: shaded shapes over a sky, blurred, with grain, as JPEG."""
    size = (int(box.width * 1.5), int(box.height * 1.5))
    noise = np.random.default_rng(rng.randrange(2**32))
    slope = np.linspace(rng.randint(90, 220), rng.randint(20, 120), size[1])[:, None, None]
    ground = np.broadcast_to(slope * np.array([rng.uniform(0.5, 1.1) for _ in range(3)]), (size[1], size[0], 3))
    image = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.randint(15, 40)):
        x, y, r = rng.randrange(size[0]), rng.randrange(size[1]), rng.randint(8, size[1] // 3)
        draw.ellipse((x - r, y - r, x + r, y + r * 0.7), fill=tuple(rng.randrange(256) for _ in range(3)))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(1.5, 5)))
    grain = noise.normal(0, rng.uniform(4, 12), (size[1], size[0], 1)) + noise.normal(0, 3, (size[1], size[0], 3))
    pixels = np.clip(np.asarray(image, dtype=float) + grain, 0, 255).astype(np.uint8)
    page.insert_image(box, stream=_png(Image.fromarray(pixels), "JPEG"), keep_proportion=False)


def logo(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """A mark and a name in one or two saturated colours on white."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    high = size[1]
    colour = rng.choice(["#d2001e", "#0050b4", "#00823c", "#f08c00", "#5a1e8c"])
    shape = (high * 0.1, high * 0.1, high * 0.9, high * 0.9)
    rng.choice([draw.ellipse, draw.rectangle])(shape, fill=colour)
    draw.text((high * 1.05, high * 0.3), rng.choice(NOUNS).upper(), fill=colour, font_size=high * 0.35)
    return image


def _image_logo(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    image = logo(rng, (int(box.width * 3), int(box.height * 3)))
    page.insert_image(box, stream=_png(image), keep_proportion=False)


def _gradient(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    """Colours that run into each other: a band or a panel."""
    start, end = (np.array([rng.randrange(120, 256) for _ in range(3)]) for _ in range(2))
    share = np.linspace(0, 1, 300)[None, :, None]
    pixels = np.broadcast_to(start * (1 - share) + end * share, (100, 300, 3)).astype(np.uint8)
    page.insert_image(box, stream=_png(Image.fromarray(pixels)), keep_proportion=False)


def _tint(page: pymupdf.Page, box: pymupdf.Rect, rng: random.Random) -> None:
    """One pale colour."""
    image = Image.new("RGB", (60, 40), tuple(rng.randrange(180, 250) for _ in range(3)))
    page.insert_image(box, stream=_png(image), keep_proportion=False)


Draw = Callable[[pymupdf.Page, pymupdf.Rect, random.Random], None]

_MAKERS: dict[FigureKind, list[tuple[str, Draw]]] = {
    FigureKind.CHART: [("vector chart", _vector_chart), ("image of a chart", _image_chart)],
    FigureKind.DIAGRAM: [("vector diagram", _vector_diagram), ("image of a diagram", _image_diagram)],
    FigureKind.PHOTO: [("photograph", _photo)],
    FigureKind.LOGO: [("logo", _image_logo)],
    FigureKind.DECORATION: [("gradient", _gradient), ("tint", _tint)],
}
