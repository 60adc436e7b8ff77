"""MMLongBench-Doc (arXiv 2407.01523): `samples.json` beside `documents/`, as released, or the hub's parquet files.

All values are strings, lists too. What is wrong in the data is listed with each run, and handled as said there; no answer
is changed.
"""

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from eval.dataset import UNANSWERABLE, Dataset, GoldPage, Question, Quirk, as_list, hash_files, page_counts, question_id
from eval.errors import BadDataset

FIELDS = ("doc_id", "doc_type", "question", "answer", "evidence_pages", "evidence_sources", "answer_format")
OFFICIAL_PAGES = 120
"""The published runner shows a model this many pages of a document."""


def load(folder: Path) -> Dataset:
    """The benchmark in `folder`. Raises `BadDataset`."""
    sources, rows = _rows(folder)
    files = _documents(folder)
    questions = [_question(number, row) for number, row in enumerate(rows, start=1)]
    there = [question for question in questions if question.home in files]
    if not there:
        raise BadDataset(f"None of the {len({q.home for q in questions})} documents is in {folder}/documents.")
    counts = page_counts({name: files[name] for name in {question.home for question in there}})
    quirks = _quirks(questions, files, counts)
    kept = tuple(_possible(question, counts) for question in there)
    return Dataset("mmlongbench-doc", kept, files, hash_files(sources), None, quirks)


def _rows(folder: Path) -> tuple[list[Path], list[dict[str, Any]]]:
    for place in (folder / "samples.json", folder / "data" / "samples.json"):
        if place.exists():
            return [place], _checked(place, json.loads(place.read_text(encoding="utf-8")))
    parquet = sorted((folder / "data").glob("*.parquet")) or sorted(folder.glob("*.parquet"))
    if not parquet:
        raise BadDataset(f"{folder} holds neither samples.json nor data/*.parquet: is it MMLongBench-Doc's folder?")
    try:
        reader = import_module("pyarrow.parquet")
    except ImportError as error:
        raise BadDataset(
            "The hub's parquet files need the package pyarrow; or use samples.json of the release."
        ) from error
    return parquet, [row for path in parquet for row in _checked(path, reader.read_table(path).to_pylist())]


def _checked(path: Path, rows: object) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not rows:
        raise BadDataset(f"{path} holds no list of questions.")
    for number, row in enumerate(rows, start=1):
        missing = [field for field in FIELDS if not isinstance(row, dict) or field not in row]
        if missing:
            raise BadDataset(f"Question {number} of {path} lacks {', '.join(missing)}.")
    return rows


def _documents(folder: Path) -> dict[str, Path]:
    for place in (folder / "documents", folder / "data" / "documents"):
        if place.is_dir():
            return {path.name: path for path in sorted(place.iterdir()) if path.is_file()}
    raise BadDataset(f"{folder} has no folder documents/ with the PDFs.")


def _question(number: int, row: dict[str, Any]) -> Question:
    name, text, answer = str(row["doc_id"]), str(row["question"]), str(row["answer"])
    return Question(
        id=question_id(number, name, text, answer),
        text=text,
        documents=(name,),
        home=name,
        answer=answer,
        format=str(row["answer_format"]),
        pages=tuple(GoldPage(name, page) for page in as_list(row["evidence_pages"]) if isinstance(page, int)),
        sources=tuple(str(source) for source in as_list(row["evidence_sources"])),
        group=str(row["doc_type"]),
    )


def _possible(question: Question, counts: dict[str, int]) -> Question:
    """Without gold pages that the document does not have."""
    last = counts.get(question.home)
    kept = tuple(page for page in question.pages if last is None or 1 <= page.number <= last)
    return question if len(kept) == len(question.pages) else msgspec.structs.replace(question, pages=kept)


def _quirks(questions: Sequence[Question], files: dict[str, Path], counts: dict[str, int]) -> tuple[Quirk, ...]:
    def ids(found: Sequence[Question]) -> tuple[str, ...]:
        return tuple(question.id for question in found)

    last = {question.id: max((page.number for page in question.pages), default=0) for question in questions}
    checks = (
        (
            "The document is not there",
            tuple(sorted({question.home for question in questions} - set(files))),
            "its questions are left out, and N says so",
        ),
        (
            "Answerable, without evidence pages",
            ids([q for q in questions if q.answerable and not q.pages]),
            "scored for the answer (as cross-page, by the rules); left out of retrieval and citation metrics",
        ),
        (
            "Unanswerable, with evidence pages",
            ids([q for q in questions if not q.answerable and q.pages]),
            "scored as unanswerable and, by the rules, as single-page too where there is one page; left out of retrieval",
        ),
        (
            "Evidence on a page that the document does not have",
            ids([q for q in questions if last[q.id] > counts.get(q.home, 10**9)]),
            "that page is left out",
        ),
        (
            f"Evidence past page {OFFICIAL_PAGES}, where the published runner stops reading",
            ids([q for q in questions if OFFICIAL_PAGES < last[q.id] <= counts.get(q.home, 10**9)]),
            "kept: Quire reads every page",
        ),
        (
            "An integer is asked for, and the gold answer is none",
            ids([q for q in questions if q.format == "Int" and not q.answer.strip().lstrip("+-").isdecimal()]),
            "can't score by the official rules; compared as a string by the safe ones",
        ),
        (
            "The gold list is empty",
            ids([q for q in questions if q.format == "List" and q.answer.strip() == "[]"]),
            "the official rules raise, counted as 0 and named; the safe ones take an empty list",
        ),
        (
            "Unanswerable by its format, and with an answer (or the other way round)",
            ids([q for q in questions if (q.format == UNANSWERABLE) != (q.answer == "Not answerable")]),
            "unanswerable is what the format says; the official F1 goes by the answer",
        ),
    )
    return tuple(Quirk(what, where, handling) for what, where, handling in checks if where)
