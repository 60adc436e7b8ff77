"""`quire index`: check, mend, rebuild, compact and move the index of a collection, and add to it what is left to OCR."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exits import Exit
from api.cli.options import Common, collection_option, common

if TYPE_CHECKING:
    from api.cli.backend import Backend
    from api.schemas import IndexReport, IndexRequest, Job
    from retrieval.store.transfer import Moved


@click.group("index")
def command() -> None:
    """Check, rebuild, compact or move the index of a collection.

    While a service runs on the data folder it does the work itself, and goes on serving.
    """


@command.command("verify")
@collection_option
@click.option("--repair", is_flag=True, help="Add again what is missing, and delete what should not be there.")
@common
async def verify(options: Common, collection: str, repair: bool) -> int:
    """Check that every page that has been read is in the index, as it should be, and nothing else is.

    Ends with 1 if something is wrong (and is still after --repair). With --json, stdout gets the report.
    """
    from api.cli.backend import open_backend
    from api.schemas import IndexRequest, JobKind

    async with open_backend(options, jobs=repair) as backend:
        report = await backend.verify_index(collection)
        if repair and report.findings:
            if not options.as_json:
                _show(report)
            await _follow(options, backend, collection, IndexRequest(JobKind.REPAIR))
            report = await backend.verify_index(collection)
    if options.as_json:
        options.print_json(report)
    else:
        _show(report)
    return Exit.INTERNAL if report.findings else Exit.OK


@command.command("rebuild")
@collection_option
@click.option("--encoder", metavar="MODEL", help="Text encoder.  [default: as the settings say, here and below]")
@click.option("--context", type=click.IntRange(1), help="Tokens that it shall read.")
@click.option(
    "--context-method", type=click.Choice(["auto", "interpolate", "ntk"]), help="How it is stretched to that."
)
@click.option("--visual", metavar="MODEL", help="Visual encoder; 'none' for an index of words alone.")
@click.option("--visual-pooling", type=click.IntRange(1, 16), help="Keep one vector in so many of a page.")
@click.option("--routing-model", metavar="MODEL", help="Encoder of whole documents; 'none' for none.")
@common
async def rebuild(
    options: Common,
    collection: str,
    encoder: str | None,
    context: int | None,
    context_method: str | None,
    visual: str | None,
    visual_pooling: int | None,
    routing_model: str | None,
) -> int:
    """Build the index anew, with the models of the settings or those that are named.

    The index that is there serves until the new one is whole and takes its place; if the command or the service is killed, it
    goes on serving, and the job is gone on with at the next start. Models that are named have to be set before the service is
    started the next time.
    """
    from api.schemas import IndexRequest, JobKind

    request = IndexRequest(
        JobKind.REBUILD,
        encoder=encoder,
        context=context,
        context_method=context_method,  # type: ignore[arg-type]  # click has checked it
        visual=visual,
        visual_pooling=visual_pooling,
        routing_model=routing_model,
    )
    return await _job(options, collection, request)


@command.command("compact")
@collection_option
@common
async def compact(options: Common, collection: str) -> int:
    """Give back the space that deleted documents have left in the index. It serves meanwhile."""
    from api.schemas import IndexRequest, JobKind

    return await _job(options, collection, IndexRequest(JobKind.COMPACT))


@command.command("words")
@collection_option
@click.option(
    "-d", "--document", "documents", multiple=True, metavar="ID", help="Only of this document (may be repeated)."
)
@common
async def words(options: Common, collection: str, documents: tuple[str, ...]) -> int:
    """Read by OCR what is left to it, so that no question has to wait for that.

    With ingest.ocr = "on-demand" pages without usable text are read when a question finds them, the best of them; `quire list`
    shows how many are left.
    """
    from api.schemas import IndexRequest, JobKind

    return await _job(options, collection, IndexRequest(JobKind.WORDS, list(documents)))


@command.command("cancel")
@collection_option
@common
async def cancel(options: Common, collection: str) -> int:
    """Give up the work on the index that is under way; what serves goes on serving."""
    from api.cli.backend import open_backend

    async with open_backend(options) as backend:
        job = (await backend.verify_index(collection)).job
        if job is not None:
            await backend.cancel(job)
            async for _ in backend.watch(job):
                pass
    if options.as_json:
        options.print_json({"cancelled": job})
    else:
        click.echo(f"cancelled {job}" if job else f"Nothing works on the index of {collection}.")
    return Exit.OK


@command.command("export")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@collection_option
@click.option("--to", metavar="URL", help="A Qdrant server (its gRPC address), instead of a file.")
@click.option("--api-key", envvar="QUIRE_INDEX_EXPORT_KEY", help="Of that server; or set QUIRE_INDEX_EXPORT_KEY.")
@click.option("--replace", is_flag=True, help="Replace the index of this collection on the server.")
@common
async def export(
    options: Common, file: Path | None, collection: str, to: str | None, api_key: str | None, replace: bool
) -> int:
    """Write the index of a collection to FILE, or onto a Qdrant server.

    Vectors go as they are kept; points are counted at the end. No service may run on the data folder. To serve from the server
    afterwards, set index.store = "server" and index.url.
    """
    from api.moving import export_index

    if (file is None) == (to is None):
        raise click.UsageError("Name a FILE, or a server with --to URL.")
    await _no_service(options)
    moved = await export_index(options.settings(), collection, file or to or "", key=api_key, replace=replace)
    return _moved(options, moved, str(file or to))


@command.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the index that the collection has.")
@common
async def import_(options: Common, file: Path, replace: bool) -> int:
    """Bring in the index of a collection from a FILE that `quire index export` has written.

    The documents themselves are not in it: it is for the data folder that it was exported from, with another store set. No
    service may run on the folder.
    """
    from api.moving import import_index

    await _no_service(options)
    moved = await import_index(options.settings(), file, replace=replace)
    return _moved(options, moved, options.settings().index.store)


async def _no_service(options: Common) -> None:
    """Moving needs the folder for itself."""
    from api.client import running_service
    from api.errors import FolderInUse

    service = await running_service(options.settings().data)
    if service is not None:
        await service.close()
        raise FolderInUse(f"A service runs on the data folder, at {service.url}; stop it to move an index.")


def _moved(options: Common, moved: "Moved", to: str) -> int:
    if options.as_json:
        options.print_json({"collection": moved.collection, "points": moved.points, "to": to})
    else:
        click.echo(f"{moved.points:,} points of collection {moved.collection}: {to}")
    return Exit.OK


async def _job(options: Common, collection: str, request: "IndexRequest") -> int:
    """Have it done, and tell what became of it."""
    from api.cli.backend import open_backend
    from api.schemas import JobStatus

    async with open_backend(options) as backend:
        job, message = await _follow(options, backend, collection, request)
    if options.as_json:
        options.print_json({"job": job, "result": message})
    else:
        error = f": {job.error}" if job.error else ""
        click.echo(
            f"{collection}: {request.work.value} {job.status.value}{error}" + (f" ({message})" if message else "")
        )
    if job.status is JobStatus.DONE:
        return Exit.OK
    return Exit.PARTIAL if job.status is JobStatus.PARTIAL else Exit.UNAVAILABLE


async def _follow(
    options: Common, backend: "Backend", collection: str, request: "IndexRequest"
) -> "tuple[Job, str | None]":
    """The job at its end, and what it told when the new index took its place."""
    from api.cli.progress import meter
    from api.client import RemoteService

    job, message = await backend.work_on_index(collection, request), None
    try:
        with meter(as_json=options.as_json, quiet=options.quiet) as shown:
            shown.begin(collection)
            async for event in backend.watch(job.id):
                shown.event(event)
                if event.kind == "switched":
                    message = event.message
    except asyncio.CancelledError:
        goes_on = "The service goes on" if isinstance(backend, RemoteService) else "The next quire command goes on"
        options.note(f"{goes_on} with it; `quire index cancel` gives it up.")
        raise
    return await backend.job(job.id), message


def _show(report: "IndexReport") -> None:
    from rich.table import Table

    from api.cli.plain import plain
    from api.cli.show import put

    size = f", {report.bytes / 1e6:,.1f} MB" if report.bytes is not None else ""
    click.echo(
        f"{report.collection}: {report.documents:,} documents, {report.pages:,} pages, {report.points:,} points{size}"
    )
    if report.being_read:
        click.echo(f"{report.being_read:,} documents are being read or removed; they were not checked.")
    if report.seen_by_words_alone:
        click.echo(f"{report.seen_by_words_alone:,} pages could not be encoded as images, as is noted on them.")
    if not report.findings:
        click.echo("Nothing is wrong.")
        return
    table = Table("document", "what", "pages", "points too many", box=None)
    for finding in report.findings:
        name = plain(finding.name, 40) if finding.name else f"{finding.document} ({finding.revision})"
        table.add_row(name, finding.flaw, _ranges(finding.pages), str(finding.points or ""))
    put(table)


def _ranges(pages: list[int]) -> str:
    """`1-3, 7, 9-12`; page 0 stands for the whole document."""
    if pages == [0]:
        return "whole"
    found: list[list[int]] = []
    for page in pages:
        if found and page == found[-1][1] + 1:
            found[-1][1] = page
        else:
            found.append([page, page])
    shown = [f"{first}" if first == last else f"{first}-{last}" for first, last in found[:12]]
    return ", ".join(shown) + (" …" if len(found) > 12 else "")
