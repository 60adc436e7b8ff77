"""Answers and search results on a terminal: complete without colour, whole at 80 columns, safe with any text."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from answer import Answer, Citation, NearPage, Outcome, Verdict
from api.cli.plain import plain

if TYPE_CHECKING:
    from api.schemas import Document, SearchResponse

OUTCOMES = {
    Outcome.ANSWERED: ("●", "Answered", "bold green"),
    Outcome.PARTIAL: ("◐", "Answered in part", "bold yellow"),
    Outcome.CONFLICTING: ("⇄", "The documents conflict", "bold yellow"),
    Outcome.NOT_IN_DOCUMENTS: ("○", "Not in the documents", "bold red"),
}
VERDICTS = {
    Verdict.VERIFIED: ("✓", "green"),
    Verdict.VISUAL: ("▣", "cyan"),
    Verdict.UNSUPPORTED: ("✗", "red"),
}
QUOTE_CHARACTERS = 400
"""What is shown of a quote or passage; --json has all of it."""


def put(*parts: RenderableType, piped_width: int | None = None) -> None:
    """Print results on stdout. In a pipe they are wrapped at `piped_width` columns (COLUMNS, or 100), without trailing spaces."""
    if sys.stdout.isatty():
        Console().print(*parts, sep="\n")
        return
    plain_console = Console(width=piped_width or _piped_width(), color_system=None)
    with plain_console.capture() as captured:
        plain_console.print(*parts, sep="\n")
    sys.stdout.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def _piped_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) > 0 else 100


def place(name: str, page: int, label: str | None) -> str:
    """`report.pdf, page 7 (printed 5)`."""
    printed = f" (printed {plain(label)})" if label and label != str(page) else ""
    return f"{plain(name, 80)}, page {page}{printed}"


def answer(value: Answer) -> RenderableType:
    """The whole answer: outcome, text, citations with their verdicts, near pages, notes, cost."""
    mark, title, style = OUTCOMES[value.outcome]
    parts: list[RenderableType] = [Text(f"{mark} {title}", style=style), Text()]
    parts.append(Padding(Text(_prose(value.text), style="bold" if value.citations else ""), (0, 2)))
    for citation in value.citations:
        parts += [Text(), _citation(citation)]
    if value.outcome is Outcome.NOT_IN_DOCUMENTS and value.nearest:
        parts += [Text(), Text("  The pages that came nearest:"), *map(_near, value.nearest)]
    if value.citations and (silent := _silent(value)):
        parts += [Text(), *(Padding(Text(line), (0, 2)) for line in silent)]
    parts += [Padding(Text(f"Note: {plain(note)}", style="yellow"), (1, 2, 0, 2)) for note in value.notes]
    return Group(*parts, Text(), Text(f"  {cost(value)}", style="dim"))


def _silent(value: Answer) -> list[str]:
    """Of several documents searched, those that support nothing: apart those of which no page was read, for they may
    hold something (answers stored before pages were counted don't tell)."""
    if len(value.coverage) < 2:
        return []
    counted = any(entry.read for entry in value.coverage)
    without = [entry for entry in value.coverage if not entry.claims]
    read = [plain(entry.document_name, 60) for entry in without if entry.read or not counted]
    unread = len(without) - len(read)
    lines = [f"Nothing to this in: {', '.join(read)}"] if read else []
    if unread:
        lines.append(
            f"No page came up from {unread:,} other{'' if unread == 1 else 's'} that {'was' if unread == 1 else 'were'} searched."
        )
    return lines


def _prose(text: str) -> str:
    """The answer's own text keeps its lines, but nothing that could steer the terminal."""
    return "\n".join(plain(line) for line in text.splitlines())


def _citation(citation: Citation) -> RenderableType:
    mark, style = VERDICTS[citation.verdict]
    head = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(3):
        head.add_column()
    where = Text(place(citation.document_name, citation.page, citation.label), overflow="fold")
    head.add_row(
        Text(f"[{citation.number}]", style="bold"), Text(f"{mark} {citation.verdict.value}", style=style), where
    )
    head.columns[0].no_wrap = head.columns[1].no_wrap = True
    lines: list[RenderableType] = [Padding(head, (0, 2))]
    if citation.quote:
        lines.append(Padding(Text(f"“{plain(citation.quote, QUOTE_CHARACTERS)}”", style="italic"), (0, 2, 0, 6)))
    elif citation.verdict is Verdict.VISUAL:
        lines.append(Padding(Text("(the evidence is a region of the page image)"), (0, 2, 0, 6)))
    return Group(*lines)


def _near(page: NearPage) -> RenderableType:
    head = Text(f"· {place(page.document_name, page.page, page.label)}")
    body = Text(plain(page.text, 160), style="dim")
    return Group(Padding(head, (0, 2)), Padding(body, (0, 2, 0, 4)))


def cost(value: Answer) -> str:
    """`0.84 s, 8 pages read, extractive`."""
    parts = []
    if "total" in value.cost.milliseconds:
        parts.append(f"{value.cost.milliseconds['total'] / 1000:.2f} s")
    parts.append(f"{value.cost.pages_read} page{'' if value.cost.pages_read == 1 else 's'} read")
    parts += [plain(model) for model in value.cost.models]
    tokens = sum(value.cost.tokens.values())
    return ", ".join([*parts, f"{tokens:,} tokens"] if tokens else parts)


def results(response: "SearchResponse") -> RenderableType:
    """Ranked pages, each with its best passage."""
    parts: list[RenderableType] = []
    for rank, page in enumerate(response.pages, start=1):
        where = place(response.names.get(page.document, page.document), page.number, page.label)
        parts.append(
            Text.assemble(
                (f"{rank:>3}. ", "bold"), where, (f"  {page.score:.3f}", "dim"), (because(page.reasons), "cyan")
            )
        )
        if page.passages:
            best = page.passages[0]
            section = f"{plain(best.section[-1], 60)}: " if best.section else ""
            body = Text.assemble((section, "bold"), plain(best.text, QUOTE_CHARACTERS))
            parts.append(Padding(body, (0, 2, 1, 5)))
    if not response.pages:
        parts.append(Text("No page matches."))
    parts += [Text(f"Note: {plain(note)}", style="yellow") for note in response.notes]
    total = response.milliseconds.get("total", sum(response.milliseconds.values()))
    return Group(
        *parts,
        Text(
            f"{len(response.pages)} page{'' if len(response.pages) == 1 else 's'}{_covered(response)}, {total:.0f} ms",
            style="dim",
        ),
    )


def _covered(response: "SearchResponse") -> str:
    """` of 2 documents (31 pages of 5 considered)`; nothing where there is only one."""
    if len(response.coverage) < 2:
        return ""
    shown = sum(entry.pages > 0 for entry in response.coverage)
    considered = sum(entry.considered for entry in response.coverage)
    return f" of {shown} document{'' if shown == 1 else 's'} ({considered:,} pages of {len(response.coverage):,} considered)"


def because(reasons: Sequence[str]) -> str:
    """`  named: page 12, figure 4b`: what of the question names the page; nothing where it was found by likeness."""
    return f"  named: {', '.join(plain(reason, 60) for reason in reasons)}" if reasons else ""


def documents(items: "Sequence[Document]") -> Table:
    """A table of documents; ids are never cut, they are for copying."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("id", no_wrap=True)
    table.add_column("status", no_wrap=True)
    table.add_column("pages", justify="right", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("name", overflow="fold")
    for item in items:
        pages = f"{item.pages:,}" + (f" ({item.pages_failed:,} failed)" if item.pages_failed else "")
        pages += f" ({item.pages_waiting:,} left to OCR)" if item.pages_waiting else ""
        if item.status.value == "reading":
            pages = f"{item.pages_ready:,} of {item.pages:,}"
        style = {"ready": "green", "failed": "red"}.get(item.status.value, "yellow")
        name = plain(item.name) + (f": {plain(item.error, 80)}" if item.error else "")
        table.add_row(item.id, Text(item.status.value, style=style), pages, size(item.bytes), Text(name))
    return table


def size(count: int) -> str:
    """`812 B`, `3.4 kB`, `12 MB`."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
