"""The options that every command of `quire eval` has. `--data` names a benchmark here, so Quire's own folder is `--store`."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import update_wrapper
from pathlib import Path
from typing import Any

import click

from api.cli.options import Common


def common(function: Callable[..., Coroutine[Any, Any, int | None]]) -> Callable[..., int]:
    """Give the command --json, --quiet, --debug and --store, and run its coroutine; what it returns is the exit code."""

    def run(as_json: bool, quiet: bool, debug: bool, store: Path | None, **values: object) -> int:
        return asyncio.run(function(Common(as_json, quiet, debug, store), **values)) or 0

    wrapped: Callable[..., int] = update_wrapper(run, function)
    for option in (
        click.option("--debug", is_flag=True, help="Show the traceback of an error."),
        click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks on stderr."),
        click.option(
            "--store",
            type=click.Path(file_okay=False, path_type=Path),
            help="Quire's data folder, where it works in the process.  [default: QUIRE_DATA, quire.toml, or ./data]",
        ),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    ):
        wrapped = option(wrapped)
    return wrapped


folder_argument = click.argument("run", type=click.Path(file_okay=False, path_type=Path), metavar="RUN")
