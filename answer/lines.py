"""Words of a page along its printed lines, whatever order the file holds them in."""

from collections.abc import Iterable, Sequence

from ingest import Box, Word

_OVERLAP = 0.5
"""Share of the lower of two words' heights by which they must overlap to stand on one line."""


def same_line(a: Box, b: Box) -> bool:
    """Whether two boxes stand on one line."""
    overlap = min(a.y1, b.y1) - max(a.y0, b.y0)
    return overlap > _OVERLAP * max(min(a.y1 - a.y0, b.y1 - b.y0), 1e-6)


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around one or more boxes."""
    every = tuple(boxes)
    return Box(min(b.x0 for b in every), min(b.y0 for b in every), max(b.x1 for b in every), max(b.y1 for b in every))


def rows(words: Sequence[Word]) -> list[list[int]]:
    """Indexes of the words by printed row across the whole page, top to bottom, each row left to right."""
    by_height = sorted(range(len(words)), key=lambda i: words[i].box.y0 + words[i].box.y1)
    found: list[tuple[Box, list[int]]] = []
    for index in by_height:
        box = words[index].box
        # The row's band is that of its first word: growing it would chain slanted or overlapping lines together.
        home = next((row for band, row in reversed(found[-6:]) if same_line(band, box)), None)
        if home is None:
            found.append((box, [index]))
        else:
            home.append(index)
    return [sorted(row, key=lambda i: words[i].box.x0) for _, row in found]


def visual_order(words: Sequence[Word]) -> tuple[int, ...]:
    """Indexes of the words row by row, as the eye goes over a table."""
    return tuple(index for row in rows(words) for index in row)


def line_boxes(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Boxes of words in reading order, joined to one box a line."""
    lines: list[list[Box]] = []
    for box in boxes:
        # A word left of the last one has begun a new line, even where a slanted scan makes the two overlap.
        if lines and same_line(lines[-1][-1], box) and box.x0 >= lines[-1][-1].x0:
            lines[-1].append(box)
        else:
            lines.append([box])
    return tuple(union(line) for line in lines)
