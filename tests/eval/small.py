"""A small benchmark in MMLongBench-Doc's layout: two documents, seven questions, with known faults."""

import json
from pathlib import Path

from tests.api.rest_client import pdf

LIGHTHOUSE = (
    "The lighthouse of Skagen is 46 metres high.\nIt was built in 1858.",
    "Seven keepers live at the lighthouse. The lamp burns 12 litres of oil a night.",
    "A gale in 1907 broke the lantern. Nobody was hurt.",
)
MUSEUM = (
    "The museum of Arden has three departments: paintings, prints and maps.",
    "Of the visitors 12.5% are children.",
)
ROWS = (
    ("light.pdf", "How many keepers live at the lighthouse?", "7", "[2]", "['Text']", "Int"),
    ("light.pdf", "In which year was the lighthouse built?", "1858", "[1]", "['Text']", "Int"),
    ("light.pdf", "Who painted the lighthouse's portrait of the queen?", "Not answerable", "[]", "[]", "None"),
    ("light.pdf", "What broke the lantern in 1907?", "A gale", "[3, 99]", "['Text', 'Figure']", "Str"),
    ("museum.pdf", "What percentage of the visitors are children?", "12.5%", "[2]", "['Chart']", "Float"),
    (
        "museum.pdf",
        "What are the departments of the museum?",
        "['paintings', 'prints', 'maps']",
        "[1]",
        "['Text']",
        "List",
    ),
    ("museum.pdf", "When does the museum open?", "14:04 CET", "[]", "['Text']", "Int"),
)


def make(folder: Path, rows: tuple[tuple[str, ...], ...] = ROWS) -> Path:
    """The benchmark in `folder`."""
    (folder / "documents").mkdir(parents=True)
    pdf(folder / "documents" / "light.pdf", *LIGHTHOUSE)
    pdf(folder / "documents" / "museum.pdf", *MUSEUM)
    names = ("doc_id", "question", "answer", "evidence_pages", "evidence_sources", "answer_format")
    samples = [dict(zip(names, row, strict=True)) | {"doc_type": row[0].removesuffix(".pdf").title()} for row in rows]
    (folder / "samples.json").write_text(json.dumps(samples))
    return folder
