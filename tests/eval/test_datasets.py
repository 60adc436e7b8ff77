"""Loaders: what each benchmark's files become, which faults are found, and what is refused."""

import csv
import json
from pathlib import Path

import pytest

from eval.dataset import FREE, GoldPage, as_list
from eval.datasets import load, mlongdoc
from eval.datasets.visdom import find_document
from eval.errors import BadDataset
from tests.api.rest_client import pdf
from tests.eval.small import make

SHARED = Path(__file__).resolve().parents[3] / "shared"


def test_mmlongbench_with_its_faults(tmp_path: Path) -> None:
    found = load("mmlongbench-doc", str(make(tmp_path / "data")))
    assert len(found.questions) == 7
    assert len({question.id for question in found.questions}) == 7
    storm = found.questions[3]
    assert storm.pages == (GoldPage("light.pdf", 3),)  # page 99 of three is gone
    assert storm.sources == ("Text", "Figure")
    assert [question.answerable for question in found.questions].count(False) == 1
    faults = {quirk.what.split(",")[0]: quirk.where for quirk in found.quirks}
    assert faults["Evidence on a page that the document does not have"] == (storm.id,)
    assert faults["Answerable"] == (found.questions[6].id,)
    assert faults["An integer is asked for"] == (found.questions[6].id,)


def test_ids_and_hash_follow_the_data(tmp_path: Path) -> None:
    one, other = (load("mmlongbench-doc", str(make(tmp_path / name))) for name in ("a", "b"))
    assert one.sha256 == other.sha256
    assert [question.id for question in one.questions] == [question.id for question in other.questions]
    rows = json.loads((tmp_path / "b" / "samples.json").read_text())
    rows[0]["answer"] = "8"
    (tmp_path / "b" / "samples.json").write_text(json.dumps(rows))
    changed = load("mmlongbench-doc", str(tmp_path / "b"))
    assert changed.sha256 != one.sha256
    assert changed.questions[0].id != one.questions[0].id
    assert changed.questions[1].id == one.questions[1].id


def test_narrowing(tmp_path: Path) -> None:
    found = load("mmlongbench-doc", str(make(tmp_path / "data")))
    first = found.narrowed(documents=1)
    assert {question.home for question in first.questions} == set(first.files) == {"light.pdf"}
    assert len(found.narrowed(limit=2).questions) == 2
    assert len(found.narrowed(split="Museum").questions) == 3
    assert found.narrowed(ids=[found.questions[5].id]).questions == (found.questions[5],)
    with pytest.raises(BadDataset, match=r"No question is left of 7\. Splits of this benchmark: Light, Museum"):
        found.narrowed(split="Bridge")


def test_missing_documents_are_named_and_their_questions_left_out(tmp_path: Path) -> None:
    data = make(tmp_path / "data")
    (data / "documents" / "museum.pdf").unlink()
    found = load("mmlongbench-doc", str(data))
    assert {question.home for question in found.questions} == {"light.pdf"}
    assert found.quirks[0].where == ("museum.pdf",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds neither samples.json nor"),
        ("[]", "holds no list of questions"),
        ('[{"doc_id": "x.pdf"}]', "Question 1 of .* lacks doc_type, question"),
    ],
)
def test_what_is_no_mmlongbench_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "samples.json").write_text(content)
    with pytest.raises(BadDataset, match=message):
        load("mmlongbench-doc", str(tmp_path))


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="known are mmlongbench-doc, m-longdoc, visdombench, needles"):
        load("mmlongbench", str(tmp_path))
    with pytest.raises(BadDataset, match="There is no folder"):
        load("mmlongbench-doc", str(tmp_path / "nowhere"))


def test_the_development_split() -> None:
    data = SHARED / "mmlongbench-doc"
    if not data.exists():
        pytest.skip(f"the benchmark's development split is not at {data}")
    found = load("mmlongbench-doc", str(data))
    assert (len(found.questions), len(found.files)) == (320, 37)
    assert sum(not question.answerable for question in found.questions) == 69
    counts = {quirk.what: len(quirk.where) for quirk in found.quirks}
    assert counts["Answerable, without evidence pages"] == 4
    assert counts["An integer is asked for, and the gold answer is none"] == 2
    assert counts["The gold list is empty"] == 1


def test_lists_as_strings() -> None:
    assert as_list("[1, 'a']") == as_list('[1, "a"]') == as_list([1, "a"]) == [1, "a"]
    assert as_list("[true]") == [True]
    with pytest.raises(BadDataset, match="A list was expected"):
        as_list("14, 18]")


def visdom(folder: Path, rows: list[dict[str, str]]) -> Path:
    (folder / "spiqa" / "docs").mkdir(parents=True)
    pdf(folder / "spiqa" / "docs" / "1805.01216v3.pdf", "One.")
    pdf(folder / "spiqa" / "docs" / "1705.09290.pdf", "Two.")
    with (folder / "spiqa" / "spiqa.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["q_id", "doc_id", "answer", "doc_path", "documents", "question"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def test_visdombench_asks_over_several_documents(tmp_path: Path) -> None:
    row = {
        "q_id": "1",
        "doc_id": "1805.01216v3",
        "doc_path": "1805.01216v3.pdf",
        "question": " What? ",
        "answer": " So. ",
    }
    data = visdom(
        tmp_path,
        [
            row | {"documents": "['1805.01216v3.pdf', '1705.0929', 'gone.pdf']"},
            row | {"doc_path": "gone.pdf", "documents": "['1805.01216v3.pdf']"},
        ],
    )
    found = load("visdombench", str(data))
    (question,) = found.questions
    assert question.home == "spiqa/1805.01216v3.pdf"
    assert question.documents == ("spiqa/1805.01216v3.pdf", "spiqa/1705.09290.pdf")  # the lost zero is back
    assert (question.text, question.answer, question.format, question.group) == ("What?", "So.", FREE, "spiqa")
    assert {quirk.where for quirk in found.quirks} == {("spiqa/gone.pdf",), (question.id,)}
    assert find_document(data / "spiqa", "1705.09290_7") == data / "spiqa" / "docs" / "1705.09290.pdf"


def test_visdombench_says_which_row_is_wrong(tmp_path: Path) -> None:
    data = visdom(tmp_path, [{"doc_id": "1805.01216v3", "question": "What?", "documents": "not a list"}])
    with pytest.raises(BadDataset, match=r"Row 1 of .*spiqa\.csv, documents: A list was expected"):
        load("visdombench", str(data))


def test_mlongdoc_without_its_pdfs() -> None:
    data = SHARED / "m-longdoc"
    if not data.exists():
        pytest.skip(f"M-LongDoc's released files are not at {data}")
    questions = mlongdoc.read_questions(data)
    assert len(questions) == 851
    assert all(len(question.pages) == 1 for question in questions)
    addresses = mlongdoc.read_addresses(data)
    assert len(addresses) == 180
    assert {question.home for question in questions} <= set(addresses)
    with pytest.raises(BadDataset, match=r"Their addresses are in documents\.csv"):
        load("m-longdoc", str(data))


def test_mlongdoc_with_a_pdf(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    pdf(tmp_path / "documents" / "a.pdf", "One.", "Two.")
    rows = [
        {"question": "Why?", "category": "tables", "evidence_pages": [2], "source": name, "annotator": "x"}
        for name in ("a.pdf", "b.pdf")
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = load("m-longdoc", str(tmp_path))
    assert [question.pages for question in found.questions] == [(GoldPage("a.pdf", 2),)]
    assert found.quirks[0].where == ("b.pdf",)
    (tmp_path / "questions.jsonl").write_text('{"question": ')
    with pytest.raises(BadDataset, match=r"Line 1 of .*questions.jsonl is no JSON"):
        load("m-longdoc", str(tmp_path))
