"""A run's figures: every score averaged, over all questions and over the slices that the benchmark is read by."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from eval import statistics
from eval.dataset import FREE, Question
from eval.definitions import definition
from eval.judging import Judged
from eval.record import Result, Taken
from eval.scored import Scored, score
from eval.scoring import NOT_ANSWERABLE, Entailment, Extracted
from eval.statistics import Estimate

ALL = "all"
Pair = tuple[Question, Scored]


class Figure(Struct, frozen=True):
    """A figure over a slice. `unanswerable`: the share of unanswerable questions among those that it is of."""

    name: str
    slice: str
    estimate: Estimate
    unanswerable: float


class Scores(Struct, frozen=True):
    """What `scores.json` holds."""

    benchmark: str
    questions: int
    unanswerable: int
    failed: int
    extraction: str
    entailment: str
    bootstrap: dict[str, int]
    figures: tuple[Figure, ...]
    definitions: dict[str, str]
    outcomes: dict[str, int]
    raised: dict[str, str]
    errors: dict[str, str]
    scored: tuple[Scored, ...]

    def figure(self, name: str, slice_: str = ALL) -> Estimate:
        """One figure. KeyError where the run has none of that name."""
        for figure in self.figures:
            if (figure.name, figure.slice) == (name, slice_):
                return figure.estimate
        raise KeyError(f"{name} ({slice_})")


def score_run(
    benchmark: str,
    questions: Sequence[Question],
    results: Mapping[str, Result],
    documents: Mapping[str, Taken],
    model: Entailment,
    model_name: str,
    short: Mapping[str, Extracted] | None = None,
    judged: Mapping[str, Judged] | None = None,
) -> Scores:
    """All figures of a run, or of the part of it that has been asked so far. `short`: short answers found otherwise than by
    rules; the rules find those that are not in it. `judged`: grades of a committee."""
    given = short or {}
    pairs = [(q, score(q, results.get(q.id), documents, model, given.get(q.id))) for q in questions]
    pairs = [(question, _with_grade(scored, (judged or {}).get(question.id))) for question, scored in pairs]
    figures = (*_figures(pairs), *_costs([result for result in results.values() if result.answer is not None]))
    outcomes = [scored.outcome for _, scored in pairs]
    return Scores(
        benchmark=benchmark,
        questions=len(pairs),
        unanswerable=sum(not question.answerable for question, _ in pairs),
        failed=sum(scored.error is not None for _, scored in pairs),
        extraction=f"a file ({len(given)} of {len(pairs)}), else rules" if given else "rules",
        entailment=model_name,
        bootstrap={"rounds": statistics.ROUNDS, "seed": statistics.SEED},
        figures=figures,
        definitions={name: definition(name) for name in dict.fromkeys(figure.name for figure in figures)},
        outcomes={name: outcomes.count(name) for name in sorted(set(outcomes))},
        raised={scored.question: scored.raised for _, scored in pairs if scored.raised is not None},
        errors={scored.question: scored.error for _, scored in pairs if scored.error is not None},
        scored=tuple(scored for _, scored in pairs),
    )


def _with_grade(scored: Scored, judged: Judged | None) -> Scored:
    if judged is None:
        return scored
    grades = {"grade": judged.score} if judged.score is not None else {}
    grades["grade unreadable"] = float(judged.unreadable)
    return structs.replace(scored, scores=scored.scores | grades)


def slices(pairs: Sequence[Pair]) -> dict[str, list[Pair]]:
    """The ways a benchmark is read: by evidence source, by number of pages, by group, by each axis of its own."""
    found: dict[str, list[Pair]] = {ALL: list(pairs)}
    if any(question.format != FREE for question, _ in pairs):
        # As released: exactly one evidence page; any other number, and answerable; unanswerable.
        found["single-page"] = [pair for pair in pairs if len(pair[0].pages) == 1]
        found["cross-page"] = [pair for pair in pairs if len(pair[0].pages) != 1 and pair[0].answerable]
        found["unanswerable"] = [pair for pair in pairs if not pair[0].answerable]
    for label, values in (
        ("source", lambda question: question.sources),
        ("group", lambda question: (question.group,) if question.group else ()),
    ):
        _by(found, pairs, label, values)
    for axis in sorted({axis for question, _ in pairs for axis in question.axes} - {"kind"}):  # the group of needles
        _by(found, pairs, axis, lambda question, axis=axis: (question.axes[axis],) if axis in question.axes else ())  # type: ignore[misc]
    return {name: chosen for name, chosen in found.items() if chosen}


def _by(
    found: dict[str, list[Pair]], pairs: Sequence[Pair], label: str, values: Callable[[Question], Iterable[str]]
) -> None:
    for value in sorted({value for question, _ in pairs for value in values(question)}):
        found[f"{label}: {value}"] = [pair for pair in pairs if value in values(pair[0])]


def _figures(pairs: Sequence[Pair]) -> list[Figure]:
    return [figure for name, chosen in slices(pairs).items() for figure in _of_slice(name, chosen)]


def _of_slice(name: str, pairs: Sequence[Pair]) -> list[Figure]:
    figures = []
    for kind in dict.fromkeys(kind for _, scored in pairs for kind in scored.scores):
        figures.append(_figure(kind, name, [pair for pair in pairs if kind in pair[1].scores], kind))
        if kind == "official":
            figures.append(Figure("official F1", name, official_f1(pairs), _unanswerable(pairs)))
    declined = [pair for pair in pairs if "declined" in pair[1].scores]
    for label, answerable in (("declined rightly", False), ("declined wrongly", True)):
        if chosen := [pair for pair in declined if pair[0].answerable is answerable]:
            figures.append(_figure(label, name, chosen, "declined"))
    failed = [float(scored.error is not None) for _, scored in pairs]
    homes = [question.home for question, _ in pairs]
    return [*figures, Figure("failed", name, statistics.mean(homes, failed), _unanswerable(pairs))]


def _figure(label: str, name: str, pairs: Sequence[Pair], kind: str) -> Figure:
    homes, values = [question.home for question, _ in pairs], [scored.scores[kind] for _, scored in pairs]
    return Figure(label, name, statistics.mean(homes, values), _unanswerable(pairs))


def _unanswerable(pairs: Sequence[Pair]) -> float:
    return round(sum(not question.answerable for question, _ in pairs) / len(pairs), 4)


def official_f1(pairs: Sequence[Pair]) -> Estimate:
    """F1 as released. Answerable is what has another answer than "Not answerable"; an attempt is anything else than that,
    "Fail to answer" too."""
    rows = [
        (
            scored.scores["official"] if question.answer != NOT_ANSWERABLE else 0.0,
            float(question.answer != NOT_ANSWERABLE),
            float(scored.extracted.answer != NOT_ANSWERABLE),
        )
        for question, scored in pairs
    ]
    return statistics.ratio([question.home for question, _ in pairs], rows, _f1)


def _f1(totals: statistics.Totals) -> NDArray[np.float64]:
    """From sums of score, of answerable questions and of attempts: 2 rp / (r + p) is 2 s / (answerable + attempts)."""
    right, answerable, attempts = totals.T
    return np.where((answerable > 0) & (attempts > 0), 2 * right / np.maximum(answerable + attempts, 1), 0.0)


def _costs(results: Sequence[Result]) -> list[Figure]:
    if not results:
        return []
    spent = [result.milliseconds["ask"] for result in results]
    tokens = [float(sum(result.answer.cost.tokens.values())) for result in results if result.answer is not None]
    values = {
        "milliseconds to answer, median": float(np.percentile(spent, 50)),
        "milliseconds to answer, 95th percentile": float(np.percentile(spent, 95)),
        "tokens": float(np.mean(tokens)),
    }
    return [Figure(name, ALL, Estimate(round(value, 1), len(results), 0), 0.0) for name, value in values.items()]
