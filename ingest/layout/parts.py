"""Blocks in the making."""

from collections.abc import Sequence

from msgspec import Struct

from ingest.document import BlockKind, Box
from ingest.figures import Figure
from ingest.geometry import enclose
from ingest.layout.geometric import Region
from ingest.tables.found import FoundTable
from ingest.text.lines import Line


class Part(Struct):
    """One thing on a page: running text (`region`), a table, or a figure with the lines of the text layer that lie in it."""

    kind: BlockKind
    box: Box
    region: Region | None = None
    table: FoundTable | None = None
    figure: Figure | None = None
    inside: list[Line] = []
    level: int | None = None


def of_region(region: Region) -> Part:
    """A part of running text."""
    return Part(region.kind, region.box, region=region)


def of_figure(figure: Figure, inside: Sequence[Line]) -> Part:
    """A figure with what the text layer says in it; its box takes in their boxes."""
    box = enclose([figure.box, *(line.box for line in inside)])
    return Part(BlockKind.FIGURE, box, figure=figure, inside=list(inside))


def centre(box: Box) -> tuple[float, float]:
    """The middle of a box."""
    return (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2


def holds(box: Box, point: tuple[float, float], slack: float = 1.0) -> bool:
    """Whether a point lies in a box, or within `slack` points of it."""
    x, y = point
    return box.x0 - slack <= x <= box.x1 + slack and box.y0 - slack <= y <= box.y1 + slack


def area(box: Box) -> float:
    """In square points."""
    return max(0.0, box.x1 - box.x0) * max(0.0, box.y1 - box.y0)


def shared(one: Box, other: Box) -> float:
    """The area of what two boxes have in common."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width * height if width > 0 and height > 0 else 0.0
