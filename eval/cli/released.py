"""`quire eval released`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eval.cli.options import common

if TYPE_CHECKING:
    from api.cli.options import Common
    from eval.released import Released


@click.command("released")
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--categories", is_flag=True, help="Also by category of the evidence.")
@common
async def command(options: "Common", data: Path, categories: bool) -> int:
    """M-LongDoc's released rankings (MRR, recall) and judgements (scores, agreement) in DATA, without its PDFs."""
    from eval.released import released

    found = released(data)
    if options.as_json:
        options.print_json(found)
    else:
        _show(found, categories)
    return 0


def _show(found: "Released", categories: bool) -> None:
    from eval.released import ALL, CUTS

    click.echo(f"Released rankings, {found.questions} questions, %")
    names = ["MRR", *(f"R@{k}" for k in CUTS)]
    rows: dict[tuple[str, str], dict[str, float]] = {}
    for figure in found.rankings:
        rows.setdefault((figure.retriever, figure.category), {})[figure.name] = 100 * (figure.estimate.value or 0)
    for (retriever, category), values in rows.items():
        if categories or category == ALL:
            click.echo(
                f"  {retriever:10s} {category:34s} " + "  ".join(f"{name} {values[name]:5.1f}" for name in names)
            )
    click.echo("Released judgements, 1 to 5")
    for score in found.scores:
        if categories or score.category == ALL:
            said = f"{score.estimate.value:.2f} (N = {score.estimate.n}, {score.unreadable} unreadable)"
            click.echo(f"  {score.model:20s} {score.judge:28s} {score.category:34s} {said}")
    for pair in found.pairs:
        said = f"Pearson {pair.pearson:.2f}" if pair.pearson is not None else "Pearson undefined"
        numbers = f"{said}, equal {100 * pair.equal:.1f} %, first milder by {pair.milder:+.2f}, N = {pair.n}"
        click.echo(f"  {pair.model:20s} {pair.first} and {pair.second}: {numbers}")
