"""The results of a run, one JSON object a line: appended, flushed to the disk one by one, read back after any interruption."""

import os
from pathlib import Path

import msgspec

from eval.errors import BadRun
from eval.record import Result


class Ledger:
    """The file of results. A line is whole or it does not count: what a crash cut off is dropped before more is added."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Result]:
        """The results by question; of several for one question the last (it failed before). Raises `BadRun` where a line
        other than the last is damaged."""
        if not self.path.exists():
            return {}
        *lines, tail = self.path.read_bytes().split(b"\n")
        found: dict[str, Result] = {}
        for number, line in enumerate(lines, start=1):
            try:
                result = msgspec.json.decode(line, type=Result)
            except msgspec.DecodeError as error:
                raise BadRun(
                    f"Line {number} of {self.path} is damaged, or of another version of Quire ({error})."
                ) from error
            found[result.question] = result
        if tail:
            self._drop(len(tail))
        return found

    def append(self, result: Result) -> None:
        """Returns when the line is on the disk."""
        line = msgspec.json.encode(result) + b"\n"
        with self.path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def _drop(self, length: int) -> None:
        with self.path.open("r+b") as file:
            file.truncate(self.path.stat().st_size - length)
            os.fsync(file.fileno())
