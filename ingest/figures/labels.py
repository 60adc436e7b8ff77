"""Words seen in a picture's pixels, gathered into labels: "Public service / contracts / 14%" beside a slice of a pie."""

from collections.abc import Sequence

from ingest.layout.columns import in_reading_order
from ingest.text.lines import Line, is_known

_CONFIDENT = 0.75
"""Mean confidence of a line below which it is texture: scraps on photographs come at 0.5 to 0.7, labels of charts above 0.9."""


def new_lines(seen: Sequence[Line], lines: Sequence[Line]) -> list[Line]:
    """Of what OCR has seen, in reading order, the lines that it is sure of and that are not in `lines`, the text layer."""
    return in_reading_order([line for line in seen if _confident(line) and not is_known(line, lines)])


def gather(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines gathered into labels: one under the other, centred or flush, no further apart than lines of a paragraph."""
    labels: list[list[Line]] = []
    for line in lines:
        home = next((label for label in labels if _continues(label[-1], line)), None)
        if home is None:
            labels.append([line])
        else:
            home.append(line)
    return labels


def _continues(upper: Line, lower: Line) -> bool:
    height = min(upper.height, lower.height)
    gap = lower.box.y0 - upper.box.y1
    shared = min(upper.box.x1, lower.box.x1) - max(upper.box.x0, lower.box.x0)
    narrower = min(upper.box.x1 - upper.box.x0, lower.box.x1 - lower.box.x0)
    return -0.4 * height <= gap <= 0.5 * height and shared >= 0.7 * narrower


def _confident(line: Line) -> bool:
    known = [word.confidence for word in line.words if word.confidence is not None]
    return not known or sum(known) / len(known) >= _CONFIDENT
