"""A benchmark as the runner sees it: questions over documents, each with what is known to be right."""

import ast
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from eval.errors import BadDataset
from ingest import Box

UNANSWERABLE = "None"
"""The answer format of questions whose documents do not hold the answer."""
FREE = "Free"
"""The answer format of questions with a free-form reference answer, or with none."""


class GoldPage(Struct, frozen=True, order=True):
    """A page that the answer stands on; `number` counts from 1."""

    document: str
    number: int


class GoldBox(Struct, frozen=True):
    """Where on a gold page a fact stands, in points."""

    page: GoldPage
    box: Box


class Question(Struct, frozen=True):
    """One question. `documents`: file names that are searched; `home`: the document it is about, which intervals are
    clustered by. `format`: Int, Float, Str, List, None (unanswerable) or Free. `group`: document type, category or
    subset; `axes`: further properties that results are shown by."""

    id: str
    text: str
    documents: tuple[str, ...]
    home: str
    answer: str
    format: str
    pages: tuple[GoldPage, ...] = ()
    sources: tuple[str, ...] = ()
    group: str = ""
    boxes: tuple[GoldBox, ...] = ()
    axes: dict[str, str] = {}

    @property
    def answerable(self) -> bool:
        """Whether the documents hold an answer."""
        return self.format != UNANSWERABLE


class Quirk(Struct, frozen=True):
    """A fault of the published data: what is wrong, where (question ids or file names), and what is done about it."""

    what: str
    where: tuple[str, ...]
    handling: str


class Dataset(Struct, frozen=True):
    """A benchmark on disk. `files` maps document names to paths; `sha256` is of the question files' bytes, in order of
    their names; `revision` names the data's version where it has one. Questions of missing documents are left out, and
    `quirks` says so."""

    benchmark: str
    questions: tuple[Question, ...]
    files: dict[str, Path]
    sha256: str
    revision: str | None = None
    quirks: tuple[Quirk, ...] = ()

    def narrowed(
        self,
        *,
        documents: int | None = None,
        limit: int | None = None,
        ids: Sequence[str] = (),
        split: str | None = None,
    ) -> "Dataset":
        """The questions of the first `documents` documents (in order of their names), of one group (`split`), with these
        ids, and of these the first `limit`. Raises `BadDataset` where nothing is left."""
        kept = list(self.questions)
        if split is not None:
            kept = [question for question in kept if question.group == split]
        if documents is not None:
            homes = sorted({question.home for question in kept})[:documents]
            kept = [question for question in kept if question.home in homes]
        if ids:
            kept = [question for question in kept if question.id in set(ids)]
        kept = kept[:limit]
        if not kept:
            groups = ", ".join(sorted({question.group for question in self.questions}))
            raise BadDataset(f"No question is left of {len(self.questions)}. Splits of this benchmark: {groups}.")
        needed = {name for question in kept for name in question.documents}
        files = {name: path for name, path in self.files.items() if name in needed}
        return Dataset(self.benchmark, tuple(kept), files, self.sha256, self.revision, self.quirks)


def question_id(number: int, *parts: str) -> str:
    """An id that is the same in every run over the same data: the place in the file, and a hash of what is asked."""
    digest = hashlib.sha256("\x00".join(parts).encode()).hexdigest()
    return f"{number:04d}-{digest[:8]}"


def hash_files(paths: Iterable[Path]) -> str:
    """SHA-256 of the files' bytes, one after the other in order of their names."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def as_list(value: object) -> list[object]:
    """A list, or what is a list written as a string: Python's or JSON's way. Raises `BadDataset`."""
    if isinstance(value, list | tuple):
        return list(value)
    for read in (ast.literal_eval, json.loads):
        try:
            found = read(str(value))
        except (ValueError, SyntaxError):
            continue
        if isinstance(found, list | tuple):
            return list(found)
    raise BadDataset(f"A list was expected, and found was {str(value)[:60]!r}.")


def page_counts(files: dict[str, Path]) -> dict[str, int]:
    """Pages of each document; files that can't be opened are left out."""
    import pymupdf

    counts = {}
    for name, path in files.items():
        try:
            with pymupdf.open(path) as opened:
                counts[name] = opened.page_count
        except (RuntimeError, ValueError):  # the service will say what is wrong with it
            continue
    return counts
