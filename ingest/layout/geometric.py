"""Lines of a page into blocks: tables by rows of cells, the rest by nearness and style, each with its kind. No model."""

import re
from collections.abc import Iterator, Sequence
from statistics import median

from msgspec import Struct

from ingest.document import BlockKind, Box
from ingest.geometry import enclose
from ingest.layout.rows import BULLET, find_tables
from ingest.text.lines import Line
from ingest.text.wording import join_lines, plain, without_leaders

_ITEM = re.compile(r"^([•◦▪■●○‣·∙➢➤✓✔]|\(?([0-9]{1,2}|[a-z])[.)]\s)")
_CAPTION = re.compile(
    r"^(?i:figure|fig\.|table|exhibit|chart|diagram|abbildung|tabelle|tableau)\s*([0-9]|[A-Z](?![A-Za-z])|[IVXL]+(?![A-Za-z]))"
)
_NOTE = re.compile(r"^(\d{1,2}|[*†‡§]|\(\d{1,2}\))\s*\S")


class Region(Struct):
    """A block in the making: rows of cells (one cell a row, but in tables)."""

    rows: list[list[Line]]
    kind: BlockKind = BlockKind.TEXT
    items: list[int] | None = None
    """Of a list: the rows that its items begin with, where that is known."""

    @property
    def lines(self) -> list[Line]:
        return [line for row in self.rows for line in row]

    @property
    def box(self) -> Box:
        return enclose([line.box for line in self.lines])

    def text(self, known: frozenset[str] = frozenset()) -> str:
        """Running text; items of a list and rows of a table on lines of their own, cells apart by a tab. Without leaders."""
        text = self._text(known)
        # A block of nothing but dots is still a block, and a block has text.
        return without_leaders(text) or text

    def _text(self, known: frozenset[str]) -> str:
        if self.kind is BlockKind.TABLE:
            return "\n".join("\t".join(plain(cell.text) for cell in row) for row in self.rows)
        texts = [[word.text for line in row for word in line.words] for row in self.rows]
        if self.kind is BlockKind.LIST:
            return "\n".join(join_lines(item, known) for item in self._items(texts))
        return join_lines(texts, known)

    def _items(self, texts: list[list[str]]) -> Iterator[list[list[str]]]:
        if not self.items:
            return _items(texts)
        ends = [*self.items[1:], len(texts)]
        # The model takes several short items for one now and then; bullets tell.
        return (item for start, end in zip(self.items, ends, strict=True) for item in _items(texts[start:end]))


def arrange(lines: Sequence[Line], body: float) -> list[Region]:
    """Regions in the order of the lines. Every line is in exactly one region; `body` is the size of running text in points."""
    rows = list(rows_of(lines))
    regions: list[Region] = []
    start = 0
    for first, last in find_tables(rows):
        regions.extend(_paragraphs(rows[start:first]))
        regions.append(Region(rows[first:last], BlockKind.TABLE))
        start = last
    regions.extend(_paragraphs(rows[start:]))
    for region in regions:
        if region.kind is BlockKind.TEXT:
            region.kind = kind_of(region, body)
    return regions


def rows_of(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Rows of lines: lines that follow one another on the same height, left to right. Columns of running text stay apart, since
    a column is read to its end before the next one begins."""
    row: list[Line] = []
    for line in lines:
        if row and _beside(row[-1], line):
            row.append(line)
            continue
        if row:
            yield row
        row = [line]
    if row:
        yield row


def _beside(left: Line, right: Line) -> bool:
    shared = min(left.box.y1, right.box.y1) - max(left.box.y0, right.box.y0)
    level = shared > 0.5 * min(left.height, right.height)
    return left.upright and right.upright and level and right.box.x0 >= left.box.x1 - 0.3 * left.height


def _paragraphs(rows: list[list[Line]]) -> Iterator[Region]:
    region: list[list[Line]] = []
    for row in rows:
        if region and _breaks(region[-1], row):
            yield Region(region)
            region = []
        region.append(row)
    if region:
        yield Region(region)


def _breaks(upper: list[Line], lower: list[Line]) -> bool:
    """Whether a new block begins with the lower row."""
    a, b = upper[0], lower[0]
    if a.upright != b.upright:
        return True
    if not a.upright:
        return a.group != b.group
    sizes_differ = abs(a.size - b.size) > 0.12 * max(a.size, b.size)
    weight_changes = all(c.bold for c in upper) != all(c.bold for c in lower)
    gap = b.box.y0 - enclose([c.box for c in upper]).y1
    height = max(1.0, min(a.height, b.height))
    if gap > 0.75 * height or gap < -0.9 * height or b.box.x0 > upper[-1].box.x1 or lower[-1].box.x1 < a.box.x0:
        return True
    if a.group != b.group:
        # Some producers make a block of each line: lines that touch and look alike are one paragraph all the same.
        return sizes_differ or weight_changes or gap > 0.35 * height or bool(_ITEM.match(b.text))
    restyled = sizes_differ or (weight_changes and len(upper) == len(lower) == 1)
    return restyled and gap > -0.2 * height


def kind_of(region: Region, body: float) -> BlockKind:
    """Caption, list, title or text, by its first words and its look."""
    lines = region.lines
    text = " ".join(line.text for line in lines)
    words = text.split()
    first = region.rows[0][0].text
    if _CAPTION.match(text) and len(words) <= 80:
        return BlockKind.CAPTION
    if _ITEM.match(text) or BULLET.match(first):
        return BlockKind.LIST
    if _is_title(region, text, words, body):
        return BlockKind.TITLE
    return BlockKind.TEXT


def _is_title(region: Region, text: str, words: list[str], body: float) -> bool:
    """Larger or bolder than running text, short, with letters, and not a sentence."""
    if (
        not region.lines[0].upright
        or len(words) > 25
        or len(region.rows) > 3
        or not any(c.isalpha() for c in text)
        or text.rstrip().endswith((".", ";", ","))
    ):
        return False
    size = median(line.size for line in region.lines)
    return size >= 1.15 * body or (all(line.bold for line in region.lines) and size >= 0.95 * body)


def _items(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    item: list[list[str]] = []
    for row in rows:
        if item and row and (_ITEM.match(" ".join(row)) or BULLET.match(row[0])):
            yield item
            item = []
        item.append(row)
    if item:
        yield item


def is_note(region: Region, body: float, height: float) -> bool:
    """A footnote: small print that begins with a mark, in the lower third of the page."""
    lines = region.lines
    size = median(line.size for line in lines)
    return region.box.y0 > 0.66 * height and size <= 0.92 * body and bool(_NOTE.match(lines[0].text))
