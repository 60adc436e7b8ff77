"""What of a page may be cited by a reader of its image: the page, and the tables and figures that layout found on it.
Boxes come from layout, never from what a model draws."""

from collections.abc import Sequence

from answer.reader import EvidenceItem, EvidenceKind
from ingest import Block, BlockKind, Box, FigureKind, Page

MOST_REGIONS = 12
"""Regions of one page that are listed: largest first. A page of a catalogue has hundreds of pictures."""


def page_items(document: str, page: Page) -> tuple[EvidenceItem, ...]:
    """The page as an item (`document:page:page`), then its regions (`document:page:region-block`). A page or region
    is an IMAGE where something on it has no words: only that may be cited without words."""
    whole = Box(0.0, 0.0, page.width, page.height)
    regions = _regions(page)
    drawn = not page.words or any(block.kind is BlockKind.FIGURE for _, block in regions)
    items = [_item(document, page, "page", whole, EvidenceKind.IMAGE if drawn else EvidenceKind.TEXT, "")]
    for index, block in regions:
        kind = EvidenceKind.IMAGE if block.kind is BlockKind.FIGURE else EvidenceKind.TEXT
        items.append(_item(document, page, f"region-{index}", block.box, kind, block.text))
    return tuple(items)


def region_kind(page: Page, item: EvidenceItem) -> str:
    """What a region is, for people and models: table, chart, diagram, photo, figure; "page" for the page itself."""
    ordinal = item.id.rpartition(":")[2]
    if not ordinal.startswith("region-"):
        return "page"
    block = page.blocks[int(ordinal.removeprefix("region-"))]
    return str(block.figure or "figure") if block.kind is BlockKind.FIGURE else block.kind.value


def crops(page: Page, items: Sequence[EvidenceItem]) -> tuple[tuple[EvidenceItem, Box], ...]:
    """The regions of the page to show instead of the page; the whole page where it has no words that could be given."""
    if not page.words:
        return ((items[0], items[0].boxes[0]),)
    return tuple((item, item.boxes[0]) for item in items[1:5])


def _regions(page: Page) -> list[tuple[int, Block]]:
    found = [
        (index, block)
        for index, block in enumerate(page.blocks)
        if (block.kind is BlockKind.FIGURE and block.figure is not FigureKind.DECORATION)
        or block.kind is BlockKind.TABLE
    ]
    largest = sorted(found, key=lambda entry: -_area(entry[1].box))[:MOST_REGIONS]
    return sorted(largest, key=lambda entry: entry[0])


def _area(box: Box) -> float:
    return (box.x1 - box.x0) * (box.y1 - box.y0)


def _item(document: str, page: Page, ordinal: str, box: Box, kind: EvidenceKind, text: str) -> EvidenceItem:
    return EvidenceItem(
        id=f"{document}:{page.number}:{ordinal}",
        document=document,
        page=page.number,
        text=text,
        boxes=(box,),
        kind=kind,
        label=page.label,
    )
