"""`quire remove`: documents, or a whole collection."""

from typing import TYPE_CHECKING

import click

from api.cli.exits import Exit
from api.cli.options import Common, collection_option, common

if TYPE_CHECKING:
    from api.cli.backend import Backend
    from api.schemas import Document


@click.command("remove")
@click.argument("documents", nargs=-1, metavar="[ID or NAME]...")
@collection_option
@click.option("--all", "everything", is_flag=True, help="Remove the whole collection.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@common
async def command(options: Common, documents: tuple[str, ...], collection: str, everything: bool, yes: bool) -> int:
    """Remove documents by id, or by name within the collection: pages, passages, images and the file itself.

    With --json, stdout gets {"removed": [...]}, the documents as they were (with --all: {"removed_collection": ...}).
    """
    from api.cli.backend import open_backend

    if everything == bool(documents):
        raise click.UsageError("Name documents (quire list shows them), or --all for the whole collection.")
    if everything and not yes:
        click.confirm(f"Remove the collection '{collection}' with all its documents?", abort=True, err=True)
    async with open_backend(options) as backend:
        if everything:
            await backend.delete_collection(collection)
            _say(options, {"removed_collection": collection}, [f"removed the collection {collection}"])
            return 0
        return await _remove(options, backend, documents, collection)


async def _remove(options: Common, backend: "Backend", wanted: tuple[str, ...], collection: str) -> int:
    """Each of them; one that is not there does not keep the others from being removed."""
    from api.cli.failures import report
    from api.cli.plain import plain
    from api.errors import QuireError

    removed, codes = [], []
    for text in wanted:
        try:
            document = await _find(backend, text, collection)
            await backend.delete(document.id)
        except QuireError as error:
            codes.append(report(error, as_json=options.as_json))
        else:
            removed.append(document)
    _say(options, {"removed": removed}, [f"removed {item.id}  {plain(item.name)}" for item in removed])
    if codes:
        return Exit.PARTIAL if removed else codes[0]
    return Exit.OK


async def _find(backend: "Backend", text: str, collection: str) -> "Document":
    """The document with this id, or the one with this name."""
    from api.cli.listing import every_document
    from api.errors import InvalidInput, NotFound

    try:
        return await backend.document(text)
    except NotFound:
        pass
    named = [item for item in await every_document(backend, collection) if item.name == text]
    if not named:
        raise NotFound(f"There is no document with the id or name {text!r} in the collection '{collection}'.")
    if len(named) > 1:
        ids = ", ".join(item.id for item in named)
        raise InvalidInput(f"{len(named)} documents are named {text!r}; remove them by id: {ids}")
    return named[0]


def _say(options: Common, document: object, lines: list[str]) -> None:
    if options.as_json:
        options.print_json(document)
        return
    for line in lines:
        click.echo(line)
