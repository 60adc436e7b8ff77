"""`quire inspect`: what Quire reads on each page of a file, without adding it anywhere."""

import re
from pathlib import Path

import click

from api.cli.exits import Exit
from api.cli.options import Common, common

_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


class PageRanges(click.ParamType[tuple[tuple[int, int], ...]]):
    """`1-5,9`: ranges of page numbers, counted from 1, as (first, last)."""

    name = "pages"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[int, int], ...]:
        """The ranges, in the order given."""
        ranges = []
        for part in str(value).replace(" ", "").split(","):
            found = _RANGE.fullmatch(part)
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if not 1 <= first <= last:
                self.fail(f"{part!r} is no page and no range of pages; write them as 1-5,9.", param, ctx)
            ranges.append((first, last))
        return tuple(ranges)


@click.command("inspect")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--pages", type=PageRanges(), metavar="1-5,9", help="Only these pages.  [default: all]")
@click.option("--words", is_flag=True, help="With --json: every word with its box, too.")
@click.option(
    "--draw",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write an image of each page with what was found on it into this folder.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write images and texts into this one HTML file.",
)
@click.option("--no-ocr", is_flag=True, help="Read the text layer only.")
@click.option("--password", envvar="QUIRE_PASSWORD", help="Of an encrypted FILE; or set QUIRE_PASSWORD.")
@common
async def command(
    options: Common,
    file: Path,
    pages: tuple[tuple[int, int], ...] | None,
    words: bool,
    draw: Path | None,
    html: Path | None,
    no_ocr: bool,
    password: str | None,
) -> int:
    """Show what is found on each page of FILE: words, blocks, tables, figures, hidden text.

    Reads the file itself: needs no service and no data folder, and leaves nothing behind.

    With --json, stdout gets one JSON object for each page, a line each, and stderr the progress.
    """
    from api.cli.inspection import Wishes, inspect

    wishes = Wishes(pages, words, draw, html, not no_ocr, password)
    return _code(await inspect(file, wishes, options))


def _code(result: tuple[int, int]) -> int:
    """From the numbers of pages read and failed."""
    pages, failed = result
    if not failed:
        return Exit.OK
    return Exit.PARTIAL if failed < pages else Exit.BAD_INPUT
