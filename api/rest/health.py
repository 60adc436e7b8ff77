"""Whether the service lives, whether it can take work, and its figures for Prometheus."""

from litestar import MediaType, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from api.auth import OPEN
from api.rest.common import problems, spec
from api.schemas import Readiness
from api.service import Service

TAGS = ["Health"]


class Liveness(Struct, frozen=True):
    """The process answers."""

    status: str = "ok"


@get(
    "/health/live",
    opt=OPEN,
    security=[{}],
    tags=TAGS,
    operation_id="live",
    summary="Is the process alive?",
    description="Answers as long as the process does; needs no key and touches nothing.",
    responses=problems(),
)
async def live() -> Liveness:
    """Alive."""
    return Liveness()


@get(
    "/health/ready",
    tags=TAGS,
    operation_id="ready",
    summary="Can the service take work?",
    description="Each part in use, and whether it works. 503 with the same object where one does not.",
    responses={**problems(), 503: spec(Readiness, "A part does not work; `parts` says which, and why.")},
)
async def ready(service: NamedDependency[Service]) -> Response[Readiness]:
    """Ready, or what is missing."""
    found = await service.readiness()
    return Response(found, status_code=200 if found.ready else 503)


@get(
    "/metrics",
    media_type=MediaType.TEXT,
    tags=TAGS,
    operation_id="metrics",
    summary="Figures for Prometheus",
    description="Requests by route, status and duration, and the process's own figures, in Prometheus' text format.",
    responses=problems(),
)
async def metrics() -> Response[str]:
    """All figures."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return Response(generate_latest().decode(), headers={"Content-Type": CONTENT_TYPE_LATEST})


routes = [live, ready, metrics]
