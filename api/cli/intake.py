"""Bringing files in: upload, follow the jobs, say how each ended. `quire add` and `quire ask FILE…` share it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from api.cli.backend import Backend
from api.cli.failures import problem
from api.cli.progress import Meter
from api.errors import Conflict, InvalidInput, QuireError
from api.schemas import Added, Document, DocumentStatus, Job

if TYPE_CHECKING:
    from api.cli.options import Common

CANCEL_SECONDS = 10.0


class Taken(Struct, frozen=True):
    """One file of the command line and what became of it: a document with its job, or a problem."""

    file: str
    document: Document | None = None
    job: Job | None = None
    created: bool = False
    problem: dict[str, object] | None = None


class Options(Struct, frozen=True):
    """How files are taken in."""

    collection: str
    password: str | None = None
    replaces: str | None = None
    name: str | None = None
    wait: bool = True


class Intake(Struct, frozen=True):
    """All files of one command. `errors` holds the exceptions behind the problems, in the same order."""

    taken: list[Taken]
    errors: list[QuireError]


async def take_in(
    backend: Backend, files: Sequence[Path], options: Options, meter: Meter, *, remote: bool, common: "Common"
) -> Intake:
    """Upload all files, then follow each job to its end. A file that can't be taken in does not stop the others.

    Interrupted (Ctrl-C): a running service goes on; an embedded one cancels the jobs and leaves the folder whole.
    """
    intake = Intake([], [])
    try:
        with meter:
            for file in files:
                intake.taken.append(await _upload(backend, file, options, intake.errors))
            if options.wait:
                for place, entry in enumerate(intake.taken):
                    intake.taken[place] = await _follow(backend, entry, meter, intake.errors)
    except asyncio.CancelledError:
        await _interrupted(backend, intake, remote=remote, common=common)
        raise
    return intake


async def _upload(backend: Backend, file: Path, options: Options, errors: list[QuireError]) -> Taken:
    try:
        added = await _add(backend, file, options)
    except QuireError as error:
        errors.append(error)
        return Taken(str(file), problem=problem(error))
    return Taken(str(file), added.document, added.job, added.created)


async def _add(backend: Backend, file: Path, options: Options) -> Added:
    check_readable(file)
    return await backend.add(
        options.collection, file, name=options.name or file.name, password=options.password, replaces=options.replaces
    )


def check_readable(file: Path) -> None:
    """Asked before the upload: an error of the file system in the middle of one would look like a broken connection."""
    if file.is_dir():
        raise InvalidInput(f"{file} is a folder. Name the documents in it: {file}/*.pdf")
    try:
        file.open("rb").close()
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {file}.") from error
    except OSError as error:
        raise InvalidInput(f"{file} can't be opened: {error.strerror}.") from error


async def _follow(backend: Backend, entry: Taken, meter: Meter, errors: list[QuireError]) -> Taken:
    if entry.document is None or entry.job is None:
        return entry
    try:
        if not entry.job.status.final:
            meter.begin(entry.document.name)
            async for event in backend.watch(entry.job.id):
                meter.event(event)
        document, job = await backend.document(entry.document.id), await backend.job(entry.job.id)
    except QuireError as error:  # deleted by somebody else meanwhile, or the service is gone
        errors.append(error)
        return Taken(entry.file, problem=problem(error))
    return structs.replace(entry, document=document, job=job)


async def _interrupted(backend: Backend, intake: Intake, *, remote: bool, common: "Common") -> None:
    jobs = [entry.job for entry in intake.taken if entry.job is not None and not entry.job.status.final]
    if remote:
        if jobs:
            common.note("The service goes on reading; `quire list` shows how far it is.")
        return
    if jobs:
        common.note("Stopping …")
    stopped = [await _cancel(backend, job) for job in jobs]
    if any(stopped):
        common.note(
            f"{sum(stopped)} of {len(intake.taken)} documents were not read to the end; add them again to read them."
        )


async def _cancel(backend: Backend, job: Job) -> bool:
    """Have the job end, and wait for it a little: closing the folder stops it in any case, and the next owner clears up."""
    try:
        await backend.cancel(job.id)
        async with asyncio.timeout(CANCEL_SECONDS):
            async for _ in backend.watch(job.id):
                pass
    except Conflict:  # it ended in the meantime
        return False
    except (QuireError, TimeoutError):
        return True
    return True


def failed(document: Document) -> bool:
    """Whether nothing of the document can be searched."""
    return document.status in (DocumentStatus.FAILED, DocumentStatus.CANCELLED)
