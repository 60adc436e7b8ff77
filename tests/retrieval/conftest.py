"""Real parts: the packaged encoder, loaded once for all tests here, and qdrant-edge on disk."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from retrieval import RetrievalSettings, Retriever, TextEncoder


@pytest.fixture(scope="session")
def encoder() -> TextEncoder:
    """The packaged model."""
    return TextEncoder("all-MiniLM-L6-v2")


@pytest.fixture
def retriever(encoder: TextEncoder, tmp_path: Path) -> Callable[[], AbstractAsyncContextManager[Retriever]]:
    """Opens a retriever on this test's own folder, each time the same; with the encoder that is loaded already."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Retriever]:
        # The shard on a thread: to start its process takes a second each time. Tests of the store and of the service have one.
        found = Retriever(tmp_path / "index", RetrievalSettings(shard_inline=True), encoder=encoder)
        await found.start()
        try:
            yield found
        finally:
            await found.close()

    return opened
