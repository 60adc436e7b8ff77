"""Cell F1 of Quire's tables beside `page.find_tables()` and `pymupdf4llm.to_json`, on generated pages whose cells are known.

    python -m benchmarks.table_cells [--tables 90] [--seed 7] [--family NAME]

All read the same PDFs in one process, one after the other. Scores as `tests/ingest/table_score.py` says; the pages are those of
`tests/ingest/table_maker.py`. Seconds are wall time a page, the layout model included for those that use it.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import pymupdf
import pymupdf.layout
from rich.console import Console
from rich.table import Table as Printed

from ingest.document import Word
from ingest.tables import read_tables
from ingest.text.lines import read_lines
from tests.ingest.table_maker import FAMILIES, UNWIRED, WIRED, KnownCell, make_page
from tests.ingest.table_score import Found, Score, score_page


def with_quire(page: pymupdf.Page) -> list[Found]:
    page.get_layout(return_raw=True)
    words: list[Word] = [word for line in read_lines(page) for word in line.words]
    found = []
    for table in read_tables(page, page.layout_information or [], words):
        grid = table.compose(0)[1]
        cells = [KnownCell(c.row, c.column, c.text, c.row_span, c.column_span) for c in grid.cells]
        found.append(Found((table.box.x0, table.box.y0, table.box.x1, table.box.y1), tuple(cells)))
    return found


def with_find_tables(page: pymupdf.Page) -> list[Found]:
    return [_of_boxes(t) for t in getattr(page.find_tables(), "tables", [])]


def with_fused(page: pymupdf.Page) -> list[Found]:
    """`find_tables` with all that it can do."""
    tables = getattr(page.find_tables(union=True, refine=True), "tables", [])
    return [Found(tuple(t.bbox), _of_placements(t.placements)) for t in tables]


def _of_boxes(table: Any) -> Found:
    """Spans by the boxes of the cells, which `extract` does not tell; texts by the boxes too, for `extract` drops spaces."""
    xs = sorted({round(c[0]) for c in table.cells})
    ys = sorted({round(c[1]) for c in table.cells})
    cells = []
    textpage = table.page.get_textpage()
    for row in table.rows:
        for box in row.cells:
            if box is not None:
                place = (ys.index(round(box[1])), xs.index(round(box[0])))
                spans = (sum(box[1] < y + 2 < box[3] for y in ys), sum(box[0] < x + 2 < box[2] for x in xs))
                cells.append(
                    KnownCell(
                        *place, table.page.get_textbox(box, textpage=textpage), max(1, spans[0]), max(1, spans[1])
                    )
                )
    return Found(tuple(table.bbox), tuple(cells))


def _of_placements(rows: Sequence[Sequence[Any]]) -> tuple[KnownCell, ...]:
    """As HTML places them: a cell goes to the first place of its row that no span from above has taken."""
    taken: set[tuple[int, int]] = set()
    cells = []
    for r, row in enumerate(rows):
        c = 0
        for cell in row:
            while (r, c) in taken:
                c += 1
            cells.append(KnownCell(r, c, cell.text or "", cell.rowspan, cell.colspan))
            taken |= {(r + i, c + j) for i in range(cell.rowspan) for j in range(cell.colspan)}
    return tuple(cells)


def with_pymupdf4llm(page: pymupdf.Page) -> list[Found]:
    import pymupdf4llm  # type: ignore[import-untyped]

    read = json.loads(pymupdf4llm.to_json(page.parent, pages=[page.number]))
    found = []
    for box in read["pages"][0]["boxes"]:
        if box.get("table"):
            rows = box["table"]["extract"]
            cells = [KnownCell(r, c, text) for r, row in enumerate(rows) for c, text in enumerate(row) if text]
            found.append(Found((box["x0"], box["y0"], box["x1"], box["y1"]), tuple(cells)))
    return found


READERS: dict[str, Callable[[pymupdf.Page], list[Found]]] = {
    "quire": with_quire,
    "find_tables()": with_find_tables,
    "find_tables(union, refine)": with_fused,
    "pymupdf4llm": with_pymupdf4llm,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=90, help="about how many, shared by the families (default: 90)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--family", help="this family only")
    parser.add_argument("--reader", help="this reader only")
    options = parser.parse_args()
    families = [options.family] if options.family else [*FAMILIES, "long"]
    readers = {n: r for n, r in READERS.items() if options.reader in (None, n)}
    scores: dict[tuple[str, str], list[Score]] = defaultdict(lambda: [Score(), Score()])
    seconds: dict[str, float] = defaultdict(float)
    pages = tables = 0
    for family in families:
        for number in range(max(1, options.tables // len(families))):
            data, known = make_page(family, options.seed * 1000 + number)
            tables += len(known)
            for at in sorted({t.page for t in known}):
                pages += 1
                for name, read in readers.items():
                    with pymupdf.open(stream=data) as document:
                        started = time.perf_counter()
                        found = read(document[at])
                        seconds[name] += time.perf_counter() - started
                    got = score_page([t for t in known if t.page == at], found)
                    for group in {family, _kind(family)}:
                        scores[name, group] = [a.plus(b) for a, b in zip(scores[name, group], got, strict=True)]
    _print(scores, seconds, list(readers), families, tables, pages)


def _kind(family: str) -> str:
    return "all wired" if family in WIRED else "all unwired" if family in UNWIRED else family


def _print(scores: dict[tuple[str, str], list[Score]], seconds: dict[str, float], readers: list[str],
           families: Sequence[str], tables: int, pages: int) -> None:  # fmt: skip
    printed = Printed("family", *readers, title=f"cell F1 / relations F1, per cent; {tables} tables on {pages} pages")
    for family in (*families, "all wired", "all unwired"):
        if any((name, family) in scores for name in readers):
            printed.add_row(
                family, *(" / ".join(f"{100 * s.f1:.1f}" for s in scores[name, family]) for name in readers)
            )
    printed.add_row("s a page", *(f"{seconds[name] / pages:.2f}" for name in readers))
    Console(width=140).print(printed)


if __name__ == "__main__":
    main()
