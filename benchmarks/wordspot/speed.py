"""Pages a second on one core, rendering included, and what a page takes to keep: the encoder beside RapidOCR.

    OMP_NUM_THREADS=1 python -m benchmarks.wordspot.speed FILE.pdf [--pages 8] [--weights FILE]

The same pages in the same process, in turn; the processor's time of it, so that other work on the machine counts less.
Tesseract is timed where its command is installed.
"""

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.wordspot.paging import encoder, picture
from retrieval.wordspot.reading import LONG_SIDE, PageReader, Spotted
from retrieval.wordspot.weights import SHIPPED


def timed(work: Callable[[Any], object], pages: list[Any]) -> tuple[float, float, list[object]]:
    """Processor seconds and seconds a page, and what came of each."""
    work(pages[0])
    started, spent = time.perf_counter(), time.process_time()
    found = [work(page) for page in pages]
    return (time.process_time() - spent) / len(pages), (time.perf_counter() - started) / len(pages), found


def _read(reader: PageReader, page: Any) -> Spotted:
    return reader.read(picture(page))


def rapidocr() -> Callable[[Any], object]:
    """The engine as the Ingestor has it, on one thread, at the pixels that most of a page is read at here."""
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 1})
    return lambda page: engine(np.repeat(picture(page, LONG_SIDE)[..., None], 3, axis=2))


def tesseract(page: Any) -> object:
    """The command on a rendered page. Its time is its own, not this process's."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        import cv2

        cv2.imwrite(file.name, picture(page, LONG_SIDE))
        return subprocess.run(["tesseract", file.name, "-"], check=True, capture_output=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdf", type=Path)
    parser.add_argument("--pages", type=int, default=8)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    options = parser.parse_args()
    import pymupdf

    document = pymupdf.open(options.pdf)
    pages = [document[number] for number in range(min(options.pages, len(document)))]
    print("| | processor seconds a page | seconds a page |\n|---|---|---|")
    for name, half in (("float32", False), ("bfloat16", True)):
        reader = encoder(options.weights, half=half).reader
        spent, took, found = timed(partial(_read, reader), pages)
        print(f"| wordspot, {name} | {spent:.2f} | {took:.2f} |", flush=True)
        counts = [len(one.gates) for one in found]  # type: ignore[attr-defined]
    spent, took, _ = timed(picture, pages)
    print(f"| rendering alone, in all of these | {spent:.3f} | {took:.3f} |")
    spent, took, _ = timed(rapidocr(), pages)
    print(f"| RapidOCR | {spent:.2f} | {took:.2f} |")
    if shutil.which("tesseract"):
        _, took, _ = timed(tesseract, pages)
        print(f"| Tesseract | | {took:.2f} |")
    else:
        print("| Tesseract | not installed | |")
    size = np.mean(counts) * 128 * 2 / 1000
    print(f"\nvectors a page: mean {np.mean(counts):.0f}, median {np.median(counts):.0f}; {size:.0f} kB in float16")


if __name__ == "__main__":
    main()
