"""Boxes together. Apart from `ingest.text.lines`, so that what runs in the service needs no MuPDF."""

from collections.abc import Sequence

from ingest.document import Box


def enclose(boxes: Sequence[Box]) -> Box:
    """The smallest box around all of them; there must be one."""
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


def centre(box: Box) -> tuple[float, float]:
    """The middle of a box."""
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def holds(box: Box, point: tuple[float, float], slack: float = 0.0) -> bool:
    """Whether a point lies in a box, or within `slack` points of it."""
    x, y = point
    return box.x0 - slack <= x <= box.x1 + slack and box.y0 - slack <= y <= box.y1 + slack


def area(box: Box) -> float:
    """In square points."""
    return max(0.0, box.x1 - box.x0) * max(0.0, box.y1 - box.y0)


def covered(under: Box, over: Box) -> float:
    """The share of `under` that `over` covers, 0 to 1; 0 where `under` has no area."""
    width, height = min(over.x1, under.x1) - max(over.x0, under.x0), min(over.y1, under.y1) - max(over.y0, under.y0)
    whole = area(under)
    return max(0.0, width) * max(0.0, height) / whole if whole else 0.0
