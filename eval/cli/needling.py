"""`quire eval make-needles`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eval.cli.options import common

if TYPE_CHECKING:
    from api.cli.options import Common


@click.command("make-needles")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same files.")
@click.option("--questions", type=click.IntRange(min=1), default=200, show_default=True, help="Questions in all.")
@click.option(
    "--lengths", default="10,50,100,300", show_default=True, metavar="N,N,...", help="Pages of the documents."
)
@common
async def command(options: "Common", folder: Path, seed: int, questions: int, lengths: str) -> int:
    """Make PDFs with known facts in FOLDER, and needles.json with the questions about them.

    Ask them with: quire eval run needles --data FOLDER
    """
    from eval.needles import NeedleOptions, make_needles

    try:
        pages = tuple(int(length) for length in lengths.split(","))
    except ValueError as error:
        raise click.UsageError(f"--lengths takes numbers of pages apart by commas, not {lengths!r}.") from error
    made = make_needles(folder, NeedleOptions(seed, questions, pages))
    if options.as_json:
        options.print_json({"folder": folder, "questions": len(made.questions), "documents": sorted(made.files)})
    else:
        click.echo(f"{len(made.questions)} questions over {len(made.files)} documents in {folder}")
    return 0
