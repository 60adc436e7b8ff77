"""A run is a folder. What it holds, and the code that begins it, holds it and reads its settings.

run.json         what it was made with          questions.json   the questions asked, gold and all
documents.json   the documents in the service   results.jsonl    every answer and ranking, appended as they come
prompts.txt      what readers are told          extracted.jsonl  the short answers that were scored
scores.json      figures with definitions       report.html      the same for people, in one file
cases/           pictures of cited pages            judged.jsonl     grades of a committee, where one was asked
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from eval.dataset import Question
from eval.errors import BadRun
from eval.ledger import Ledger
from eval.record import RunInfo, RunOptions, Taken

T = TypeVar("T")


class RunFolder:
    """The folder of one run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = Ledger(path / "results.jsonl")
        self.cases = path / "cases"

    @contextmanager
    def held(self) -> Iterator[None]:
        """One process at a time. Raises `BadRun` where another one writes to it."""
        from filelock import FileLock, Timeout

        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / ".lock", timeout=0):
                yield
        except Timeout as error:
            raise BadRun(f"Another process works on the run {self.path}.") from error

    @property
    def begun(self) -> bool:
        """Whether there is a run in the folder."""
        return (self.path / "run.json").exists()

    def info(self) -> RunInfo:
        """Raises `BadRun` where there is none."""
        return self._read("run.json", RunInfo)

    def questions(self) -> tuple[Question, ...]:
        """Those of the run, in their order."""
        return self._read("questions.json", tuple[Question, ...])

    def documents(self) -> dict[str, Taken]:
        """By name; empty before the first was taken in."""
        if not (self.path / "documents.json").exists():
            return {}
        return {taken.name: taken for taken in self._read("documents.json", tuple[Taken, ...])}

    def begin(self, info: RunInfo, questions: Sequence[Question], prompts: str) -> None:
        """Start the run, or take up the one that is there. Raises `BadRun` if that one was made otherwise."""
        if self.begun:
            self._must_match(info, questions)
            return
        # A crash before run.json leaves the files that are written before it.
        own = {".lock", "questions.json", "prompts.txt"}
        if self.path.exists() and any(e.name not in own and e.suffix != ".part" for e in self.path.iterdir()):
            raise BadRun(f"{self.path} is not empty, and holds no run.")
        self.path.mkdir(parents=True, exist_ok=True)
        self.write("questions.json", msgspec.json.encode(tuple(questions)))
        self.write("prompts.txt", prompts.encode())
        self.write("run.json", msgspec.json.format(msgspec.json.encode(info), indent=2))

    def keep_documents(self, documents: Sequence[Taken]) -> None:
        """What the service has."""
        self.write("documents.json", msgspec.json.format(msgspec.json.encode(tuple(documents)), indent=1))

    def write(self, name: str, content: bytes) -> None:
        """Whole or not at all."""
        partial = self.path / f".{name}.part"
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self.path / name)

    def _must_match(self, info: RunInfo, questions: Sequence[Question]) -> None:
        before = self.info()
        pairs: list[tuple[str, object, object]] = [
            ("benchmark", before.benchmark, info.benchmark),
            ("data set (SHA-256)", before.dataset_sha256, info.dataset_sha256),
            ("parts in use", before.parts, info.parts),
            ("questions", [q.id for q in self.questions()], [q.id for q in questions]),
        ]
        pairs += [(name, getattr(before.options, name), getattr(info.options, name)) for name in _OPTIONS]
        changed = [name for name, was, now in pairs if was != now]
        if changed:
            raise BadRun(
                f"{self.path} holds a run that was made otherwise ({', '.join(changed)}): its figures would mix two "
                "systems. Give --out another folder."
            )

    def _read(self, name: str, type_: type[T]) -> T:
        path = self.path / name
        if not path.exists():
            raise BadRun(f"{self.path} is no run of quire eval: there is no {name} in it.")
        try:
            return msgspec.json.decode(path.read_bytes(), type=type_)
        except msgspec.DecodeError as error:
            raise BadRun(f"{path} can't be read: {error}.") from error


_OPTIONS = RunOptions.__struct_fields__
