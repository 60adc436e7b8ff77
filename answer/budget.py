"""How a model's context is shared out among pages: pixels and tokens by rank, before anything is rendered or sent.

The best pages get their full pixels, the next a quarter, the rest a sixteenth (Oryx's compression by use, arXiv
2409.12961, as pixels of a page); where they pass the whole, all shrink alike (LEOPARD's split, arXiv 2410.01744), and
a page whose share is too small to be read is given as words alone. What remains of the context is for the words of
the pages, shared out by the same weights, what one page does not need going to the next.
"""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Literal

from msgspec import Struct

from answer.reader import Capacity

TIERS = (1.0, 1 / 4, 1 / 16)
MARGIN = 0.97
"""Of the context: renderings are a pixel off, templates add tokens around messages, and estimates are estimates."""

REPAIR_TOKENS = 900
"""Kept free for asking once more: the start of a reply that can't be used, and why."""

_IMAGE_SHARE = 0.6
"""Of the room, for images, where images and words do not both fit."""


class Budget(Struct, frozen=True):
    """`pages`: how many come as images. `page_pixels`: of a page at full size; `pixels`: of all of them; `least_pixels`:
    below that a page comes as words alone. `full` pages are at full size, up to `quarter` at a quarter. `view`: whole
    pages or, for small models, crops of their tables and figures (M-LongDoc, arXiv 2411.06176). `reply_tokens` bounds
    each reply."""

    pages: int = 5
    page_pixels: int = 1_000_000
    pixels: int = 3_000_000
    least_pixels: int = 50_000
    full: int = 2
    quarter: int = 5
    reply_tokens: int = 1024
    view: Literal["pages", "crops"] = "pages"

    def weight(self, rank: int) -> float:
        """Share of a full page's pixels for the page of that rank (from 0)."""
        return TIERS[0 if rank < self.full else 1 if rank < self.quarter else 2]

    def room(self, capacity: Capacity, *, share: float = 1.0) -> int:
        """Tokens for a prompt: the context less the reply, what asking again takes, and a margin."""
        return int(capacity.context * share * MARGIN) - self.reply_tokens - min(REPAIR_TOKENS, capacity.context // 8)


class Sheet(Struct, frozen=True):
    """A page that wants room: `images` as (width, height, part of the page's area, 0 to 1) in any unit, and its words'
    tokens."""

    images: tuple[tuple[float, float, float], ...]
    text_tokens: int


class Share(Struct, frozen=True):
    """What a page gets: width and height in pixels of each image (none: words alone), and tokens for its words."""

    sizes: tuple[tuple[int, int], ...]
    text_tokens: int


def share_out(sheets: Sequence[Sheet], room: int, capacity: Capacity, budget: Budget) -> tuple[Share, ...]:
    """Shares of pages, best first, that together take no more than `room` tokens and `budget.pixels` pixels."""
    wanted = sum(sheet.text_tokens for sheet in sheets)
    for_images = max(room - wanted, int(room * _IMAGE_SHARE)) if capacity.images else 0
    sizes = _sizes(sheets, max(0, for_images), capacity, budget)
    spent = sum(capacity.image_tokens(*size) for its in sizes for size in its)
    texts = _poured([sheet.text_tokens for sheet in sheets], max(0, room - spent), budget)
    return tuple(Share(its, tokens) for its, tokens in zip(sizes, texts, strict=True))


def _sizes(sheets: Sequence[Sheet], room: int, capacity: Capacity, budget: Budget) -> list[tuple[tuple[int, int], ...]]:
    pixels = [
        budget.page_pixels * budget.weight(rank) if rank < budget.pages and sheet.images else 0.0
        for rank, sheet in enumerate(sheets)
    ]
    whole = sum(pixels)
    pixels = [each * min(1.0, budget.pixels / whole) for each in pixels] if whole else pixels
    before = 0
    while any(pixels):
        sizes = [_within(sheet, each) for sheet, each in zip(sheets, pixels, strict=True)]
        tokens = sum(capacity.image_tokens(*size) for its in sizes for size in its)
        small = [rank for rank, each in enumerate(pixels) if 0 < each < budget.least_pixels]
        if tokens <= room and not small:
            return sizes
        if small or tokens == before:
            # Too small to read, or a model that makes every image the same size: fewer images, then.
            pixels[max(rank for rank, each in enumerate(pixels) if each and (rank in small or not small))] = 0.0
            before = 0
        else:
            # A little below what is needed, since tokens come in whole rows.
            pixels = [each * max(0.5, 0.97 * room / tokens) for each in pixels]
            before = tokens
    return [()] * len(sheets)


def _within(sheet: Sheet, pixels: float) -> tuple[tuple[int, int], ...]:
    """Sizes of a page's images with together at most `pixels`; none is larger than it would be on the whole page."""
    if not pixels:
        return ()
    area = sum(part for _, _, part in sheet.images)
    return tuple(_size(width, height, pixels * part / max(area, 1.0)) for width, height, part in sheet.images)


def _size(width: float, height: float, pixels: float) -> tuple[int, int]:
    across = max(16, int(sqrt(pixels * width / max(height, 1e-6))))
    # A sliver that has to be broader than its share is made no higher than that leaves.
    return across, max(1, int(min(across * height / max(width, 1e-6), pixels / across)))


def _poured(wanted: Sequence[int], room: int, budget: Budget) -> list[int]:
    """Tokens for each page's words: all where they fit, else by weight, the rest of a short page for the next."""
    weights = [budget.weight(rank) for rank in range(len(wanted))]
    given: list[int] = []
    for rank, want in enumerate(wanted):
        behind = sum(wanted[rank + 1 :])
        fair = room * weights[rank] / sum(weights[rank:])
        given.append(min(want, max(int(fair), room - behind)))
        room -= given[-1]
    return given


def cut(text: str, tokens: int, count: Callable[[str], int]) -> tuple[str, bool]:
    """The text, or as much of its beginning as fits, ended at a word; and whether it was cut."""
    if count(text) <= tokens:
        return text, False
    length = len(text)
    while length > 0:
        length = min(length - 1, int(length * max(0.5, 0.98 * tokens / max(1, count(text[:length])))))
        part = text[:length].rsplit(maxsplit=1)[0] if " " in text[:length] else text[:length]
        if part and count(part) <= tokens:
            return part, True
    return "", True
