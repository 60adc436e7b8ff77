"""Uploads, multipart or raw, in bounded memory: what does not go straight on to the service waits in a file on disk.

Litestar's own form parser would keep a file part without a file name in memory whatever its size, and has no limit for
one part; so the stream is read here with the same push parser (`multipart`) that Litestar uses. The file is unnamed (it
vanishes with the process) and lies in the data folder, because /tmp is memory on many machines.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import anyio
from litestar.exceptions import ClientException, InternalServerException
from msgspec import Struct
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from api.errors import InvalidInput, UploadTooLarge
from api.problems import AnyRequest, Malformed
from api.rest.naming import file_name, percent_decoded, utf8

FILE_FIELD = "file"
TEXT_FIELDS = ("name", "password", "replaces")
TEXT_BYTES = 64 * 1024
"""Bytes that a text field, or a header line of a part, may have: a name of 2,000 emoji, percent-encoded, has 24,000."""
OVERHEAD_BYTES = 1024 * 1024
"""Bytes that a multipart form may have beside the file."""
CHUNK = 1024 * 1024


class Upload(Struct, frozen=True):
    """One uploaded document. `source` can be read once."""

    name: str
    source: AsyncIterator[bytes]
    password: str | None
    replaces: str | None


@asynccontextmanager
async def received(request: AnyRequest, data: Path, limit: int) -> AsyncIterator[Upload]:
    """The upload in the request, at most `limit` bytes. Raises `UploadTooLarge`, `InvalidInput`, `Malformed`."""
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    multipart = media_type == "multipart/form-data"
    announced = request.content_length
    if announced is not None and announced > limit + (OVERHEAD_BYTES if multipart else 0):
        raise UploadTooLarge(limit)
    if not multipart:
        yield _raw(request, limit)
        return
    boundary = options.get("boundary")
    if not boundary:
        raise Malformed("The Content-Type multipart/form-data has no boundary.")
    with tempfile.TemporaryFile(dir=data) as spool:
        fields = await _Form(spool, limit).read(_body(request), boundary)
        yield _named(request, _chunks(spool), fields)


def _raw(request: AnyRequest, limit: int) -> Upload:
    fields = {}
    if password := request.headers.get("x-document-password"):
        fields["password"] = percent_decoded(password, "The header X-Document-Password")
    if name := file_name(request.headers.get("content-disposition", "")):
        fields["file name"] = name
    return _named(request, _limited(_body(request), limit), fields)


def _named(request: AnyRequest, source: AsyncIterator[bytes], fields: dict[str, str]) -> Upload:
    query = request.query_params
    name = query.get("name") or fields.get("name") or fields.get("file name")
    if not name:
        raise InvalidInput(
            "The document has no name. Send it as `?name=`, as the file name of the multipart field `file`, or in the"
            " header Content-Disposition."
        )
    return Upload(name, source, fields.get("password"), query.get("replaces") or fields.get("replaces") or None)


class _Form:
    """Reads one multipart form: the file into `spool`, text fields into a dict (the file's own name as `file name`)."""

    def __init__(self, spool: IO[bytes], limit: int) -> None:
        self._spool, self._limit = spool, limit
        self._fields: dict[str, str] = {}
        self._segment: MultipartSegment | None = None
        self._text = bytearray()

    async def read(self, body: AsyncIterator[bytes], boundary: str) -> dict[str, str]:
        """All fields, once the form has been read to its end."""
        # Header lines come as Latin-1, so that bytes that are not UTF-8 can be told from a broken form (naming.utf8).
        parser = PushMultipartParser(
            boundary.encode("latin-1"), header_charset="latin-1", max_header_size=TEXT_BYTES, max_segment_count=16
        )
        try:
            with parser:
                async for chunk in body:
                    for event in parser.parse(chunk) if chunk else ():
                        await self._take(event)
        except MultipartError as error:
            raise Malformed(f"The multipart form can't be parsed: {error}") from error
        if "file" not in self._fields:
            raise InvalidInput(f"The multipart form has no field `{FILE_FIELD}` with the document.")
        await anyio.to_thread.run_sync(self._spool.seek, 0)
        return self._fields

    async def _take(self, event: MultipartSegment | bytes | None) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        elif self._name == FILE_FIELD:
            await self._write(event)
        else:
            self._text += event
            if len(self._text) > TEXT_BYTES:
                raise InvalidInput(f"The field `{self._name}` is longer than {TEXT_BYTES:,} bytes.")

    @property
    def _name(self) -> str:
        return utf8(self._segment.name or "", "A field's name") if self._segment else ""

    def _begin(self, segment: MultipartSegment) -> None:
        self._segment = segment
        if self._name not in (FILE_FIELD, *TEXT_FIELDS):
            accepted = ", ".join(f"`{name}`" for name in (FILE_FIELD, *TEXT_FIELDS))
            raise InvalidInput(f"The form has a field {self._name[:100]!r}; accepted are {accepted}.")
        if self._name in self._fields:
            raise InvalidInput(f"The form has the field `{self._name}` more than once; one upload takes one document.")
        self._fields[self._name] = ""
        if self._name == FILE_FIELD and (name := file_name(segment.header("Content-Disposition", ""))):
            self._fields["file name"] = name

    def _end(self) -> None:
        if self._name != FILE_FIELD:
            self._fields[self._name] = utf8(bytes(self._text), f"The field `{self._name}`")
        self._text.clear()

    async def _write(self, data: bytes) -> None:
        if self._segment and self._segment.bytes_received > self._limit:
            raise UploadTooLarge(self._limit)
        await anyio.to_thread.run_sync(self._spool.write, data)


async def _body(request: AnyRequest) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except (
        InternalServerException
    ) as error:  # Litestar's word for a client that hung up; there is nobody left to answer
        raise ClientException("The connection was closed before the upload was complete.") from error


async def _limited(body: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in body:
        received += len(chunk)
        if received > limit:
            raise UploadTooLarge(limit)
        if chunk:
            yield chunk


async def _chunks(spool: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await anyio.to_thread.run_sync(spool.read, CHUNK):
        yield chunk
