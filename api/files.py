"""Where uploads, read pages and page images lie: a local folder or any object store that obstore speaks to.

Keys are `{document}/{revision}/source{suffix}`, `.../pages/{number}.msgpack` and `.../images/{name}.png`.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio
import msgspec

from api.errors import NotFound
from ingest import Page

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Files:
    """The files of all documents under one root."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        from obstore.store import LocalStore, from_url

        self._local = folder / "files" if url is None else None
        self._cache = folder / "tmp"
        self._cache.mkdir(parents=True, exist_ok=True)
        self._store: ObjectStore = from_url(url) if url else LocalStore(self._local, mkdir=True, automatic_cleanup=True)

    async def put_source(self, document: str, revision: str, suffix: str, path: Path) -> None:
        """Keeps the uploaded bytes; they are on disk when this returns."""
        key = _source(document, revision, suffix)
        await self._store.put_async(key, path)
        if self._local is not None:
            await anyio.to_thread.run_sync(_sync, self._local / key)

    @asynccontextmanager
    async def source(self, document: str, revision: str, suffix: str) -> AsyncIterator[Path]:
        """The uploaded bytes as a local file, for as long as the context lasts."""
        key = _source(document, revision, suffix)
        if self._local is not None:
            yield self._local / key
            return
        with NamedTemporaryFile(dir=self._cache, suffix=suffix) as copy:
            async for chunk in (await self._store.get_async(key)).stream():
                copy.write(chunk)
            copy.flush()
            yield Path(copy.name)

    async def put_page(self, document: str, revision: str, page: Page) -> None:
        """Keeps a read page."""
        await self._store.put_async(_page(document, revision, page.number), msgspec.msgpack.encode(page))

    async def page(self, document: str, revision: str, number: int) -> Page:
        """A read page; NotFound if it was never read or is gone."""
        data = await self._get(_page(document, revision, number))
        if data is None:
            raise NotFound(f"Page {number} of document {document!r} has not been read, or there is no such page.")
        return msgspec.msgpack.decode(data, type=Page)

    async def image(self, document: str, revision: str, name: str) -> bytes | None:
        """A page image made before, or None."""
        return await self._get(_image(document, revision, name))

    async def put_image(self, document: str, revision: str, name: str, data: bytes) -> None:
        """Keeps a page image so that it need not be rendered again."""
        await self._store.put_async(_image(document, revision, name), data)

    async def keys(self, folder: str | None = None) -> list[str]:
        """Every key, or those below a document or a revision."""
        prefix = f"{folder}/" if folder else None
        return [str(meta["path"]) async for batch in self._store.list(prefix) for meta in batch]

    async def revisions(self) -> list[tuple[str, str]]:
        """(document, revision) of everything that lies here."""
        found = []
        for document in (await self._store.list_with_delimiter_async())["common_prefixes"]:
            below = await self._store.list_with_delimiter_async(f"{document}/")
            found += [(document, prefix.split("/")[1]) for prefix in below["common_prefixes"]]
        return found

    async def delete_revision(self, document: str, revision: str) -> None:
        """Removes the files of one revision."""
        for key in await self.keys(f"{document}/{revision}"):
            await self._delete_key(key)
        if self._local is not None:
            await anyio.to_thread.run_sync(
                partial(shutil.rmtree, ignore_errors=True), self._local / document / revision
            )

    async def delete(self, document: str, *, keep: str | None = None) -> None:
        """Removes the document's files, but for those of the revision `keep`."""
        for key in await self.keys(document):
            if keep is None or not key.startswith(f"{document}/{keep}/"):
                await self._delete_key(key)
        if self._local is not None:
            # A killed writer leaves unfinished files that the store does not list.
            await anyio.to_thread.run_sync(_prune, self._local / document, keep)

    async def _delete_key(self, key: str) -> None:
        try:
            await self._store.delete_async(key)
        except FileNotFoundError:
            return  # gone already: deletion may be repeated after a crash

    async def _get(self, key: str) -> bytes | None:
        try:
            return bytes(await (await self._store.get_async(key)).bytes_async())
        except FileNotFoundError:
            return None


def _source(document: str, revision: str, suffix: str) -> str:
    return f"{document}/{revision}/source{suffix}"


def _page(document: str, revision: str, number: int) -> str:
    return f"{document}/{revision}/pages/{number:06}.msgpack"


def _image(document: str, revision: str, name: str) -> str:
    return f"{document}/{revision}/images/{quote(name, safe='')}.png"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prune(folder: Path, keep: str | None) -> None:
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for other in folder.iterdir() if folder.exists() else ():
        if other.name != keep:
            shutil.rmtree(other, ignore_errors=True)
