"""A service in the process whose workers read as a test tells them to. Apart from the readers: workers import those alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pymupdf

from api.service import Service
from api.settings import Settings
from retrieval import TextEncoder
from tests.api import readers

_encoders: list[TextEncoder] = []


@asynccontextmanager
async def reading(settings: Settings, reader: str) -> AsyncIterator[Service]:
    """A service, warmed up, whose workers read with one of tests/api/readers.py."""
    service = await Service.open(settings)
    service._ingestor._reader = f"{readers.__name__}:{reader}"
    retriever = service._models._retriever
    retriever._encoder = _encoders[0] if _encoders else None  # loaded once for all tests: it takes seconds
    try:
        await service.warm_up()
        _encoders[:] = [retriever.encoder]
        yield service
    finally:
        await service.close()


def marked_pdf(path: Path, pages: int, text: str = "") -> Path:
    """A document for those readers: its subject is the folder in which it lies."""
    document = pymupdf.open()
    document.set_metadata({"subject": str(path.parent)})
    for number in range(1, pages + 1):
        document.new_page().insert_text((60, 60), text or f"Page {number} of {path.stem}.")
    document.save(path)
    return path
