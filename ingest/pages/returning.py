"""From the straightened sheet of a turned scan back to the page as displayed."""

from collections.abc import Sequence

from msgspec.structs import replace

from ingest.document import Block, Box, Word

Matrix = tuple[float, float, float, float, float, float]


def words_back(words: Sequence[Word], matrix: Matrix) -> tuple[Word, ...]:
    """The words with their boxes on the page."""
    return tuple(replace(word, box=_back(word.box, matrix)) for word in words)


def blocks_back(blocks: Sequence[Block], matrix: Matrix) -> tuple[Block, ...]:
    """The blocks and their tables' cells with their boxes on the page."""
    return tuple(_block_back(block, matrix) for block in blocks)


def _block_back(block: Block, matrix: Matrix) -> Block:
    table = block.table
    if table is not None:
        table = replace(table, cells=tuple(replace(cell, box=_back(cell.box, matrix)) for cell in table.cells))
    return replace(block, box=_back(block.box, matrix), table=table)


def _back(box: Box, matrix: Matrix) -> Box:
    """The rectangle around the turned box."""
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return Box(round(min(xs), 2), round(min(ys), 2), round(max(xs), 2), round(max(ys), 2))
