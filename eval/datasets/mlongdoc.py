"""M-LongDoc (arXiv 2411.06176) as released without its PDFs: questions, the authors' rankings, predictions with judgements.

`questions.jsonl`, `documents.csv` (addresses), `rankings/*.jsonl` (a ranking of pages a line, in the order of the questions),
`predictions_*.jsonl`; PDFs, where somebody has them, in `documents/`. Every question is answerable, has one gold page and no
reference answer that the judges would see.
"""

import csv
import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from eval.dataset import FREE, Dataset, GoldPage, Question, Quirk, hash_files, question_id
from eval.errors import BadDataset


class Judgement(Struct, frozen=True):
    """One judge's score of one answer, 1 to 5; None where its reply held none."""

    judge: str
    score: int | None


class Prediction(Struct, frozen=True):
    """A released answer: to which question (by place), from which pages, and how it was judged."""

    question: str
    text: str
    pages: tuple[int, ...]
    judgements: tuple[Judgement, ...]


def load(folder: Path) -> Dataset:
    """The questions; only those whose document is in `documents/` can be run. Raises `BadDataset`."""
    questions = read_questions(folder)
    place = folder / "documents"
    files = {path.name: path for path in sorted(place.iterdir())} if place.is_dir() else {}
    there = tuple(question for question in questions if question.home in files)
    missing = tuple(sorted({question.home for question in questions} - set(files)))
    if not there:
        raise BadDataset(
            f"None of the {len(missing)} PDFs is in {place}. Their addresses are in documents.csv; "
            "the released rankings and judgements can be looked at without them: quire eval released."
        )
    quirk = Quirk("The document is not there (PDFs are not redistributed)", missing, "its questions are left out")
    return Dataset(
        "m-longdoc", there, files, hash_files([folder / "questions.jsonl"]), None, (quirk,) if missing else ()
    )


def read_questions(folder: Path) -> tuple[Question, ...]:
    """All questions, PDFs or not."""
    return tuple(_question(number, row) for number, row in enumerate(_lines(folder / "questions.jsonl"), start=1))


def _question(number: int, row: dict[str, Any]) -> Question:
    try:
        name, pages = (
            str(row["source"]),
            tuple(GoldPage(str(row["source"]), int(page)) for page in row["evidence_pages"]),
        )
        return Question(
            id=question_id(number, name, row["question"]),
            text=row["question"],
            documents=(name,),
            home=name,
            answer=str(row.get("answer", "")),
            format=FREE,
            pages=pages,
            sources=(row["category"],),
            group=row["category"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadDataset(f"Question {number} of M-LongDoc can't be read: {error!r}.") from error


def read_rankings(folder: Path) -> dict[str, list[list[int]]]:
    """The released rankings by retriever: pages, best first, one list a question."""
    return {path.stem: [list(row) for row in _lines(path)] for path in sorted((folder / "rankings").glob("*.jsonl"))}


def read_predictions(folder: Path) -> dict[str, list[Prediction]]:
    """The released answers by model. A score of -1, or none, is a reply that could not be read."""
    return {
        path.stem.removeprefix("predictions_"): [_prediction(row) for row in _lines(path)]
        for path in sorted(folder.glob("predictions_*.jsonl"))
    }


def _prediction(row: dict[str, Any]) -> Prediction:
    judgements = tuple(
        Judgement(given["name"], given["score"] if given["score"] in (1, 2, 3, 4, 5) else None)
        for given in row["judgements"]
    )
    return Prediction(row["question"], row["pred"], tuple(row["retrieved_pages"]), judgements)


def read_addresses(folder: Path) -> dict[str, str]:
    """Addresses by the file name that the questions call the document."""
    path = folder / "documents.csv"
    if not path.exists():
        raise BadDataset(f"{folder} has no documents.csv with the addresses of the PDFs.")
    with path.open(newline="", encoding="utf-8") as file:
        addresses = [row["url"] for row in csv.DictReader(file)]
    return {_file_name(address): address for address in addresses}


def _file_name(address: str) -> str:
    name = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
    return name if name.lower().endswith(".pdf") else f"{name}.pdf"  # arXiv's addresses have no suffix


def _lines(path: Path) -> list[Any]:
    if not path.exists():
        raise BadDataset(
            f"There is no {path}; M-LongDoc's released files are questions.jsonl, rankings/, predictions_*.jsonl."
        )
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise BadDataset(f"Line {number} of {path} is no JSON: {error}.") from error
    return rows
