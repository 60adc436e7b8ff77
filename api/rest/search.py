"""Search: ranked pages for a question."""

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg

from api.rest.common import problems
from api.schemas import SearchRequest, SearchResponse
from api.service import Service

SearchBody = Annotated[
    SearchRequest,
    BodyKwarg(
        media_type=RequestEncodingType.JSON,
        examples=[
            Example(summary="A search", value={"question": "operating margin", "collection": "reports", "limit": 5})
        ],
    ),
]


@post(
    "/v1/search",
    status_code=200,
    tags=["Questions"],
    operation_id="search",
    summary="Search",
    description=(
        "Ranked pages with the passages that brought them up, each with its boxes. `notes` says what was not "
        "searched: documents that are still being read, pages that failed."
    ),
    responses=problems(404, 409, 413, 503),
)
async def search(service: NamedDependency[Service], data: SearchBody) -> SearchResponse:
    """Search one collection."""
    return await service.search(data)


routes = [search]
