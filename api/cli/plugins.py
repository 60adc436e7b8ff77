"""Commands that other rooms and packages add through the entry-point group `quire.commands`.

Names come from the packages' metadata; a command's own code is loaded when it is invoked, so a slow or broken plug-in
costs the other commands nothing.
"""

from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

import click

from api.errors import Misconfigured

GROUP = "quire.commands"


@cache
def added_commands() -> dict[str, EntryPoint]:
    """The entry points by command name; of two with the same name the first in the path wins, as with imports."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        found.setdefault(entry.name, entry)
    return dict(sorted(found.items()))


def owner(entry: EntryPoint) -> str:
    """The package that adds the command, with its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown package"


def missing_module(entry: EntryPoint) -> str | None:
    """The module of the entry point that can't be found, or None. Runs none of the plug-in's code."""
    parts = entry.module.split(".")
    try:
        spec = find_spec(parts[0])
        for depth in range(1, len(parts)):
            if spec is None or spec.submodule_search_locations is None:
                break
            spec = PathFinder.find_spec(".".join(parts[: depth + 1]), list(spec.submodule_search_locations))
    except (ImportError, ValueError):
        spec = None
    return None if spec is not None else entry.module


def load(entry: EntryPoint) -> click.Command:
    """The command itself.

    Raises `Misconfigured` naming the package when the plug-in can't be loaded, whatever it raised.
    """
    try:
        command = entry.load()
    except Exception as error:  # a plug-in's import can raise anything; the message carries it
        raise Misconfigured(
            f"The command '{entry.name}' ({entry.value}, added by {owner(entry)}) can't be loaded: "
            f"{type(error).__name__}: {error}. Update or uninstall that package."
        ) from error
    if not isinstance(command, click.Command):
        raise Misconfigured(
            f"The command '{entry.name}' ({entry.value}, added by {owner(entry)}) is a "
            f"{type(command).__name__}, not a click command."
        )
    return command
