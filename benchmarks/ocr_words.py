"""Words read off scanned pages: Quire's OCR beside `rapidocr` with its defaults and Tesseract, where `tesseract` is on the PATH.

    python -m benchmarks.ocr_words [--pages 24] [--seed 7] [--engines quire,rapidocr,tesseract]

Pages come from `tests/ingest/scan_maker.py`: three fonts, 6 to 12 points, 150 to 300 dpi, skew, noise, blur, JPEG, one in eight on
its side or upside down. A word is what stands between blanks, with its punctuation and capitals; two words are the same if they are
the same characters.

- recall and precision: of the multisets of words, known and read; the order does not matter.
- errors: word error rate, which is the fewest insertions, deletions and exchanges that turn what was read, in the order in which
  the engine gives it, into what is known, over the number of known words. It can exceed 1.
- seconds: processor time of a page, on one thread, after one page to warm up: neighbours on the machine change it less than the
  time on the wall. Quire draws the page from its PDF, the others get the picture as it was made.
"""

import argparse
import os
import random
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import pymupdf
from rapidfuzz.distance import Levenshtein
from rich.console import Console
from rich.table import Table

from tests.ingest.scan_maker import FONTS, Scan, ScanSpec, make_scan

Engine = Callable[[Scan, ScanSpec], list[str]]


class Score(NamedTuple):
    """Counts of one page: words known, read, read rightly, and edits between the two in order."""

    known: int
    read: int
    right: int
    edits: int
    seconds: float


def specs(pages: int, seed: int) -> list[ScanSpec]:
    """Conditions dealt out evenly, then shuffled together."""
    draw = random.Random(seed)
    dealt: dict[str, Sequence[Any]] = {
        "font": FONTS,
        "size": (6.5, 8.0, 9.0, 10.5, 12.0),
        "dpi": (150, 200, 300),
        "skew": (0.0, 0.0, 0.6, -1.5, 3.0, -5.0),
        "noise": (2.0, 8.0, 16.0),
        "blur": (0.3, 0.6, 1.0),
        "quality": (85, 60, 40),
        "shade": (0, 20, 60),
        "turn": (0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2),
    }
    columns: dict[str, list[Any]] = {}
    for name, values in dealt.items():
        column = [values[n % len(values)] for n in range(pages)]
        draw.shuffle(column)
        columns[name] = column
    return [ScanSpec(seed=seed * 1000 + n, **{k: v[n] for k, v in columns.items()}) for n in range(pages)]


def quire() -> Engine:
    from ingest.ocr.recogniser import Recogniser

    recogniser = Recogniser()

    def read(scan: Scan, spec: ScanSpec) -> list[str]:
        with pymupdf.open("pdf", scan.pdf) as document:
            return [word.text for line in recogniser.read_page(document[0]).lines for word in line.words]

    return read


def rapidocr() -> Engine:
    from rapidocr import RapidOCR

    one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine = RapidOCR(params={"Global.log_level": "critical", **one})

    def read(scan: Scan, spec: ScanSpec) -> list[str]:
        result = engine(cv2.cvtColor(scan.picture, cv2.COLOR_GRAY2BGR))
        return [word for text in result.txts or () for word in text.split()]

    return read


def tesseract() -> Engine:
    def read(scan: Scan, spec: ScanSpec) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "page.png")
            cv2.imwrite(str(path), scan.picture)
            command = ["tesseract", str(path), "-", "--dpi", str(spec.dpi), "--psm", "1"]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env={"OMP_THREAD_LIMIT": "1"})
            return done.stdout.split()

    return read


ENGINES: dict[str, Callable[[], Engine]] = {"quire": quire, "rapidocr": rapidocr, "tesseract": tesseract}


def _processor_seconds() -> float:
    """Of this process and of those it waited for."""
    return sum(os.times()[:4])


def score(engine: Engine, scan: Scan, spec: ScanSpec) -> Score:
    started = _processor_seconds()
    read = engine(scan, spec)
    seconds = _processor_seconds() - started
    known = [word.text for word in scan.words]
    right = (Counter(known) & Counter(read)).total()
    return Score(len(known), len(read), right, Levenshtein.distance(read, known), seconds)


def add_row(table: Table, name: str, condition: str, scores: Sequence[Score]) -> None:
    known, read, right, edits = (sum(column) for column in list(zip(*scores, strict=True))[:4])
    seconds = sum(s.seconds for s in scores) / len(scores)
    table.add_row(
        name,
        condition,
        str(len(scores)),
        str(known),
        f"{right / known:.3f}",
        f"{right / max(1, read):.3f}",
        f"{edits / known:.3f}",
        f"{seconds:.2f}",
    )


def by_condition(pages: Sequence[tuple[ScanSpec, Score]]) -> list[tuple[str, list[Score]]]:
    groups = []
    for name in ("dpi", "size", "skew", "noise", "turn"):

        def value(page: tuple[ScanSpec, Score], name: str = name) -> float:
            return abs(float(getattr(page[0], name)))

        for key, members in groupby(sorted(pages, key=value), key=value):
            groups.append((f"{name} {key:g}", [member[1] for member in members]))
    return groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=24)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engines", default="quire,rapidocr,tesseract")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    chosen = [name for name in arguments.engines.split(",") if name != "tesseract" or shutil.which("tesseract")]
    table = Table("engine", "condition", "pages", "words", "recall", "precision", "errors", "s a page")
    pages = [(spec, make_scan(spec)) for spec in specs(arguments.pages, arguments.seed)]
    for name in chosen:
        engine = ENGINES[name]()
        engine(pages[0][1], pages[0][0])
        scores = [(spec, score(engine, scan, spec)) for spec, scan in pages]
        add_row(table, name, "all", [s for _, s in scores])
        for condition, members in by_condition(scores):
            add_row(table, "", condition, members)
        table.add_section()
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
