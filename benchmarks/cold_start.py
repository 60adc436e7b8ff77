"""Seconds from nothing to the output of `quire --help` and `quire list`: each run is a process of its own.

    python benchmarks/cold_start.py [--runs 15]

"Cold" means a new process, not a cold disk: the first run of each command warms the disk's cache and is left out.
Prints the median, the fastest and the slowest run.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUIRE = str(Path(sys.executable).with_name("quire"))


def run(arguments: list[str]) -> float:
    """Wall seconds of one process. Raises if it fails: a time to an error is no measurement."""
    began = time.perf_counter()
    subprocess.run([QUIRE, *arguments], check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        commands = {"quire --help": ["--help"], "quire list": ["list", "--data", f"{folder}/data"]}
        print(f"{'command':<14} {'median':>8} {'fastest':>8} {'slowest':>8}   ({runs} runs)")
        for title, arguments in commands.items():
            run(arguments)
            seconds = [run(arguments) for _ in range(runs)]
            print(f"{title:<14} {statistics.median(seconds):>6.3f} s {min(seconds):>6.3f} s {max(seconds):>6.3f} s")


if __name__ == "__main__":
    main()
