"""`quire search`: the pages that match, and where on them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.options import Common, collection_option, common

if TYPE_CHECKING:
    from api.cli.backend import Backend
    from api.schemas import SearchResponse


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
@click.option(
    "--map",
    "maps",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write a PNG of each page there, with a heat map of where the question finds its match (index.visual).",
)
@common
async def command(
    options: Common, question: str, collection: str, documents: tuple[str, ...], limit: int | None, maps: Path | None
) -> int:
    """Show the pages that match QUESTION, best first, each with its best passage.

    No match is no error: the list is empty then. With --json, stdout gets what REST gives.
    """
    from api.cli.backend import open_backend
    from api.schemas import SearchRequest

    request = SearchRequest(question=question, collection=collection, documents=list(documents), limit=limit)
    async with open_backend(options) as backend:
        response = await backend.search(request)
        if maps is not None:
            await _write_maps(options, backend, response, maps)
    if options.as_json:
        options.print_json(response)
        return 0
    from api.cli import show

    show.put(show.results(response))
    return 0


async def _write_maps(options: Common, backend: "Backend", response: "SearchResponse", folder: Path) -> None:
    """A map for each page that was found, named by its rank; says which pages have none."""
    from api.errors import NotFound

    for rank, page in enumerate(response.pages, start=1):
        name = response.names.get(page.document, page.document)
        try:
            image = await backend.page_similarity(page.document, page.number, response.question)
        except NotFound as error:
            options.note(f"No map of page {page.number} of {name}: {error}")
            continue
        file = folder / f"{rank:02}-{_file_name(name)}-page-{page.number}.png"
        _write(file, image)
        options.note(f"Map of page {page.number} of {name}: {file}")


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _file_name(name: str) -> str:
    """A document's name as a part of a file's: letters, digits, '-' and '_'."""
    return re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-")[:60] or "document"
