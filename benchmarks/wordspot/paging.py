"""PDFs as pictures: every page drawn, its text layer left aside, and read once with the shipped weights or with others."""

import argparse
import hashlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from retrieval.wordspot.asking import Asker
from retrieval.wordspot.reading import LONG_SIDE, PageReader, Spotted
from retrieval.wordspot.scoring import Calibration
from retrieval.wordspot.weights import SHIPPED, load

Grey = npt.NDArray[np.uint8]

SHARPER = 2**0.5
"""Pixels of an image's side for one of LONG_SIDE, as the service draws pages (retrieval/seeing.py)."""


class Encoder(Struct, frozen=True):
    """The weights of a file, ready for both sides."""

    reader: PageReader
    asker: Asker
    calibration: Calibration
    fingerprint: str
    about: dict[str, str]


def encoder(weights: Path = SHIPPED, *, half: bool = False) -> Encoder:
    """Of a file of weights; on one thread."""
    import msgspec
    import torch

    torch.set_num_threads(1)
    networks = load(weights)
    calibration = msgspec.json.decode(networks.about["calibration"], type=Calibration)
    reader = PageReader(networks.page, half=half)
    return Encoder(reader, Asker(networks.query), calibration, networks.fingerprint, networks.about)


def draw(path: Path) -> list[Grey]:
    """The pages of a PDF as the reader wants them."""
    import pymupdf

    with pymupdf.open(path) as document:
        return [picture(page) for page in document]


def picture(page: object, long_side: int = round(SHARPER * LONG_SIDE)) -> Grey:
    """A page of PyMuPDF's, uint8 (h, w)."""
    import pymupdf

    rect = page.rect  # type: ignore[attr-defined]
    zoom = long_side / max(rect.width, rect.height, 1.0)
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY)  # type: ignore[attr-defined]
    return np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.width)


def read_document(path: Path, with_: Encoder, cache: Path) -> list[Spotted]:
    """A document's pages; kept in the cache by the document's content and the weights."""
    key = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    kept = cache / f"{key}-{with_.fingerprint}.npz"
    if not kept.exists():
        started = time.perf_counter()
        pages = [with_.reader.read(grey) for grey in draw(path)]
        _keep(kept, pages)
        print(f"read {path.name[:40]}: {len(pages)} pages, {time.perf_counter() - started:.0f} s", flush=True)
    return _kept(kept)


def _keep(path: Path, pages: Sequence[Spotted]) -> None:
    ends = np.cumsum([len(page.gates) for page in pages])
    partial = path.with_suffix(".part.npz")
    np.savez(
        partial,
        ends=ends,
        vectors=np.concatenate([page.vectors for page in pages]).astype(np.float16),
        boxes=np.concatenate([page.boxes for page in pages]),
        gates=np.concatenate([page.gates for page in pages]),
    )
    partial.rename(path)


def _kept(path: Path) -> list[Spotted]:
    with np.load(path) as file:
        ends = file["ends"][:-1]
        vectors, boxes, gates = (np.split(file[name], ends) for name in ("vectors", "boxes", "gates"))
    return [Spotted(one.astype(np.float32), box, gate) for one, box, gate in zip(vectors, boxes, gates, strict=True)]


def options(about: str | None) -> argparse.ArgumentParser:
    """What every benchmark of wordspot can be told, for it to add its own."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "quire-wordspot")
    parser.add_argument("--half", action="store_true", help="convolutions in bfloat16")
    return parser


def options_of_split(about: str | None) -> argparse.ArgumentParser:
    """The same over the development split of MMLongBench-Doc."""
    parser = options(about)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "mmlongbench-doc")
    parser.add_argument("--pages-cache", type=Path, default=Path(tempfile.gettempdir()) / "quire-page-recall")
    return parser


def options_of_questions(about: str | None) -> argparse.ArgumentParser:
    """The same over questions made up from PDFs."""
    parser = options(about)
    parser.add_argument("--pdf", type=Path, action="append", required=True)
    parser.add_argument("--questions", type=int, default=300)
    return parser
