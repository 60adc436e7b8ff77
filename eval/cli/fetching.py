"""`quire eval fetch`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exits import Exit
from eval.cli.options import common

if TYPE_CHECKING:
    from api.cli.options import Common


@click.command("fetch")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many documents, by name.")
@common
async def command(options: "Common", data: Path, limit: int | None) -> int:
    """Download M-LongDoc's PDFs into DATA/documents from the addresses in DATA/documents.csv.

    Those that are there already are left alone. Publishers move files: what can't be had is named, and its questions are left out.
    """
    from eval.datasets.fetching import Fetched, fetch_documents

    def tell(fetched: Fetched) -> None:
        options.note(f"{fetched.name}: {fetched.problem or 'there'}")

    found = await fetch_documents(data, limit=limit, tell=tell)
    missing = [fetched for fetched in found if fetched.problem is not None]
    if options.as_json:
        options.print_json(found)
    else:
        click.echo(f"{len(found) - len(missing)} of {len(found)} documents are in {data}/documents")
    return Exit.PARTIAL if missing else Exit.OK
