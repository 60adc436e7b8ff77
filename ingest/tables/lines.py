"""The words of a table as lines of chunks: runs of words no further apart than words of one text are."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from ingest.document import Word
from ingest.tables.wording import is_currency, is_figure, is_leader

# Spaces are about a fifth of a word box's height (fonts of one width: two fifths); columns stand further apart.
_GAP = 0.55
# In tight tables columns stand hardly further apart than words; a gap wider than this can part them where other lines do.
_SPACE = 0.28


class Chunk(Struct):
    """`x0` and `x1` in points; leaders are not part of it."""

    words: list[int]
    x0: float
    x1: float
    text: str
    spans: list[tuple[float, float]] = []  # msgspec copies defaults
    """From where to where each word stands, left to right."""

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


class TextLine(Struct):
    """Chunks left to right, on one base line; `y0` and `y1` are those of its tallest words."""

    chunks: list[Chunk]
    y0: float
    y1: float
    leaders: list[int]

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def words(self) -> list[int]:
        return [*(i for c in self.chunks for i in c.words), *self.leaders]

    @property
    def figures(self) -> int:
        return sum(is_figure(c.text) for c in self.chunks)


def text_height(words: Sequence[Word], indices: Sequence[int]) -> float:
    """Median height of word boxes, in points."""
    return max(1.0, median(words[i].box.y1 - words[i].box.y0 for i in indices)) if indices else 1.0


def read_text_lines(words: Sequence[Word], indices: Sequence[int]) -> list[TextLine]:
    """Lines from top to bottom; those of leaders alone have no chunks."""
    height = text_height(words, indices)
    rows: list[tuple[float, float, list[int]]] = []
    for index in sorted(indices, key=lambda i: (-min(_height(words[i]), 1.5 * height), words[i].box.y0)):
        box = words[index].box
        middle = (box.y0 + box.y1) / 2
        best = min(rows, key=lambda r: abs((r[0] + r[1]) / 2 - middle), default=None)
        # Of equally tall words the middles must agree; a small raised mark need only stand in the line.
        reach = (
            0.35 * height
            if best is None or _height(words[index]) > 0.8 * (best[1] - best[0])
            else 0.5 * (best[1] - best[0])
        )
        if best is not None and abs((best[0] + best[1]) / 2 - middle) <= reach:
            best[2].append(index)
        else:
            rows.append((box.y0, box.y1, [index]))
    rows.sort(key=lambda r: r[0] + r[1])
    return [_line(words, y0, y1, members, height) for y0, y1, members in rows]


def _height(word: Word) -> float:
    return word.box.y1 - word.box.y0


def _line(words: Sequence[Word], y0: float, y1: float, members: list[int], height: float) -> TextLine:
    chunks: list[Chunk] = []
    leaders = []
    broken = False
    for index in sorted(members, key=lambda i: words[i].box.x0):
        word = words[index]
        if is_leader(word.text) and len(members) > 1 and (len(word.text) > 1 or _is_dot(words, members, index)):
            leaders.append(index)
            broken = True
            continue
        x1 = _end(word)
        if (
            chunks
            and not broken
            and word.box.x0 - chunks[-1].x1 <= _GAP * height
            and not _parts(chunks[-1].text, word, height, chunks[-1].x1)
        ):
            last = chunks[-1]
            last.words.append(index)
            last.spans.append((word.box.x0, x1))
            last.x1, last.text = max(last.x1, x1), f"{last.text} {word.text}"
        else:
            chunks.append(Chunk([index], word.box.x0, x1, word.text, [(word.box.x0, x1)]))
        broken = False
    return TextLine(chunks, y0, y1, leaders)


def _is_dot(words: Sequence[Word], members: list[int], index: int) -> bool:
    """Whether a lone dot is one of a row of them."""
    return sum(words[i].text == words[index].text for i in members) >= 3


def _end(word: Word) -> float:
    """The right edge of a word without the dots printed on to it."""
    bare = word.text.rstrip(".·․…_")
    if len(word.text) - len(bare) < 4:
        return word.box.x1
    return word.box.x0 + (word.box.x1 - word.box.x0) * len(bare) / len(word.text)


def _parts(text: str, word: Word, height: float, end: float) -> bool:
    """Whether a new cell begins although the gap is small: a figure and then a currency sign or another figure."""
    gap = word.box.x0 - end
    return (
        gap > 0.3 * height
        and is_figure(text)
        and (is_currency(word.text) or (is_figure(word.text) and len(word.text) > 3))
    )


def broken_at(line: TextLine, edges: Sequence[float], words: Sequence[Word], height: float) -> TextLine:
    """The line with its chunks broken at edges of columns, where the gap there is wider than a space or parts figures."""
    chunks: list[Chunk] = []
    for chunk in line.chunks:
        start = 0
        for n, ((_, end), (begin, _)) in enumerate(pairwise(chunk.spans), 1):
            if not any(end - 0.5 <= edge <= begin + 0.5 for edge in edges):
                continue
            beside = (words[chunk.words[n - 1]].text, words[chunk.words[n]].text)
            if begin - end > _SPACE * height or any(is_figure(t) for t in beside):
                chunks.append(_piece(chunk, start, n, words))
                start = n
        chunks.append(_piece(chunk, start, len(chunk.words), words) if start else chunk)
    return TextLine(chunks, line.y0, line.y1, line.leaders)


def _piece(chunk: Chunk, first: int, end: int, words: Sequence[Word]) -> Chunk:
    spans, indices = chunk.spans[first:end], chunk.words[first:end]
    return Chunk(indices, spans[0][0], max(s[1] for s in spans), " ".join(words[i].text for i in indices), spans)
