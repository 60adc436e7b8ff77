"""`quire list`: what is there."""

from typing import TYPE_CHECKING

import click

from api.cli.options import Common, common

if TYPE_CHECKING:
    from api.cli.backend import Backend
    from api.schemas import Collection, Document


@click.command("list")
@click.option("-c", "--collection", help="Only this collection.  [default: all]")
@click.option("--collections", "only_collections", is_flag=True, help="List the collections instead.")
@common
async def command(options: Common, collection: str | None, only_collections: bool) -> int:
    """List the documents in the order of their arrival, or the collections.

    With --json, stdout gets {"documents": [...]} or {"collections": [...]}.
    """
    from api.cli.backend import open_backend

    async with open_backend(options, jobs=False) as backend:
        if only_collections:
            _show_collections(options, await backend.collections())
        else:
            _show_documents(options, await every_document(backend, collection))
    return 0


async def every_document(backend: "Backend", collection: str | None) -> "list[Document]":
    """The whole list, a page after the other."""
    found = await backend.documents(collection, limit=100)
    items = list(found.items)
    while found.next:
        found = await backend.documents(collection, cursor=found.next, limit=100)
        items += found.items
    return items


def _show_documents(options: Common, items: "list[Document]") -> None:
    if options.as_json:
        options.print_json({"documents": items})
        return
    if not items:
        options.note("No documents. `quire add FILE...` adds some.")
        return
    from api.cli import show
    from api.cli.plain import plain

    several = len({item.collection for item in items}) > 1
    for name in sorted({item.collection for item in items}):
        if several:
            click.echo(click.style(f"{plain(name)}:", bold=True))
        table = show.documents([item for item in items if item.collection == name])
        show.put(table, piped_width=1000)  # a document a line, for grep and awk


def _show_collections(options: Common, items: "list[Collection]") -> None:
    if options.as_json:
        options.print_json({"collections": items})
        return
    for item in items:
        click.echo(f"{item.id}  {item.documents:,} document{'' if item.documents == 1 else 's'}")
