"""M-LongDoc's PDFs, from their addresses: they may not be passed on, so everybody gets them from where they are published."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
from msgspec import Struct

from eval.datasets.mlongdoc import read_addresses, read_questions

AT_ONCE = 4
SECONDS = 60.0
MOST_BYTES = 512 * 1024 * 1024
PDF = b"%PDF-"


class Fetched(Struct, frozen=True):
    """What became of an address. `problem` is None where the file is there."""

    name: str
    address: str
    problem: str | None = None


async def fetch_documents(
    folder: Path, *, limit: int | None = None, tell: Callable[[Fetched], None] = lambda fetched: None
) -> list[Fetched]:
    """The documents that the questions in `folder` are about into `documents/`, but for those that are there; the first
    `limit` by name. One that can't be had does not stop the others. Raises `BadDataset` where there are no addresses."""
    addresses = read_addresses(folder)
    wanted = sorted({question.home for question in read_questions(folder)})[:limit]
    place = folder / "documents"
    place.mkdir(exist_ok=True)
    there = {path.name for path in place.iterdir()}
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(client: httpx.AsyncClient, name: str) -> Fetched:
        async with slots:
            problem = None if name in there else await _fetch(client, addresses.get(name), place / name)
        found = Fetched(name, addresses.get(name, ""), problem)
        tell(found)
        return found

    async with httpx.AsyncClient(follow_redirects=True, timeout=SECONDS) as client:
        return await asyncio.gather(*(one(client, name) for name in wanted))


async def _fetch(client: httpx.AsyncClient, address: str | None, path: Path) -> str | None:
    if address is None:
        return "documents.csv has no address for it"
    partial = path.with_name(f".{path.name}.part")
    try:
        async with client.stream("GET", address) as response:
            response.raise_for_status()
            problem = await _keep(response, partial)
    except httpx.HTTPError as error:
        problem = str(error) or type(error).__name__
    if problem is None:
        partial.rename(path)
    else:
        partial.unlink(missing_ok=True)
    return problem


async def _keep(response: httpx.Response, path: Path) -> str | None:
    """Write what comes; what is wrong with it, or None."""
    size, head = 0, b""
    with path.open("wb") as file:  # local disk, a piece at a time
        async for piece in response.aiter_bytes():
            head = (head + piece)[: len(PDF)] if len(head) < len(PDF) else head
            size += len(piece)
            if size > MOST_BYTES:
                return f"more than {MOST_BYTES:,} bytes"
            file.write(piece)
    return None if head == PDF else "what came is no PDF"
