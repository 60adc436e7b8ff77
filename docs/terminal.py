"""Draws docs/terminal.svg, the picture in the README: real answers over the sample report, as `quire ask` prints them.

    python docs/terminal.py            (or: make picture)

Reads the sample into a folder that is thrown away, so it takes about a minute. The seconds in the picture are those of this run.
"""

import asyncio
import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from api.cli import show
from api.schemas import AskRequest
from api.service import Service
from api.settings import load_settings

SAMPLE = Path(__file__).parent / "sample" / "skerrivane-annual-report-2024.pdf"
PICTURE = Path(__file__).with_name("terminal.svg")
COLUMNS = 88
QUESTIONS = (
    "What yearly rent was agreed in the lease of Rinn Sound in 1987?",
    "How many ferry passengers did the group carry in 2015?",
)
# rich's own frame fetches its font from a content network; this one names fonts that machines have, and fetches nothing.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


async def main() -> None:
    """Ask, print, draw."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory() as folder:
        service = await Service.open(load_settings(data=Path(folder)))
        try:
            added = await service.add("default", SAMPLE, name=SAMPLE.name)
            async for _ in service.watch(added.job.id):
                pass
            await service.ask(AskRequest(QUESTIONS[0]))  # loads the models: their seconds are not those of an answer
            for number, question in enumerate(QUESTIONS):
                file = f" {SAMPLE.name}" if number == 0 else ""
                console.print(Text(f'$ quire ask{file} "{question}"'))
                console.print(show.answer(await service.ask(AskRequest(question))))
                console.print()
        finally:
            await service.close()
    console.save_svg(str(PICTURE), title="quire", code_format=FRAME, unique_id="quire")


if __name__ == "__main__":
    asyncio.run(main())
