"""Pages of a document: what was read from each, and its image."""

from litestar import Response, get
from litestar.di import NamedDependency

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
from api.schemas import Paged, PageSummary
from api.service import Service
from ingest import Page

TAGS = ["Pages"]


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
    description="The page as a PNG. It never changes, so it may be cached; `If-None-Match` is answered with 304.",
    responses=problems(404, 409, 503),
)
async def get_page_image(
    service: NamedDependency[Service], request: AnyRequest, document: DocumentId, number: Number, width: Width = 1000
) -> Response[bytes]:
    """The page's image."""
    checked_width(width, service.settings.limits.image_width)
    found = await service.document(document)
    identity = f"{found.sha256}/{page_number(number)}/{width}"
    return await cached_image(request, identity, lambda: service.page_image(document, number, width=width))


routes = [list_pages, get_page, get_page_image]
