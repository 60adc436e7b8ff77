"""Where a page has pictures: placed images, drawings made of paths, and what the layout model calls a picture; one box each.

Runs in workers.
"""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import pymupdf
from msgspec import Struct
from numpy.typing import NDArray

from ingest.document import Box
from ingest.text.lines import Line

WHOLE = 0.9
"""Share of the page from which a picture is its ground, or a scan of it."""
_SMALLEST = 0.002
"""Share of the page below which a picture is a bullet or a speck: A4 has 500,000 square points, this is an icon of 1.1 cm."""
_THIN = 6.0
"""Points: what is lower or narrower is a rule."""
_MARKS = 6
"""Painted paths from which a drawing may be a chart or a diagram; frames and tinted grounds of text have one or two."""
_DRAWING = 0.012
_SPREAD = 0.3
"""A path over more of the page than this is its ground or its frame."""
_CELL = 3.0
"""Points of the raster on which painted paths are joined."""
_REACH = 3
"""Cells by which painted paths may be apart and belong together, to each side: bars of a chart stand some 15 points apart."""
_BLEED = 6.0
"""Points by which a path of a drawing may reach over the page's edge; grounds of pages and clipped shapes reach further."""
_CELLS = 1500
"""Cells to a side at the most: plans are metres wide."""
_IMAGES_APART = 200
"""Images of a page up to which they are compared in pairs; scans cut into lines of pixels come in thousands."""
_PATHS = 40_000
_COVERED = 0.45
"""Share of a region covered by lines of text from which it is the text's frame or ground."""
_SENTENCE = 6
"""Words of a line from which it is a sentence's; labels have fewer."""
_WORDY = 60
"""Words of a region from which sentences in it make it text: a diagram explains itself in fewer."""
_LABEL_GAP = 11.0
"""Points from a drawing within which short lines are its labels: numbers of an axis, names of bars."""


Boxes = NDArray[np.float64]
"""Boxes, one a row: left, top, right, bottom in points; shape (n, 4)."""

_IMAGES = {"fill-image", "fill-imgmask"}
_PATH_KINDS = {"fill-path", "stroke-path", "fill-shade"}


class Painted(Struct, frozen=True):
    """What a page paints beside its text: images, images over the whole page, and paths."""

    images: list[pymupdf.Rect]
    grounds: list[pymupdf.Rect]
    paths: Boxes


class Candidate(Struct):
    """A region that may hold a picture, and what says so. `images` are the boxes of placed images in it."""

    rect: pymupdf.Rect
    images: list[pymupdf.Rect]
    marks: int = 0
    """Painted paths in it."""
    bars: int = 0
    """Of these, bodies that start from one line and differ in length: bars."""
    pictured: bool = False
    """Whether the layout model calls it a picture."""


def find_candidates(
    page: pymupdf.Page, seen: Painted, pictures: Sequence[Box], lines: Sequence[Line]
) -> list[Candidate]:
    """Regions of the page, each once, from what it paints (`seen`) and what the layout model calls a picture (`pictures`).

    Images over the whole page are left out, see `Painted.grounds`. `page` may carry `layout_information`: what the model calls a
    table is then no drawing.
    """
    area = page.rect.width * page.rect.height
    found = [Candidate(rect, [rect]) for rect in seen.images if min(rect.width, rect.height) > _THIN]
    found += [Candidate(as_rect(box) & page.rect, [], pictured=True) for box in pictures]
    found += _drawings(page, seen, lines)
    found = [one for one in _united(found) if one.rect.get_area() >= _SMALLEST * area]
    for one in found:
        inside = seen.paths[_inside(seen.paths, one.rect)]
        one.marks, one.bars = len(inside), _bars(inside)
    return found


def as_rect(box: Box) -> pymupdf.Rect:
    """The box as MuPDF's rectangle."""
    return pymupdf.Rect(box.x0, box.y0, box.x1, box.y1)


def painted(page: pymupdf.Page) -> Painted:
    """What the page paints, boxes as displayed and cut off at its edges. Runs through the page's content once: 2 to 10 ms."""
    images: list[tuple[float, ...]] = []
    paths: list[tuple[float, ...]] = []
    for kind, box in page.get_bboxlog():
        if kind in _IMAGES:
            images.append(box)
        elif kind in _PATH_KINDS and len(paths) < _PATHS:
            paths.append(box)
    area = page.rect.width * page.rect.height
    placed = _displayed(page, images)
    placed = placed[(placed[:, 2:] > placed[:, :2]).all(axis=1)]
    if len(placed) > _IMAGES_APART:
        rects = _joined(placed, page.rect, reach=0)[:_IMAGES_APART]
    else:
        rects = [pymupdf.Rect(*row) for row in placed]
    grounds = [rect for rect in rects if rect.get_area() >= WHOLE * area]
    return Painted([rect for rect in rects if rect.get_area() < WHOLE * area], grounds, _displayed(page, paths, _BLEED))


def _displayed(page: pymupdf.Page, boxes: Sequence[tuple[float, ...]], bleed: float = np.inf) -> Boxes:
    """Boxes turned as the page is shown, cut off at its edges; those outside it are left out, and those that reach over an edge
    by more than `bleed` points. Rules may be without height."""
    rows = np.asarray(boxes, dtype=float).reshape(-1, 4)
    if page.rotation:
        m = page.rotation_matrix
        x, y = rows[:, 0::2], rows[:, 1::2]
        across, down = m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f
        rows = np.stack((across.min(axis=1), down.min(axis=1), across.max(axis=1), down.max(axis=1)), axis=1)
    edges = np.array((page.rect.width, page.rect.height, page.rect.width, page.rect.height))
    rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 2:] >= 0).all(axis=1) & (rows[:, :2] <= edges[:2]).all(axis=1)]
    over = np.maximum(-rows[:, :2], rows[:, 2:] - edges[2:]).max(axis=1)
    cut = np.clip(rows[over <= bleed], 0, edges)
    size = cut[:, 2:] - cut[:, :2]
    kept: Boxes = cut[(size >= 0).all(axis=1) & (size > 0).any(axis=1)]
    return kept


def _inside(boxes: Boxes, rect: pymupdf.Rect) -> NDArray[np.bool_]:
    slack = 0.5
    low = np.array((rect.x0, rect.y0)) - slack
    high = np.array((rect.x1, rect.y1)) + slack
    inside: NDArray[np.bool_] = np.asarray((boxes[:, :2] >= low).all(axis=1) & (boxes[:, 2:] <= high).all(axis=1))
    return inside


def _drawings(page: pymupdf.Page, seen: Painted, lines: Sequence[Line]) -> list[Candidate]:
    """Drawings: paths that stand together, where they are no table, no frame of text and not the page's own dress."""
    area = page.rect.get_area()
    sizes = seen.paths[:, 2:] - seen.paths[:, :2]
    own = seen.paths[sizes.prod(axis=1) < _SPREAD * area]
    tables = list(_tables(page))
    found = []
    for rect in _joined(own, page.rect):
        if rect.get_area() < _DRAWING * area or min(rect.width, rect.height) < 4 * _THIN:
            continue
        inside = own[_inside(own, rect)]
        bodies = inside[(inside[:, 2:] - inside[:, :2]).min(axis=1) > _THIN / 3]
        if len(inside) < _MARKS or len(bodies) < 3 or _is_grid(bodies):
            continue
        if (
            is_text(rect, lines, _WORDY / 2)
            or _is_sheet(rect, lines, len(inside))
            or _is_table(rect, tables)
            or _is_collage(rect, seen.images, area)
        ):
            continue
        found.append(Candidate(_with_labels(rect, lines, page.rect), []))
    return found


def _is_grid(bodies: Boxes) -> bool:
    """Whether the bodies are the cells of a grid: every breadth with every height. Bars share one of them at the most."""
    spans = [len(np.unique(np.round(bodies[:, sides] / 2), axis=0)) for sides in ([0, 2], [1, 3])]
    return spans[0] * spans[1] <= 1.5 * len(bodies)


def _bars(paths: Boxes) -> int:
    """The most bodies of one breadth that start from the same line, upright or level, and are not all of a length."""
    bodies = paths[(paths[:, 2:] - paths[:, :2]).min(axis=1) > _THIN / 3]
    most = 0
    for base, breadth in ((3, (0, 2)), (0, (1, 3))):
        rows = np.stack((bodies[:, base], bodies[:, breadth[1]] - bodies[:, breadth[0]]), axis=1)
        lengths = bodies[:, 3] - bodies[:, 1] if base == 3 else bodies[:, 2] - bodies[:, 0]
        _, groups, counts = np.unique(np.round(rows), axis=0, return_inverse=True, return_counts=True)
        for group in np.argsort(counts)[::-1][:8]:
            of_group = lengths[groups.ravel() == group]
            if len(np.unique(np.round(of_group))) >= 3:
                most = max(most, len(of_group))
    return most


def _is_collage(rect: pymupdf.Rect, images: Sequence[pymupdf.Rect], area: float) -> bool:
    """Whether the paths only hold images together that stand for themselves: the design of a page of pictures."""
    inside = sum((rect & image).get_area() for image in images if rect.intersects(image))
    return bool(rect.get_area() > 0.5 * area and inside > 0.15 * rect.get_area())


def _tables(page: pymupdf.Page) -> Iterable[pymupdf.Rect]:
    for group in getattr(page, "layout_information", None) or ():
        if isinstance(group, dict) and group["class_name"] == "table":
            yield pymupdf.Rect(group["group_bbox"])


def _is_table(rect: pymupdf.Rect, tables: Sequence[pymupdf.Rect]) -> bool:
    shared = sum((rect & table).get_area() for table in tables if rect.intersects(table))
    return bool(shared > 0.5 * rect.get_area())


def _is_sheet(rect: pymupdf.Rect, lines: Sequence[Line], marks: int) -> bool:
    """Whether the words are many and the paths few: a table that the model has not seen, or a page with some ornament."""
    words = sum(len(line.words) for line in lines if rect.contains(as_rect(line.box)))
    return words >= 150 and words > 8 * marks


def is_text(rect: pymupdf.Rect, lines: Sequence[Line], wordy: float = _WORDY) -> bool:
    """Whether running text fills the region: most of its words stand in lines of a sentence, and they are many (`wordy`)."""
    inside = [line for line in lines if rect.contains(as_rect(line.box))]
    words = sum(len(line.words) for line in inside)
    running = sum(len(line.words) for line in inside if len(line.words) >= _SENTENCE)
    covered = sum(as_rect(line.box).get_area() for line in inside)
    return bool(covered > _COVERED * rect.get_area()) or (words >= wordy and running > 0.5 * words)


def _joined(boxes: Boxes, page: pymupdf.Rect, reach: int = _REACH) -> list[pymupdf.Rect]:
    """Boxes around boxes that stand together. On a raster: comparing thousands of paths in pairs takes minutes."""
    if not len(boxes):
        return []
    cell = max(_CELL, max(page.width, page.height) / _CELLS)
    raster = np.zeros((int(page.height / cell) + 2, int(page.width / cell) + 2), np.uint8)
    cells = (boxes / cell).astype(int)
    for left, top, right, bottom in cells:
        raster[top : bottom + 1, left : right + 1] = 1
    wide = cv2.dilate(raster, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, names = cv2.connectedComponents(wide, connectivity=8)
    name = names[cells[:, 1], cells[:, 0]]
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, name, boxes[:, :2])
    np.maximum.at(high, name, boxes[:, 2:])
    return [pymupdf.Rect(*low[index], *high[index]) for index in np.unique(name)]


def _with_labels(rect: pymupdf.Rect, lines: Sequence[Line], page: pymupdf.Rect) -> pymupdf.Rect:
    """The drawing with the short lines around it: its numbers and names belong to what is seen."""
    near = pymupdf.Rect(rect.x0 - _LABEL_GAP, rect.y0 - _LABEL_GAP, rect.x1 + _LABEL_GAP, rect.y1 + _LABEL_GAP)
    broad = max(60.0, 0.3 * rect.width)
    # The last line of a paragraph is short too; what stands in one group with a long line is no label.
    prose = {line.group for line in lines if line.box.x1 - line.box.x0 > broad and len(line.words) >= _SENTENCE}
    grown = pymupdf.Rect(rect)
    for line in lines:
        box = as_rect(line.box)
        if line.group not in prose and box.width <= broad and box.intersects(near):
            grown |= box
    return grown & page


def _united(found: list[Candidate]) -> list[Candidate]:
    """Unites candidates that overlap by a good part of the smaller, and strips of one image that was cut up."""
    united: list[Candidate] = []
    for one in sorted(found, key=lambda c: (c.rect.y0, c.rect.x0)):
        apart = []
        for other in united:
            if _together(one, other):
                one = Candidate(
                    one.rect | other.rect, [*other.images, *one.images], pictured=one.pictured or other.pictured
                )
            else:
                apart.append(other)
        united = [*apart, one]
    return united if len(united) == len(found) else _united(united)


def _together(one: Candidate, other: Candidate) -> bool:
    if one.images and other.images and not one.pictured and not other.pictured:
        # Images that touch along most of a side are strips of one; those that only meet at a corner are two.
        return _strips(one.rect, other.rect)
    shared = (one.rect & other.rect).get_area() if one.rect.intersects(other.rect) else 0.0
    return bool(shared > 0.3 * min(one.rect.get_area(), other.rect.get_area()))


def _strips(one: pymupdf.Rect, other: pymupdf.Rect) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    if across > 1 and down > 1:
        return True
    stacked = down >= -1 and across > 0.7 * max(one.width, other.width)
    return bool(stacked or (across >= -1 and down > 0.7 * max(one.height, other.height)))
