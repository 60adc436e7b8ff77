"""One ingestor for all tests: its workers start once."""

import asyncio
import select
import socket
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ingest import Ingestor, Page, SourceInfo

T = TypeVar("T")


class Reader:
    """An ingestor and the event loop it belongs to, for tests that are not coroutines."""

    def __init__(self, ingestor: Ingestor) -> None:
        self.ingestor = ingestor
        self._runner = asyncio.Runner()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def probe(self, path: Path, name: str | None = None, password: str | None = None) -> SourceInfo:
        return self.run(self.ingestor.probe(path, name=name or path.name, password=password))

    def read(self, path: Path, pages: Sequence[int]) -> dict[int, Page]:
        async def collect() -> list[Page]:
            return [page async for page in self.ingestor.read(path, pages)]

        found = self.run(collect())
        by_number = {page.number: page for page in found}
        assert len(found) == len(by_number), "a page came twice"
        return by_number

    def close(self) -> None:
        self.run(self.ingestor.close())
        self._runner.close()


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """Reads with the usual limits and OCR."""
    made = Reader(Ingestor())
    yield made
    made.close()


class Listener:
    """An address that nobody is to call."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.getsockname()[1]}"

    def called(self) -> bool:
        """Whether somebody has connected. What connected while a file was read stands in the queue at once."""
        return bool(select.select([self._server], [], [], 0.05)[0])


@pytest.fixture
def listener() -> Iterator[Listener]:
    """An address that documents point to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Listener(server)
