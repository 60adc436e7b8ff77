"""Tables that go on over pages: the first table of a page beside the last one of the page before."""

from collections.abc import Sequence

from msgspec.structs import replace

from ingest.document import Block, BlockKind
from ingest.layout.assemble import assemble
from ingest.layout.captions import tie_captions
from ingest.layout.model import boxes_of, find_groups, is_drawn_out
from ingest.ocr.need import plan_ocr
from ingest.pages.compose import compose
from ingest.sources.opening import Source
from ingest.tables import PlacedTable, link_continuation, read_tables
from ingest.text.lines import body_size, read_layer
from ingest.workers.allowance import at_most

_KEPT = 64
_SECONDS = 10.0
"""Processor time for a look at the page before, which takes about half a second."""
_HIGH = 0.3
"""A continued table begins in the upper part of its page; the page before is looked at only then."""
_BEFORE = (BlockKind.HEADER, BlockKind.PAGE_NUMBER, BlockKind.CAPTION)


def with_continuation(source: Source, number: int, height: float, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The page's blocks, the first table linked to the one that it continues. Remembers the last table for the next page."""
    _remember(source, number, _last_table(blocks, number, height))
    first = next((i for i, block in enumerate(blocks) if block.kind not in _BEFORE), None)
    if first is None or blocks[first].table is None or blocks[first].box.y0 > _HIGH * height or number == 1:
        return blocks
    above = _before(source, number - 1)
    below = _placed(blocks, first, number, height)
    linked = link_continuation(above, below) if above is not None and below is not None else None
    return blocks if linked is None else (*blocks[:first], replace(blocks[first], table=linked), *blocks[first + 1 :])


def _last_table(blocks: Sequence[Block], number: int, height: float) -> PlacedTable | None:
    tables = [i for i, block in enumerate(blocks) if block.table is not None]
    return _placed(blocks, tables[-1], number, height) if tables else None


def _placed(blocks: Sequence[Block], index: int, number: int, height: float) -> PlacedTable | None:
    block = blocks[index]
    if block.table is None:
        return None
    caption = blocks[block.caption].text if block.caption is not None else None
    return PlacedTable(block.table, block.box, number, height, caption)


def _remember(source: Source, number: int, table: PlacedTable | None) -> None:
    source.tables[number] = table
    while len(source.tables) > _KEPT:
        source.tables.popitem(last=False)


def _before(source: Source, number: int) -> PlacedTable | None:
    """The last table of a page that another worker may have read. Scans are not read a second time for it."""
    if number not in source.tables and not source.alone and number not in source.avoided:
        try:
            with at_most(_SECONDS):
                _remember(source, number, _look(source, number))
        except Exception:  # noqa: BLE001  # a page that can't be read has no table; its own reading tells why
            _remember(source, number, None)
    found: PlacedTable | None = source.tables.get(number)
    return found


def _look(source: Source, number: int) -> PlacedTable | None:
    page = source.page(number)
    lines = read_layer(page).lines
    plan = plan_ocr(page, lines)
    if not lines or plan.whole or plan.regions:
        return None
    words = [word for line in lines for word in line.words]
    groups = None if is_drawn_out(page) else find_groups(page, len(words))
    if not groups:
        return None
    tables = read_tables(page, groups, words)
    area = page.rect.width * page.rect.height
    parts = assemble(lines, boxes_of(groups), tables, [], body_size(lines), area)
    _, blocks = compose(parts, tie_captions(parts))
    return _last_table(blocks, number, page.rect.height)
