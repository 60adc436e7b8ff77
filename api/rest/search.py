"""Search: ranked pages for a question."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.rest.common import problems
from api.schemas import SearchRequest, SearchResponse
from api.service import Service


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
async def search(service: NamedDependency[Service], data: JSONBody[SearchRequest]) -> SearchResponse:
    """Search one collection."""
    return await service.search(data)


routes = [search]
