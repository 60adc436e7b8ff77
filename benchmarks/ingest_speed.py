"""Pages a second of Quire's ingest against `pymupdf4llm.to_markdown` on the same files, one after the other, with peak memory.

    python benchmarks/ingest_speed.py FILE... [--workers 2] [--no-ocr]

Quire reads with its worker processes, OCR included where pages have no text; pymupdf4llm reads in one process, as its users do.
Seconds are wall time from a cold start (processes and models included); memory is the largest resident set that one process had.
"""

import argparse
import asyncio
import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import psutil
from rich.console import Console
from rich.table import Table

from ingest import Ingestor, TextSource


class Run(NamedTuple):
    """One reading of one file. `peak` in bytes, of the largest process; `cpu` in seconds, of all of them."""

    seconds: float
    pages: int
    words: int
    by_ocr: int
    failed: int
    peak: int
    cpu: float


async def read_with_quire(path: Path, workers: int, ocr: bool) -> Run:
    ingestor = Ingestor(workers=workers, ocr=ocr)
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


def to_markdown(path: str) -> Run:
    started = time.perf_counter()
    import pymupdf
    import pymupdf4llm  # type: ignore[import-untyped]

    text = pymupdf4llm.to_markdown(path, show_progress=False)
    seconds = time.perf_counter() - started
    with pymupdf.open(path) as document:
        pages = document.page_count
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Run(seconds, pages, len(text.split()), 0, 0, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime)


def read_with_pymupdf4llm(path: Path) -> Run:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(to_markdown, str(path)).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of Quire (default: 2)")
    parser.add_argument("--no-ocr", action="store_true", help="leave pages without text unread")
    options = parser.parse_args()
    table = Table("file", "reader", "pages", "by OCR", "failed", "words", "s", "pages/s", "CPU s", "peak MB")
    for path in options.files:
        readers: list[tuple[str, Callable[[Path], Run]]] = [
            ("quire", lambda p: asyncio.run(read_with_quire(p, options.workers, not options.no_ocr))),
            ("pymupdf4llm", read_with_pymupdf4llm),
        ]
        for name, read in readers:
            run = read(path)
            counts = (str(run.pages), str(run.by_ocr), str(run.failed), str(run.words))
            speed = (f"{run.seconds:.1f}", f"{run.pages / run.seconds:.1f}", f"{run.cpu:.1f}", f"{run.peak / 1e6:.0f}")
            table.add_row(path.name[:40], name, *counts, *speed)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
