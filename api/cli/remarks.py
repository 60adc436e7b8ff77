"""The service's own log in a command that opened the folder itself: a line on stderr, and only for what went wrong."""

import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from api.cli.plain import plain

_SKIPPED = ("event", "level", "exc_info", "exception")


def send_logs_to_stderr(*, debug: bool) -> None:
    """Warnings and errors a line each; tracebacks too with `debug`.

    structlog's own default writes to stdout, which is for results, and prints the variables of every frame: pages of them.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            *([structlog.processors.format_exc_info] if debug else []),
            _line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("debug" if debug else "warning"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _line(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    details = "".join(f", {key} {plain(str(value), 200)}" for key, value in event.items() if key not in _SKIPPED)
    error = event.get("exc_info")
    if error is True:
        error = sys.exc_info()[1]
    reason = f": {type(error).__name__}: {plain(str(error), 200)}" if isinstance(error, BaseException) else ""
    trace = f"\n{event['exception']}" if "exception" in event else ""
    return f"quire: {event['level']}: {event['event']}{details}{reason}{trace}"
