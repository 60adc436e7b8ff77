"""Extraction, word overlap, retrieval and citation metrics, intervals: worked examples and properties."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import statistics
from eval.scoring import (
    FAIL_TO_ANSWER,
    NOT_ANSWERABLE,
    ReaderExtraction,
    Statement,
    WordEntailment,
    extract,
    found_all,
    found_any,
    ndcg,
    ndcg_truncated,
    page_citations,
    parse_extraction,
    precision,
    recall,
    reciprocal_rank,
    statement_citations,
    typed_word_f1,
    word_f1,
)

KEYS = st.integers(1, 12)
RANKINGS = st.lists(KEYS, max_size=12, unique=True)
GOLD = st.sets(KEYS, min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("question", "text", "wanted"),
    [
        ("How high is the tower?", "46 metres", "46 metres"),
        ("How many wings are there?", "three wings", "3"),
        ("What was the income? In millions.", "$1,714.3 million", "1714.3"),
        ("What were the total assets?", "41,190 (in thousands)", "41190"),
        ("Which port is used?", "P1.4", "P1.4"),
        ("What was the output of Karby in 2009, in tonnes?", "In 2009 the output of Karby was 8,916 tonnes", "8916"),
        ("What was the code of Karby in 2009?", "In 2009 the code of Karby was 9FF3-D30D.", "9FF3-D30D"),
        ("What is the capital of Norway?", "The capital of Norway is Oslo.", "Oslo"),
        ("What is the capital of Norway?", "Oslo is a large town.", "Oslo is a large town"),
        ("Which materials were tested?", "The materials tested were oak, ash and willow.", "['oak', 'ash', 'willow']"),
        ("What share of the visitors in 2010 were children, in percent?", "It was 12.5 percent in 2010.", "12.5"),
        ("How many visitors came?", "It had 1,204,000 visitors in all [2].", "1204000"),
        ("In which year was it built?", "The answer is: 1858.", "1858.".rstrip(".")),
        ("What percentage are children?", "**12.5%** of them [1]", "12.5"),
        ("What is the ratio of A to B?", "0.4", "0.4"),
        ("Is it open on Sunday?", "Yes: it opens at ten.", "Yes"),
        ("Does it close?", "no, never", "No"),
        (
            "What are the departments?",
            "There are three: paintings, prints and maps.",
            "['paintings', 'prints', 'maps']",
        ),
        ("List the sites.", "- Arn\n- Bel\n- Cole", "['Arn', 'Bel', 'Cole']"),
        ("List the courses.", "Sail, oar and rudder; Law and trade", "['Sail, oar and rudder', 'Law and trade']"),
        ("What are the aims?", "To be the first", "To be the first"),
        ("Who wrote it?", "Therefore, the final answer is: Ada Holm.", "Ada Holm"),
        ("Who wrote it?", "The documents do not mention an author.", NOT_ANSWERABLE),
        ("Who wrote it?", "This question cannot be answered.", NOT_ANSWERABLE),
        ("Who wrote it?", "I am unable to read the images of these pages.", FAIL_TO_ANSWER),
        ("Who wrote it?", "  ", FAIL_TO_ANSWER),
    ],
)
def test_short_answers_by_rules(question: str, text: str, wanted: str) -> None:
    assert extract(question, text).answer == wanted


def test_a_typed_outcome_decides_before_any_words() -> None:
    assert extract("How many?", "12", declined=True).answer == NOT_ANSWERABLE


@given(st.text(max_size=80), st.text(max_size=200), st.booleans())
def test_extraction_takes_anything(question: str, text: str, declined: bool) -> None:
    assert extract(question, text, declined=declined).answer


class Scripted:
    """A reader that always says the same, and keeps what it was asked."""

    name = "scripted"

    def __init__(self, reply: str) -> None:
        self.reply = reply
        self.asked: list[str] = []

    async def complete(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.reply


@pytest.mark.anyio
async def test_extraction_by_a_reader_fills_the_prompt_and_reads_the_markers() -> None:
    reader = Scripted("Extracted answer: 7 \nAnswer format: Integer\n")
    found = await ReaderExtraction(reader, "Q={question} A={answer}").extract("how {answer}?", "seven")
    assert (found.answer, found.format) == ("7", "Integer")
    assert reader.asked[0].startswith("Q=how ")
    assert parse_extraction("I would say 7").answer == FAIL_TO_ANSWER
    assert parse_extraction("Extracted answer: ['a', 'b']").answer == "['a', 'b']"


@pytest.mark.parametrize(
    ("gold", "prediction", "wanted"),
    [
        ("the red house", "a red house", 1.0),
        ("red house", "house", 2 / 3),
        ("red red house", "red house", 4 / 5),
        ("red", "blue", 0.0),
        ("", "", 1.0),
        ("red", "", 0.0),
        ("3.5 GHz!", "35 ghz", 1.0),
    ],
)
def test_word_overlap(gold: str, prediction: str, wanted: float) -> None:
    assert word_f1(gold, prediction) == pytest.approx(wanted)


def test_word_overlap_of_typed_answers_is_all_or_nothing() -> None:
    assert typed_word_f1("Yes", "yes, it does") == 1
    assert typed_word_f1("No", "yes, no") == 0
    assert typed_word_f1("unanswerable", NOT_ANSWERABLE) == 1
    assert typed_word_f1("red house", "house") == pytest.approx(2 / 3)


@given(st.text(max_size=40), st.text(max_size=40))
def test_word_overlap_is_symmetric_and_bounded(one: str, other: str) -> None:
    assert 0 <= word_f1(one, other) <= 1
    assert word_f1(one, other) == word_f1(other, one)
    assert word_f1(one, one) == 1


def test_retrieval_by_hand() -> None:
    gold, ranking = {3, 5}, [9, 3, 1, 5]
    assert recall(gold, ranking, 2) == 0.5
    assert (found_all(gold, ranking, 3), found_all(gold, ranking, 4)) == (0, 1)
    assert (found_any(gold, ranking, 1), found_any(gold, ranking, 2)) == (0, 1)
    assert precision(gold, ranking, 3) == pytest.approx(1 / 3)
    assert reciprocal_rank(gold, ranking) == 0.5
    assert reciprocal_rank(gold, ranking, 1) == 0
    third, fifth, ideal = 1 / math.log2(3), 1 / math.log2(5), 1 + 1 / math.log2(3)
    assert ndcg(gold, ranking, 5) == pytest.approx((third + fifth) / ideal)
    assert ndcg_truncated(gold, ranking, 5) == pytest.approx(third / ideal)
    with pytest.raises(ValueError, match="leave such questions out"):
        recall(set(), ranking, 3)


@given(GOLD, RANKINGS, st.integers(1, 12))
def test_retrieval_metrics_are_bounded_and_ordered(gold: set[int], ranking: list[int], k: int) -> None:
    found = recall(gold, ranking, k)
    assert 0 <= found_all(gold, ranking, k) <= found <= found_any(gold, ranking, k) <= 1
    assert recall(gold, ranking, k) <= recall(gold, ranking, k + 1)
    for metric in (ndcg, ndcg_truncated, precision, reciprocal_rank):
        assert 0 <= metric(gold, ranking, k) <= 1 + 1e-12
    best = [*gold, *(key for key in ranking if key not in gold)]
    assert ndcg(gold, best, k) == pytest.approx(1)
    assert ndcg_truncated(gold, best, k) == pytest.approx(1)


def test_pages_cited() -> None:
    found = page_citations({1, 2}, {2, 3, 4})
    assert found.precision == pytest.approx(1 / 3)
    assert (found.recall, found.whole) == (0.5, False)
    assert found.f1 == pytest.approx(0.4)
    assert page_citations({1}, set()).f1 == 0


class Told:
    """An entailment model that knows which sets of passages carry a claim."""

    def __init__(self, carried: Mapping[str, tuple[str, ...]]) -> None:
        self.carried = carried

    def entails(self, premise: str, hypothesis: str) -> bool:
        return premise in self.carried.get(hypothesis, ())


def test_statement_citations_by_hand() -> None:
    passages = {"1": "one", "2": "two", "3": "three"}
    model = Told({"both": ("one\ntwo",), "first": ("one", "one\nthree"), "alone": ("two",)})
    statements = [
        Statement("both", ("1", "2")),  # neither carries it alone: both are right
        Statement("first", ("1", "3")),  # 3 carries nothing, and 1 does without it: 3 is wrong
        Statement("alone", ("2",)),
        Statement("bare", ()),
    ]
    found = statement_citations(statements, passages, model)
    assert found.recall == pytest.approx(3 / 4)
    assert found.precision == pytest.approx(4 / 5)
    assert (found.statements, found.citations) == (4, 5)


def test_a_citation_of_nothing_supports_nothing_and_is_wrong() -> None:
    passages = {"1": "one", "2": "two"}
    model = Told({"claim": ("one", "two")})
    for invented in ("0", "9"):
        found = statement_citations([Statement("claim", (invented,))], passages, model)
        assert (found.recall, found.precision, found.citations) == (0, 0, 1)
    beside = statement_citations([Statement("claim", ("1", "0"))], passages, model)
    assert (beside.recall, beside.precision) == (1, 0.5)


def test_only_the_first_citations_count_and_the_question_goes_before_the_claim() -> None:
    passages = {str(n): f"p{n}" for n in range(1, 6)}
    model = Told({"Q 42": ("p1\np2\np3",)})
    found = statement_citations([Statement("42", ("1", "2", "3", "4"))], passages, model, question="Q")
    assert (found.recall, found.citations) == (1, 3)


def test_entailment_by_words_wants_the_numbers() -> None:
    model = WordEntailment()
    assert model.entails("The tower is 46 metres high.", "tower is 46 metres high")
    assert not model.entails("The tower is 46 metres high.", "tower is 64 metres high")
    assert not model.entails("anything", "")


def test_intervals_resample_documents() -> None:
    apart = statistics.mean(["a"] * 50 + ["b"] * 50, [1.0] * 50 + [0.0] * 50)
    assert (apart.value, apart.n, apart.documents) == (0.5, 100, 2)
    assert (apart.low, apart.high) == (0, 1)  # two documents know little, however many questions they have
    many = statistics.mean([str(n) for n in range(100)], [float(n % 2) for n in range(100)])
    assert many.low is not None
    assert many.high is not None
    assert 0.38 < many.low < 0.45 < 0.55 < many.high < 0.62
    assert statistics.mean(["a"], [1.0]).low is None
    assert statistics.mean([], []).value is None


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 1)), min_size=1, max_size=30))
def test_the_estimate_lies_where_the_values_do(rows: list[tuple[str, float]]) -> None:
    found = statistics.mean([cluster for cluster, _ in rows], [value for _, value in rows])
    assert found.value == pytest.approx(sum(value for _, value in rows) / len(rows))
    if found.low is not None and found.high is not None:
        assert -1e-9 <= found.low <= found.high <= 1 + 1e-9


def test_correlation() -> None:
    assert statistics.pearson([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert statistics.pearson([1, 1, 1], [1, 2, 3]) is None
