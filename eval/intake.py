"""Documents into the service: those that it lacks, each read to its end before the first question."""

from collections.abc import Callable
from pathlib import Path

from api.errors import NotFound, QuireError, Unavailable
from api.schemas import DocumentStatus, JobEvent
from eval.record import Taken
from eval.system import System
from eval.together import in_turn

AT_ONCE = 3
"""Documents under way together: enough to keep the workers busy across the end of one."""
Told = Callable[[str, JobEvent], None]


async def take_in(
    system: System,
    collection: str,
    files: dict[str, Path],
    known: dict[str, Taken],
    tell: Told,
    keep: Callable[[Taken], None],
) -> None:
    """Every file is in the collection afterwards, or `keep` has been told why not. `known`: what an earlier attempt took
    in, asked for again only by its id. Raises `Unavailable` where the service can't be reached."""

    async def one(file: tuple[str, Path]) -> None:
        name, path = file
        keep(await _take(system, collection, name, path, known.get(name), tell))

    await in_turn(sorted(files.items()), one, AT_ONCE)


async def _take(system: System, collection: str, name: str, path: Path, known: Taken | None, tell: Told) -> Taken:
    if known is not None and known.error is None and await _is_there(system, known):
        return known
    try:
        added = await system.add(collection, path, name=path.name)
        async for event in system.watch(added.job.id):
            tell(name, event)
        document = await system.document(added.document.id)
    except Unavailable:
        raise
    except QuireError as error:  # a document that can't be read fails its questions, not the run
        return Taken(name, "", 0, 0, DocumentStatus.FAILED.value, "", str(error))
    error_ = document.error if document.status in (DocumentStatus.FAILED, DocumentStatus.CANCELLED) else None
    return Taken(
        name, document.id, document.pages, document.pages_failed, document.status.value, document.sha256, error_
    )


async def _is_there(system: System, known: Taken) -> bool:
    try:
        document = await system.document(known.id)
    except NotFound:
        return False
    return document.status in (DocumentStatus.READY, DocumentStatus.PARTIAL)
