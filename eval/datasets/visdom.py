"""VisDoMBench (arXiv 2412.10704): one CSV a subset, beside a folder `docs/` of PDFs; several documents a question.

`folder/<subset>/<subset>.csv` with `folder/<subset>/docs/`, or one subset's folder. File names in the CSVs come without a
suffix, with one of their trailing zeros lost (1805.0757 for 1805.07570: somebody's spreadsheet took the number for one), or
with a page behind an underscore.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from eval.dataset import FREE, Dataset, Question, Quirk, as_list, hash_files, question_id
from eval.errors import BadDataset

ARXIV_LENGTH = 10
"""Characters of an arXiv id of today: four digits, a point, five digits."""


def load(folder: Path) -> Dataset:
    """All subsets in `folder`. Raises `BadDataset`."""
    tables = sorted(folder.glob("*.csv")) or sorted(folder.glob("*/*.csv"))
    tables = [
        table for table in tables if not table.name.startswith("retrieval_")
    ]  # what the authors' code leaves behind
    if not tables:
        raise BadDataset(
            f"{folder} holds no CSV: VisDoMBench has one a subset, such as spiqa/spiqa.csv beside spiqa/docs/."
        )
    questions: list[Question] = []
    files: dict[str, Path] = {}
    missing: set[str] = set()
    partial: list[str] = []
    for table in tables:
        _read(table, questions, files, missing, partial)
    if not questions:
        raise BadDataset(f"None of the documents is there; {len(missing)} are missing, such as {sorted(missing)[0]}.")
    handling = "questions about it are left out; where it only distracts, the question is asked over the others"
    quirks: tuple[Quirk, ...] = (
        (Quirk("The document is not there", tuple(sorted(missing)), handling),) if missing else ()
    )
    if partial:
        quirks += (Quirk("Asked with fewer distracting documents than published", tuple(partial), "kept, and named"),)
    return Dataset("visdombench", tuple(questions), files, hash_files(tables), None, quirks)


def _read(
    table: Path, questions: list[Question], files: dict[str, Path], missing: set[str], partial: list[str]
) -> None:
    subset = table.stem
    with table.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    for number, row in enumerate(rows, start=1):
        home, listed = _home(row, table, number), _listed(row, table, number)
        found = {name: path for name in dict.fromkeys([home, *listed]) if (path := find_document(table.parent, name))}
        missing.update(f"{subset}/{name}" for name in {home, *listed} - set(found))
        if home not in found:
            continue
        # Subsets may share a file name and not the file.
        names = {name: f"{subset}/{path.name}" for name, path in found.items()}
        files.update({names[name]: path for name, path in found.items()})
        question = _question(subset, number, row, names[home], tuple(dict.fromkeys(names.values())))
        if len(found) < len({home, *listed}):
            partial.append(question.id)
        questions.append(question)


def _home(row: dict[str, str], table: Path, number: int) -> str:
    home = (row.get("doc_path") or row.get("doc_id") or "").strip()
    if not home or not (row.get("question") or "").strip():
        raise BadDataset(f"Row {number} of {table} has no question, or neither doc_path nor doc_id.")
    return home.rsplit("/", 1)[-1]


def _listed(row: dict[str, str], table: Path, number: int) -> list[str]:
    try:
        return [str(name).rsplit("/", 1)[-1] for name in as_list(row.get("documents") or "[]")]
    except BadDataset as error:
        raise BadDataset(f"Row {number} of {table}, documents: {error}") from error


def _question(subset: str, number: int, row: dict[str, str], home: str, documents: Sequence[str]) -> Question:
    text, answer = row["question"].strip(), (row.get("answer") or "").strip()
    identity = question_id(number, home, text, answer)
    return Question(
        id=f"{subset}-{identity}",
        text=text,
        documents=tuple(documents),
        home=home,
        answer=answer,
        format=FREE,
        group=subset,
        axes={"documents": str(len(documents))},
    )


def find_document(folder: Path, name: str) -> Path | None:
    """The file that a CSV calls `name`, in `docs/`: as it is, with a suffix, with its zeros back, without a page."""
    stem = name.removesuffix(".pdf")
    for candidate in (name, f"{stem}.pdf", f"{stem.ljust(ARXIV_LENGTH, '0')}.pdf", f"{stem.split('_')[0]}.pdf"):
        path = folder / "docs" / candidate
        if path.is_file():
            return path
    return None
