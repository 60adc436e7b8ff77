"""Pages made by hand, as ingest would make them, and a search result over them."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from answer import Answer, Answerer, ExtractiveReader, TextualChain, VisualChain
from ingest import Block, BlockKind, Box, Cell, Page, Table, TextSource, Word
from retrieval import Evidence, EvidencePage, PassageHit, Scope

LINE = 14.0
CHARACTER = 5.0
LEFT = 72.0
COLUMNS = 90


def page(
    number: int, *blocks: str | tuple[BlockKind, str] | list[list[str]], ocr: bool = False, label: str = ""
) -> Page:
    """A page of blocks: text (wrapped to lines), text with its kind, or a table as rows of cells, set in columns."""
    words: list[Word] = []
    made: list[Block] = []
    top = 72.0
    for block in blocks:
        first = len(words)
        if isinstance(block, list):
            kind, top = BlockKind.TABLE, _table(words, block, top, ocr)
        else:
            kind, text = (BlockKind.TEXT, block) if isinstance(block, str) else block
            top = _text(words, text, top, ocr)
        made.append(_block(kind, words, first))
        top += LINE
    source = TextSource.OCR if ocr else TextSource.TEXT_LAYER
    return Page(number, 595.0, 842.0, label or None, source, tuple(words), tuple(made))


def _word(text: str, x: float, y: float, ocr: bool) -> Word:
    return Word(text, Box(x, y, x + CHARACTER * len(text), y + 10.0), 0.95 if ocr else None)


def _text(words: list[Word], text: str, top: float, ocr: bool) -> float:
    x = LEFT
    for token in text.split():
        if x > LEFT and x + CHARACTER * len(token) > LEFT + CHARACTER * COLUMNS:
            x, top = LEFT, top + LINE
        words.append(_word(token, x, top, ocr))
        x += CHARACTER * (len(token) + 1)
    return top + LINE


def _table(words: list[Word], rows: Sequence[Sequence[str]], top: float, ocr: bool) -> float:
    """The first column is 200 points wide, the others 70, set to the right."""
    for row in rows:
        for column, cell in enumerate(row):
            right = LEFT + 200 + 70 * column
            x = LEFT if column == 0 else right - CHARACTER * len(cell)
            for token in cell.split():
                words.append(_word(token, x, top, ocr))
                x += CHARACTER * (len(token) + 1)
        top += LINE
    return top


def _block(kind: BlockKind, words: list[Word], first: int) -> Block:
    mine = words[first:]
    box = Box(
        min(w.box.x0 for w in mine),
        min(w.box.y0 for w in mine),
        max(w.box.x1 for w in mine),
        max(w.box.y1 for w in mine),
    )
    return Block(kind, " ".join(w.text for w in mine), box, first, len(words))


def evidence(question: str, pages: Mapping[str, Sequence[Page]]) -> Evidence:
    """All the pages, in the order given, each block a passage."""
    found = [
        EvidencePage(
            document=document,
            revision="r1",
            number=page.number,
            score=1.0 / (rank + 1),
            label=page.label,
            passages=tuple(PassageHit(n, b.text, (b.box,), 1.0 / (n + 1)) for n, b in enumerate(page.blocks)),
        )
        for document, its in pages.items()
        for rank, page in enumerate(its)
    ]
    return Evidence(question, Scope("tests"), tuple(found), {"encode": 1.0, "query": 2.0})


class Shelf:
    """Stored pages, as the service keeps them."""

    def __init__(self, pages: Mapping[str, Sequence[Page]]) -> None:
        self.pages = {(document, page.number): page for document, its in pages.items() for page in its}

    async def page(self, document: str, number: int) -> Page:
        return self.pages[document, number]

    def name(self, document: str) -> str:
        return f"{document}.pdf"


class Trigrams:
    """A real, if small, encoder: hashed character trigrams, unit vectors. Same text, same vector, in every process."""

    identity = "trigrams"

    def encode_query(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), 512), dtype=np.float32)
        for row, text in enumerate(texts):
            padded = f"  {' '.join(text.casefold().split())}  "
            for at in range(len(padded) - 2):
                bucket = int.from_bytes(blake2b(padded[at : at + 3].encode(), digest_size=4).digest(), "big") % 512
                vectors[row, bucket] += 1.0
        lengths: NDArray[np.float32] = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-9))
        unit: NDArray[np.float32] = vectors / lengths
        return unit


def asked_of(documents: Mapping[str, Sequence[Page]], question: str, *chains: TextualChain | VisualChain) -> Answer:
    """The answer of the reader without a model, all pages its evidence."""
    answerer = Answerer(ExtractiveReader(Trigrams()), chains or None)
    found = evidence(question, documents)
    return asyncio.run(answerer.answer(found, Shelf(documents), answer_id="a", searched=list(documents)))


def marked(number: int, title: str, rows: Sequence[Sequence[str]], *blocks: str | tuple[BlockKind, str]) -> Page:
    """A page with a title and a table that ingest has marked, its first row the headers; other blocks below."""
    plain = page(number, (BlockKind.TITLE, title), [list(row) for row in rows], *blocks)
    at = plain.blocks[1].first_word
    cells: list[Cell] = []
    for row, its in enumerate(rows):
        for column, text in enumerate(its):
            last = at + len(text.split())
            boxes = [word.box for word in plain.words[at:last]]
            box = Box(boxes[0].x0, boxes[0].y0, boxes[-1].x1, boxes[-1].y1)
            cells.append(Cell(row, column, text, box, at, last, header=row == 0))
            at = last
    table = Table(len(rows), len(rows[0]), tuple(cells), header_rows=1)
    block = plain.blocks[1]
    made = Block(block.kind, block.text, block.box, block.first_word, block.last_word, table=table)
    return Page(number, 595.0, 842.0, None, plain.source, plain.words, (plain.blocks[0], made, *plain.blocks[2:]))
