"""The system under test: a Quire service, in the process or at an address."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

from answer import Answer
from api.schemas import Added, AskRequest, Document, JobEvent, Readiness, SearchRequest, SearchResponse
from ingest import Box, Page


class System(Protocol):
    """What the harness calls; `api.service.Service` and `api.client.RemoteService` both have it."""

    async def add(
        self,
        collection: str,
        source: Path | AsyncIterator[bytes],
        *,
        name: str,
        password: str | None = None,
        replaces: str | None = None,
    ) -> Added: ...

    async def document(self, id: str) -> Document: ...

    def watch(self, id: str, *, after: int = 0) -> AsyncIterator[JobEvent]: ...

    async def page(self, id: str, number: int) -> Page: ...

    async def page_image(self, id: str, number: int, *, width: int = 1000, crop: Box | None = None) -> bytes: ...

    async def search(self, request: SearchRequest) -> SearchResponse: ...

    async def ask(self, request: AskRequest, *, on_stage: Callable[[str], None] | None = None) -> Answer: ...

    async def readiness(self) -> Readiness: ...
