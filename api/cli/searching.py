"""`quire search`: the pages that match."""

import click

from api.cli.options import Common, collection_option, common


@click.command("search")
@click.argument("question")
@collection_option
@click.option(
    "-d", "--document", "documents", multiple=True, metavar="ID", help="Only this document (may be repeated)."
)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 100),
    help="Pages to show  [default: 10; 20 for questions about many places]",
)
@common
async def command(
    options: Common, question: str, collection: str, documents: tuple[str, ...], limit: int | None
) -> int:
    """Show the pages that match QUESTION, best first, each with its best passage.

    No match is no error: the list is empty then. With --json, stdout gets what REST gives.
    """
    from api.cli.backend import open_backend
    from api.schemas import SearchRequest

    request = SearchRequest(question=question, collection=collection, documents=list(documents), limit=limit)
    async with open_backend(options) as backend:
        response = await backend.search(request)
    if options.as_json:
        options.print_json(response)
        return 0
    from api.cli import show

    show.put(show.results(response))
    return 0
