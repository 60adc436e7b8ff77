"""Boxes together. Apart from `ingest.text.lines`, so that what runs in the service needs no MuPDF."""

from collections.abc import Sequence

from ingest.document import Box


def enclose(boxes: Sequence[Box]) -> Box:
    """The smallest box around all of them; there must be one."""
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))
