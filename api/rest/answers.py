"""Answers: ask (one object, or a stream of stages and then the object), look up again, see a citation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import (
    Example,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Schema,
)
from litestar.params import BodyKwarg
from litestar.response import ServerSentEventMessage, Stream

from answer import Answer
from api import sse
from api.problems import AnyRequest, describe
from api.rest.common import (
    AnswerId,
    Number,
    Width,
    cached_image,
    checked_width,
    event_schema,
    page_number,
    problems,
    spec,
    unless_gone,
)
from api.schemas import AskRequest, OcrEvent, StageEvent, TextEvent
from api.service import Service

TAGS = ["Questions"]

Told = StageEvent | OcrEvent | TextEvent
_NAMES: dict[type[Told], str] = {StageEvent: "stage", OcrEvent: "ocr", TextEvent: "text"}

AskBody = Annotated[
    AskRequest,
    BodyKwarg(
        media_type=RequestEncodingType.JSON,
        examples=[
            Example(
                summary="A question", value={"question": "How did revenue change in 2023?", "collection": "reports"}
            )
        ],
    ),
]


@dataclass
class _AskOperation(Operation):
    """Adds the stream (200) beside the object (201)."""

    def __post_init__(self) -> None:
        words = (
            "`stage` (StageEvent) as each stage begins, `ocr` (OcrEvent) as each page is begun that is read by OCR first, `text` "
            "(TextEvent) as a model writes, then `answer` (Answer) or `error` (Problem)."
        )
        stream = OpenAPIMediaType(schema=event_schema(("stage", "ocr", "text", "answer", "error"), words))
        streamed = OpenAPIResponse(description="With `stream: true`.", content={"text/event-stream": stream})
        self.responses = {**(self.responses or {}), "200": streamed}
        if isinstance(created := self.responses["201"], OpenAPIResponse):
            where = OpenAPIHeader(
                description="Where the answer can be looked up.", schema=Schema(type=OpenAPIType.STRING)
            )
            created.headers = {"Location": where}


@post(
    "/v1/answers",
    status_code=201,
    operation_class=_AskOperation,
    tags=TAGS,
    operation_id="ask",
    summary="Ask a question",
    description=(
        "The answer with its outcome, claims and citations; each citation has the document, page, boxes, quoted words"
        " and a verdict. `not_in_documents` is an answer too. Pages that are left to OCR (setting `ingest.ocr`) and that the "
        "question finds are read first, which takes seconds a page, and stay read. With `stream: true`, Server-Sent Events: a "
        "`stage` event as each stage begins, `ocr` events as such pages are begun, `text` events while a model writes (raw, "
        "before any check), then `answer`, or `error` with a problem detail. A client that goes away cancels its question. What "
        "is wrong with the request itself comes back as a problem detail with its status in either case."
    ),
    responses={201: spec(Answer, "The answer, stored under its id."), **problems(404, 409, 413, 503)},
)
async def ask(service: NamedDependency[Service], request: AnyRequest, data: AskBody) -> Response[Answer] | Stream:
    """Answer one question."""
    if data.stream:
        heartbeat = service.settings.server.heartbeat_seconds
        return sse.event_stream(await _Asking(service, data).begin(heartbeat), heartbeat)
    answer = await unless_gone(request, service.ask(data))
    return Response(answer, status_code=201, headers={"Location": f"/v1/answers/{answer.id}"})


class _Asking:
    """A question under way: its stages as they begin, a model's text, then the answer. Cancelled when nobody reads on."""

    def __init__(self, service: Service, request: AskRequest) -> None:
        self._told: asyncio.Queue[Told | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(
            service.ask(request, on_stage=self._begun, on_text=self._written, on_ocr=self._tell)
        )
        self._task.add_done_callback(lambda _: self._told.put_nowait(None))

    def _begun(self, stage: str) -> None:
        self._tell(StageEvent(stage))

    def _written(self, stage: str, text: str) -> None:
        self._tell(TextEvent(stage, text))

    def _tell(self, event: Told) -> None:
        self._loop.call_soon_threadsafe(self._told.put_nowait, event)  # readers may work on a thread

    async def begin(self, seconds: float) -> AsyncIterator[ServerSentEventMessage]:
        """The stream, from the first stage on (but after `seconds` in any case).

        Raises what is wrong before that: an unknown document is a 404, not a stream with an error in it.
        """
        try:
            first = await asyncio.wait_for(self._told.get(), seconds)
        except TimeoutError:
            return self._events([])
        except asyncio.CancelledError:
            self._task.cancel()
            raise
        if first is None:
            self._task.result()
        return self._events([first])

    async def _events(self, begun: list[Told | None]) -> AsyncIterator[ServerSentEventMessage]:
        try:
            while True:
                event = begun.pop() if begun else await self._told.get()
                if event is None:
                    yield self._last()
                    return
                yield sse.message(_NAMES[type(event)], event)
        finally:
            self._task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._task

    def _last(self) -> ServerSentEventMessage:
        error = self._task.exception()
        if isinstance(error, Exception):
            return sse.message("error", describe(error))
        return sse.message("answer", self._task.result())


@get(
    "/v1/answers/{answer:str}",
    tags=TAGS,
    operation_id="getAnswer",
    summary="Look up an answer",
    description="An answer given before, as it was given.",
    responses=problems(404, 503),
)
async def get_answer(service: NamedDependency[Service], answer: AnswerId) -> Answer:
    """One answer."""
    return await service.answer(answer)


@get(
    "/v1/answers/{answer:str}/citations/{number:int}/image",
    media_type="image/png",
    tags=TAGS,
    operation_id="getCitationImage",
    summary="See a citation",
    description="The part of the page that the citation quotes, as a PNG, with the quoted words marked.",
    responses=problems(404, 409, 503),
)
async def get_citation_image(
    service: NamedDependency[Service], request: AnyRequest, answer: AnswerId, number: Number, width: Width = 1000
) -> Response[bytes]:
    """The citation's image."""
    checked_width(width, service.settings.limits.image_width)
    await service.answer(answer)
    identity = f"{answer}/{page_number(number)}/{width}"
    return await cached_image(request, identity, lambda: service.citation_image(answer, number, width=width))


routes = [ask, get_answer, get_citation_image]
