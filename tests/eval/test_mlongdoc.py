"""M-LongDoc: the judge's protocol, and the released files' known figures."""

from pathlib import Path

import pytest

from eval.errors import BadDataset
from eval.judging import combine, judge, read_grade, verdicts
from eval.released import ALL, released

DATA = Path(__file__).resolve().parents[3] / "shared" / "m-longdoc"


class Judge:
    """A judge that gives these replies in turn."""

    def __init__(self, name: str, *replies: str) -> None:
        self.name = name
        self.replies = list(replies)
        self.prompts: list[str] = []

    async def complete(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self.replies[(len(self.prompts) - 1) % len(self.replies)]


@pytest.mark.parametrize(
    ("reply", "grade"),
    [
        ("5", 5),
        ("Correctness: 4\n", 4),
        ("4/5", 4),
        ("I give it 3 out of 5.", 3),
        ("First 2, on reflection 3.", 3),
        ("Score: 4.", 4),
        ("4.5", None),
        ("12", None),
        ("0", None),
        ("excellent", None),
        ("", None),
    ],
)
def test_grades_in_replies(reply: str, grade: int | None) -> None:
    assert read_grade(reply) == grade


@pytest.mark.anyio
async def test_a_committee_with_unreadable_replies() -> None:
    strict, mild, mute = Judge("strict", "2", "none", "3"), Judge("mild", "5"), Judge("mute", "I can't say")
    found = await judge("Why?", "Because.", "The page.", [strict, mild, mute], samples=3)
    assert found.score == pytest.approx((2.5 + 5) / 2)  # the mean of the judges, not of the replies
    assert found.unreadable == 4
    assert [(given.judge, given.grades) for given in found.verdicts] == [
        ("strict", (2, 3)),
        ("mild", (5, 5, 5)),
        ("mute", ()),
    ]
    assert all(part in strict.prompts[0] for part in ("Why?", "Because.", "The page."))
    assert combine([verdicts("mute", ["?"])]).score is None


def test_the_released_rankings_and_judgements() -> None:
    if not DATA.exists():
        pytest.skip(f"M-LongDoc's released files are not at {DATA}")
    found = released(DATA)
    known = {
        ("colpali", "MRR"): 70.9,
        ("colpali", "R@1"): 58.0,
        ("colpali", "R@5"): 86.1,
        ("bm25", "MRR"): 46.1,
        ("bm25", "R@5"): 58.8,
        ("bge", "MRR"): 62.3,
        ("bge", "R@5"): 78.0,
    }
    figures = {(f.retriever, f.name): f.estimate for f in found.rankings if f.category == ALL}
    assert {key: round(100 * (figures[key].value or 0), 1) for key in known} == known
    assert figures["colpali", "MRR"].n == 851
    means = {s.model: s.estimate.value for s in found.scores if (s.judge, s.category) == (ALL, ALL)}
    assert means["gpt-4o"] == pytest.approx(4.49, abs=0.005)  # as published
    assert means["claude-3-5-sonnet"] == pytest.approx(4.51, abs=0.005)
    by_type = {f.category: f.estimate.value for f in found.rankings if (f.retriever, f.name) == ("colpali", "R@5")}
    assert by_type["figures or diagrams or charts"] == pytest.approx(0.799, abs=0.0005)
    assert len(found.pairs) == 6
    assert all(pair.pearson is not None and 0.6 < pair.pearson < 0.8 for pair in found.pairs)


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    row = '{"question": "Why?", "category": "texts", "evidence_pages": [1], "source": "a.pdf", "annotator": "x"}'
    (tmp_path / "questions.jsonl").write_text(row)
    (tmp_path / "rankings").mkdir()
    (tmp_path / "rankings" / "bm25.jsonl").write_text("[1]\n[2]\n")
    with pytest.raises(BadDataset, match="bm25 has 2 lines for 1 questions"):
        released(tmp_path)
    (tmp_path / "rankings" / "bm25.jsonl").write_text("[1]\n")
    (tmp_path / "predictions_m.jsonl").write_text(
        '{"question": "How?", "pred": "", "retrieved_pages": [], "judgements": []}'
    )
    with pytest.raises(BadDataset, match="Line 1 of m's predictions answers another question"):
        released(tmp_path)
