"""What all tests share."""

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Coroutines run on asyncio: it is what the service runs on, and what its libraries need."""
    return "asyncio"
