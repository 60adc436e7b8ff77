"""`quire eval run`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.exits import Exit
from eval.cli.options import common

if TYPE_CHECKING:
    from api.cli.options import Common
    from eval.dataset import Dataset
    from eval.folder import RunFolder
    from eval.record import RunOptions
    from eval.runner import Outcome
    from eval.system import System


@click.command("run")
@click.argument("benchmark")
@click.option("--data", required=True, metavar="DIR", help="The benchmark's folder, or hub:owner/name[@revision].")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="The run.  [default: runs/BENCHMARK]")
@click.option("--split", help="Only this group: a document type, category or subset.")
@click.option("--documents", type=click.IntRange(min=1), help="Only the first so many documents, by name.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many questions.")
@click.option("--question", "ids", multiple=True, metavar="ID", help="Only this question (may be repeated).")
@click.option("--url", help="A running service.  [default: the one on the data folder, else in the process]")
@click.option("--key", envvar="QUIRE_KEY", help="Its API key; or set QUIRE_KEY.")
@click.option("--collection", help="Where the documents go.  [default: eval-BENCHMARK]")
@click.option("--pages", type=click.IntRange(1, 50), default=8, show_default=True, help="Pages that the reader gets.")
@click.option(
    "--depth", type=click.IntRange(1, 100), default=20, show_default=True, help="Length of the rankings kept."
)
@click.option("--concurrency", type=click.IntRange(min=1), default=2, show_default=True, help="Questions at a time.")
@click.option("--no-over-all", is_flag=True, help="Don't search the whole collection for each question too.")
@common
async def command(
    options: "Common",
    benchmark: str,
    data: str,
    out: Path | None,
    split: str | None,
    documents: int | None,
    limit: int | None,
    ids: tuple[str, ...],
    url: str | None,
    key: str | None,
    collection: str | None,
    pages: int,
    depth: int,
    concurrency: int,
    no_over_all: bool,
) -> int:
    """Ask the questions of BENCHMARK: mmlongbench-doc, m-longdoc, visdombench or needles.

    Documents that the collection lacks are read first. Interrupted at any moment, the same command goes on where it
    stopped; questions that failed are asked again.
    """
    from eval.datasets import load
    from eval.folder import RunFolder
    from eval.record import RunOptions

    dataset = load(benchmark, data).narrowed(documents=documents, limit=limit, ids=ids, split=split)
    how = RunOptions(collection or f"eval-{benchmark}", pages, depth, not no_over_all)
    folder = RunFolder(out or Path("runs") / benchmark)
    for quirk in dataset.quirks:
        options.note(f"{quirk.what}: {len(quirk.where)}; {quirk.handling}")
    with folder.held():
        async with _system(options, url, key) as system:
            outcome = await _ask(options, dataset, system, folder, how, data, url, concurrency)
            await _report(folder, system)
    return _finish(options, folder, outcome)


@asynccontextmanager
async def _system(options: "Common", url: str | None, key: str | None) -> "AsyncIterator[System]":
    """The service at the address, the one that runs on the data folder, or one in the process."""
    from api.cli.backend import open_backend
    from api.client import RemoteService
    from api.service import Service

    if url is not None:
        async with RemoteService(url, key) as remote:
            yield remote
        return
    async with open_backend(options) as backend:
        assert isinstance(backend, Service | RemoteService)
        yield backend


async def _ask(
    options: "Common",
    dataset: "Dataset",
    system: "System",
    folder: "RunFolder",
    how: "RunOptions",
    data: str,
    url: str | None,
    concurrency: int,
) -> "Outcome":
    from api.client import RemoteService
    from eval.progress import run_meter
    from eval.provenance import describe, prompts
    from eval.run import run

    remote = isinstance(system, RemoteService)
    address = system.url if isinstance(system, RemoteService) else url
    info = describe(dataset, data, how, await system.readiness(), None if remote else options.settings(), address)
    meter = run_meter(quiet=options.quiet or options.as_json)
    return await run(dataset, system, folder, info, prompts=prompts(address), concurrency=concurrency, meter=meter)


async def _report(folder: "RunFolder", system: "System") -> None:
    from eval.report import take_pictures, write_report
    from eval.run import rescore

    scores = rescore(folder)
    await take_pictures(folder, scores, system)
    write_report(folder, scores)


def _finish(options: "Common", folder: "RunFolder", outcome: "Outcome") -> int:
    from eval.cli.tables import show_scores

    show_scores(options, folder)
    options.note(
        f"{outcome.asked} asked, {outcome.before} had been asked before, {outcome.failed} failed. {folder.path}/report.html"
    )
    return Exit.PARTIAL if outcome.failed else Exit.OK
