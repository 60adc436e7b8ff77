"""Pages a second of Quire's ingest against `pymupdf4llm.to_json` on the same pages, one after the other, with peak memory.

    python -m benchmarks.ingest_speed [FILE...] [--data ../shared/mmlongbench-doc] [--pages 40] [--workers 1 2]
        [--layout geometry] [--no-ocr]

Without files, three sets are made of the documents in `--data`, pages drawn evenly: born digital (documents with a text layer),
scanned (without one), mixed (half and half). Both read with the same layout model; Quire also reads tables as cells, figures by
kind, hidden text, sections and labels, and pictures' words by OCR. pymupdf4llm reads in one process, as its users do, with whatever
OCR it finds. Seconds are wall time from a cold start (processes and models included); memory is the largest resident set that one
process had; words are those in what each gives back.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from ingest import Ingestor, TextSource

Layout = Literal["model", "geometry"]


class Run(NamedTuple):
    """One reading of one file. `peak` in bytes, of the largest process; `cpu` in seconds, of all of them."""

    seconds: float
    pages: int
    words: int
    by_ocr: int
    failed: int
    peak: int
    cpu: float


async def read_with_quire(path: Path, workers: int, ocr: bool, layout: Layout) -> Run:
    ingestor = Ingestor(workers=workers, ocr=ocr, layout=layout)
    started = time.perf_counter()
    info = await ingestor.probe(path, name=path.name)
    words = by_ocr = failed = pages = 0
    async for page in ingestor.read(path, range(1, info.page_count + 1)):
        pages += 1
        words += len(page.words)
        by_ocr += page.source is TextSource.OCR
        failed += page.error is not None
    seconds = time.perf_counter() - started
    processes = psutil.Process().children(recursive=True)
    peak, cpu = max(map(_peak, processes)), sum(p.cpu_times().user + p.cpu_times().system for p in processes)
    await ingestor.close()
    return Run(seconds, pages, words, by_ocr, failed, peak, cpu)


def _peak(process: psutil.Process) -> int:
    """The most a process has had resident, in bytes; where only the present is known (not Linux), that."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return int(process.memory_info().rss)
    lines = status.read_text().splitlines()
    return 1024 * next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def to_json(path: str) -> Run:
    started = time.perf_counter()
    import pymupdf
    import pymupdf4llm  # type: ignore[import-untyped]

    read = json.loads(pymupdf4llm.to_json(path, show_progress=False))
    seconds = time.perf_counter() - started
    words = sum(len(text.split()) for text in _texts(read.get("pages", [])))
    with pymupdf.open(path) as document:
        pages = document.page_count
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Run(seconds, pages, words, 0, 0, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)


def _texts(node: Any) -> Iterator[str]:
    """The innermost `text` of each branch of what to_json gives back: boxes repeat what their lines say."""
    if isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, dict):
        inner = [text for value in node.values() for text in _texts(value)]
        own = node.get("text")
        yield from inner or ([own] if isinstance(own, str) else [])


def read_with_pymupdf4llm(path: Path) -> Run:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(to_json, str(path)).result()


def make_sets(data: Path, count: int, folder: Path) -> list[Path]:
    """Three PDFs of `count` pages each, drawn evenly from the documents with a text layer, from those without, and from both."""
    import pymupdf

    pages: dict[bool, list[tuple[Path, int]]] = {True: [], False: []}
    for path in sorted(data.glob("*.pdf")):
        with pymupdf.open(path) as document:
            has_text = sum(bool(page.get_text().strip()) for page in document) > 0.5 * document.page_count
            pages[has_text] += [(path, number) for number in range(document.page_count)]
    born, scanned = (_evenly(pages[key], count) for key in (True, False))
    sets = {"born-digital": born, "scanned": scanned, "mixed": _evenly(born, count // 2) + _evenly(scanned, count // 2)}
    return [_write_set(folder / f"{name}.pdf", chosen) for name, chosen in sets.items()]


def _evenly(pages: list[tuple[Path, int]], count: int) -> list[tuple[Path, int]]:
    return [pages[i * len(pages) // count] for i in range(min(count, len(pages)))]


def _write_set(target: Path, pages: list[tuple[Path, int]]) -> Path:
    import pymupdf

    out = pymupdf.open()
    for path, number in pages:
        with pymupdf.open(path) as document:
            out.insert_pdf(document, from_page=number, to_page=number)
    out.save(target, garbage=3)
    return target


def compare(paths: list[Path], workers: list[int], ocr: bool, layout: Layout) -> None:
    table = Table("file", "reader", "pages", "by OCR", "failed", "words", "s", "pages/s", "CPU s", "peak MB")
    readers: list[tuple[str, Callable[[Path], Run]]] = [("pymupdf4llm.to_json", read_with_pymupdf4llm)]
    readers += [
        (f"quire, {n} workers", lambda p, n=n: asyncio.run(read_with_quire(p, n, ocr, layout)))  # type: ignore[misc]
        for n in workers
    ]
    for path in paths:
        for name, read in readers:
            run = read(path)
            counts = (str(run.pages), str(run.by_ocr), str(run.failed), str(run.words))
            speed = (f"{run.seconds:.1f}", f"{run.pages / run.seconds:.2f}", f"{run.cpu:.1f}", f"{run.peak / 1e6:.0f}")
            table.add_row(path.name[:40], name, *counts, *speed)
    Console(width=140).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[1]
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "mmlongbench-doc" / "documents")
    parser.add_argument("--pages", type=int, default=40, help="pages of each set (default: 40)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="worker processes of Quire, run by run")
    parser.add_argument("--no-ocr", action="store_true", help="leave pages without text unread")
    parser.add_argument("--layout", choices=("model", "geometry"), default="model", help="of Quire (default: model)")
    options = parser.parse_args()
    if not options.files and not options.data.is_dir():
        parser.error(f"{options.data} is no folder; name files, or the folder of documents with --data")
    with tempfile.TemporaryDirectory() as folder:
        paths = options.files or make_sets(options.data, options.pages, Path(folder))
        compare(paths, options.workers, not options.no_ocr, options.layout)


if __name__ == "__main__":
    main()
