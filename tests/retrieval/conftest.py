"""Real parts: the packaged encoder, loaded once for all tests here, and qdrant-edge on disk in its own process."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from retrieval import Retriever, TextEncoder


@pytest.fixture(scope="session")
def encoder() -> TextEncoder:
    """The packaged model."""
    return TextEncoder("all-MiniLM-L6-v2")


@pytest.fixture
def retriever(encoder: TextEncoder, tmp_path: Path) -> Callable[[], AbstractAsyncContextManager[Retriever]]:
    """Opens a retriever on this test's own folder, each time the same; with the encoder that is loaded already."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Retriever]:
        found = Retriever(tmp_path / "index", encoder=encoder)
        await found.start()
        try:
            yield found
        finally:
            await found.close()

    return opened
