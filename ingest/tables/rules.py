"""Lines drawn on a page: rules across and down, and the grounds of rows."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pymupdf
from numpy.typing import NDArray

from ingest.document import Box, Word

# Thicker than this, in points, a filled box is a ground and no rule.
_THICK = 3.0
_SHORTEST = 4.0
_NEAR = 2.0
Spans = NDArray[np.float64]
# Maps and plots can have hundreds of thousands of paths, which cost seconds to list and hold no table's rules.
_MOST_PATHS = 20_000


class Rule(NamedTuple):
    """`at` is y of a rule across, x of a rule down; `start` and `end` on the other axis. In points."""

    at: float
    start: float
    end: float


class Rules(NamedTuple):
    """All of a page, pieces of one line joined."""

    across: tuple[Rule, ...] = ()
    down: tuple[Rule, ...] = ()
    grounds: tuple[Box, ...] = ()
    bold: tuple[Box, ...] = ()
    """Where bold text stands."""


def bold_boxes(page: pymupdf.Page) -> tuple[Box, ...]:
    """Boxes of the runs of bold text of a page as displayed."""
    lines = (line for block in page.get_text("dict")["blocks"] for line in block.get("lines", ()))
    spans = (span for line in lines for span in line["spans"] if span["flags"] & pymupdf.TEXT_FONT_BOLD)
    return tuple(Box(*span["bbox"]) for span in spans if span["text"].strip())


def without_strokes(rules: Rules, words: Sequence[Word]) -> Rules:
    """Without the rules that run through words: drawn leaders, strokes, and frames of decorations part no cells."""
    boxes = np.array([(w.box.x0, w.box.y0, w.box.x1, w.box.y1) for w in words]).reshape(-1, 4)
    across = [r for r in rules.across if not _strikes(r, boxes[:, [1, 3]], boxes[:, [0, 2]])]
    down = [r for r in rules.down if not _strikes(r, boxes[:, [0, 2]], boxes[:, [1, 3]])]
    return rules._replace(across=tuple(across), down=tuple(down))


def _strikes(rule: Rule, across: Spans, along: Spans) -> bool:
    """Whether a rule cuts two words, or one for a good part of its length; the words' extents across and along the rule."""
    near, far, start, end = across[:, 0], across[:, 1], along[:, 0], along[:, 1]
    slack = 0.3 * (far - near)
    hit = (near + slack < rule.at) & (rule.at < far - slack) & (start < rule.end - 1) & (end > rule.start + 1)
    if not hit.any():
        return False
    cut = np.minimum(end[hit], rule.end) - np.maximum(start[hit], rule.start)
    return len(cut) > 1 or float(cut.sum()) > 0.2 * (rule.end - rule.start)


def read_rules(page: pymupdf.Page) -> Rules:
    """Rules of the page as displayed (the page must not be turned). None are read from a page with very many paths."""
    if len(page.get_bboxlog()) > _MOST_PATHS:
        return Rules()
    across: list[Rule] = []
    down: list[Rule] = []
    grounds: list[Box] = []
    for path in page.get_cdrawings():
        _read_path(path, across, down, grounds)
    width, height = page.rect.width, page.rect.height
    seen = [r for r in across if 0 <= r.at <= height and r.end > 0 and r.start < width]
    upright = [r for r in down if 0 <= r.at <= width and r.end > 0 and r.start < height]
    return Rules(tuple(_join(seen)), tuple(_join(upright)), tuple(grounds))


def _read_path(path: dict[str, Any], across: list[Rule], down: list[Rule], grounds: list[Box]) -> None:
    stroked = "s" in path["type"]
    for item in path["items"]:
        if item[0] == "l":
            if stroked or len(path["items"]) == 1:
                _add_line(item[1], item[2], across, down)
        elif item[0] == "re":
            _add_rect(item[1], stroked, across, down, grounds)
        elif item[0] == "qu":
            quad = pymupdf.Quad(item[1])
            if quad.is_rectangular:
                _add_rect(tuple(quad.rect), stroked, across, down, grounds)
    if not stroked and len(path["items"]) >= 4 and all(i[0] == "l" for i in path["items"]):
        # A filled box drawn as a polygon.
        x0, y0, x1, y1 = path["rect"]
        if min(x1 - x0, y1 - y0) <= _THICK:
            _add_rect((x0, y0, x1, y1), False, across, down, grounds)


def _add_line(a: Sequence[float], b: Sequence[float], across: list[Rule], down: list[Rule]) -> None:
    if abs(a[1] - b[1]) < 0.5 and abs(a[0] - b[0]) >= _SHORTEST:
        across.append(Rule((a[1] + b[1]) / 2, min(a[0], b[0]), max(a[0], b[0])))
    elif abs(a[0] - b[0]) < 0.5 and abs(a[1] - b[1]) >= _SHORTEST:
        down.append(Rule((a[0] + b[0]) / 2, min(a[1], b[1]), max(a[1], b[1])))


def _add_rect(rect: Sequence[float], stroked: bool, across: list[Rule], down: list[Rule], grounds: list[Box]) -> None:
    x0, y0, x1, y1 = rect
    if y1 - y0 <= _THICK and x1 - x0 >= _SHORTEST:
        across.append(Rule((y0 + y1) / 2, x0, x1))
    elif x1 - x0 <= _THICK and y1 - y0 >= _SHORTEST:
        down.append(Rule((x0 + x1) / 2, y0, y1))
    elif x1 - x0 > _THICK and y1 - y0 > _THICK:
        if stroked:
            across += (Rule(y0, x0, x1), Rule(y1, x0, x1))
            down += (Rule(x0, y0, y1), Rule(x1, y0, y1))
        else:
            grounds.append(Box(x0, y0, x1, y1))


def _join(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Pieces of one line, or lines drawn twice, as one; dashes too."""
    level: list[Rule] = []
    for rule in sorted(rules):
        if level and rule.at - level[0].at > 1.0:
            yield from _join_level(level)
            level = []
        level.append(rule)
    yield from _join_level(level)


def _join_level(level: Sequence[Rule]) -> Iterator[Rule]:
    if not level:
        return
    at = sum(r.at for r in level) / len(level)
    start, end = None, 0.0
    for rule in sorted(level, key=lambda r: r.start):
        if start is not None and rule.start > end + _NEAR:
            yield Rule(at, start, end)
            start = None
        if start is None:
            start, end = rule.start, rule.end
        end = max(end, rule.end)
    if start is not None:
        yield Rule(at, start, end)


def clustered(values: Iterable[float], near: float = _NEAR) -> list[float]:
    """Middles of groups of values less than `near` apart, ascending."""
    groups: list[list[float]] = []
    for value in sorted(values):
        if groups and value - groups[-1][-1] <= near:
            groups[-1].append(value)
        else:
            groups.append([value])
    return [sum(g) / len(g) for g in groups]


def covered(rules: Iterable[Rule], at: float, start: float, end: float, near: float = _NEAR) -> float:
    """Which part of a stretch, 0 to 1, has a rule on it."""
    pieces = sorted((max(r.start, start), min(r.end, end)) for r in rules if abs(r.at - at) <= near)
    total, reached = 0.0, start
    for a, b in pieces:
        total += max(0.0, b - max(a, reached))
        reached = max(reached, b)
    return total / (end - start) if end > start else 0.0
