"""`quire ask FILE "question"` from nothing: wall seconds and the peak memory of all its processes.

    python benchmarks/ask_cold.py [--pages 50] [--words 450] [--runs 1]

Makes a text PDF, then runs the command on an empty data folder: models are loaded, pages read and indexed, an answer given.
Memory is sampled over the whole process tree, five times a second: the sum of the proportional set sizes (PSS: memory that
processes share is counted once) where the system tells them, and of the resident set sizes (RSS: counted in each).
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pymupdf

QUIRE = str(Path(sys.executable).with_name("quire"))
INTERVAL_SECONDS = 0.2
MEGABYTE = 1024 * 1024

PLACES = "Aldmoor Brackenholt Cinderford Dunmarrow Eastwick Fallowmere Greyhaven Hollinsby Ironleigh Kestrelby".split()
MATTERS = [
    "the water board",
    "the ferry company",
    "the road office",
    "the museum",
    "the school council",
    "the harbour master",
]
DEEDS = [
    "approved a budget for",
    "postponed the repair of",
    "reported losses on",
    "finished the survey of",
    "sold its share in",
]
THINGS = [
    "the northern embankment",
    "two pumping stations",
    "the old granary",
    "a wind farm of six turbines",
    "the tram depot",
]
REASONS = [
    "after a wet autumn",
    "because steel had become dearer",
    "against the advice of its engineers",
    "within a single season",
]


def sentence(rng: random.Random) -> str:
    """One sentence with a place, a year and a sum, as reports have them."""
    who, what, thing, why = (rng.choice(words) for words in (MATTERS, DEEDS, THINGS, REASONS))
    when, where, price = rng.randint(1990, 2024), rng.choice(PLACES), rng.randint(11, 999)
    return f"In {when} {who} of {where} {what} {thing} for {price} thousand crowns {why}."


def make_pdf(path: Path, pages: int, words: int, seed: int = 7) -> str:
    """A PDF of running text; returns a question that one of its pages answers."""
    rng = random.Random(seed)
    document = pymupdf.open()
    for number in range(1, pages + 1):
        text: list[str] = []
        while sum(len(line.split()) for line in text) < words:
            text.append(sentence(rng))
        if number == pages * 2 // 3:
            text.insert(len(text) // 2, "The lighthouse at Saint Orran was sold to a painter for 412 thousand crowns.")
        page = document.new_page()
        left = page.insert_textbox((56, 56, 540, 790), " ".join(text), fontsize=10, lineheight=1.25)
        assert left >= 0, "the text does not fit the page"
    document.save(path)
    return "For how much was the lighthouse at Saint Orran sold?"


def memory(process: psutil.Process) -> tuple[int, int]:
    """PSS and RSS in bytes of the process and all below it."""
    proportional = resident = 0
    for each in [process, *process.children(recursive=True)]:
        try:
            info = each.memory_full_info()
        except psutil.Error:  # ended between the list and the look
            continue
        resident += info.rss
        proportional += getattr(info, "pss", info.rss)
    return proportional, resident


class Measured(NamedTuple):
    """Seconds, bytes, and what stdout said. Processor seconds leave out workers whose end nobody waited for."""

    wall: float
    processor: float
    pss: int
    rss: int
    output: str


def measure(command: list[str]) -> Measured:
    """Run the command and watch it."""
    began, peak_pss, peak_rss = time.perf_counter(), 0, 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        process = psutil.Process(running.pid)
        while running.poll() is None:
            try:
                pss, rss = memory(process)
            except psutil.NoSuchProcess:
                break
            peak_pss, peak_rss = max(peak_pss, pss), max(peak_rss, rss)
            time.sleep(INTERVAL_SECONDS)
        assert running.stdout is not None
        output = running.stdout.read()
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {running.returncode}\n{output}")
    return Measured(time.perf_counter() - began, processor_seconds(), peak_pss, peak_rss, output)


def processor_seconds() -> float:
    """Of all processes that were started from here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--words", type=int, default=450)
    parser.add_argument("--runs", type=int, default=1)
    wanted = parser.parse_args()
    for number in range(wanted.runs):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.pdf"
            question = make_pdf(file, wanted.pages, wanted.words)
            before = processor_seconds()
            found = measure([QUIRE, "ask", "--quiet", "--data", f"{folder}/data", str(file), question])
        if number == 0:
            print(found.output)
        print(
            f"{wanted.pages} pages of {wanted.words} words: {found.wall:.1f} s wall, {found.processor - before:.1f} s processor, "
            f"peak {found.pss / MEGABYTE:,.0f} MB PSS, {found.rss / MEGABYTE:,.0f} MB RSS"
        )


if __name__ == "__main__":
    main()
