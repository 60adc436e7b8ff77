"""`quire eval rescore`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eval.cli.options import common, folder_argument

if TYPE_CHECKING:
    from api.cli.options import Common
    from eval.folder import RunFolder
    from eval.scoring import Extracted


def show_again(options: "Common", folder: "RunFolder", short: "dict[str, Extracted] | None" = None) -> None:
    """Figures and report anew, and the figures shown."""
    from eval.cli.tables import show_scores
    from eval.report import write_report
    from eval.run import rescore

    write_report(folder, rescore(folder, short=short))
    show_scores(options, folder)


@click.command("rescore")
@folder_argument
@click.option(
    "--entailment",
    metavar="NAME",
    help="A classifier with a label 'entailment', such as tasksource/deberta-base-long-nli.  [default: words in common]",
)
@click.option(
    "--extracted",
    type=click.Path(dir_okay=False, path_type=Path),
    help='Short answers that a model found: JSON lines with "question" (its id) and "answer".  [default: by rules]',
)
@common
async def command(options: "Common", run: Path, entailment: str | None, extracted: Path | None) -> int:
    """Make scores.json, extracted.jsonl and report.html of RUN again from what was kept."""
    from eval.cli.tables import show_scores
    from eval.extracting import read_extracted
    from eval.folder import RunFolder
    from eval.report import write_report
    from eval.run import rescore
    from eval.scoring import ClassifierEntailment

    folder = RunFolder(run)
    folder.info()  # no run, no lock left behind
    short = read_extracted(extracted) if extracted else None
    with folder.held():
        model = ClassifierEntailment(entailment) if entailment else None
        write_report(folder, rescore(folder, model, entailment, short))
    show_scores(options, folder)
    return 0
