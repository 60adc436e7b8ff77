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
