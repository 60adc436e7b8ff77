"""`quire ask`: add what is new, then answer, with the page behind every claim."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exits import Exit
from api.cli.options import Common, collection_option, common

if TYPE_CHECKING:
    from answer import Answer
    from api.cli.backend import Backend
    from api.cli.intake import Options
    from api.schemas import AskRequest


@click.command("ask")
@click.argument("words", nargs=-1, required=True, metavar="[FILE...] QUESTION")
@collection_option
@click.option(
    "-d", "--document", "documents", multiple=True, metavar="ID", help="Only this document (may be repeated)."
)
@click.option(
    "--pages",
    type=click.IntRange(1, 50),
    help="Pages that the reader gets  [default: 8; 16 for questions about many places]",
)
@click.option("--password", envvar="QUIRE_PASSWORD", help="Of an encrypted FILE; or set QUIRE_PASSWORD.")
@click.option(
    "--explain", is_flag=True, help="Show how the answer came about: chains, pages read by OCR, time by stage."
)
@common
async def command(
    options: Common,
    words: tuple[str, ...],
    collection: str,
    documents: tuple[str, ...],
    pages: int | None,
    password: str | None,
    explain: bool,
) -> int:
    """Answer QUESTION, over the FILEs if some are given, else over the whole collection.

    FILEs that are new are added first. With --json, stdout gets the answer as REST gives it, which explains itself.
    """
    from api.cli.backend import open_backend
    from api.cli.intake import Options
    from api.schemas import AskRequest

    files, question = _split(words)
    async with open_backend(options) as backend:
        ids = list(documents)
        if files:
            ids += await _take_in(options, backend, files, Options(collection, password))
        request = AskRequest(question=question, collection=collection, documents=ids, pages=pages)
        answer = await _ask(options, backend, request)
    _show(options, answer, explain)
    return _code(answer)


def _split(words: tuple[str, ...]) -> tuple[list[Path], str]:
    """The files and the question, which comes last."""
    *names, question = words
    if not question.strip():
        raise click.UsageError("The question is empty.")
    if len(question) < 256 and "?" not in question and Path(question).is_file():
        raise click.UsageError(f'The question is missing: {question} is a file. quire ask {" ".join(words)} "…?"')
    missing = [name for name in names if not Path(name).exists()]
    if missing and missing == names and len(names) > 1:
        raise click.UsageError('Put the question in quotes: quire ask [FILE...] "How did revenue change?"')
    return [Path(name) for name in names], question


async def _take_in(options: Common, backend: "Backend", files: list[Path], how: "Options") -> list[str]:
    """Ids of the files' documents. Raises the first error: an answer over less than was asked for would mislead."""
    from api.cli.intake import failed, take_in
    from api.cli.progress import meter
    from api.client import RemoteService
    from api.errors import UnreadableDocument

    shown = meter(as_json=options.as_json, quiet=options.quiet)
    remote = isinstance(backend, RemoteService)
    intake = await take_in(backend, files, how, shown, remote=remote, common=options)
    if intake.errors:
        raise intake.errors[0]
    documents = [entry.document for entry in intake.taken if entry.document is not None]
    for document in documents:
        if failed(document):
            reason = document.error or f"it is {document.status.value}"
            raise UnreadableDocument(f"{document.name} can't be searched: {reason}", "damaged-document")
    return [document.id for document in documents]


async def _ask(options: Common, backend: "Backend", request: "AskRequest") -> "Answer":
    """The answer, with the present stage beside a spinner on a terminal; elsewhere pages that are read by OCR are told of."""
    import sys

    from api.cli.failures import write_json_line
    from api.cli.progress import describe_ocr

    if options.quiet:
        return await backend.ask(request)
    if options.as_json:
        return await backend.ask(request, on_ocr=lambda event: write_json_line({"event": event}))
    if not sys.stderr.isatty():
        return await backend.ask(request, on_ocr=lambda event: options.note(describe_ocr(event)))
    from rich.console import Console
    from rich.markup import escape

    with Console(stderr=True).status("searching …") as status:
        return await backend.ask(
            request,
            on_stage=lambda stage: status.update(f"{stage.replace('_', ' ')} …"),
            on_ocr=lambda event: status.update(f"{escape(describe_ocr(event))} …"),
        )


def _show(options: Common, answer: "Answer", explain: bool) -> None:
    if options.as_json:
        options.print_json(answer)
        return
    from api.cli import show
    from api.cli.explaining import explanation

    show.put(show.answer(answer), *([explanation(answer)] if explain else []))


def _code(answer: "Answer") -> int:
    from answer import Outcome

    codes = {Outcome.ANSWERED: Exit.OK, Outcome.NOT_IN_DOCUMENTS: Exit.NOT_IN_DOCUMENTS}
    return codes.get(answer.outcome, Exit.PARTIAL)
