"""What a command works on: the data folder's running service over HTTP, or the folder itself. Commands can't tell."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from api.cli.options import Common
from api.errors import FolderInUse

if TYPE_CHECKING:
    from answer import Answer
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
        Readiness,
        SearchRequest,
        SearchResponse,
    )
    from api.settings import Settings

WAIT_SECONDS = 10.0
"""How long a command waits for another one that has the data folder open."""


class Backend(Protocol):
    """The part of `api.Service` that commands use; `api.client.RemoteService` has it too: same types, same errors."""

    async def add(
        self,
        collection: str,
        source: Path | AsyncIterator[bytes],
        *,
        name: str,
        password: str | None = None,
        replaces: str | None = None,
    ) -> "Added": ...

    async def collections(self) -> "list[Collection]": ...

    async def delete_collection(self, collection: str) -> None: ...

    async def documents(
        self, collection: str | None = None, *, cursor: str | None = None, limit: int = 50
    ) -> "Paged[Document]": ...

    async def document(self, id: str) -> "Document": ...

    async def delete(self, id: str) -> None: ...

    async def page_similarity(
        self, id: str, number: int, question: str, *, width: int = 1000, token: int | None = None
    ) -> bytes: ...

    async def job(self, id: str) -> "Job": ...

    def watch(self, id: str, *, after: int = 0) -> "AsyncIterator[JobEvent]": ...

    async def cancel(self, id: str) -> "Job": ...

    async def verify_index(self, collection: str) -> "IndexReport": ...

    async def work_on_index(self, collection: str, request: "IndexRequest") -> "Job": ...

    async def search(self, request: "SearchRequest") -> "SearchResponse": ...

    async def ask(
        self,
        request: "AskRequest",
        *,
        on_stage: Callable[[str], None] | None = None,
        on_ocr: "Callable[[OcrEvent], None] | None" = None,
    ) -> "Answer": ...

    async def readiness(self) -> "Readiness": ...

    async def close(self) -> None: ...


@asynccontextmanager
async def open_backend(options: Common, *, jobs: bool = True, wait: float = WAIT_SECONDS) -> AsyncIterator[Backend]:
    """The running service if there is one, else the folder, opened for as long as the block runs.

    `jobs=False` is enough for listing: it loads neither models nor the job engine. Raises `FolderInUse` when another
    command still has the folder after `wait` seconds; the user is told once that it waits.
    """
    backend = await _connect(options, options.settings(), jobs, wait)
    try:
        yield backend
    finally:
        await backend.close()


async def _connect(options: Common, settings: "Settings", jobs: bool, wait: float) -> Backend:
    from api.client import running_service

    deadline, told = time.monotonic() + wait, False
    while True:
        if service := await running_service(settings.data):
            return service
        try:
            return await _open_folder(settings, jobs, options.debug)
        except FolderInUse:
            if time.monotonic() >= deadline:
                raise
        if not told:
            options.note(f"Another quire command has {settings.data} open; waiting up to {wait:.0f} s for it …")
            told = True
        await asyncio.sleep(0.25)


async def _open_folder(settings: "Settings", jobs: bool, debug: bool) -> Backend:
    from api.cli.remarks import send_logs_to_stderr
    from api.service import Service

    send_logs_to_stderr(debug=debug)
    return await Service.open(settings, jobs=jobs)
