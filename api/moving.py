"""An index to another store, or through a file: for a data folder that no service runs on. Documents, files and jobs stay where
they are; with the index on a server, `index.store` and `index.url` say so from then on."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from api.errors import Conflict
from api.folder import Folder
from api.models import as_problems, retrieval_settings
from api.settings import Settings
from retrieval import RetrievalSettings, StoreError, StoreUnavailable, open_store

if TYPE_CHECKING:
    from retrieval.store import VectorStore
    from retrieval.store.transfer import Moved


async def export_index(
    settings: Settings, collection: str, to: Path | str, *, key: str | None = None, replace: bool = False
) -> "Moved":
    """The index of a collection into a new file (a path), or onto the Qdrant server at a URL, where it gets the same name.
    Conflict says why not."""
    from retrieval.store.transfer import copy, export_file

    async with _opened(settings) as store, _explained():
        if isinstance(to, Path):
            return await export_file(store, collection, to)
        target = open_store(settings.data, RetrievalSettings(store="server", url=to, api_key=key))
        try:
            return await copy(store, collection, target, replace=replace)
        finally:
            await target.close()


async def import_index(settings: Settings, file: Path, *, replace: bool = False) -> "Moved":
    """The index in a file into the store of the settings. Conflict says why not."""
    from retrieval.store.transfer import import_file

    async with _opened(settings) as store, _explained():
        return await import_file(store, file, replace=replace)


@asynccontextmanager
async def _opened(settings: Settings) -> "AsyncGenerator[VectorStore, None]":
    folder = Folder(settings.data)
    folder.own()
    try:
        store = open_store(folder.path / "index", retrieval_settings(settings.index))
        try:
            yield store
        finally:
            await store.close()
    finally:
        folder.release()


@asynccontextmanager
async def _explained() -> AsyncGenerator[None, None]:
    with as_problems():
        try:
            yield
        except StoreUnavailable:
            raise
        except StoreError as error:
            raise Conflict(str(error)) from error
