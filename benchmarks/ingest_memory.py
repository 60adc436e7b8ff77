"""Peak memory of reading a long document beside a short one, through the real service: uploads, workers, OCR engine, encoder,
index and all.

    python benchmarks/ingest_memory.py [--pages 3000] [--short 20] [--workers 2] [--layout model]

Each document, pages of generated text, is read in a fresh process over a fresh data folder. Memory is what the service's
process and all its children hold themselves (anonymous pages, each shared one counted once), sampled every 0.2 s. The layout
model takes and gives back 130 MB on each page, so the peak of the sum grows with the number of chances that two workers are
seen at their peaks at once; beside it stands, as "at once", what no longer depends on that: the peaks of all parts added, that
of a worker for each worker. Mapped files are given apart: the index's own, which grow with it, and the libraries', of which
each process that uses them counts a share, other programs' too; the system takes both back when memory is short. Linux only.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import psutil
import pymupdf
from rich.console import Console
from rich.table import Table

from api.service import Service
from api.settings import IngestSettings, Settings

WORDS = (
    "harbour turbine ledger granite orchard signal copper meadow lantern glacier ribbon anchor timber quarry".split()
)
SAMPLE_SECONDS = 0.2


def write_pdf(path: Path, pages: int) -> None:
    """Pages of a title and forty lines, each page another one."""
    rng = random.Random(pages)
    document = pymupdf.open()
    for number in range(1, pages + 1):
        page = document.new_page()
        page.insert_text((60, 70), f"Chapter {number}", fontsize=16)
        lines = [" ".join(rng.choices(WORDS, k=12)).capitalize() + "." for _ in range(40)]
        page.insert_text((60, 100), lines, fontsize=10)
    document.save(path, garbage=3, deflate=True)


async def read(path: Path, settings: Settings) -> None:
    """Adds the document and waits for its job."""
    service = await Service.open(settings)
    try:
        await service.warm_up()
        added = await service.add("default", path, name=path.name)
        async for event in service.watch(added.job.id):
            last = event
        if last.kind.value != "done":
            raise SystemExit(f"{path.name}: {last.kind.value}, {last.message}")
    finally:
        await service.close()


def sample(process: psutil.Process) -> dict[str, int]:
    """Bytes that the service's own process, the largest worker and the other children hold, all of them together, and bytes of
    files that they have mapped."""
    found: dict[str, int] = defaultdict(int)
    for one in [process, *process.children(recursive=True)]:
        try:
            held, worker = _rollup(one.pid), one != process and _is_worker(one)
        except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess):
            continue  # it ended while we looked
        own = held["Pss_Anon"] + held["Pss_Shmem"]
        if worker:
            found["worker"] = max(found["worker"], own)
        else:
            found["service" if one == process else "others"] += own
        found["sum"] += own
        found["files"] += held["Pss_File"]
    return found


def _is_worker(child: psutil.Process) -> bool:
    """Workers are children of the server that forks them, and have its command line."""
    parent = child.parent()
    return parent is not None and all("forkserver" in " ".join(one.cmdline()) for one in (child, parent))


def _rollup(pid: int) -> dict[str, int]:
    rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return {row[0].rstrip(":"): 1024 * int(row[1]) for row in rows}


def measure(pages: int, options: argparse.Namespace) -> dict[str, float]:
    """Seconds, and the peaks in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--read", folder, "--pages", str(pages), "--layout", options.layout]
        write_pdf(Path(folder) / "document.pdf", pages)
        began = time.monotonic()
        peaks: dict[str, float] = defaultdict(float)
        with subprocess.Popen([*command, "--workers", str(options.workers)]) as running:
            process = psutil.Process(running.pid)
            while running.poll() is None:
                for name, value in sample(process).items():
                    peaks[name] = max(peaks[name], value / 1e6)
                time.sleep(SAMPLE_SECONDS)
        if running.returncode:
            raise SystemExit(f"reading {pages} pages ended with {running.returncode}")
        peaks["at once"] = peaks["service"] + peaks["others"] + options.workers * peaks["worker"]
        return {
            "pages": pages,
            "seconds": round(time.monotonic() - began, 1),
            **{k: round(v) for k, v in peaks.items()},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=3000, help="of the long document (default: 3000)")
    parser.add_argument("--short", type=int, default=20, help="of the short one (default: 20)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--layout", choices=("model", "geometry"), default="model")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        reading = IngestSettings(workers=options.workers, layout=options.layout)
        asyncio.run(read(options.read / "document.pdf", Settings(data=options.read / "data", ingest=reading)))
        return
    runs = [measure(pages, options) for pages in (options.short, options.pages)]
    columns = ("pages", "seconds", "service", "worker", "others", "at once", "sum", "files")
    table = Table(*columns, title=f"peak memory in MB, layout {options.layout}")
    for run in runs:
        table.add_row(*(f"{run.get(key, 0):g}" for key in columns))
    Console(width=100).print(table)
    differences = {key: runs[1][key] - runs[0][key] for key in ("at once", "sum")}
    print(json.dumps({"runs": runs, "difference_mb": differences}))


if __name__ == "__main__":
    main()
