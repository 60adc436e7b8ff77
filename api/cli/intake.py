"""Bringing files in: upload, follow the jobs, say how each ended. `quire add` and `quire ask FILE…` share it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from api.cli.backend import Backend
from api.cli.failures import problem
from api.cli.progress import Meter
from api.errors import InvalidInput, QuireError
from api.schemas import Added, Document, DocumentStatus, Job

if TYPE_CHECKING:
    from api.cli.options import Common


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
                    intake.taken[place] = await _follow(backend, entry, meter)
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
    _check_readable(file)
    return await backend.add(
        options.collection, file, name=options.name or file.name, password=options.password, replaces=options.replaces
    )


def _check_readable(file: Path) -> None:
    """Asked before the upload: an error of the file system in the middle of one would look like a broken connection."""
    if file.is_dir():
        raise InvalidInput(f"{file} is a folder. Name the documents in it: {file}/*.pdf")
    try:
        file.open("rb").close()
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {file}.") from error
    except OSError as error:
        raise InvalidInput(f"{file} can't be opened: {error.strerror}.") from error


async def _follow(backend: Backend, entry: Taken, meter: Meter) -> Taken:
    if entry.document is None or entry.job is None:
        return entry
    if not entry.job.status.final:
        meter.begin(entry.document.name)
        async for event in backend.watch(entry.job.id):
            meter.event(event)
    return structs.replace(
        entry, document=await backend.document(entry.document.id), job=await backend.job(entry.job.id)
    )


async def _interrupted(backend: Backend, intake: Intake, *, remote: bool, common: "Common") -> None:
    jobs = [entry.job for entry in intake.taken if entry.job is not None and not entry.job.status.final]
    if remote:
        if jobs:
            common.note("The service goes on reading; `quire list` shows how far it is.")
        return
    for job in jobs:
        try:
            await backend.cancel(job.id)
        except QuireError as error:  # ended in the meantime, for example
            common.note(f"Job {job.id}: {error}")
    if jobs:
        common.note(f"Stopped. {len(jobs)} document(s) were not read to the end; add them again to go on.")


def failed(document: Document) -> bool:
    """Whether nothing of the document can be searched."""
    return document.status in (DocumentStatus.FAILED, DocumentStatus.CANCELLED)
