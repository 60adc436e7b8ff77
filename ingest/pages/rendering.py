"""Page images: a page or a region of it as PNG, with boxes marked. Runs in workers."""

import io
import math
from collections.abc import Sequence

import pymupdf
from PIL import Image, ImageDraw

from ingest.document import Box

_FILL = (255, 196, 0, 70)
_OUTLINE = (214, 96, 0, 255)
# A crop shows a little of what stands around it: half a line of text.
_MARGIN = 6.0


def render_page(page: pymupdf.Page, width: int, boxes: Sequence[Box], clip: Box | None, pixel_limit: int) -> bytes:
    """A PNG `width` pixels wide (fewer where the page is so tall that it would pass `pixel_limit`).

    `boxes` are outlined and tinted; `clip` crops to a region and a small margin. Raises ValueError for a width under 1 or a clip
    that misses the page.
    """
    if width < 1:
        raise ValueError(f"An image must be at least 1 pixel wide, not {width}.")
    frame = page.rect if clip is None else _frame(clip, page.rect)
    zoom = min(width / frame.width, math.sqrt(pixel_limit / (frame.width * frame.height)))
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), clip=frame, colorspace=pymupdf.csRGB, alpha=False)
    if not boxes:
        return bytes(pixmap.tobytes("png"))
    image = Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)
    mark = ImageDraw.Draw(image, "RGBA")
    line = max(1, round(image.width / 500))
    for box in boxes:
        left, top = (box.x0 - frame.x0) * zoom - line, (box.y0 - frame.y0) * zoom - line
        right, bottom = (box.x1 - frame.x0) * zoom + line, (box.y1 - frame.y0) * zoom + line
        if right >= left and bottom >= top:
            mark.rectangle((left, top, right, bottom), fill=_FILL, outline=_OUTLINE, width=line)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6)
    return out.getvalue()


def _frame(clip: Box, page: pymupdf.Rect) -> pymupdf.Rect:
    frame = pymupdf.Rect(clip.x0 - _MARGIN, clip.y0 - _MARGIN, clip.x1 + _MARGIN, clip.y1 + _MARGIN) & page
    if frame.is_empty:
        raise ValueError("The region to crop lies outside the page.")
    return frame
