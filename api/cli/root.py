"""`quire` itself: the list of commands, each loaded when it is needed, and the last stop of every error."""

import sys
from importlib import import_module
from importlib.metadata import EntryPoint, version
from typing import NoReturn

import click

from api.cli import plugins
from api.cli.exits import Exit, help_table
from api.cli.failures import interrupted, report

# Command, module in this package, and its line in the help: kept here so that the help imports none of them.
COMMANDS = {
    "ask": ("asking", "Answer a question, with the page behind every claim; adds the files it is given."),
    "add": ("adding", "Add documents to a collection and read them."),
    "search": ("searching", "Show the pages that match a question, best first."),
    "list": ("listing", "List documents, or collections."),
    "inspect": ("inspecting", "Show what is found on each page of a file, in words and in pictures."),
    "remove": ("removing", "Remove documents: their pages, passages and files."),
    "index": ("indexing", "Check, rebuild, compact or move the index of a collection."),
    "serve": ("serving", "Run the service: REST and its schema page."),
    "doctor": ("checking", "Show which parts are in use, why, and what is missing."),
}

ABOUT = """Questions about long, visually rich documents, answered with the page behind every claim.

\b
  quire ask report.pdf "How did revenue change in 2023?"
  quire add *.pdf && quire search "capital expenditure"

Commands talk to the service that runs on the data folder (quire serve), or open the folder themselves."""


class Commands(click.Group):
    """Lazily loaded commands: Quire's own, then those of plug-ins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Quire's own in the order of the help, then the plug-ins'."""
        return [*COMMANDS, *(name for name in plugins.added_commands() if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None where there is none of that name. A plug-in that can't be loaded raises."""
        if cmd_name in COMMANDS:
            command = getattr(import_module(f"api.cli.{COMMANDS[cmd_name][0]}"), "command")  # noqa: B009
            assert isinstance(command, click.Command)
            return command
        entry = plugins.added_commands().get(cmd_name)
        return plugins.load(entry) if entry else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from names alone, and the exit codes."""
        added = {name: entry for name, entry in plugins.added_commands().items() if name not in COMMANDS}
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])
        if added:
            with formatter.section("Added commands"):
                formatter.write_dl([(name, _added_line(entry)) for name, entry in added.items()])
        with formatter.section("Exit codes"):
            formatter.write(help_table() + "\n")


def _added_line(entry: EntryPoint) -> str:
    missing = plugins.missing_module(entry)
    if missing:
        return f"WARNING: can't be used, the module {missing} is missing (added by {plugins.owner(entry)})"
    return f"Added by {plugins.owner(entry)}; see quire {entry.name} --help."


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"quire {version('quire')}")
        ctx.exit()


@click.group(cls=Commands, help=ABOUT, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
def quire() -> None:
    """The group; its help is ABOUT."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with one of the codes of `exits.Exit`."""
    words = sys.argv[1:] if arguments is None else arguments
    as_json, debug = "--json" in words, "--debug" in words
    for stream in (sys.stdout, sys.stderr):
        # A terminal that can't show a sign of the document gets a question mark for it, not a traceback.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
    try:
        result = quire.main(args=words, prog_name="quire", standalone_mode=False)
        code = result if isinstance(result, int) else Exit.OK
    except (KeyboardInterrupt, click.Abort):
        code = interrupted(as_json=as_json)
    except BrokenPipeError:
        code = _reader_gone()
    except Exception as error:  # noqa: BLE001  # the last stop: everything becomes one line and a code
        code = report(error, as_json=as_json, debug=debug)
    sys.exit(int(code))


def _reader_gone() -> int:
    """`quire list | head`: the reader of the pipe has left, no failure. Keeps Python from complaining at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.OK
