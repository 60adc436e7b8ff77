"""Which caption speaks of which figure or table."""

import re
from collections.abc import Sequence

from ingest.document import BlockKind, Box, FigureKind
from ingest.layout.parts import Part

# Captions stand a line or two from what they name; the wrong kind of thing is taken only when nothing else is near.
_REACH = 42.0
_BESIDE = 24.0
_WRONG_KIND = 60.0
_OF_TABLE = re.compile(r"^\W*(table|tab\.|tabelle|tableau|tabla|tabella)\b", re.IGNORECASE)
_OF_FIGURE = re.compile(r"^\W*(fig|chart|diagram|graph|exhibit|abb|image|photo|map|plate)", re.IGNORECASE)


def tie_captions(parts: Sequence[Part]) -> dict[int, int]:
    """Index of a figure or table -> index of its caption, nearest first, each caption and each thing once."""
    things = [i for i, part in enumerate(parts) if _may_have_one(part)]
    captions = [i for i, part in enumerate(parts) if part.kind is BlockKind.CAPTION and part.region is not None]
    found = [
        (cost, thing, caption)
        for caption in captions
        for thing in things
        if (cost := _cost(parts[caption], parts[thing])) is not None
    ]
    tied: dict[int, int] = {}
    for _, thing, caption in sorted(found):
        if thing not in tied and caption not in tied.values():
            tied[thing] = caption
    return tied


def _may_have_one(part: Part) -> bool:
    if part.kind is BlockKind.FIGURE:
        return part.figure is None or part.figure.kind not in (FigureKind.DECORATION, FigureKind.LOGO)
    return part.kind is BlockKind.TABLE


def _cost(caption: Part, thing: Part) -> float | None:
    """How far a caption is from a thing, in points; None where they can't belong together."""
    apart = _apart(caption.box, thing.box)
    if apart is None:
        return None
    text = caption.region.text() if caption.region else ""
    other = _OF_FIGURE if thing.kind is BlockKind.TABLE else _OF_TABLE
    return apart + (_WRONG_KIND if other.match(text) else 0.0)


def _apart(caption: Box, thing: Box) -> float | None:
    across = min(caption.x1, thing.x1) - max(caption.x0, thing.x0)
    if across > 0.5 * min(caption.x1 - caption.x0, thing.x1 - thing.x0):
        gap = max(caption.y0 - thing.y1, thing.y0 - caption.y1, 0.0)
        return gap if gap <= _REACH else None
    level = min(caption.y1, thing.y1) - max(caption.y0, thing.y0)
    if level > 0.5 * min(caption.y1 - caption.y0, thing.y1 - thing.y0):
        gap = max(caption.x0 - thing.x1, thing.x0 - caption.x1, 0.0)
        return gap + _BESIDE if gap <= _BESIDE else None
    return None
