"""Tables as Markdown and HTML."""

from collections.abc import Sequence
from html import escape

from ingest.document import Cell, Table


def table_markdown(table: Table) -> str:
    """GitHub's Markdown.

    A cell that spans repeats its text in every place it covers, so that each row can be read alone (a reader of a passage, or
    a model, must not count columns); a row that holds one cell across only (the name of a group) has it once. Several header
    rows become one, their texts apart by " / "; without header rows the header is empty, as the format demands one. Pipes and
    backslashes are escaped, signs that would begin HTML too, and line ends become spaces. A table without rows is an empty
    string.
    """
    heads, body = _rows(table)
    if not heads and not body:
        return ""
    width = max(1, table.columns)
    names = [_joined([row[c] for row in heads]) for c in range(width)]
    lines = [names, ["---"] * width, *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rows(table: Table) -> tuple[list[list[str]], list[list[str]]]:
    """Texts of header rows, inherited ones first, and of the others."""
    inherited = max((c.row + c.row_span for c in table.inherited), default=0)
    heads = _texts(table.inherited, inherited, table.columns)
    own = _texts(table.cells, table.rows, table.columns)
    return heads + own[: table.header_rows], own[table.header_rows :]


def _texts(cells: Sequence[Cell], rows: int, columns: int) -> list[list[str]]:
    made = [[""] * max(1, columns) for _ in range(rows)]
    for cell in cells:
        across = cell.column_span >= columns > 1 and cell.row_span == 1
        for row in range(cell.row, min(cell.row + cell.row_span, rows)):
            for column in range(cell.column, min(cell.column + (1 if across else cell.column_span), columns)):
                made[row][column] = _escaped(cell.text)
    return made


def _escaped(text: str) -> str:
    plain = " ".join(text.split())
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _joined(texts: Sequence[str]) -> str:
    """Names of one column from top to bottom, each once."""
    return " / ".join(dict.fromkeys(t for t in texts if t))


def table_html(table: Table) -> str:
    """An HTML table with `rowspan` and `colspan`, header cells as `th`, all texts escaped; empty places are empty cells.

    Inherited header rows stand first, with the class `inherited`.
    """
    parts = ["<table>"]
    inherited = max((c.row + c.row_span for c in table.inherited), default=0)
    if inherited or table.header_rows:
        parts.append("<thead>")
        parts += _html_rows(table.inherited, range(inherited), inherited, table.columns, ' class="inherited"')
        parts += _html_rows(table.cells, range(table.header_rows), table.rows, table.columns)
        parts.append("</thead>")
    parts.append("<tbody>")
    parts += _html_rows(table.cells, range(table.header_rows, table.rows), table.rows, table.columns)
    return "\n".join([*parts, "</tbody>", "</table>"])


def _html_rows(cells: Sequence[Cell], shown: range, rows: int, columns: int, mark: str = "") -> list[str]:
    starts = {(c.row, c.column): c for c in cells}
    covered = {
        (r, c)
        for cell in cells
        for r in range(cell.row, cell.row + cell.row_span)
        for c in range(cell.column, cell.column + cell.column_span)
    }
    made = []
    for row in shown:
        html = ""
        for column in range(columns):
            cell = starts.get((row, column))
            if cell is not None:
                html += _html_cell(cell, shown.stop - row)
            elif (row, column) not in covered:
                html += "<td></td>"
        made.append(f"<tr{mark}>{html}</tr>")
    return made


def _html_cell(cell: Cell, left: int) -> str:
    """A cell; its span ends with the head or body it is in, of which `left` rows are left."""
    tag = "th" if cell.header else "td"
    spans = f' rowspan="{min(cell.row_span, left)}"' if min(cell.row_span, left) > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{tag}{spans}>{escape(' '.join(cell.text.split()))}</{tag}>"
