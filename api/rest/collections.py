"""Collections: list and delete. One comes into being with its first document."""

from litestar import delete, get
from litestar.di import NamedDependency

from api.rest.common import CollectionName, problems
from api.schemas import Collection
from api.service import Service

TAGS = ["Collections"]


@get(
    "/v1/collections",
    tags=TAGS,
    operation_id="listCollections",
    summary="List the collections",
    description="All collections with the number of their documents.",
    responses=problems(503),
)
async def list_collections(service: NamedDependency[Service]) -> list[Collection]:
    """All collections."""
    return await service.collections()


@delete(
    "/v1/collections/{collection:str}",
    tags=TAGS,
    operation_id="deleteCollection",
    summary="Delete a collection",
    description="Deletes the collection with its documents: index, files, jobs, answers. Jobs under way are cancelled.",
    responses=problems(404, 503),
)
async def delete_collection(service: NamedDependency[Service], collection: CollectionName) -> None:
    """Delete one with all that is in it."""
    await service.delete_collection(collection)


routes = [list_collections, delete_collection]
