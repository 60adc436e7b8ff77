"""The options that every command has, and the frame every command runs in."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from api.cli.failures import write_json_line

if TYPE_CHECKING:
    from api.settings import Settings


class Common(NamedTuple):
    """What the shared options said."""

    as_json: bool
    quiet: bool
    debug: bool
    data: Path | None

    def settings(self, **overrides: object) -> "Settings":
        """Settings of the working folder and the environment, `--data` on top. Raises `Misconfigured`."""
        from api.settings import load_settings

        return load_settings(**({"data": self.data} if self.data else {}), **overrides)

    def note(self, line: str) -> None:
        """Tell the user something that is not the result: a line on stderr, silent with --quiet."""
        if self.quiet:
            return
        if self.as_json:
            write_json_line({"message": line})
        else:
            click.echo(line, err=True)

    def print_json(self, value: object) -> None:
        """The one JSON document of a command, on stdout."""
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


Command = Callable[..., Coroutine[Any, Any, int | None]]


def frame(folder: str, help: str) -> Callable[[Command], Callable[..., int]]:
    """A decorator that gives a command --json, --quiet, --debug and the data folder's option, named `folder` and told by `help`,
    and runs its coroutine; what that returns is the exit code."""

    def framed(function: Command) -> Callable[..., int]:
        def run(as_json: bool, quiet: bool, store: Path | None, debug: bool, **values: object) -> int:
            return asyncio.run(function(Common(as_json, quiet, debug, store), **values)) or 0

        wrapped: Callable[..., int] = update_wrapper(run, function)
        for option in (
            click.option("--debug", is_flag=True, help="Show the traceback of an error."),
            click.option("-q", "--quiet", is_flag=True, help="No progress and no remarks on stderr."),
            # Not "data": commands of `quire eval` have a --data of their own.
            click.option(folder, "store", type=click.Path(file_okay=False, path_type=Path), help=help),
            click.option(
                "--json",
                "as_json",
                is_flag=True,
                help="One JSON document on stdout; progress and errors on stderr.",
            ),
        ):
            wrapped = option(wrapped)
        return wrapped

    return framed


DEFAULT_FOLDER = "[default: QUIRE_DATA, quire.toml, or ./data]"

common = frame("--data", f"The data folder.  {DEFAULT_FOLDER}")


collection_option = click.option(
    "-c", "--collection", default="default", show_default=True, help="The set of documents."
)
