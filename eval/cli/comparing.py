"""`quire eval compare`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eval.cli.options import common

if TYPE_CHECKING:
    from api.cli.options import Common
    from eval.compare import Change, Comparison, Difference

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("compare")
@click.argument("first", type=_FOLDER)
@click.argument("second", type=_FOLDER)
@click.option("--slices", is_flag=True, help="Also by source, type and the other slices.")
@click.option("--changes", type=click.IntRange(min=0), default=10, show_default=True, help="Changed questions to show.")
@common
async def command(options: "Common", first: Path, second: Path, slices: bool, changes: int) -> int:
    """What SECOND does better or worse than FIRST: the questions that both have, paired."""
    from eval.compare import compare
    from eval.folder import RunFolder

    found = compare(RunFolder(first), RunFolder(second))
    if options.as_json:
        options.print_json(found)
    else:
        _show(found, slices, changes)
    return 0


def _show(found: "Comparison", slices: bool, changes: int) -> None:
    from eval.scores import ALL

    aside = found.only_first + found.only_second
    click.echo(f"{found.benchmark}: {found.questions} questions in both" + (f", {aside} in one only" if aside else ""))
    for name, (one, other) in found.settings.items():
        click.echo(f"  {name}: {one} -> {other}")
    for difference in found.differences:
        if slices or difference.slice == ALL:
            click.echo(_line(difference, slices))
    shown = _both_ends(found.changes, changes)
    click.echo(f"{len(found.changes)} questions changed" + (", the most changed:" if shown else "."))
    for change in shown:
        click.echo(f"  {change.question}  {100 * change.first:.0f} -> {100 * change.second:.0f}  {change.text}")
        click.echo(f"      gold {change.gold!r}: {change.first_answer!r} -> {change.second_answer!r}")


def _line(found: "Difference", slices: bool) -> str:
    from eval.definitions import factor

    gain, times = found.gain, factor(found.name)
    name = f"{found.name} ({found.slice})" if slices else found.name
    interval = (
        f"[{times * gain.low:+.1f}, {times * gain.high:+.1f}]" if gain.low is not None and gain.high is not None else ""
    )
    return (
        f"  {name:40s} {times * found.first:6.1f} -> {times * found.second:6.1f}  {times * (gain.value or 0):+6.1f} {interval:16s} "
        f"{found.better} better, {found.worse} worse, N = {gain.n}"
    )


def _both_ends(changes: "tuple[Change, ...]", most: int) -> "tuple[Change, ...]":
    """The largest losses and the largest gains: they are sorted from one to the other."""
    if len(changes) <= most:
        return changes
    losses = most // 2
    return changes[:losses] + changes[len(changes) - (most - losses) :]
