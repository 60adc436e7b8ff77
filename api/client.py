"""Quire over HTTP: `RemoteService` has the methods, types and errors of `api.Service`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from httpx_sse import ServerSentEvent, aconnect_sse

from answer import Answer
from api.errors import (
    Conflict,
    FolderInUse,
    InvalidInput,
    Misconfigured,
    NotFound,
    NotReady,
    QuireError,
    Unauthorised,
    Unavailable,
    UnreadableDocument,
    UploadTooLarge,
)
from api.folder import read_address
from api.names import collection_name
from api.schemas import (
    Added,
    AskRequest,
    Collection,
    Document,
    IndexReport,
    IndexRequest,
    Job,
    JobEvent,
    OcrEvent,
    Paged,
    PageSummary,
    Readiness,
    SearchRequest,
    SearchResponse,
    SimilarityGrid,
    StageEvent,
)
from ingest import Box, Page

T = TypeVar("T")

CHUNK = 1024 * 1024
"""Bytes of an upload that are in memory at a time."""
STREAM_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""The service sends a heartbeat every few seconds; a stream that is silent for a minute is broken."""
RECONNECTS = 5
"""How often in a row a stream of events is taken up again before the service counts as gone."""

DOCUMENT_PROBLEMS = (
    "not-a-document",
    "empty-document",
    "damaged-document",
    "document-locked",
    "too-many-pages",
    "document-too-large",
)

_BY_TYPE: dict[str, type[QuireError]] = {
    kind.type: kind
    for kind in (InvalidInput, NotFound, Conflict, Unauthorised, FolderInUse, Misconfigured, Unavailable, QuireError)
}


async def running_service(data: Path) -> "RemoteService | None":
    """The service that runs on this data folder, or None. An address left by a killed service is none."""
    found = read_address(data)
    if found is None:
        return None
    service = RemoteService(found.url, found.token)
    if await service.alive():
        return service
    await service.close()
    return None


class _NothingMore(Exception):
    """The stream is over: the service's answer (204) to one who has had the last event already."""


class RemoteService:
    """A service at `url`; `key` is an API key or the token of its data folder.

    Raises the errors of `api.errors`; a service that can't be reached is `Unavailable`.
    """

    def __init__(self, url: str, key: str | None = None, *, seconds: float = 600.0) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # No proxy from the environment: the service is named on purpose, and the key is for it alone.
        self._http = httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=httpx.Timeout(seconds, connect=5.0), trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def alive(self) -> bool:
        """Whether a Quire service answers there and takes our key. Never raises."""
        try:
            response = await self._http.get("/v1/collections", timeout=5.0)
        except httpx.HTTPError:
            return False
        return response.is_success

    async def add(
        self,
        collection: str,
        source: Path | AsyncIterator[bytes],
        *,
        name: str,
        password: str | None = None,
        replaces: str | None = None,
    ) -> Added:
        """Upload the bytes as they are read. `created` is False where the collection had them already."""
        collection_name(collection)  # one that can't be is no path of the service either
        query = {"name": name} | ({"replaces": replaces} if replaces else {})
        headers = {"Content-Type": "application/octet-stream"}
        if password is not None:
            headers["X-Document-Password"] = quote(password)
        chunks = _chunks(source) if isinstance(source, Path) else source
        path = f"/v1/collections/{_segment(collection)}/documents"
        return await self._call(Added, "POST", path, params=query, headers=headers, content=chunks)

    async def collections(self) -> list[Collection]:
        """All collections."""
        return await self._call(list[Collection], "GET", "/v1/collections")

    async def delete_collection(self, collection: str) -> None:
        """Delete the collection with all that is in it."""
        await self._send("DELETE", f"/v1/collections/{_segment(collection)}")

    async def documents(
        self, collection: str | None = None, *, cursor: str | None = None, limit: int = 50
    ) -> Paged[Document]:
        """One page of the list of documents."""
        query = _given(collection=collection, cursor=cursor, limit=limit)
        return await self._call(Paged[Document], "GET", "/v1/documents", params=query)

    async def document(self, id: str) -> Document:
        """One document."""
        return await self._call(Document, "GET", f"/v1/documents/{_segment(id)}")

    async def delete(self, id: str) -> None:
        """Delete the document: points, files, rows."""
        await self._send("DELETE", f"/v1/documents/{_segment(id)}")

    async def pages(self, id: str, *, cursor: str | None = None, limit: int = 100) -> Paged[PageSummary]:
        """One page of the list of the document's pages."""
        query = _given(cursor=cursor, limit=limit)
        return await self._call(Paged[PageSummary], "GET", f"/v1/documents/{_segment(id)}/pages", params=query)

    async def page(self, id: str, number: int) -> Page:
        """A page as it was read; `number` counts from 1."""
        return await self._call(Page, "GET", f"/v1/documents/{_segment(id)}/pages/{number}")

    async def page_image(self, id: str, number: int, *, width: int = 1000, crop: Box | None = None) -> bytes:
        """The page as a PNG, `width` pixels wide; or what of it lies in `crop`, with a small margin."""
        path = f"/v1/documents/{_segment(id)}/pages/{number}/image"
        box = {"box": f"{crop.x0},{crop.y0},{crop.x1},{crop.y1}"} if crop is not None else {}
        return (await self._send("GET", path, params={"width": width, **box})).content

    async def page_similarity(
        self, id: str, number: int, question: str, *, width: int = 1000, token: int | None = None
    ) -> bytes:
        """The page as a PNG with a heat map of where the question finds its match, in total or of one of its tokens."""
        query = _given(question=question, width=width, token=token)
        return (await self._send("GET", _similarity(id, number), params=query)).content

    async def page_similarity_grid(self, id: str, number: int, question: str) -> SimilarityGrid:
        """The same in numbers, all tokens."""
        path = f"{_similarity(id, number)}/grid"
        return await self._call(SimilarityGrid, "GET", path, params={"question": question})

    async def job(self, id: str) -> Job:
        """The job as it stands."""
        return await self._call(Job, "GET", f"/v1/jobs/{_segment(id)}")

    async def cancel(self, id: str) -> Job:
        """Ask the job to stop. Raises `Conflict` if it has ended."""
        return await self._call(Job, "POST", f"/v1/jobs/{_segment(id)}/cancel")

    async def watch(self, id: str, *, after: int = 0) -> AsyncIterator[JobEvent]:
        """The job's events from `after` on, live, up to the final one; taken up again where the connection broke."""
        failures = 0
        path = f"/v1/jobs/{_segment(id)}/events"
        while True:
            try:
                async for message in self._events("GET", path, after=after, timeout=STREAM_TIMEOUT):
                    event = msgspec.json.decode(message.data, type=JobEvent)
                    after, failures = event.id, 0
                    yield event
                    if event.kind.final:
                        return
                broken = Unavailable(f"The service at {self.url} keeps ending the events of job {id}.")
            except _NothingMore:
                return
            except Unavailable as error:
                broken = error
            failures += 1
            if failures > RECONNECTS:
                raise broken
            await asyncio.sleep(min(0.2 * 2**failures, 5.0))

    async def verify_index(self, collection: str) -> IndexReport:
        """The collection's index against what was read."""
        return await self._call(IndexReport, "GET", f"/v1/collections/{_segment(collection)}/index")

    async def work_on_index(self, collection: str, request: IndexRequest) -> Job:
        """Begin a job on the collection's index. Raises `Conflict` while there is another one."""
        path = f"/v1/collections/{_segment(collection)}/index/jobs"
        return await self._call(Job, "POST", path, json=request)

    async def search(self, request: SearchRequest) -> SearchResponse:
        """Ranked pages."""
        return await self._call(SearchResponse, "POST", "/v1/search", json=request)

    async def ask(
        self,
        request: AskRequest,
        *,
        on_stage: Callable[[str], None] | None = None,
        on_ocr: Callable[[OcrEvent], None] | None = None,
    ) -> Answer:
        """The answer, with its stages told to `on_stage` as they begin, and pages that are read by OCR first to `on_ocr`."""
        if on_stage is None and on_ocr is None:
            return await self._call(Answer, "POST", "/v1/answers", json=msgspec.structs.replace(request, stream=False))
        body = msgspec.structs.replace(request, stream=True)
        async for message in self._events("POST", "/v1/answers", json=body):
            match message.event:
                case "stage" if on_stage is not None:
                    on_stage(msgspec.json.decode(message.data, type=StageEvent).stage)
                case "ocr" if on_ocr is not None:
                    on_ocr(msgspec.json.decode(message.data, type=OcrEvent))
                case "answer":
                    return msgspec.json.decode(message.data, type=Answer)
                case "error":
                    raise error_of(message.data.encode(), 500)
        raise Unavailable(f"The service at {self.url} ended the stream without an answer; ask again.")

    async def answer(self, id: str) -> Answer:
        """An answer given before."""
        return await self._call(Answer, "GET", f"/v1/answers/{_segment(id)}")

    async def citation_image(self, answer: str, number: int, *, width: int = 1000) -> bytes:
        """The part of the page that the citation quotes, marked, as a PNG."""
        path = f"/v1/answers/{_segment(answer)}/citations/{number}/image"
        return (await self._send("GET", path, params={"width": width})).content

    async def readiness(self) -> Readiness:
        """Whether the service can take work, part by part (also when it can't: the answer is then a 503)."""
        response = await self._request("GET", "/health/ready")
        if response.status_code not in (200, 503):
            raise error_of(response.content, response.status_code)
        return _decoded(response.content, Readiness)

    async def _call(self, type_: type[T], method: str, path: str, **options: Any) -> T:
        return _decoded((await self._send(method, path, **options)).content, type_)

    async def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        response = await self._request(method, path, **options)
        if response.is_success:
            return response
        raise error_of(response.content, response.status_code)

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **_encoded(options))
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    async def _events(
        self, method: str, path: str, *, after: int = 0, **options: Any
    ) -> AsyncIterator[ServerSentEvent]:
        options = _encoded(options)
        if after:
            options.setdefault("headers", {})["Last-Event-ID"] = str(after)
        try:
            async with aconnect_sse(self._http, method, path, **options) as source:
                if source.response.status_code == httpx.codes.NO_CONTENT:
                    raise _NothingMore
                if not source.response.is_success:
                    raise error_of(await source.response.aread(), source.response.status_code)
                async for message in source.aiter_sse():
                    yield message
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: httpx.HTTPError) -> Unavailable:
        reason = str(error) or type(error).__name__
        return Unavailable(
            f"The service at {self.url} can't be reached ({reason}). Is it running? `quire serve` starts it."
        )


def error_of(body: bytes, status: int) -> QuireError:
    """The error that a problem detail (RFC 9457) stands for; of another answer, its status."""
    try:
        details = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return Unavailable(f"The service answered with status {status} and no problem detail.")
    name = str(details.get("type", "")).rstrip("/").rpartition("/")[2].rpartition(":")[2]
    text = str(details.get("detail") or details.get("title") or f"Status {status}")
    if name == UploadTooLarge.type and isinstance(details.get("limit"), int):
        return UploadTooLarge(details["limit"])
    if name == NotReady.type:
        return NotReady(text, tuple(details.get("jobs", ())))
    if name in _BY_TYPE:
        return _BY_TYPE[name](text)
    return _by_status(text, name, status)


def _by_status(text: str, name: str, status: int) -> QuireError:
    if name in DOCUMENT_PROBLEMS:
        return UnreadableDocument(text, name)
    if status in (400, 413, 414, 415, 422):
        return InvalidInput(text)
    for kind in (NotFound, Conflict, Unauthorised, Unavailable):
        if status == kind.status:
            return kind(text)
    return QuireError(text)


def _decoded(body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as error:
        raise Unavailable(
            f"The service's answer is not understood ({error}). Are client and service the same version?"
        ) from error


def _encoded(options: dict[str, Any]) -> dict[str, Any]:
    """msgspec objects as JSON bodies: httpx's own encoder does not know them."""
    if "json" not in options:
        return options
    rest = {key: value for key, value in options.items() if key != "json"}
    headers = {**rest.pop("headers", {}), "Content-Type": "application/json"}
    return {**rest, "headers": headers, "content": msgspec.json.encode(options["json"])}


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:  # local disk, a megabyte at a time
        while chunk := file.read(CHUNK):
            yield chunk


def _similarity(id: str, number: int) -> str:
    return f"/v1/documents/{_segment(id)}/pages/{number}/similarity"


def _segment(text: str) -> str:
    return quote(text, safe="")


def _given(**values: str | int | None) -> dict[str, str | int]:
    return {key: value for key, value in values.items() if value is not None}
