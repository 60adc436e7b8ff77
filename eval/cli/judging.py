"""`quire eval judge` and `quire eval extract`: what models are asked about a run's answers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eval.cli.options import common, folder_argument

if TYPE_CHECKING:
    from api.cli.options import Common

_KEY = click.option("--key", envvar="QUIRE_JUDGE_KEY", help="API key of the models' servers; or set QUIRE_JUDGE_KEY.")


@click.command("judge")
@folder_argument
@click.option("--judge", "judges", multiple=True, required=True, metavar="NAME@URL", help="A judge (may be repeated).")
@click.option("--samples", type=click.IntRange(min=1), default=1, show_default=True, help="Replies asked of each.")
@_KEY
@common
async def judge(options: "Common", run: Path, judges: tuple[str, ...], samples: int, key: str | None) -> int:
    """Have the answers of RUN graded from 1 to 5 by M-LongDoc's guide, and make its figures again.

    Only answers of benchmarks with gold pages and free answers are graded (m-longdoc). Models answer at temperature 0, so more
    samples than one only show how steady a server is.
    """
    from eval.cli.rescoring import show_again
    from eval.completing import served
    from eval.folder import RunFolder
    from eval.judged import judge_run

    folder = RunFolder(run)
    folder.info()
    committee = [served(place, key) for place in judges]
    with folder.held():
        try:
            await judge_run(folder, committee, samples=samples)
        finally:
            for member in committee:
                await member.close()
        show_again(options, folder)
    return 0


@click.command("extract")
@folder_argument
@click.option("--model", required=True, metavar="NAME@URL", help="The model that finds the short answers.")
@click.option(
    "--prompt",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A prompt with {question} and {answer} in it, such as the benchmark's own.  [default: Quire's]",
)
@_KEY
@common
async def extract(options: "Common", run: Path, model: str, prompt: Path | None, key: str | None) -> int:
    """Have a model find the short answers in the answers of RUN, keep them in RUN/short.jsonl, and score those."""
    from eval.cli.rescoring import show_again
    from eval.completing import served
    from eval.extracting import extract_with
    from eval.folder import RunFolder
    from eval.scoring.extraction import PROMPT

    folder = RunFolder(run)
    folder.info()
    reader = served(model, key)
    with folder.held():
        try:
            text = prompt.read_text(encoding="utf-8") if prompt else PROMPT  # noqa: ASYNC240  # a small file, once
            short = await extract_with(folder, reader, run / "short.jsonl", prompt=text)
        finally:
            await reader.close()
        show_again(options, folder, short)
    return 0
