"""The served search with and without wordspot's list of pages, on MMLongBench-Doc's development split.

    python -m benchmarks.wordspot.served --pages-cache FOLDER --index FOLDER [--cache FOLDER] [--weights FILE] [--half]

Pages were read by the Ingestor (cache of `benchmarks.page_recall`). Two indexes are made of them: with the words that OCR
read of scans and pictures, and with those of text layers alone, where scans have no words at all. In each the search is
the service's own, with the encoder's weight in the fusion (or --weight), inside the document and over all of them:
without page images, with images of the pages that have no words (in the first index: none but OCR's; the setting
`index.visual_pages = wordless`), with images of all pages. R@k with the paired gain over the search without images, in
points, and its 95 % interval over documents; MRR.

The index's words (--index) are kept for the next weights; page vectors are in --cache (`benchmarks.wordspot.documents`).
"""

import argparse
import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec import structs

from benchmarks.mmlongbench import CUTS, Question, interval, read_pages, read_questions, recalls, reciprocal
from benchmarks.page_recall import text_layers
from benchmarks.wordspot.documents import of_groups
from benchmarks.wordspot.paging import Encoder, encoder, options_of_split, read_document
from ingest import Page, TextSource
from retrieval import Retriever, Scope
from retrieval.fusion import fuse_pages
from retrieval.imaged import ImageQuestion, KnownWords
from retrieval.indexing import with_image
from retrieval.lexical import question_weights
from retrieval.schema import GRID, PAGE, PAGE_LEXICAL, point_id
from retrieval.search import as_question, candidates
from retrieval.store.contract import Point
from retrieval.visual import PageVectors, WordspotEncoder
from retrieval.visual.keeping import kept, middle_cells
from retrieval.wordspot.reading import Spotted

_TOGETHER = 32
Rankings = list[list[int]]


def without_ocr(page: Page) -> Page:
    """The page as its text layer has it. What OCR read of pictures on it goes with their blocks."""
    if page.source in (TextSource.OCR, TextSource.NONE):
        return structs.replace(page, words=(), blocks=(), source=TextSource.NONE)
    read = [block for block in page.blocks if not _by_ocr(page, block.first_word, block.last_word)]
    return structs.replace(page, blocks=tuple(structs.replace(block, caption=None) for block in read))


def _by_ocr(page: Page, first: int, last: int) -> bool:
    return any(word.confidence is not None for word in page.words[first:last])


async def index(room: Retriever, collection: str, pages: Mapping[str, Sequence[Page]]) -> None:
    """The words of all documents, unless they are there."""
    started = time.perf_counter()
    known = await room.store.schema(collection)
    if known is not None:
        # It may have been made for other weights: what it holds of images is written anew.
        await room.store.open(collection, known, {})
    for name, read in pages.items():
        if not await room.count(collection, document=name, revision="r1"):
            for start in range(0, len(read), _TOGETHER):
                await room.add_pages(collection, name, "r1", read[start : start + _TOGETHER], visible=True)
    print(f"{collection}: {await room.count(collection)} points, {time.perf_counter() - started:.0f} s", flush=True)


async def show(room: Retriever, collection: str, name: str, numbers: Sequence[int], seen: Sequence[Spotted]) -> None:
    """The images of these pages of a document into the index; of no others."""
    ids = [point_id(name, "r1", PAGE, number, 0) for number in range(1, len(seen) + 1)]
    for start in range(0, len(ids), _TOGETHER):
        found = await room.store.retrieve(
            collection, ids[start : start + _TOGETHER], vectors=(PAGE_LEXICAL,), fields=True
        )
        await room.store.upsert(
            collection,
            [
                _imaged(point, seen[point.payload["page"] - 1] if point.payload["page"] in numbers else None)
                for point in found
            ],
        )


def _imaged(point: Point, seen: Spotted | None) -> Point:
    plain = Point(point.id, point.vectors, {name: value for name, value in point.payload.items() if name != GRID})
    if seen is None or not len(seen.vectors):
        return plain
    # The grid is for maps only.
    vectors = PageVectors(seen.vectors.astype(np.float16), 88, 62, middle_cells(seen.boxes, 88, 62), seen.boxes)
    return with_image(plain, kept(vectors))


def asked_of_images(asker: WordspotEncoder, text: str, weight: float, *, known: bool = False) -> ImageQuestion | None:
    """As the service asks. `known`: where pages with words have no images."""
    (vectors,) = asker.encode_query([text])
    words = tuple(question_weights(word) for word in asker.query_tokens(text).texts)
    looked_up = KnownWords(words, asker.known) if known else None
    return ImageQuestion(vectors, weight, asker.rule, asker.alone, looked_up) if len(vectors) else None


async def ranked(
    room: Retriever,
    collection: str,
    questions: Sequence[Question],
    asked: Sequence[ImageQuestion | None],
    counts: Mapping[str, int],
    *,
    everywhere: bool,
) -> Rankings:
    """Pages by number as search ranks them, those of other documents as 0."""
    vectors = room.encoder.encode_query([question.text for question in questions])
    rankings: Rankings = []
    for question, vector, image in zip(questions, vectors, asked, strict=True):
        scope = Scope(collection, () if everywhere else (question.document,))
        found = await candidates(room.store, as_question(question.text, vector, image), scope)
        fused = fuse_pages(found.lists, found.signals.strengths, images=found.images)
        own = {point_id(question.document, "r1", PAGE, n, 0): n for n in range(1, counts[question.document] + 1)}
        rankings.append([own.get(key, 0) for key, _ in fused])
    return rankings


def table(questions: Sequence[Question], rows: Mapping[str, Rankings], groups: Mapping[str, Sequence[str]]) -> None:
    """Recall of each way by group, with the gain over the first."""
    first = next(iter(rows.values()))
    for group, names in groups.items():
        picked = [index for index, question in enumerate(questions) if question.document in names]
        some = [questions[index] for index in picked]
        print(f"\n{group} (N = {len(some)}) | {' | '.join(f'R@{k}' for k in CUTS)} | MRR")
        for name, rankings in rows.items():
            ours = [rankings[index] for index in picked]
            cells = [
                _cell(some, recalls(some, ours, k), recalls(some, [first[index] for index in picked], k)) for k in CUTS
            ]
            inverse = np.mean([reciprocal(q, r) for q, r in zip(some, ours, strict=True)])
            print(f"  {name:28s} | {' | '.join(cells)} | {100 * inverse:.1f}", flush=True)


def _cell(questions: Sequence[Question], ours: Sequence[float], theirs: Sequence[float]) -> str:
    low, high = interval(questions, [a - b for a, b in zip(ours, theirs, strict=True)])
    return f"{100 * np.mean(ours):5.1f} ({100 * (np.mean(ours) - np.mean(theirs)):+5.1f} [{100 * low:+5.1f}, {100 * high:+5.1f}])"


async def run(options: argparse.Namespace, with_: Encoder, asker: WordspotEncoder) -> None:
    questions = read_questions(options.data)
    read = await read_pages(options.data, options.pages_cache, 1)
    layers = {name: [without_ocr(page) for page in pages] for name, pages in read.items()}
    wordless = {name: [page.number for page in pages if not page.words] for name, pages in layers.items()}
    groups = {**of_groups(text_layers(options.data)), "all": list(read)}
    looked_at = [name for name in read if wordless[name] or not options.wordless_only]
    seen = {name: read_document(options.data / "documents" / name, with_, options.cache) for name in looked_at}
    weight = asker.weight if options.weight is None else options.weight
    images = [asked_of_images(asker, question.text, weight) for question in questions]
    beside_words = [asked_of_images(asker, question.text, weight, known=True) for question in questions]
    print(
        f"weights {with_.fingerprint}; list of images counts {weight}; {sum(map(len, wordless.values()))} pages without words"
    )
    room = Retriever(options.index, visual=asker)
    await room.start()
    some: Callable[[str, int], Sequence[int]]
    for collection, pages in (("ocr", read), ("layers", layers)):
        await index(room, collection, pages)
        inside: dict[str, Rankings] = {}
        among: dict[str, Rankings] = {}
        counts = {name: len(found) for name, found in read.items()}
        for way, some in (
            ("without images", lambda name, count: ()),
            ("images of wordless pages", lambda name, count: wordless[name]),
            ("images of all pages", lambda name, count: range(1, count + 1)),
        ):
            if options.wordless_only and way == "images of all pages":
                continue
            asked: Sequence[ImageQuestion | None] = [None] * len(questions)
            if way != "without images":
                asked = images if way == "images of all pages" else beside_words
            for name in read if way != "without images" else ():
                # Also of documents with none: an earlier run may have left images of theirs.
                blank = [Spotted(*(np.zeros((0, 1), np.float32),) * 3)] * counts[name]
                await show(room, collection, name, some(name, counts[name]), seen.get(name, blank))
            for rows, everywhere in ((inside, False), (among, True)):
                rows[way] = await ranked(room, collection, questions, asked, counts, everywhere=everywhere)
        print(f"\n## {collection}, inside the document")
        table(questions, inside, groups)
        print(f"\n## {collection}, over all documents")
        table(questions, among, groups)
    await room.close()


def main() -> None:
    parser = options_of_split(__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--weight", type=float, help="of the list of images, instead of the encoder's own")
    parser.add_argument("--wordless-only", action="store_true", help="leave out images of all pages: a quarter to read")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for folder in (options.pages_cache, options.cache):
        folder.mkdir(parents=True, exist_ok=True)
    with_ = encoder(options.weights, half=options.half)
    asyncio.run(run(options, with_, WordspotEncoder(options.weights, dtype="float32")))


if __name__ == "__main__":
    main()
