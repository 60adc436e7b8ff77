"""Damaged PDFs through real workers: `python -m benchmarks.mutants --count 2000 [--layout geometry] [--ocr]`.

Prints how many ended as what, how many cost a worker, the longest time, and the errors by kind. Ends with an error where a file
raised anything but an IngestError.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from ingest import Ingestor, Limits
from tests.ingest.mutator import Outcome, attack, mutants, sources


async def run(options: argparse.Namespace, folder: Path) -> int:
    ingestor = Ingestor(
        Limits(page_seconds=options.page_seconds, probe_seconds=options.page_seconds),
        workers=options.workers,
        ocr=options.ocr,
        layout=options.layout,
    )
    waiting = iter(mutants(sources(folder), options.seed, options.count))
    done: list[tuple[str, Outcome]] = []
    faults: list[str] = []

    async def work(number: int) -> None:
        path = folder / f"{number}.pdf"
        for name, data in waiting:
            path.write_bytes(data)
            try:
                done.append((name, await attack(ingestor, path)))
            except Exception as error:  # noqa: BLE001  # the very thing that is looked for
                faults.append(f"{name}: {type(error).__name__}: {error}")
                path.rename(folder / f"fault-{len(faults)}.pdf")

    began = time.monotonic()
    await asyncio.gather(*(work(number) for number in range(options.workers)))
    await ingestor.close()
    print(f"{options.count} files, layout {options.layout}, OCR {options.ocr}: {time.monotonic() - began:.0f} s")
    print("ended as:", dict(Counter(outcome.kind for _, outcome in done).most_common()))
    print("tasks that cost a worker:", sum(outcome.lost for _, outcome in done))
    print("longest:", [(f"{o.seconds:.1f} s", n) for n, o in sorted(done, key=lambda d: -d[1].seconds)[:5]])
    said = Counter(re.sub(r"[\d.]+", "N", error)[:110] for _, outcome in done for error in outcome.errors)
    print("errors:", *(f"{count:5} {error}" for error, count in said.most_common(25)), sep="\n  ")
    print("FAULTS:", len(faults), *faults[:20], sep="\n  ")
    return 1 if faults else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--layout", choices=("model", "geometry"), default="model")
    parser.add_argument("--ocr", action="store_true")
    parser.add_argument("--page-seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(asyncio.run(run(options, Path(folder))))


if __name__ == "__main__":
    main()
