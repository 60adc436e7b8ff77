"""Pages and what was found on them as one HTML file: the image with its boxes, beside it every block with its text.

The file stands alone: no scripts, no references to other files. Documents are strangers', so everything of theirs is escaped.
"""

from base64 import b64encode
from collections.abc import Iterator
from html import escape

from api.cli.findings import SOURCES, captions, hidden
from ingest import BLOCK_COLOURS, Block, Page, Table

_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:1.5rem;color:#222;background:#fff}
section{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:1.5rem;border-top:1px solid #ccc;padding:1rem 0}
h2{grid-column:1/-1;font-size:1rem;margin:0}p.facts{grid-column:1/-1;margin:0;color:#555}
img{width:100%;border:1px solid #ddd}
div.block{border-left:4px solid;padding:.1rem .6rem;margin:0 0 .6rem;overflow-wrap:anywhere}
div.block b{font-size:.8rem;font-weight:600}div.block p{margin:.1rem 0;white-space:pre-wrap}
table{border-collapse:collapse;font-size:.85rem}td,th{border:1px solid #bbb;padding:.1rem .4rem;vertical-align:top;text-align:left}
@media(max-width:60rem){section{grid-template-columns:1fr}}
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def head(name: str, summary: str) -> str:
    """The start of the file, up to the first page."""
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{escape(name)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{escape(name)}</h1>\n<p>{escape(summary)}</p>\n"
    )


def section(page: Page, jpeg: bytes | None) -> str:
    """One page. `jpeg` is its image with boxes; None where it could not be drawn."""
    return "\n".join(_section(page, jpeg)) + "\n"


def tail(summary: str) -> str:
    """The end of the file."""
    return f"<p>{escape(summary)}</p>\n</body></html>\n"


def _section(page: Page, jpeg: bytes | None) -> Iterator[str]:
    printed = f" (printed {page.label})" if page.label else ""
    yield f'<section id="page-{page.number}"><h2>Page {page.number}{escape(printed)}</h2>'
    facts = [page.error] if page.error else [SOURCES[page.source], *page.notes, captions(page), hidden(page)]
    if page.section:
        facts.append(" > ".join(page.section))
    yield f'<p class="facts">{escape("; ".join(fact for fact in facts if fact))}</p>'
    if jpeg is None:
        yield "<p>There is no image of this page.</p>"
    else:
        data = b64encode(jpeg).decode()
        yield f'<div><img alt="page {page.number}" src="data:image/jpeg;base64,{data}"></div>'
    yield "<div>"
    for number, block in enumerate(page.blocks, start=1):
        yield from _block(block, number)
    yield "</div></section>"


def _block(block: Block, number: int) -> Iterator[str]:
    name = block.kind.value.replace("_", " ")
    if block.level is not None:
        name += f" of level {block.level}"
    if block.figure is not None:
        name += f": {block.figure.value}"
    if block.caption is not None:
        name += f", caption {block.caption + 1}"
    colour = "#{:02x}{:02x}{:02x}".format(*BLOCK_COLOURS[block.kind])
    body = _table(block.table) if block.table is not None else f"<p>{escape(block.text)}</p>"
    yield f'<div class="block" style="border-color:{colour}"><b>{number} {escape(name)}</b>{body}</div>'


def _table(table: Table) -> str:
    rows: dict[int, list[str]] = {row: [] for row in range(table.rows)}
    covered: set[tuple[int, int]] = set()
    starts = {(cell.row, cell.column): cell for cell in table.cells}
    for row in range(table.rows):
        for column in range(table.columns):
            cell = starts.get((row, column))
            if cell is None:
                if (row, column) not in covered:
                    rows[row].append("<td></td>")
                continue
            covered |= {(row + r, column + c) for r in range(cell.row_span) for c in range(cell.column_span)}
            tag = "th" if cell.header else "td"
            spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
            spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
            rows[row].append(f"<{tag}{spans}>{escape(cell.text)}</{tag}>")
    lines = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows.values())
    return f"<table>{lines}</table>"
