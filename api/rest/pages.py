"""Pages of a document: what was read from each, and its image."""

from math import isfinite
from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.errors import InvalidInput, NotFound
from api.problems import AnyRequest
from api.rest.common import (
    Cursor,
    DocumentId,
    Limit,
    Number,
    Width,
    cached_image,
    checked_width,
    page_number,
    problems,
)
from api.schemas import Paged, PageSummary, SimilarityGrid
from api.service import Service
from ingest import Box, Page

TAGS = ["Pages"]

BlockIndex = Annotated[
    int | None,
    QueryParameter(description="Crop to this block: its place in the page's `blocks`, from 0.", ge=0, le=2**31 - 1),
]
Region = Annotated[
    str | None,
    QueryParameter(
        description="Crop to this box: `x0,y0,x1,y1` in points from the top left, as the page's boxes are.",
        max_length=100,
    ),
]


@get(
    "/v1/documents/{document:str}/pages",
    tags=TAGS,
    operation_id="listPages",
    summary="List the pages of a document",
    description="In order, as far as they are read; failed ones say why. Pass `next` on as `cursor` until it is null.",
    responses=problems(404, 503),
)
async def list_pages(
    service: NamedDependency[Service], document: DocumentId, cursor: Cursor = None, limit: Limit = 100
) -> Paged[PageSummary]:
    """One page of the list."""
    return await service.pages(document, cursor=cursor, limit=limit)


@get(
    "/v1/documents/{document:str}/pages/{number:int}",
    tags=TAGS,
    operation_id="getPage",
    summary="Read a page",
    description="The page's words and blocks with their boxes, in points (1/72 inch) from the top left.",
    responses=problems(404, 409, 503),
)
async def get_page(service: NamedDependency[Service], document: DocumentId, number: Number) -> Page:
    """One page."""
    return await service.page(document, page_number(number))


@get(
    "/v1/documents/{document:str}/pages/{number:int}/image",
    media_type="image/png",
    tags=TAGS,
    operation_id="getPageImage",
    summary="See a page",
    description="The page as a PNG, or with `block` or `box` a crop of it with a small margin, such as one figure. It never "
    "changes, so it may be cached; `If-None-Match` is answered with 304.",
    responses=problems(404, 409, 503),
)
async def get_page_image(
    service: NamedDependency[Service],
    request: AnyRequest,
    document: DocumentId,
    number: Number,
    width: Width = 1000,
    block: BlockIndex = None,
    box: Region = None,
) -> Response[bytes]:
    """The page's image, or a part of it."""
    checked_width(width, service.settings.limits.image_width)
    found = await service.document(document)
    identity = f"{found.sha256}/{page_number(number)}/{width}"
    if block is None and box is None:
        return await cached_image(request, identity, lambda: service.page_image(document, number, width=width))
    if block is not None and box is not None:
        raise InvalidInput("Both `block` and `box` are given; a crop is of one of them.")
    # Which block has which index may change when the document is read again; a box stays where it is.
    region = _box(box) if box is not None else await _block_box(service, document, number, block or 0)
    crop = f"{region.x0},{region.y0},{region.x1},{region.y1}"
    return await cached_image(
        request, f"{identity}/{crop}", lambda: service.page_image(document, number, width=width, crop=region)
    )


Asked = Annotated[str, QueryParameter(description="The question, in plain words.", min_length=1)]
Token = Annotated[
    int | None,
    QueryParameter(
        description="Only this token of the question, from 0; `/similarity/grid` lists them.", ge=0, le=8191
    ),
]


@get(
    "/v1/documents/{document:str}/pages/{number:int}/similarity",
    media_type="image/png",
    tags=TAGS,
    operation_id="getPageSimilarity",
    summary="See where on a page a question finds its match",
    description="The page as a PNG with a heat map over it: cosines of the question with each patch of the page, the mean over "
    "all tokens or, with `token`, of one. 409 where no visual encoder is set (`index.visual`).",
    responses=problems(404, 409, 503),
)
async def get_page_similarity(
    service: NamedDependency[Service],
    document: DocumentId,
    number: Number,
    question: Asked,
    width: Width = 1000,
    token: Token = None,
) -> Response[bytes]:
    """The page with the map over it."""
    checked_width(width, service.settings.limits.image_width)
    drawn = await service.page_similarity(document, page_number(number), question, width=width, token=token)
    return Response(drawn, media_type="image/png")


@get(
    "/v1/documents/{document:str}/pages/{number:int}/similarity/grid",
    tags=TAGS,
    operation_id="getPageSimilarityGrid",
    summary="Where on a page a question finds its match, in numbers",
    description="The question's tokens as the visual encoder reads them, and the cosine of each with every cell of the page's "
    "grid. 409 where no visual encoder is set (`index.visual`).",
    responses=problems(404, 409, 503),
)
async def get_page_similarity_grid(
    service: NamedDependency[Service], document: DocumentId, number: Number, question: Asked
) -> SimilarityGrid:
    """The maps."""
    return await service.page_similarity_grid(document, page_number(number), question)


def _box(text: str) -> Box:
    """`x0,y0,x1,y1` as a box. InvalidInput where it is none."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 4 or not all(map(isfinite, values)) or values[0] >= values[2] or values[1] >= values[3]:
        raise InvalidInput(f"box is {text!r}; write x0,y0,x1,y1 in points, with x0 < x1 and y0 < y1.")
    return Box(*values)


async def _block_box(service: Service, document: str, number: int, block: int) -> Box:
    """Where a block stands. NotFound where the page has no such block."""
    blocks = (await service.page(document, number)).blocks
    if not block < len(blocks):
        raise NotFound(f"Page {number} has {len(blocks)} blocks, counted from 0; there is no block {block}.")
    return blocks[block].box


routes = [list_pages, get_page, get_page_image, get_page_similarity, get_page_similarity_grid]
