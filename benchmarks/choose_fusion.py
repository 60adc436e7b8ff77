"""Scores ways of fusing the lists that rank pages, cross-validated by document; run by `page_recall.py --choose`, and
what each signal adds, by `--ablate`.

Each way is a small grid of weights. What is reported for a way is out of fold: the documents are dealt into five folds,
the weights that do best (mean of R@1, 3, 5 and 10) on four are scored on the fifth. The way to serve is the simplest
that is not beaten by more than the noise.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import product

import numpy as np
from msgspec import Struct

from benchmarks.mmlongbench import CUTS, Question, interval, recalls
from retrieval import Retriever, Scope
from retrieval.fusion import BESIDE, BONUS, COUNTED, DOCUMENT, PHRASE, SHOWN, TITLE, PageList, fuse_pages
from retrieval.schema import DENSE, LEXICAL, PAGE_LEXICAL
from retrieval.search import Candidates, as_question, candidates

NAMES = (PAGE_LEXICAL, LEXICAL, DENSE)
Weights = tuple[float, ...]
Lists = Mapping[str, PageList]
Way = Callable[[Lists, Weights], dict[str, float]]
FOLDS = 5
_EQUAL: Weights = (1.0, 1.0, 1.0)


class Found(Struct, frozen=True):
    """What search brings for a question, and the number of each page key: 0 of other documents."""

    candidates: Candidates
    numbers: dict[str, int]


async def gather(room: Retriever, questions: Sequence[Question], *, everywhere: bool = False) -> list[Found]:
    """Candidates of every question, before they are fused: within its document, or over all of them."""
    vectors = room.encoder.encode_query([question.text for question in questions])
    pages = [point for point in await room.points("bench") if point.kind == "page"]
    found: list[Found] = []
    for question, vector in zip(questions, vectors, strict=True):
        scope = Scope("bench", () if everywhere else (question.document,))
        numbers = {point.id: point.page if point.document == question.document else 0 for point in pages}
        found.append(Found(await candidates(room.store, as_question(question.text, vector), scope), numbers))
    return found


def leave_out(questions: Sequence[Question], found: Sequence[Found], where: str) -> None:
    """Print what each list and signal adds: recall without it, and the paired change."""
    print(f"\nleft out, one by one, {where}" + "".join(f", R@{k}" for k in CUTS) + "; (95 % of the change)")
    whole = [_serve(one) for one in found]
    baseline = [recalls(questions, whole, k) for k in CUTS]
    for name in ("nothing", *NAMES, *BONUS, "all signals"):
        gone = {*BONUS} if name == "all signals" else {name}
        figures = [recalls(questions, [_serve(one, gone) for one in found], k) for k in CUTS]
        cells = "   ".join(_over(questions, ours, theirs) for ours, theirs in zip(figures, baseline, strict=True))
        print(f"  {name:42s} {cells}", flush=True)


def by_likeness(found: Sequence[Found], names: Collection[str]) -> list[list[int]]:
    """Pages ranked by these lists alone, no signals: equal weights of reciprocal ranks."""
    weights = tuple(float(name in names) for name in NAMES)
    return [_rank(_reciprocal(60)(one.candidates.lists, weights), one.numbers) for one in found]


def choose_routing(questions: Sequence[Question], found: Sequence[Found]) -> None:
    """Print the recall out of fold, over all documents, of the weight of a page's document."""
    grid: list[Weights] = [(weight,) for weight in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)]
    rankings = {w: [_serve(one, bonus=BONUS | {DOCUMENT: w[0]}) for one in found] for w in grid}
    without = [recalls(questions, rankings[grid[0]], k) for k in CUTS]
    print(f"\nweight of {DOCUMENT}" + "".join(f", R@{k}" for k in CUTS) + "; (95 % of the gain over none)")
    ways = {f"{w[0]:g} throughout": (ranked, "") for w, ranked in rankings.items()}
    ways |= {f"out of fold, dealt by seed {seed}": _out_of_fold(questions, rankings, seed) for seed in (11, 12, 13)}
    for name, (ranked, picks) in ways.items():
        figures = [recalls(questions, ranked, k) for k in CUTS]
        cells = "   ".join(_over(questions, ours, theirs) for ours, theirs in zip(figures, without, strict=True))
        print(f"  {name:42s} {cells}   {picks}", flush=True)


def choose_signals(questions: Sequence[Question], found: Sequence[Found]) -> None:
    """Print the recall out of fold of the signals' weights, beside those in use. A reference's is not fitted: a page
    that is named leads."""
    names = (PHRASE, TITLE, SHOWN, BESIDE, COUNTED)
    steps = ((0.0, 0.5), (0.0, 0.5), (0.0, 0.5, 1.0), (0.0, 0.3, 0.6), (0.0, 1.0, 2.0))
    grid: list[Weights] = list(product(*steps))
    rankings = {
        weights: [_serve(one, bonus=BONUS | dict(zip(names, weights, strict=True))) for one in found]
        for weights in grid
    }
    in_use = [_serve(one) for one in found]
    baseline = [recalls(questions, in_use, k) for k in CUTS]
    print(
        f"\nweights of {', '.join(names)}"
        + "".join(f", R@{k}" for k in CUTS)
        + "; (95 % of the gain over those in use)"
    )
    for seed in (11, 12, 13):
        chosen, picks = _out_of_fold(questions, rankings, seed)
        figures = [recalls(questions, chosen, k) for k in CUTS]
        cells = "   ".join(_over(questions, ours, theirs) for ours, theirs in zip(figures, baseline, strict=True))
        print(f"  {f'out of fold, dealt by seed {seed}':42s} {cells}   {picks}", flush=True)


def _serve(one: Found, without: Collection[str] = (), bonus: Mapping[str, float] = BONUS) -> list[int]:
    """Page numbers as search ranks them, but for what is left out."""
    lists = {name: found for name, found in one.candidates.lists.items() if name not in without}
    signals = {name: strengths for name, strengths in one.candidates.signals.strengths.items() if name not in without}
    return [one.numbers[key] for key, _ in fuse_pages(lists, signals, bonus)]


def choose_fusion(questions: Sequence[Question], found: Sequence[Found]) -> None:
    """Print, for each way of fusing the lists, its recall out of fold and the weights that most folds chose."""
    print("\nways of fusing, out of fold" + "".join(f", R@{k}" for k in CUTS) + "; (95 % of the gain over the first)")
    baseline: list[list[float]] = []
    for name, way, grid in _ways():
        rankings = {
            weights: [_rank(way(one.candidates.lists, weights), one.numbers) for one in found] for weights in grid
        }
        chosen, picks = _out_of_fold(questions, rankings)
        figures = [recalls(questions, chosen, k) for k in CUTS]
        baseline = baseline or figures
        cells = "   ".join(_over(questions, ours, theirs) for ours, theirs in zip(figures, baseline, strict=True))
        print(f"  {name:42s} {cells}   {picks}", flush=True)


def _over(questions: Sequence[Question], ours: Sequence[float], theirs: Sequence[float]) -> str:
    """A mean, and the paired interval of its gain."""
    low, high = interval(questions, [a - b for a, b in zip(ours, theirs, strict=True)])
    return f"{100 * np.mean(ours):.1f} ({100 * low:+.1f} to {100 * high:+.1f})"


def _ways() -> list[tuple[str, Way, list[Weights]]]:
    steps = (0.0, 0.5, 1.0, 2.0)
    grid: list[Weights] = [w for w in product(steps, steps, steps) if max(w) == 1.0 or w == (1.0, 1.0, 2.0)]
    found: list[tuple[str, Way, list[Weights]]] = [
        ("reciprocal rank, k 60, equal weights", _reciprocal(60), [_EQUAL]),
        ("page BM25 alone", _reciprocal(60), [(1.0, 0.0, 0.0)]),
        ("passage BM25 alone", _reciprocal(60), [(0.0, 1.0, 0.0)]),
        ("dense alone", _reciprocal(60), [(0.0, 0.0, 1.0)]),
    ]
    for k in (10, 60):
        found.append((f"reciprocal rank, k {k}, weights chosen", _reciprocal(k), grid))
    found.append(("scores over the best, equal weights", _relative, [_EQUAL]))
    found.append(("scores over the best, weights chosen", _relative, grid))
    found.append(("scores from least to best, equal weights", _spread, [_EQUAL]))
    found.append(("scores from least to best, weights chosen", _spread, grid))
    return found


def _best(found: PageList) -> dict[str, float]:
    """Each page's best score."""
    best: dict[str, float] = {}
    for key, score in found:
        best[key] = max(score, best.get(key, score))
    return best


def _reciprocal(k: int) -> Way:
    def way(lists: Lists, weights: Weights) -> dict[str, float]:
        total: dict[str, float] = {}
        for name, weight in zip(NAMES, weights, strict=True):
            for rank, key in enumerate(_best(lists[name]), start=1):
                total[key] = total.get(key, 0.0) + weight / (k + rank)
        return total

    return way


def _relative(lists: Lists, weights: Weights) -> dict[str, float]:
    """Lexical scores over the best of their list; cosines as they are, for they are measured on one scale already."""
    total: dict[str, float] = {}
    for name, weight in zip(NAMES, weights, strict=True):
        best = _best(lists[name])
        top = 1.0 if name == DENSE else max(best.values(), default=1.0) or 1.0
        for key, score in best.items():
            total[key] = total.get(key, 0.0) + weight * max(score, 0.0) / top
    return total


def _spread(lists: Lists, weights: Weights) -> dict[str, float]:
    """Every list's scores stretched to 0 to 1; lexical ones start from 0, cosines from the list's least."""
    total: dict[str, float] = {}
    for name, weight in zip(NAMES, weights, strict=True):
        best = _best(lists[name])
        top = max(best.values(), default=1.0)
        low = min(best.values(), default=0.0) if name == DENSE else 0.0
        for key, score in best.items():
            total[key] = total.get(key, 0.0) + weight * (score - low) / ((top - low) or 1.0)
    return total


def _rank(scores: Mapping[str, float], numbers: Mapping[str, int]) -> list[int]:
    return [numbers[key] for key, score in sorted(scores.items(), key=lambda item: -item[1]) if score > 0]


def _out_of_fold(
    questions: Sequence[Question], rankings: Mapping[Weights, Sequence[list[int]]], seed: int = 11
) -> tuple[list[list[int]], str]:
    """Rankings in which no question is ranked by weights that saw its document, and which weights were picked."""
    documents = sorted({question.document for question in questions})
    np.random.default_rng(seed).shuffle(documents)
    fold = {name: i % FOLDS for i, name in enumerate(documents)}
    value = {
        weights: np.mean([recalls(questions, ranked, k) for k in CUTS], axis=0) for weights, ranked in rankings.items()
    }
    at = np.array([fold[question.document] for question in questions])
    picked = [max(rankings, key=lambda w: float(value[w][at != i].mean())) for i in range(FOLDS)]
    chosen = [rankings[picked[fold[question.document]]][i] for i, question in enumerate(questions)]
    overall = max(rankings, key=lambda w: float(value[w].mean()))
    return chosen, f"weights {overall} on all, {len(set(picked))} different in the folds"
