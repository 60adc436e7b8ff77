"""What a run shows while it works, on stderr: a bar with the scores so far on a terminal, lines in a pipe, or nothing."""

import sys
import time
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from rich.console import Console

    from api.schemas import JobEvent

PAUSE = 30.0
"""Seconds between two lines in a pipe."""


class Tally:
    """Running means of the scores seen so far."""

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}
        self.done = self.failed = 0

    def add(self, scores: dict[str, float], failed: bool) -> None:
        """One more question."""
        self.done += 1
        self.failed += failed
        for name, value in scores.items():
            total = self._sums.setdefault(name, [0.0, 0.0])
            total[0] += value
            total[1] += 1

    def __str__(self) -> str:
        shown = ("official", "word F1", "R@5", "cited F1")
        parts = [f"{name} {100 * total[0] / total[1]:.1f}" for name in shown if (total := self._sums.get(name))]
        return ", ".join([*parts, *([f"{self.failed} failed"] if self.failed else [])])


class RunMeter(Protocol):
    """Documents first, then questions."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *details: object) -> None: ...

    def documents(self, total: int) -> None: ...

    def page(self, name: str, event: "JobEvent") -> None: ...

    def document(self) -> None: ...

    def questions(self, total: int) -> None: ...

    def question(self, scores: dict[str, float], failed: bool) -> None: ...


def run_meter(*, quiet: bool) -> RunMeter:
    """The fitting one for how stderr is connected."""
    if quiet:
        return Silent()
    return RunBar() if sys.stderr.isatty() else RunLines()


class Silent:
    """Nothing at all."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        return None

    def documents(self, total: int) -> None:
        """Documents are about to be read."""

    def page(self, name: str, event: "JobEvent") -> None:
        """A step of a document's job."""

    def document(self) -> None:
        """A document is there."""

    def questions(self, total: int) -> None:
        """Questions are about to be asked."""

    def question(self, scores: dict[str, float], failed: bool) -> None:
        """A question has been asked."""


class RunLines(Silent):
    """A line at most every half minute, and one at each end."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._total = self._taken = self._documents = 0
        self._said = time.monotonic()

    def documents(self, total: int) -> None:
        """Says how many."""
        self._documents = total
        _write(f"{total} documents")

    def page(self, name: str, event: "JobEvent") -> None:
        """A line, if it is time for one."""
        progress = event.progress
        self._maybe(
            f"{self._taken} of {self._documents} documents; {name}: {progress.pages_done} of {progress.pages_total} pages"
        )

    def document(self) -> None:
        """Counts."""
        self._taken += 1
        self._maybe(f"{self._taken} of {self._documents} documents")

    def questions(self, total: int) -> None:
        """Says how many."""
        self._total = total
        _write(f"{self._taken} of {self._documents} documents; {total} questions")

    def question(self, scores: dict[str, float], failed: bool) -> None:
        """A line, if it is time for one, or the last."""
        self._tally.add(scores, failed)
        line = f"{self._tally.done} of {self._total} questions: {self._tally}"
        if self._tally.done == self._total:
            _write(line)
        else:
            self._maybe(line)

    def _maybe(self, line: str) -> None:
        if time.monotonic() - self._said >= PAUSE:
            self._said = time.monotonic()
            _write(line)


class RunBar(Silent):
    """Two bars: documents with the page just read, questions with the scores so far."""

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._tally = Tally()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            console=console or Console(stderr=True),
        )
        self._documents = self._bars.add_task("documents", total=None, detail="")
        self._questions = self._bars.add_task("questions", total=None, detail="", start=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._bars.stop()

    def documents(self, total: int) -> None:
        """The first bar begins."""
        self._bars.update(self._documents, total=total)

    def page(self, name: str, event: "JobEvent") -> None:
        """Beside the bar: the document and how far it is."""
        from api.cli.plain import plain

        progress = event.progress
        detail = f"{plain(name, 32)}: {progress.pages_done} of {progress.pages_total} pages"
        self._bars.update(self._documents, detail=detail)

    def document(self) -> None:
        """One further."""
        self._bars.advance(self._documents)

    def questions(self, total: int) -> None:
        """The second bar begins."""
        self._bars.update(self._documents, detail="")
        self._bars.update(self._questions, total=total)
        self._bars.start_task(self._questions)

    def question(self, scores: dict[str, float], failed: bool) -> None:
        """One further, and the scores so far."""
        self._tally.add(scores, failed)
        self._bars.update(self._questions, advance=1, detail=str(self._tally))


def _write(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
