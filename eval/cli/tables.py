"""Figures on the terminal."""

from typing import TYPE_CHECKING

import click
import msgspec

if TYPE_CHECKING:
    from api.cli.options import Common
    from eval.folder import RunFolder
    from eval.statistics import Estimate


def show_scores(options: "Common", folder: "RunFolder") -> None:
    """The figures over all questions; with --json the whole of scores.json but for the single questions."""
    from eval.run import scores_of
    from eval.scores import ALL

    scores = scores_of(folder)
    if options.as_json:
        options.print_json(msgspec.structs.replace(scores, scored=()))
        return
    share = f"{100 * scores.unanswerable / scores.questions:.1f} % unanswerable"
    click.echo(f"{scores.benchmark}: N = {scores.questions}, {share}, {scores.failed} failed")
    for figure in scores.figures:
        if figure.slice == ALL:
            click.echo(f"  {figure.name:40s} {estimate(figure.name, figure.estimate)}")


def estimate(name: str, found: "Estimate") -> str:
    """`45.1 [41.0, 49.2]  N = 320`, in %."""
    from eval.definitions import factor as factor_of

    factor = factor_of(name)
    if found.value is None:
        return "-"
    interval = (
        f" [{factor * found.low:.1f}, {factor * found.high:.1f}]"
        if found.low is not None and found.high is not None
        else ""
    )
    return f"{factor * found.value:6.1f}{interval}  N = {found.n}"
