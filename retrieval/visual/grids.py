"""From a processor's batch to the places of a page's vectors, for each of the three kinds of grid.

Every processor resizes a page to a multiple of its cell, changing its shape a little where it must, so that the cells
lie evenly over the whole page.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct

from retrieval.errors import UnreadableImage
from retrieval.visual.families import Family
from retrieval.visual.page import WHOLE_PAGE, Cells

Size = tuple[int, int]
"""(height, width) of an image, in pixels."""


class Layout(Struct, frozen=True):
    """Rows and columns of a page's grid, and the cell of each of its image tokens, in the model's order."""

    rows: int
    columns: int
    cells: Cells


def pixels_of(family: Family, processor: Any, size: Size) -> int:
    """Pixels that the model sees of an image of this size, after the processor's resizing. UnreadableImage if the
    processor takes no image of that shape."""
    images = processor.image_processor
    if family.grid == "fixed":
        return int(images.size["height"] * images.size["width"])
    if family.grid == "dynamic":
        height, width = _resized(images, size)
        return height * width
    rows, columns = _tiles(images, size)
    return (rows * columns + 1) * int(images.max_image_size["longest_edge"]) ** 2


def most_tokens(family: Family, processor: Any) -> int:
    """The most image tokens that the processor gives a page (of the dynamic kind: one that is no strip, where fewer than
    200 are allowed)."""
    images = processor.image_processor
    if family.grid == "fixed":
        return int(processor.image_seq_length)
    if family.grid == "dynamic":
        return int(images.size["longest_edge"] // (images.patch_size * images.merge_size) ** 2)
    a_side = -(-int(images.size["longest_edge"]) // int(images.max_image_size["longest_edge"]))
    return int((a_side**2 + 1) * processor.image_seq_len)


def limit_tokens(processor: Any, tokens: int) -> None:
    """Has a processor of the dynamic kind give a page at most so many image tokens."""
    images = processor.image_processor
    pixels = tokens * (images.patch_size * images.merge_size) ** 2
    images.size["longest_edge"] = pixels
    images.size["shortest_edge"] = min(images.size["shortest_edge"], pixels)


def layouts(family: Family, processor: Any, batch: Mapping[str, Any], sizes: list[Size]) -> list[Layout]:
    """The layout of each image of a batch. ValueError if it doesn't fit the batch's image tokens: then the processor
    and this module disagree on how pages are cut."""
    counts = (batch["input_ids"] == processor.image_token_id).sum(dim=1).tolist()
    found = []
    for index, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        if family.grid == "fixed":
            layout = _fixed(processor.image_processor, count)
        elif family.grid == "dynamic":
            _, rows, columns = batch["image_grid_thw"][index].tolist()
            merge = processor.image_processor.merge_size
            layout = _even(rows // merge, columns // merge)
        else:
            layout = _tiled(processor, size)
        if len(layout.cells) != count:
            raise ValueError(
                f"{family.name}: an image of {size[0]} x {size[1]} pixels has {count} tokens, and its grid has "
                f"{len(layout.cells)} places."
            )
        found.append(layout)
    return found


def _even(rows: int, columns: int) -> Layout:
    return Layout(rows, columns, np.arange(rows * columns, dtype=np.int32))


def _fixed(images: Any, count: int) -> Layout:
    # Cells are square, so the grid has the shape of the image that pages are squeezed to.
    rows = round((count * images.size["height"] / images.size["width"]) ** 0.5)
    return _even(rows, count // max(rows, 1))


def _resized(images: Any, size: Size) -> Size:
    from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize

    try:
        height, width = smart_resize(
            *size,
            factor=images.patch_size * images.merge_size,
            min_pixels=images.size["shortest_edge"],
            max_pixels=images.size["longest_edge"],
        )
    except ValueError as error:
        raise UnreadableImage(f"A page image of {size[0]} x {size[1]} pixels (height x width): {error}.") from error
    return int(height), int(width)


def _tiles(images: Any, size: Size) -> Size:
    """Rows and columns of tiles; 0 and 0 for a page that is only its thumbnail."""
    _, rows, columns = images.get_number_of_image_patches(*size)
    return int(rows), int(columns)


def _tiled(processor: Any, size: Size) -> Layout:
    """Tiles row by row, in each of them tokens row by row; then the thumbnail. A page too small for tiles has only the
    thumbnail, which then is its grid."""
    side = round(processor.image_seq_len**0.5)
    rows, columns = _tiles(processor.image_processor, size)
    if not rows:
        return _even(side, side)
    cells = np.arange(rows * side * columns * side, dtype=np.int32).reshape(rows, side, columns, side)
    by_tile = cells.transpose(0, 2, 1, 3).ravel()
    thumbnail = np.full(side * side, WHOLE_PAGE, dtype=np.int32)
    return Layout(rows * side, columns * side, np.concatenate([by_tile, thumbnail]))
