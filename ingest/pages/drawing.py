"""What was found on a page, drawn over its image: a box for each block, coloured by kind, numbered in reading order.

Needs the image and the `Page` alone, so it runs wherever they are; documents are opened in workers only.
"""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ingest.document import Block, BlockKind, Box, Page

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

BLOCK_COLOURS = {
    BlockKind.TITLE: (196, 30, 58),
    BlockKind.TEXT: (40, 96, 200),
    BlockKind.LIST: (0, 140, 150),
    BlockKind.TABLE: (20, 140, 60),
    BlockKind.FIGURE: (214, 120, 0),
    BlockKind.CAPTION: (150, 60, 190),
    BlockKind.HEADER: (110, 110, 110),
    BlockKind.FOOTER: (110, 110, 110),
    BlockKind.PAGE_NUMBER: (110, 110, 110),
    BlockKind.FOOTNOTE: (140, 100, 60),
    BlockKind.FORMULA: (220, 60, 160),
}
"""Red, green, blue of each kind, dark enough to be told apart on white paper."""
_HIDDEN = (255, 0, 0)
_LEGEND = 22


def draw_blocks(png: bytes, page: Page, form: Literal["PNG", "JPEG"] = "PNG") -> bytes:
    """The image of `page` (any width, the whole page) with its blocks, table cells and hidden text marked, and a legend below."""
    from PIL import Image, ImageDraw

    with Image.open(io.BytesIO(png)) as opened:
        seen = opened.convert("RGB")
    sheet = Image.new("RGB", (seen.width, seen.height + _LEGEND), "white")
    sheet.paste(seen, (0, 0))
    pen = ImageDraw.Draw(sheet, "RGBA")
    zoom = seen.width / page.width if page.width else 1.0
    for number, block in enumerate(page.blocks, start=1):
        _draw_block(pen, block, number, zoom)
    for piece in page.hidden:
        pen.rectangle(_pixels(piece.box, zoom), outline=(*_HIDDEN, 160), width=1)
    _tie_captions(pen, page, zoom)
    _legend(pen, page, seen.height)
    return _encoded(sheet, form)


def _draw_block(pen: "ImageDraw", block: Block, number: int, zoom: float) -> None:
    colour = BLOCK_COLOURS[block.kind]
    left, top, right, bottom = _pixels(block.box, zoom)
    pen.rectangle((left, top, right, bottom), fill=(*colour, 24), outline=(*colour, 255), width=2)
    if block.table is not None:
        for cell in block.table.cells:
            fill = (*colour, 50) if cell.header else None
            pen.rectangle(_pixels(cell.box, zoom), fill=fill, outline=(*colour, 150), width=1)
    tag = str(number) if block.figure is None else f"{number} {block.figure.value}"
    width = pen.textlength(tag, font_size=11) + 6
    # Beside the box where there is room, so that no word is covered.
    start = left - width if left >= width else left
    pen.rectangle((start, top, start + width, top + 14), fill=(*colour, 220))
    pen.text((start + 3, top + 1), tag, fill="white", font_size=11)


def _tie_captions(pen: "ImageDraw", page: Page, zoom: float) -> None:
    """A line from each figure or table to its caption."""
    for block in page.blocks:
        if block.caption is not None and 0 <= block.caption < len(page.blocks):
            ends = [_middle(box, zoom) for box in (block.box, page.blocks[block.caption].box)]
            pen.line((*ends[0], *ends[1]), fill=(*BLOCK_COLOURS[BlockKind.CAPTION], 200), width=2)


def _legend(pen: "ImageDraw", page: Page, top: int) -> None:
    """The kinds that the page has, each in its colour."""
    entries: list[tuple[str, tuple[int, int, int]]] = [
        (kind.value.replace("_", " "), BLOCK_COLOURS[kind])
        for kind in BlockKind
        if any(b.kind is kind for b in page.blocks)
    ]
    if page.hidden:
        entries.append(("hidden text", _HIDDEN))
    left = 6.0
    for name, colour in entries or [("nothing was found", (0, 0, 0))]:
        pen.rectangle((left, top + 6, left + 10, top + 16), fill=colour)
        pen.text((left + 14, top + 4), name, fill="black", font_size=11)
        left += 26 + pen.textlength(name, font_size=11)


def _pixels(box: Box, zoom: float) -> Sequence[float]:
    return (box.x0 * zoom, box.y0 * zoom, max(box.x0, box.x1) * zoom, max(box.y0, box.y1) * zoom)


def _middle(box: Box, zoom: float) -> tuple[float, float]:
    return (box.x0 + box.x1) / 2 * zoom, (box.y0 + box.y1) / 2 * zoom


def _encoded(sheet: "Image", form: Literal["PNG", "JPEG"]) -> bytes:
    out = io.BytesIO()
    if form == "JPEG":
        sheet.save(out, "JPEG", quality=82)
    else:
        sheet.save(out, "PNG", compress_level=6)
    return out.getvalue()
