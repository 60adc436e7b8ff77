"""A collection's index: checking it, and jobs that mend it, build it anew, give back its space or add words by OCR."""

from litestar import get, post
from litestar.di import NamedDependency

from api.rest.common import CollectionName, problems
from api.schemas import IndexReport, IndexRequest, Job
from api.service import Service

TAGS = ["Collections"]


@get(
    "/v1/collections/{collection:str}/index",
    tags=TAGS,
    operation_id="verifyIndex",
    summary="Check the index",
    description=(
        "Compares the index with what was read: every page that should have points has them, and nothing else is there. "
        "Documents that are being read are left out. No findings: the index is sound."
    ),
    responses=problems(404, 503),
)
async def verify_index(service: NamedDependency[Service], collection: CollectionName) -> IndexReport:
    """Look only."""
    return await service.verify_index(collection)


@post(
    "/v1/collections/{collection:str}/index/jobs",
    status_code=202,
    tags=TAGS,
    operation_id="workOnIndex",
    summary="Mend, rebuild or compact the index, or add words",
    description=(
        "Begins a job. `repair` adds again what is missing and deletes what should not be there. `rebuild` builds the index "
        "anew beside the one that serves, with the models of the settings or those that are named, and puts it in its place "
        "when it is whole; `compact` does so with the same points, which gives back the space of deleted ones. `words` "
        "reads by OCR what is left to it (`pages_waiting` of a document), of all documents or of those named. Documents may "
        "come and go meanwhile. Asked for again while it is under way, the same work is the same job; 409 while another job works "
        "on the index."
    ),
    responses=problems(404, 409, 413, 503),
)
async def work_on_index(service: NamedDependency[Service], collection: CollectionName, data: IndexRequest) -> Job:
    """Begin a job."""
    return await service.work_on_index(collection, data)


routes = [verify_index, work_on_index]
