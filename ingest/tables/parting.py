"""Tables that the layout model took for one, with a paragraph between them."""

from collections.abc import Sequence

from ingest.document import Word
from ingest.tables.columns import head_lines
from ingest.tables.lines import TextLine, read_text_lines

# A line of this many words in one run is a sentence where it ends as one, or fills this part of the width with others.
_SENTENCE = 6
_FULL = 0.6


def parted(words: Sequence[Word], indices: Sequence[int]) -> list[list[int]]:
    """The words of each table; those of the paragraphs between are left out. One list where there is one table.

    A paragraph parts tables where rows of figures stand above it and column headers follow it: lone lines within a table are
    names of groups.
    """
    lines = [line for line in read_text_lines(words, indices) if line.chunks]
    width = max((n.chunks[-1].x1 for n in lines), default=0.0) - min((n.chunks[0].x0 for n in lines), default=0.0)
    parts: list[list[TextLine]] = [[]]
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and len(lines[end].chunks) == 1:
            end += 1
        if _is_paragraph(lines[at:end], width) and _has_figures(parts[-1]) and head_lines(lines[end:]) > 0:
            parts.append([])
            at = end
        else:
            parts[-1] += lines[at : max(end, at + 1)]
            at = max(end, at + 1)
    if len(parts) == 1:
        return [list(indices)]
    return [[i for line in part for i in line.words] for part in parts]


def _is_paragraph(run: Sequence[TextLine], width: float) -> bool:
    long = [n.chunks[0] for n in run if len(n.chunks[0].text.split()) >= _SENTENCE]
    full = sum(c.x1 - c.x0 > _FULL * width for c in long)
    return full >= 2 or any(c.text.endswith((":", ".")) for c in long)


def _has_figures(lines: Sequence[TextLine]) -> bool:
    return sum(line.figures > 0 and len(line.chunks) > 1 for line in lines) >= 2
