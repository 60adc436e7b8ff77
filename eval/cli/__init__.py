"""`quire eval`: the commands of this room, each loaded when it is needed."""

from importlib import import_module

import click

COMMANDS = {
    "run": ("running", "Ask a benchmark's questions, and go on where an earlier attempt stopped."),
    "rescore": ("rescoring", "Make a run's figures and report again, without asking."),
    "extract": ("judging:extract", "Have a model find the short answers in a run's answers."),
    "judge": ("judging:judge", "Have a run's answers graded by models."),
    "compare": ("comparing", "Differences of two runs, question by question, with intervals."),
    "make-needles": ("needling", "Make PDFs with known facts in them, and the questions about them."),
    "fetch": ("fetching", "Get M-LongDoc's PDFs from the addresses that come with it."),
    "released": ("released", "M-LongDoc's released rankings and judgements, as figures."),
}


class _Lazy(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table above."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(f"eval.cli.{module}"), name or "command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list, from names alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group("eval", cls=_Lazy)
def command() -> None:
    """Measure Quire on MMLongBench-Doc, M-LongDoc, VisDoMBench and on needles of its own.

    A run is a folder that holds all of it: settings, answers, rankings, scores, and report.html for people.
    """


__all__ = ["command"]
