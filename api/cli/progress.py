"""How a job's events look while it runs: a bar on a terminal, a line a sensible step in a pipe, JSON lines, or nothing.

All of it goes to stderr: stdout is for results. The events are those that REST streams and the catalogue keeps.
"""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Self

from api.cli.failures import write_json_line
from api.cli.plain import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from api.schemas import JobEvent, OcrEvent, Progress

STEP = 0.1
"""Share of the pages between two lines in a pipe."""
PAUSE = 2.0
"""Seconds between two lines in a pipe, at the least."""
SILENCE = 30.0
"""Seconds after which a line comes although the step is not reached: a log should show that work goes on."""


class Meter(Protocol):
    """Shows one document after the other: `begin`, its events, and again."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *details: object) -> None: ...

    def begin(self, name: str) -> None:
        """A document's upload begins."""

    def event(self, event: "JobEvent") -> None:
        """A step of the job of the document begun last."""


def meter(*, as_json: bool = False, quiet: bool = False) -> Meter:
    """The fitting one for how stderr is connected and what the options say."""
    if quiet:
        return Silent()
    if as_json:
        return JsonLines()
    return Bar() if sys.stderr.isatty() else Lines()


def describe(progress: "Progress") -> str:
    """`12 of 50 pages, 1 failed, 4.8 pages/s, about 8 s left`."""
    parts = [f"{progress.pages_done:,} of {progress.pages_total:,} pages"]
    if progress.pages_failed:
        parts.append(f"{progress.pages_failed:,} failed")
    left = progress.pages_total - progress.pages_done
    if progress.seconds_left is not None and left:
        if progress.seconds_left:
            parts.append(speed(left / progress.seconds_left))
        parts.append(f"about {duration(progress.seconds_left)} left")
    return ", ".join(parts)


def speed(pages: float) -> str:
    """`37 pages/s`, `4.8 pages/s`, and for slow ones `6.2 s a page`."""
    if pages < 0.95:
        return f"{1 / pages:.1f} s a page"
    return f"{pages:.0f} pages/s" if pages >= 9.5 else f"{pages:.1f} pages/s"


_SOURCES = {"ocr": "by OCR", "mixed": "by OCR in part", "text_layer": "from its text", "none": "without text"}


def describe_page(event: "JobEvent") -> str:
    """`page 12 by OCR in 3.2 s`: the page that an event tells of."""
    took = f" in {event.milliseconds / 1000:.1f} s" if event.milliseconds and event.milliseconds >= 1000 else ""
    return f"page {event.page} {_SOURCES.get(event.source or '', '')}".rstrip() + took


def describe_ocr(event: "OcrEvent") -> str:
    """`reading the words of page 7 of scan.pdf (1 of 4)`: a page that is read before a question is answered."""
    return f"reading the words of page {event.page} of {plain(event.name, 60)} ({event.number} of {event.total})"


def describe_failure(event: "JobEvent") -> str:
    """`page 4 could not be read (timed out)`."""
    return f"page {event.page} could not be read{_remark(event)}"


def duration(seconds: float) -> str:
    """`8 s`, `3 min 20 s`, `1 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


class Silent:
    """Nothing at all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        return None

    def begin(self, name: str) -> None:
        """Nothing."""

    def event(self, event: "JobEvent") -> None:
        """Nothing."""


class JsonLines(Silent):
    """Every event as `{"event": ...}` on a line of stderr, for programs."""

    def event(self, event: "JobEvent") -> None:
        """The event as it is."""
        write_json_line({"event": event})


class Lines(Silent):
    """For pipes and logs: what was found, every tenth of the pages but not two lines within two seconds, failures, the end."""

    def __init__(
        self, write: Callable[[str], object] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write or _to_stderr
        self._clock = clock
        self._name = ""
        self._said = 0.0
        self._at = 0.0

    def begin(self, name: str) -> None:
        """Nothing yet: a document that is there already needs no line."""
        self._name, self._said, self._at = plain(name), 0.0, self._clock()

    def event(self, event: "JobEvent") -> None:
        """A line, if it is time for one."""
        progress = event.progress
        if event.kind.final:
            self._write(f"{self._name}: {event.kind.value}, {describe(progress)}{_remark(event)}")
        elif event.kind == "found":
            self._write(f"{self._name}: found {_pages(progress.pages_total)}{_remark(event)}")
        elif event.kind in ("accepted", "started") and event.message:
            self._write(f"{self._name}: {plain(event.message)}")
        elif event.kind == "page_failed":
            self._write(f"{self._name}: {describe_failure(event)}")
        elif event.kind in ("page_read", "page_indexed"):
            self._step(progress)
        elif event.kind == "switched":
            self._write(f"{self._name}: the new index is in place{_remark(event)}")

    def _step(self, progress: "Progress") -> None:
        share = progress.pages_done / progress.pages_total if progress.pages_total else 0.0
        waited = self._clock() - self._at
        if (share - self._said >= STEP and waited >= PAUSE) or waited >= SILENCE:
            self._write(f"{self._name}: {describe(progress)}")
            self._said, self._at = share, self._clock()


def _pages(count: int) -> str:
    return f"{count:,} page{'' if count == 1 else 's'}"


def _remark(event: "JobEvent") -> str:
    return f" ({plain(event.message)})" if event.message else ""


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Bar:
    """For terminals: a bar with the pages done and failed, the speed and the time left, and the page just read, by OCR or not.
    Failures stay on the screen above it."""

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        self._progress: RichProgress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}", markup=False),
            console=console or Console(stderr=True),
            refresh_per_second=8,
        )
        self._name = ""
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._progress.stop()

    def begin(self, name: str) -> None:
        """A row for the document; it pulses until the pages are counted."""
        if self._task is not None and not self._progress.tasks[-1].fields["detail"]:
            self._progress.remove_task(self._task)
        self._name = plain(name)
        self._task = self._progress.add_task(shorten(self._name, 28), total=None, detail="")

    def event(self, event: "JobEvent") -> None:
        """Move the bar."""
        if self._task is None:
            return
        progress = event.progress
        if event.kind == "page_failed":
            self._progress.console.print(f"{self._name}: {describe_failure(event)}", markup=False, highlight=False)
        total = progress.pages_total or None
        self._progress.update(self._task, completed=progress.pages_done, total=total, detail=_detail(event))


def _detail(event: "JobEvent") -> str:
    """What stands beside the bar after the event."""
    if event.kind == "found":
        return f"found {_pages(event.progress.pages_total)}{_remark(event)}"
    if event.kind.final:
        return f"{event.kind.value}, {describe(event.progress)}"
    if event.kind == "page_read" and event.progress.pages_done < event.progress.pages_total:
        return f"{describe(event.progress)}, {describe_page(event)}"
    return describe(event.progress)


def shorten(name: str, width: int) -> str:
    """The name in at most `width` terminal cells, the end kept: that is where names of files differ."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(name) <= width:
        return name
    head = width // 3
    tail = name
    while cell_len(tail) > width - head - 1:
        tail = tail[1:]
    return f"{set_cell_size(name, head)}…{tail}"
