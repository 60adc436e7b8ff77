"""The sample report, read as Quire reads it and answered with the packaged encoder: the answer room from end to end."""

import asyncio
import json
from pathlib import Path

import pytest

from answer import Answer, Answerer, ExtractiveReader, Outcome, Verdict
from ingest import Ingestor, Page, make_passages
from retrieval import Evidence, EvidencePage, PassageHit, Scope, TextEncoder
from tests.answer.pages import Shelf

SAMPLE = Path(__file__).parents[2] / "docs" / "sample"
QUESTIONS = {row["id"]: row for row in json.loads((SAMPLE / "questions.json").read_text())["questions"]}
EVIDENCE = (4, 8, 9, 10, 12, 13, 20, 21, 22, 25, 27, 29)
"""Pages put before the reader, for every question the same. They are read without OCR, which takes its time: scans
and figures are asked about where the whole service is tested."""


async def _read() -> list[Page]:
    ingestor = Ingestor(workers=1, ocr=False)
    try:
        return [page async for page in ingestor.read(SAMPLE / "skerrivane-annual-report-2024.pdf", EVIDENCE)]
    finally:
        await ingestor.close()


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return sorted(asyncio.run(_read()), key=lambda page: page.number)


@pytest.fixture(scope="module")
def answerer() -> Answerer:
    return Answerer(ExtractiveReader(TextEncoder("all-MiniLM-L6-v2")))


def ask(answerer: Answerer, pages: list[Page], question: str) -> Answer:
    found = tuple(
        EvidencePage(
            "d",
            "r",
            page.number,
            1.0,
            tuple(PassageHit(p.ordinal, p.text, p.boxes, 1.0) for p in make_passages(page)),
            page.label,
        )
        for page in pages
    )
    evidence = Evidence(question, Scope("c"), found)
    return asyncio.run(answerer.answer(evidence, Shelf({"d": pages}), answer_id="a", searched=["d"]))


@pytest.mark.parametrize(
    ("which", "text"),
    [
        ("worn-part", "stern bearing"),
        ("ola-firth-row", "four degrees"),
        ("route-vehicles", "28.7"),
        ("ferries-capex", "15.8 (£ million)"),
        ("trial-output", "3.1 GWh"),
        ("printed-page-18", "17 times"),
        ("own-shares", "No: "),
    ],
)
def test_what_the_report_says_is_found_on_its_page(
    answerer: Answerer, pages: list[Page], which: str, text: str
) -> None:
    answer = ask(answerer, pages, QUESTIONS[which]["question"])
    assert answer.outcome is Outcome.ANSWERED
    assert text in answer.text
    assert {citation.page for citation in answer.citations} <= set(QUESTIONS[which]["pages"])
    assert all(citation.verdict is Verdict.VERIFIED and citation.match == 1.0 for citation in answer.citations)
    assert answer.cost.milliseconds["textual"] < 20_000


@pytest.mark.parametrize("which", [row["id"] for row in QUESTIONS.values() if row["answer"] is None])
def test_what_the_report_does_not_say_is_not_answered(answerer: Answerer, pages: list[Page], which: str) -> None:
    answer = ask(answerer, pages, QUESTIONS[which]["question"])
    assert answer.outcome is Outcome.NOT_IN_DOCUMENTS
    assert not answer.claims
    assert len(answer.nearest) == 3
