"""Seconds from nothing to the output of `quire --help` and `quire list`: each run is a process of its own.

    python benchmarks/cold_start.py [--runs 15]

"Cold" means a new process, not a cold disk: the first run of each command warms the disk's cache and is left out.
Prints the median, the fastest and the slowest run, and the processor's seconds (median), which a busy machine disturbs less.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUIRE = str(Path(sys.executable).with_name("quire"))


def run(arguments: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one process. Raises if it fails: a time to an error is no measurement."""
    began, used = time.perf_counter(), processor_seconds()
    subprocess.run([QUIRE, *arguments], check=True, capture_output=True)
    return time.perf_counter() - began, processor_seconds() - used


def processor_seconds() -> float:
    """Of all processes that were started from here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        commands = {"quire --help": ["--help"], "quire list": ["list", "--data", f"{folder}/data"]}
        print(f"{'command':<14} {'median':>8} {'fastest':>8} {'slowest':>8} {'processor':>10}   ({runs} runs)")
        for title, arguments in commands.items():
            run(arguments)
            wall, processor = zip(*(run(arguments) for _ in range(runs)), strict=True)
            print(
                f"{title:<14} {statistics.median(wall):>6.3f} s {min(wall):>6.3f} s {max(wall):>6.3f} s "
                f"{statistics.median(processor):>8.3f} s"
            )


if __name__ == "__main__":
    main()
