"""Jobs: how far the reading of a document is, its events (stream or list), and cancelling it."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import ServerSentEventMessage, Stream

from api import sse
from api.errors import InvalidInput
from api.problems import AnyRequest
from api.rest.common import MAX_PAGE, JobId, event_schema, problems, spec
from api.schemas import EventKind, Job, JobEvent
from api.service import Service

TAGS = ["Jobs"]
STREAM = "text/event-stream"

After = Annotated[int, QueryParameter(description="Id of the last event that is known already.", ge=0, le=2**31)]
EventLimit = Annotated[int, QueryParameter(description="Events in a list; a stream has no limit.", ge=1, le=MAX_PAGE)]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID", description="As `after`; sent by browsers when they reconnect, and wins over it."
    ),
]


@dataclass
class _EventsOperation(Operation):
    """Adds the stream beside the list: Litestar documents one media type a status."""

    def __post_init__(self) -> None:
        for status, response in (self.responses or {}).items():
            if status == "200" and isinstance(response, OpenAPIResponse) and response.content is not None:
                response.content[STREAM] = OpenAPIMediaType(schema=event_schema(list(EventKind), _STREAM))


_STREAM = (
    "Each event is named after its `kind`, has the event's id, and the JobEvent as JSON in `data`. Comment lines come"
    " as a heartbeat. The stream ends after the final event (done, partial, failed, cancelled)."
)


@get(
    "/v1/jobs/{job:str}",
    tags=TAGS,
    operation_id="getJob",
    summary="Look at a job",
    description="How far it is. `done`, `partial`, `failed` and `cancelled` are final.",
    responses=problems(404, 503),
)
async def get_job(service: NamedDependency[Service], job: JobId) -> Job:
    """One job."""
    return await service.job(job)


@get(
    "/v1/jobs/{job:str}/events",
    operation_class=_EventsOperation,
    tags=TAGS,
    operation_id="getJobEvents",
    summary="Follow a job",
    description=(
        "A stream of Server-Sent Events, from the first one (or after `after`) to the final one; with `Accept: "
        "application/json` the events so far, as a list. A stream asked for after the final event is answered with "
        "204, which tells browsers not to reconnect."
    ),
    responses={
        200: spec(list[JobEvent], "The events so far, or the stream."),
        204: ResponseSpec(None, description="Nothing has come after the event that is known, and nothing will."),
        **problems(404, 503),
    },
)
async def get_job_events(
    service: NamedDependency[Service],
    request: AnyRequest,
    job: JobId,
    after: After = 0,
    limit: EventLimit = 500,
    last_event_id: LastEventId = None,
) -> Response[list[JobEvent]] | Stream | Response[None]:
    """The events, in the form that the client accepts."""
    found = await service.job(job)  # 404 before a stream has begun
    start = _event_id(last_event_id) if last_event_id else after
    if request.accept.best_match([STREAM, "application/json"], STREAM) == "application/json":
        return Response(await service.job_events(job, after=start, limit=limit), headers={"Vary": "Accept"})
    if found.status.final and not await service.job_events(job, after=start, limit=1):
        return Response(None, status_code=204)
    return sse.event_stream(_events(service, job, start), service.settings.server.heartbeat_seconds)


async def _events(service: Service, job: str, after: int) -> AsyncIterator[ServerSentEventMessage]:
    async with aclosing(service.watch(job, after=after)) as events:  # type: ignore[type-var]  # an async generator
        async for event in events:
            yield sse.message(event.kind.value, event, event.id)


def _event_id(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise InvalidInput(
            f"Last-Event-ID is {value[:50]!r}; accepted is the id of an event of this job, a whole number."
        )
    return int(value)


@post(
    "/v1/jobs/{job:str}/cancel",
    status_code=200,
    tags=TAGS,
    operation_id="cancelJob",
    summary="Cancel a job",
    description="Stops the reading of the document; what search has seen of a new one is taken back. 409 if the job has ended.",
    responses=problems(404, 409, 503),
)
async def cancel_job(service: NamedDependency[Service], job: JobId) -> Job:
    """Stop one."""
    return await service.cancel(job)


routes = [get_job, get_job_events, cancel_job]
