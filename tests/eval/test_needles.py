"""Needles: the same seed makes the same files, facts stand where the gold says, and nothing else answers a question."""

import re
from collections import Counter
from pathlib import Path

import pymupdf
import pytest

from eval.dataset import Dataset, Question
from eval.datasets import load
from eval.errors import BadDataset
from eval.needles import CARRIERS, NeedleOptions, make_needles
from eval.scoring import official, safe

OPTIONS = NeedleOptions(seed=3, questions=120, lengths=(10, 40))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_needles(tmp_path_factory.mktemp("needles") / "set", OPTIONS)


@pytest.fixture(scope="module")
def texts(made: Dataset) -> dict[str, list[str]]:
    return {
        name: [" ".join(page.get_text().split()) for page in pymupdf.open(path)] for name, path in made.files.items()
    }


def of_kind(made: Dataset, kind: str) -> list[Question]:
    return [question for question in made.questions if question.axes["kind"].startswith(kind)]


def asked_of(question: Question) -> tuple[str, str, str]:
    """Measure, site and year of a question about one fact."""
    found = re.fullmatch(r"What was the (.+) of (.+) in (\d{4})(?:, in .+)?\?", question.text)
    assert found is not None
    return found.group(1), found.group(2), found.group(3)


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    small = NeedleOptions(seed=5, questions=20, lengths=(20,))
    one, other = make_needles(tmp_path / "one", small), make_needles(tmp_path / "other", small)
    assert one.questions == other.questions
    for name, path in one.files.items():
        assert path.read_bytes() == other.files[name].read_bytes()
    again = make_needles(tmp_path / "again", NeedleOptions(seed=6, questions=20, lengths=(20,)))
    assert again.questions != one.questions


def test_all_that_was_asked_for_is_there(made: Dataset) -> None:
    assert len(made.questions) == 120
    assert Counter(question.axes["length"] for question in made.questions) == {"10": 60, "40": 60}
    kinds = Counter(question.axes["kind"].split(",")[0] for question in made.questions)
    assert kinds == {
        "lookup": 54,
        "negative": 24,
        "thread": 12,
        **dict.fromkeys(("sum", "compare", "rank", "list", "conflict"), 6),
    }
    assert {question.axes["carrier"] for question in of_kind(made, "lookup")} == set(CARRIERS)
    assert {question.format for question in made.questions} == {"Int", "Float", "Str", "List", "None"}
    for name, path in made.files.items():
        with pymupdf.open(path) as opened:
            assert opened.page_count == int(name.split("-")[1])


def test_gold_answers_meet_themselves(made: Dataset) -> None:
    for question in made.questions:
        assert official(question.answer, question.answer, question.format) == 1
        assert safe(question.answer, question.answer, question.format) == 1


def test_facts_stand_in_their_boxes(made: Dataset) -> None:
    seen: Counter[str] = Counter()
    for question in of_kind(made, "lookup"):
        (place,) = question.pages
        with pymupdf.open(made.files[place.document]) as opened:
            page = opened[place.number - 1]
            clip = pymupdf.Rect(*(question.boxes[0].box.x0 - 1, question.boxes[0].box.y0 - 1), *_far(question))
            inside = " ".join(page.get_text("text", clip=clip).split()).replace(",", "")
        carrier = question.axes["carrier"]
        seen[carrier] += 1
        if carrier == "raster":
            assert inside == ""
        else:
            assert question.answer in inside, (carrier, inside, question)
    assert set(seen) == set(CARRIERS)


def _far(question: Question) -> tuple[float, float]:
    box = question.boxes[-1].box
    return box.x1 + 1, box.y1 + 1


def test_nothing_else_answers_a_question(made: Dataset, texts: dict[str, list[str]]) -> None:
    for question in (*of_kind(made, "lookup"), *of_kind(made, "negative")):
        measure, site, year = asked_of(question)
        sentence = f"In {year} the {measure} of {site} was"
        told = [number for number, text in enumerate(texts[question.home], start=1) if sentence in text]
        if not question.answerable or question.axes["carrier"] in ("table", "chart", "raster"):
            assert told == []
        else:
            assert told == [page.number for page in question.pages]
    for question in of_kind(made, "negative"):
        _, site, _ = asked_of(question)
        assert any(site in text for text in texts[question.home])  # the site is there, its year is not
        assert (question.answer, question.pages) == ("Not answerable", ())


def test_questions_over_several_pages(made: Dataset, texts: dict[str, list[str]]) -> None:
    for question in (q for kind in ("sum", "compare", "rank", "list", "conflict") for q in of_kind(made, kind)):
        assert len(question.pages) == int(question.axes["scope"])
    sums = [question for question in of_kind(made, "sum") if question.axes["carrier"] in ("body", "tiny", "footnote")]
    for question in sums:
        found = re.search(r"sum of the (.+) of (.+) in (\d{4}), in", question.text)
        assert found is not None
        sites = re.split(r", | and ", found.group(2))
        whole = " ".join(texts[question.home])
        values = [
            re.search(rf"In {found.group(3)} the {found.group(1)} of {site} was ([\d,]+) ", whole) for site in sites
        ]
        assert question.answer == str(sum(int(value.group(1).replace(",", "")) for value in values if value))
    for question in of_kind(made, "thread"):
        numbers = [page.number for page in question.pages]
        assert len(numbers) == int(question.axes["scope"])
        last = texts[question.home][(numbers[-1] if question.axes["kind"].endswith("forward") else numbers[0]) - 1]
        assert question.answer in last.replace(",", "")


def test_depths_are_those_of_the_pages(made: Dataset) -> None:
    for question in of_kind(made, "lookup"):
        low, high = (int(part) for part in re.findall(r"\d+", question.axes["depth"]))
        assert low <= 100 * (question.pages[0].number - 1) / int(question.axes["length"]) < high


def test_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="5 pages or more"):
        make_needles(tmp_path / "short", NeedleOptions(lengths=(3,)))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(BadDataset, match="is not empty"):
        make_needles(tmp_path / "full", OPTIONS)
    with pytest.raises(BadDataset, match=r"has no needles\.json"):
        load("needles", str(tmp_path / "full"))
