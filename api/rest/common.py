"""What the routes share: parameters, documented errors, paging, cached images."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from hashlib import sha256
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Response
from litestar.exceptions import ClientException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example, OpenAPIType, Reference, Schema
from litestar.params import PathParameter, QueryParameter

from api.errors import InvalidInput, NotFound
from api.problems import MEDIA_TYPE, PREFIX, AnyRequest, Problem

T = TypeVar("T")

MAX_PAGE = 1000
MIN_IMAGE_WIDTH = 16

CollectionName = Annotated[str, PathParameter(description="Name of the collection.", max_length=255)]
DocumentId = Annotated[str, PathParameter(description="Id of the document.", max_length=255)]
JobId = Annotated[str, PathParameter(description="Id of the job.", max_length=255)]
AnswerId = Annotated[str, PathParameter(description="Id of the answer.", max_length=255)]
Number = Annotated[int, PathParameter(description="Counted from 1.")]
Cursor = Annotated[
    str | None, QueryParameter(description="`next` of the page before; none for the first page.", max_length=1000)
]
Limit = Annotated[int, QueryParameter(description="Items on a page.", ge=1, le=MAX_PAGE)]
Width = Annotated[int, QueryParameter(description="Width of the image in pixels; the height follows from the page.")]

_DETAILS: dict[int, tuple[str, str, str, str]] = {
    400: (
        "malformed-request",
        "The request can't be parsed",
        "The body is not JSON: ...",
        "Syntax that can't be parsed.",
    ),
    401: ("unauthorised", "A key is needed", "Send a key: ...", "No key, or a wrong one."),
    403: ("forbidden", "Not served here", "The host name 'x' is not served.", "A foreign host name or origin."),
    404: ("not-found", "Not found", "There is no document 'doc_x'.", "No such thing, or not any more."),
    409: (
        "document-not-ready",
        "The document is still being read",
        "2 documents are still being read.",
        "Not possible now.",
    ),
    413: ("upload-too-large", "The upload is too large", "The upload is larger than ...", "Larger than the limit."),
    422: ("invalid-input", "The request can't be used as it is", "query limit: ...", "A value that can't be used."),
    500: ("internal", "Something went wrong inside Quire", "Quire has failed here.", "A fault of ours; see the log."),
    503: ("unavailable", "A part of the service is not available", "The reader is down.", "A part is down; named."),
}


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The documented errors of a route: those that any route may give, and `statuses`."""
    return {status: _spec(status) for status in sorted({400, 401, 403, 422, 500, *statuses})}


def _spec(status: int) -> ResponseSpec:
    kind, title, detail, description = _DETAILS[status]
    example = Problem(PREFIX + kind, title, status, detail, "3f1c9a52e0b84d0f")
    return ResponseSpec(
        Problem,
        generate_examples=False,
        description=description,
        media_type=MEDIA_TYPE,
        examples=[Example(summary=title, value=msgspec.to_builtins(example))],
    )


def spec(container: type[Any], description: str, media_type: str = "application/json") -> ResponseSpec:
    """A documented response beside the main one."""
    return ResponseSpec(container, generate_examples=False, description=description, media_type=media_type)


def event_schema(names: Sequence[str], description: str) -> Schema:
    """Describes one Server-Sent Event of a stream; `data` is JSON."""
    data = Schema(type=OpenAPIType.STRING, content_media_type="application/json", description="A JSON object.")
    properties: dict[str, Reference | Schema] = {
        "event": Schema(type=OpenAPIType.STRING, enum=list(names)),
        "id": Schema(type=OpenAPIType.STRING),
        "data": data,
    }
    return Schema(type=OpenAPIType.OBJECT, required=["event", "data"], properties=properties, description=description)


def page_number(number: int) -> int:
    """`number` if a page (or citation) can have it. Raises `NotFound` for those that no database column holds."""
    if not 1 <= number < 2**31:
        raise NotFound(f"There is no number {number}: they are counted from 1.")
    return number


def checked_width(width: int, limit: int) -> int:
    """`width` if it is within the bounds. Raises `InvalidInput` that names them."""
    if not MIN_IMAGE_WIDTH <= width <= limit:
        raise InvalidInput(
            f"width is {width}; accepted are {MIN_IMAGE_WIDTH} to {limit} pixels (setting `limits.image_width`)."
        )
    return width


async def unless_gone(request: AnyRequest, work: Coroutine[Any, Any, T]) -> T:
    """What `work` brings. It is cancelled when the client goes away before: nobody would hear of it. The request's body has been
    read."""
    working = asyncio.create_task(work)
    tasks = working, asyncio.create_task(_gone(request))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientException("The client has gone.", status_code=499)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(request: AnyRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def cached_image(request: AnyRequest, identity: str, draw: Callable[[], Awaitable[bytes]]) -> Response[bytes]:
    """A PNG that never changes for its `identity`; 304 without drawing where the client has it."""
    tag = sha256(identity.encode()).hexdigest()[:32]
    headers = {"Cache-Control": "private, max-age=86400, immutable", "ETag": f'"{tag}"'}
    held = request.headers.get("if-none-match", "")
    if tag in {part.strip().removeprefix("W/").strip('"') for part in held.split(",")}:
        return Response(b"", status_code=304, headers=headers, media_type="image/png")
    return Response(await draw(), headers=headers, media_type="image/png")
