"""`quire add`: documents into a collection."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exits import Exit
from api.cli.options import Common, collection_option, common

if TYPE_CHECKING:
    from api.cli.intake import Intake, Taken


@click.command("add")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@collection_option
@click.option(
    "--password",
    envvar="QUIRE_PASSWORD",
    help="Of an encrypted FILE; or set QUIRE_PASSWORD.",
)
@click.option("--name", help="Store the document under this name (one FILE only).")
@click.option("--replaces", metavar="ID", help="The document that this one is the new version of (one FILE only).")
@click.option("--no-wait", is_flag=True, help="Return once the service has taken the files; it reads on by itself.")
@common
async def command(
    options: Common,
    files: tuple[Path, ...],
    collection: str,
    password: str | None,
    name: str | None,
    replaces: str | None,
    no_wait: bool,
) -> int:
    """Add documents to a collection and read them.

    A file that is there already is found by its content and not read again.

    With --json, stdout gets one document at the end, {"collection", "documents": [{"file", "document", "job",
    "created", "problem"}]}, and stderr a line {"event": ...} for every step of every job.
    """
    from api.cli.backend import open_backend
    from api.cli.intake import Options, take_in
    from api.cli.progress import meter
    from api.client import RemoteService
    from api.errors import InvalidInput

    if len(files) > 1 and (name or replaces):
        raise click.UsageError("--name and --replaces go with one FILE.")
    async with open_backend(options) as backend:
        remote = isinstance(backend, RemoteService)
        if no_wait and not remote:
            raise InvalidInput("--no-wait needs a running service (quire serve): nothing else would go on reading.")
        how = Options(collection, password, replaces, name, not no_wait)
        shown = meter(as_json=options.as_json, quiet=options.quiet)
        intake = await take_in(backend, files, how, shown, remote=remote, common=options)
    return _finish(options, collection, intake)


def _finish(options: Common, collection: str, intake: "Intake") -> int:
    from api.cli.failures import report

    if options.as_json:
        options.print_json({"collection": collection, "documents": intake.taken})
    else:
        for entry in intake.taken:
            if entry.document is not None:
                click.echo(_line(entry))
    codes = [report(error, as_json=options.as_json) for error in intake.errors]
    return _code(intake, codes)


def _line(entry: "Taken") -> str:
    from api.cli.intake import failed
    from api.cli.plain import plain

    document = entry.document
    assert document is not None
    pages = f"{document.pages:,} page{'' if document.pages == 1 else 's'}"
    pages += f", {document.pages_failed:,} failed" if document.pages_failed else ""
    pages += f", {document.pages_waiting:,} left to OCR" if document.pages_waiting else ""
    state = document.status.value if entry.created else f"{document.status.value}, was there already"
    error = f": {plain(document.error)}" if document.error and failed(document) else ""
    return f"{document.id}  {plain(document.name)}  {pages}, {state}{error}"


def _code(intake: "Intake", codes: list[int]) -> int:
    """The one error's code if nothing could be taken in, PARTIAL if only some of it could."""
    from api.cli.intake import failed
    from api.schemas import DocumentStatus

    documents = [entry.document for entry in intake.taken if entry.document is not None]
    good = [document for document in documents if not failed(document)]
    if not good:
        return codes[0] if codes else Exit.BAD_INPUT
    whole = len(good) == len(intake.taken) and all(document.status is not DocumentStatus.PARTIAL for document in good)
    return Exit.OK if whole else Exit.PARTIAL
