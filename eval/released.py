"""M-LongDoc's released rankings and judgements as figures: what an implementation of the metrics is checked against."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from msgspec import Struct

from eval import statistics
from eval.dataset import Question
from eval.datasets import mlongdoc
from eval.datasets.mlongdoc import Prediction
from eval.errors import BadDataset
from eval.scoring import recall, reciprocal_rank
from eval.statistics import Estimate

CUTS = (1, 3, 5, 10, 20)
ALL = "all"


class RetrieverFigure(Struct, frozen=True):
    """A released ranking: `name` is MRR or R@k, `category` one of the benchmark's, or all."""

    retriever: str
    category: str
    name: str
    estimate: Estimate


class ModelScore(Struct, frozen=True):
    """A model's answers as one judge (or all) graded them, 1 to 5; `unreadable`: replies without a grade, left out."""

    model: str
    judge: str
    category: str
    estimate: Estimate
    unreadable: int


class JudgePair(Struct, frozen=True):
    """How two judges agree on one model's answers: Pearson's correlation, share of equal grades, and by how much the
    first is milder on average."""

    model: str
    first: str
    second: str
    pearson: float | None
    equal: float
    milder: float
    n: int


class Released(Struct, frozen=True):
    """All that the released files say."""

    questions: int
    rankings: tuple[RetrieverFigure, ...]
    scores: tuple[ModelScore, ...]
    pairs: tuple[JudgePair, ...]


def released(folder: Path) -> Released:
    """Figures of the files in `folder`. Raises `BadDataset`."""
    questions = mlongdoc.read_questions(folder)
    rankings, predictions = mlongdoc.read_rankings(folder), mlongdoc.read_predictions(folder)
    lengths = {name: len(rows) for name, rows in rankings.items()} | {
        name: len(rows) for name, rows in predictions.items()
    }
    for name, length in lengths.items():
        if length != len(questions):
            raise BadDataset(f"{name} has {length} lines for {len(questions)} questions.")
    _same_questions(questions, predictions)
    return Released(
        len(questions),
        tuple(figure for name, rows in rankings.items() for figure in _of_rankings(name, rows, questions)),
        tuple(score for model, rows in predictions.items() for score in _of_model(model, rows, questions)),
        tuple(pair for model, rows in predictions.items() for pair in agreements(model, rows)),
    )


def _same_questions(questions: Sequence[Question], predictions: dict[str, list[Prediction]]) -> None:
    for model, rows in predictions.items():
        for number, (question, row) in enumerate(zip(questions, rows, strict=True), start=1):
            if question.text != row.question:
                raise BadDataset(f"Line {number} of {model}'s predictions answers another question than line {number}.")


def _categories(questions: Sequence[Question]) -> dict[str, list[int]]:
    """Places of the questions by category, all of them first."""
    found = {ALL: list(range(len(questions)))}
    for place, question in enumerate(questions):
        found.setdefault(question.group, []).append(place)
    return found


def _of_rankings(name: str, rankings: Sequence[Sequence[int]], questions: Sequence[Question]) -> list[RetrieverFigure]:
    figures = []
    for category, places in _categories(questions).items():
        homes = [questions[place].home for place in places]
        pairs = [({page.number for page in questions[place].pages}, rankings[place]) for place in places]
        values = {"MRR": [reciprocal_rank(gold, ranking) for gold, ranking in pairs]}
        values |= {f"R@{k}": [recall(gold, ranking, k) for gold, ranking in pairs] for k in CUTS}
        figures += [
            RetrieverFigure(name, category, metric, statistics.mean(homes, found)) for metric, found in values.items()
        ]
    return figures


def _of_model(model: str, rows: Sequence[Prediction], questions: Sequence[Question]) -> list[ModelScore]:
    judges = list(dict.fromkeys(given.judge for row in rows for given in row.judgements))
    return [
        _score(model, judge, category, [(questions[place].home, rows[place]) for place in places])
        for category, places in _categories(questions).items()
        for judge in (*((ALL,) if judges else ()), *judges)
    ]


def _score(model: str, judge: str, category: str, rows: Sequence[tuple[str, Prediction]]) -> ModelScore:
    given = [(home, found.score) for home, row in rows for found in row.judgements if judge in (ALL, found.judge)]
    read = [(home, float(score)) for home, score in given if score is not None]
    estimate = statistics.mean([home for home, _ in read], [score for _, score in read])
    return ModelScore(model, judge, category, estimate, len(given) - len(read))


def agreements(model: str, rows: Sequence[Prediction]) -> list[JudgePair]:
    """Every pair of judges, over the answers that both graded."""
    judges = list(dict.fromkeys(given.judge for row in rows for given in row.judgements))
    grades = [{given.judge: given.score for given in row.judgements if given.score is not None} for row in rows]
    pairs = []
    for first, second in combinations(judges, 2):
        both = [(float(row[first]), float(row[second])) for row in grades if first in row and second in row]
        if both:
            one, other = [pair[0] for pair in both], [pair[1] for pair in both]
            equal = sum(a == b for a, b in both) / len(both)
            milder = (sum(one) - sum(other)) / len(both)
            pairs.append(JudgePair(model, first, second, statistics.pearson(one, other), equal, milder, len(both)))
    return pairs
