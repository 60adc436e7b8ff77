"""`quire doctor`: the parts in use."""

from typing import TYPE_CHECKING

import click

from api.cli.exits import Exit
from api.cli.options import Common, common

if TYPE_CHECKING:
    from api.schemas import PartStatus
    from api.settings import Settings


@click.command("doctor")
@common
async def command(options: Common) -> int:
    """Show which part is in use, why, and what a better one needs.

    Ends with 6 if something that the settings need is missing. Opens no folder, so it works beside a running service,
    and shows that service's own parts too.

    With --json, stdout gets {"ready", "parts": [...], "service": [...] or null}.
    """
    from api.doctor import diagnose

    settings = options.settings()
    found = diagnose(settings)
    service = await _service(settings)
    ready = found.ready and all(part.ok for part in service or [])
    if options.as_json:
        options.print_json({"ready": ready, "parts": found.parts, "service": service})
    else:
        _show("", found.parts)
        if service is not None:
            _show("The running service:", service)
        _verdict(options, ready)
    return Exit.OK if ready else Exit.UNAVAILABLE


async def _service(settings: "Settings") -> "list[PartStatus] | None":
    """What the service on the folder says of itself; None where none runs."""
    from api.client import running_service
    from api.schemas import PartStatus

    service = await running_service(settings.data)
    if service is None:
        return None
    try:
        readiness = await service.readiness()
    finally:
        await service.close()
    return [PartStatus("service", service.url, readiness.ready, "runs on this data folder"), *readiness.parts]


def _show(title: str, parts: "list[PartStatus]") -> None:
    from rich.table import Table
    from rich.text import Text

    from api.cli.show import put

    width = max(len(part.part) for part in parts) + 2
    if title:
        click.echo(click.style(f"\n{title}", bold=True))
    for part in parts:
        mark, style = _mark(part)
        table = Table.grid(padding=0)
        table.add_column(width=width + 2)
        table.add_column()
        lines = [Text(part.use), Text(part.why, style="" if part.ok else "red")]
        if part.better:
            lines.append(Text(f"better: {part.better}", style="dim"))
        table.add_row(Text.assemble((f"{mark} ", style), (part.part, "bold")), Text("\n").join(lines))
        put(table)


def _mark(part: "PartStatus") -> tuple[str, str]:
    """A sign and its style: there, not there and not needed, or missing."""
    if not part.ok:
        return "✗", "bold red"
    return ("·", "dim") if part.use.startswith(("none", "off")) else ("✓", "green")


def _verdict(options: Common, ready: bool) -> None:
    click.echo("\nReady." if ready else "\nNot ready: see the lines with ✗.")
