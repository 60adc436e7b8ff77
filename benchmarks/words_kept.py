"""What ingest keeps of MMLongBench-Doc's documents: every page present, none failed, and no word of a text layer lost.

    python -m benchmarks.words_kept [--data ../shared/mmlongbench-doc] [--cache FOLDER] [--workers 2]

Of each page with a text layer the multiset of `page.get_text("words")` is compared with the words in the page's blocks. A word that
is missing there is explained where it is hidden text (kept apart, with a reason) or where OCR replaced the layer; the rest is lost.
Pages are read by the Ingestor with its defaults and kept in the cache, which `benchmarks.page_recall` shares.
"""

import argparse
import asyncio
import os
import tempfile
from collections import Counter
from pathlib import Path

import pymupdf
from msgspec import Struct

from benchmarks.mmlongbench import read_pages
from ingest import Page, TextSource


class Tally(Struct):
    """Sums over pages. `words` are those of text layers; `kept`, `hidden`, `replaced` and `lost` add up to them."""

    pages: int = 0
    failed: int = 0
    by_ocr: int = 0
    mixed: int = 0
    words: int = 0
    kept: int = 0
    hidden: int = 0
    replaced: int = 0
    lost: int = 0
    blocks: int = 0
    tables: int = 0
    figures: int = 0
    milliseconds: float = 0.0

    def add(self, other: "Tally") -> None:
        for field in self.__struct_fields__:
            setattr(self, field, getattr(self, field) + getattr(other, field))


def weigh(page: Page, layer: list[str], examples: Counter[str]) -> Tally:
    """One page. `examples` collects what is lost."""
    want = Counter(layer)
    have = Counter(w.text for b in page.blocks for w in page.words[b.first_word : b.last_word])
    missing = want - have
    hidden = missing & Counter(word for one in page.hidden for word in one.text.split())
    rest = missing - hidden
    replaced = rest.total() if page.source in (TextSource.OCR, TextSource.MIXED) else 0
    if not replaced:
        examples.update(rest)
    return Tally(
        pages=1,
        failed=page.error is not None,
        by_ocr=page.source is TextSource.OCR,
        mixed=page.source is TextSource.MIXED,
        words=want.total(),
        kept=want.total() - missing.total(),
        hidden=hidden.total(),
        replaced=replaced,
        lost=rest.total() - replaced,
        blocks=len(page.blocks),
        tables=sum(block.table is not None for block in page.blocks),
        figures=sum(block.figure is not None for block in page.blocks),
        milliseconds=page.milliseconds,
    )


def weigh_document(path: Path, pages: list[Page], examples: Counter[str]) -> Tally:
    """All pages of a document; AssertionError where one is missing or comes twice."""
    document = pymupdf.open(path)
    if [page.number for page in pages] != list(range(1, document.page_count + 1)):
        raise AssertionError(f"{path.name}: pages are missing or come twice")
    total = Tally()
    for page in pages:
        total.add(weigh(page, [w[4] for w in document[page.number - 1].get_text("words")], examples))
    return total


async def run(data: Path, cache: Path, workers: int) -> None:
    pages = await read_pages(data, cache, workers)
    total, examples = Tally(), Counter[str]()
    print(row_of(("document", "pages", "failed", "OCR", "mixed", "words of the layer", "kept", "hidden", "replaced by OCR",
                  "lost", "tables", "figures", "ms/page")))  # fmt: skip
    print("|---" * 13 + "|")
    for number, (name, read) in enumerate(sorted(pages.items()), start=1):
        found = weigh_document(data / "documents" / name, read, examples)
        print(row(str(number), found))
        total.add(found)
    print(row("all", total))
    share = 100 * total.kept / max(1, total.words - total.hidden - total.replaced)
    print(f"\nkept of what is neither hidden nor replaced: {share:.3f} %; commonest lost: {examples.most_common(10)}")


def row(name: str, t: Tally) -> str:
    cells = (name, t.pages, t.failed, t.by_ocr, t.mixed, t.words, t.kept, t.hidden, t.replaced, t.lost, t.tables, t.figures,
             f"{t.milliseconds / max(1, t.pages):.0f}")  # fmt: skip
    return row_of(cells)


def row_of(cells: tuple[object, ...]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = Path(__file__).resolve().parents[1]
    parser.add_argument("--data", type=Path, default=root.parent / "shared" / "mmlongbench-doc")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "quire-page-recall")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if not (options.data / "documents").is_dir():
        parser.error(f"{options.data} holds no folder `documents`; give the benchmark's folder with --data")
    options.cache.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    asyncio.run(run(options.data, options.cache, options.workers))


if __name__ == "__main__":
    main()
