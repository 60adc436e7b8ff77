"""How an answer came about, on a terminal: what each chain said, which was followed, what was read by OCR for it, and the time."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from answer import Answer, ChainReport
from api.cli.plain import plain
from api.cli.show import place

_CHARACTERS = 300


def explanation(answer: Answer) -> RenderableType:
    """Everything but the answer itself."""
    parts: list[RenderableType] = [Text("How the answer came about", style="bold")]
    parts += [Text(f"{chain.name} chain: {_said(chain)}") for chain in answer.chains]
    parts.append(Text(f"followed: {answer.agreement.followed or 'none'}; {plain(answer.agreement.why)}"))
    if answer.cost.ocr:
        parts.append(Text("Read by OCR for this question, and kept:"))
        parts += [
            Text(
                f"  {place(page.document_name, page.page, None)}: {page.words:,} words, {page.milliseconds / 1000:.1f} s"
            )
            for page in answer.cost.ocr
        ]
    parts.append(_times(answer))
    return Group(Text(), *(Padding(part, (0, 2)) for part in parts))


def _said(chain: ChainReport) -> str:
    if chain.failure is not None:
        return f"failed: {plain(chain.failure, _CHARACTERS)}"
    if chain.answer is None:
        return f"no answer: {plain(chain.refusal or 'it gave no reason', _CHARACTERS)}"
    return f"{plain(chain.answer, _CHARACTERS)} (support {chain.support:.2f})"


def _times(answer: Answer) -> Table:
    """Milliseconds by stage; chains run at the same time, so they add up to more than the total."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify="right")
    for stage, milliseconds in answer.cost.milliseconds.items():
        table.add_row(stage, f"{milliseconds:,.0f} ms")
    return table
