"""What wordspot's list of pages counts in the served search: chosen on documents of our own, not on the benchmark's.

    python -m benchmarks.wordspot.fusing --pdf FILE --pdf FILE [--weights FILE] [--cache FOLDER] [--half]

Questions are those of `benchmarks.wordspot.ranking`. Asked for are pages whose words are all known (as in a text layer),
pages of which one word in ten is misread, as OCR does, and a mixture in which a half of the pages, drawn by chance, has no
words at all: scans that nothing has read.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
from msgspec import structs

from benchmarks.mmlongbench import Question, reciprocal
from benchmarks.wordspot.paging import encoder, options_of_questions, read_document
from benchmarks.wordspot.ranking import questions
from benchmarks.wordspot.served import Rankings, asked_of_images, index, ranked, show
from ingest import Block, BlockKind, Box, Page, TextSource, Word
from retrieval import Retriever
from retrieval.imaged import ImageQuestion
from retrieval.visual import WordspotEncoder

_MISREAD = 0.1
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 1.5, 3.0)
ALONE = (2.0, 3.0, 3.5, 4.0)


def pages_of(path: Path, draw: Random, misread: float = 0.0) -> list[Page]:
    """The pages of a PDF by PyMuPDF's blocks of text."""
    import pymupdf

    found = []
    with pymupdf.open(path) as document:
        for number, page in enumerate(document, start=1):
            words: list[Word] = []
            blocks = []
            for x0, y0, x1, y1, text, _, kind in page.get_text("blocks"):
                read = [_misread(word, draw) if draw.random() < misread else word for word in text.split()]
                if kind == 0 and read:
                    box = Box(x0, y0, x1, y1)
                    first = len(words)
                    words += [Word(word, box) for word in read]
                    blocks.append(Block(BlockKind.TEXT, " ".join(read), box, first, len(words)))
            found.append(
                Page(
                    number, page.rect.width, page.rect.height, None, TextSource.TEXT_LAYER, tuple(words), tuple(blocks)
                )
            )
    return found


def _misread(word: str, draw: Random) -> str:
    at = draw.randrange(len(word))
    return word[:at] + draw.choice(["", draw.choice(_LETTERS)]) + word[at + 1 :]


def _wordless(pages: Sequence[Page], draw: Random) -> list[Page]:
    """A half of them without words."""
    gone = set(draw.sample(range(len(pages)), len(pages) // 2))
    return [Page(page.number, page.width, page.height) if at in gone else page for at, page in enumerate(pages)]


def line(name: str, asked: Sequence[Question], rankings: Rankings) -> None:
    """Recall at 1, 3 and 5 in %, and MRR."""
    shares = [
        100 * np.mean([bool(q.gold & set(r[:k])) for q, r in zip(asked, rankings, strict=True)]) for k in (1, 3, 5)
    ]
    inverse = 100 * np.mean([reciprocal(q, r) for q, r in zip(asked, rankings, strict=True)])
    print(f"  {name:60s} {' '.join(f'{share:5.1f}' for share in shares)} {inverse:5.1f}", flush=True)


async def compare(
    room: Retriever,
    collection: str,
    asked: Sequence[Question],
    bare: Sequence[bool],
    counts: Mapping[str, int],
    ways: Mapping[str, Sequence[ImageQuestion | None]],
) -> None:
    """A line for each way, inside the document and over both, for pages with words and for those without (`bare`)."""
    for name, images in ways.items():
        for where in ("one", "both"):
            rankings = await ranked(room, collection, asked, images, counts, everywhere=where == "both")
            for what, flag in (("with words", False), ("wordless", True)):
                if picked := [at for at, one in enumerate(bare) if one == flag]:
                    row = f"{where}; {what}; images {name}"
                    line(row, [asked[at] for at in picked], [rankings[at] for at in picked])


def _weighed(question: ImageQuestion | None, alone: float) -> ImageQuestion | None:
    return None if question is None else structs.replace(question, alone=alone)


async def run(options: argparse.Namespace, folder: Path) -> None:
    import pymupdf

    paths: dict[str, Path] = {path.name: path for path in options.pdf}
    texts = [[page.get_text() for page in pymupdf.open(path)] for path in paths.values()]
    names = list(paths)
    asked = [
        Question(names[made.document], made.text, frozenset({made.page + 1}), ())
        for made in questions(texts, options.questions, 3)
    ]
    with_ = encoder(options.weights, half=options.half)
    seen = {name: read_document(path, with_, options.cache) for name, path in paths.items()}
    known = {name: pages_of(path, Random(1)) for name, path in paths.items()}
    misread = {name: pages_of(path, Random(1), _MISREAD) for name, path in paths.items()}
    half = {name: _wordless(pages, Random(2)) for name, pages in known.items()}
    asker = WordspotEncoder(options.weights, dtype="float32")
    counts = {name: len(pages) for name, pages in known.items()}
    room = Retriever(folder, visual=asker)
    await room.start()
    for collection, pages in (("known", known), ("misread", misread), ("half", half)):
        await index(room, collection, pages)
        bare = [not pages[question.document][min(question.gold) - 1].words for question in asked]
        both = [(weight, asker.alone) for weight in WEIGHTS]
        both += [(asker.weight, alone) for alone in ALONE] if any(bare) else []
        await compare(room, collection, asked, bare, counts, {"none": [None] * len(asked)})
        for beside_words in (False, True) if any(bare) else (False,):
            for name, found in pages.items():
                await show(
                    room, collection, name, [p.number for p in found if not beside_words or not p.words], seen[name]
                )
            ways = {
                f"{'of wordless' if beside_words else 'of all'}, weight {weight}, alone {alone}": [
                    _weighed(asked_of_images(asker, question.text, weight, known=beside_words), alone)
                    for question in asked
                ]
                for weight, alone in both
            }
            await compare(room, collection, asked, bare, counts, ways)
    await room.close()


def main() -> None:
    parser = options_of_questions(__doc__)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(options, Path(folder)))


if __name__ == "__main__":
    main()
