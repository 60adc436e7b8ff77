"""Taking in a file: spooled to disk within the size limit, hashed on the way, looked at in a worker, and only then accepted."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import anyio

from api.catalogue import Upload
from api.errors import Unavailable, UnreadableDocument, UploadTooLarge
from api.names import document_name, suffix
from api.settings import LimitSettings
from ingest import (
    ConversionFailed,
    ConverterMissing,
    DamagedFile,
    DocumentLocked,
    EmptyFile,
    IngestError,
    Ingestor,
    NotADocument,
    ReaderUnavailable,
    TooLarge,
    TooManyPages,
)

CHUNK = 1024 * 1024
PROBLEM_TYPES: dict[type[IngestError], str] = {
    NotADocument: "not-a-document",
    EmptyFile: "empty-document",
    DamagedFile: "damaged-document",
    DocumentLocked: "document-locked",
    TooManyPages: "too-many-pages",
    TooLarge: "document-too-large",
    ConverterMissing: "not-a-document",
    ConversionFailed: "damaged-document",
}


@dataclass(frozen=True, slots=True)
class Spooled:
    """An upload on this machine's disk. `path` is the upload itself."""

    path: Path
    bytes: int
    sha256: str


@asynccontextmanager
async def spool(source: Path | AsyncIterator[bytes], tmp: Path, limit: int) -> AsyncIterator[Spooled]:
    """Writes the source to a temporary file that goes with the context. UploadTooLarge beyond `limit` bytes."""
    chunks = _chunks(source) if isinstance(source, Path) else source
    digest = hashlib.sha256()
    size = 0
    with NamedTemporaryFile(dir=tmp) as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise UploadTooLarge(limit)
            digest.update(chunk)
            await anyio.to_thread.run_sync(file.write, chunk)
        file.flush()
        yield Spooled(Path(file.name), size, digest.hexdigest())


async def inspect(
    ingestor: Ingestor, spooled: Spooled, limits: LimitSettings, *, name: str, password: str | None
) -> tuple[Upload, Path]:
    """What the upload is, and the file to keep: a copy beside it where it had to be decrypted or turned into a PDF."""
    shown = document_name(name, limits.name_characters)
    copy = spooled.path.with_suffix(".copy")
    try:
        info, kept = await ingestor.prepare(spooled.path, name=shown, copy=copy, password=password)
    except ReaderUnavailable as error:
        raise Unavailable(f"Documents can't be read at present: {error}") from error
    except IngestError as error:
        raise UnreadableDocument(str(error), PROBLEM_TYPES.get(type(error), "damaged-document")) from error
    upload = Upload(
        name=shown,
        media_type=info.media_type,
        title=info.title,
        bytes=spooled.bytes,
        sha256=spooled.sha256,
        pages=info.page_count,
        suffix=suffix(shown) if kept == spooled.path else ".pdf",
        notes=info.notes,
    )
    return upload, kept


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        while chunk := await file.read(CHUNK):
            yield chunk
