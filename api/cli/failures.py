"""Errors on stderr: one clear line, or one JSON object with --json; a traceback only with --debug."""

import sys
from collections.abc import Mapping

import click

from api.cli.exits import Exit, exit_code
from api.errors import NotReady, QuireError


def problem(error: BaseException) -> dict[str, object]:
    """The error in the shape of a problem detail (RFC 9457), with the exit code beside it."""
    code = exit_code(error)
    if isinstance(error, QuireError):
        body: dict[str, object] = {"type": error.type, "title": error.title, "status": error.status}
    elif isinstance(error, click.ClickException):
        code = Exit.USAGE
        body = {"type": "usage", "title": "The command line can't be used as it is", "status": 400}
    else:
        body = {"type": "internal", "title": QuireError.title, "status": 500}
    detail = error.format_message() if isinstance(error, click.ClickException) else message(error)
    extra = {"jobs": list(error.jobs)} if isinstance(error, NotReady) else {}
    return {**body, "detail": detail, **extra, "exit_code": int(code)}


def message(error: BaseException) -> str:
    """What the user reads."""
    if isinstance(error, QuireError):
        return str(error)
    return f"{type(error).__name__}: {error}. This is a fault in Quire; --debug shows where."


def report(error: Exception, *, as_json: bool = False, debug: bool = False) -> int:
    """Say on stderr what went wrong; return the exit code."""
    if debug and not isinstance(error, click.ClickException):
        import traceback

        traceback.print_exception(error)
    details = problem(error)
    if as_json:
        write_json_line(details)
    elif isinstance(error, click.ClickException):
        error.show()
    else:
        click.echo(f"{click.style('quire:', fg='red', bold=True)} {message(error)}", err=True)
    code = details["exit_code"]
    assert isinstance(code, int)
    return code


def interrupted(*, as_json: bool = False) -> int:
    """Say that the command was interrupted; return the exit code."""
    if as_json:
        write_json_line({"type": "interrupted", "title": "Interrupted", "exit_code": int(Exit.INTERRUPTED)})
    else:
        click.echo("quire: interrupted", err=True)
    return Exit.INTERRUPTED


def write_json_line(value: Mapping[str, object]) -> None:
    """One JSON object on a line of stderr."""
    import msgspec

    sys.stderr.write(msgspec.json.encode(value).decode() + "\n")
    sys.stderr.flush()
