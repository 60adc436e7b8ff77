"""Two runs over the same questions: paired differences, intervals by document, and the questions that changed."""

from collections.abc import Sequence

from msgspec import Struct

from eval import statistics
from eval.dataset import Question
from eval.errors import BadRun
from eval.folder import RunFolder
from eval.run import scores_of
from eval.scored import Scored
from eval.scores import Pair, slices
from eval.statistics import Estimate


class Difference(Struct, frozen=True):
    """A score in both runs, over the questions that have it in both. `gain`: the second minus the first, question by
    question, with its interval: narrower than the two intervals where the runs agree on most. `better` and `worse`
    count questions."""

    name: str
    slice: str
    first: float
    second: float
    gain: Estimate
    better: int
    worse: int


class Change(Struct, frozen=True):
    """A question whose main score changed, with what each run answered."""

    question: str
    text: str
    gold: str
    name: str
    first: float
    second: float
    first_answer: str
    second_answer: str


class Comparison(Struct, frozen=True):
    """What `quire eval compare` tells. `settings`: what the runs were made with, where it differs. `only_first`,
    `only_second`: questions that the other run does not have; they are in no difference."""

    benchmark: str
    questions: int
    settings: dict[str, tuple[str, str]]
    only_first: int
    only_second: int
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]


MAIN = ("official", "word F1", "R@5")


def compare(first: RunFolder, second: RunFolder) -> Comparison:
    """The second run against the first. Raises `BadRun` where they have no question in common."""
    questions = {question.id: question for question in first.questions()}
    others = {question.id for question in second.questions()}
    common = [question for key, question in questions.items() if key in others]
    if not common:
        raise BadRun(f"{first.path} and {second.path} have no question in common: are they of one benchmark?")
    one, other = ({scored.question: scored for scored in scores_of(folder).scored} for folder in (first, second))
    return Comparison(
        benchmark=first.info().benchmark,
        questions=len(common),
        settings=_settings(first, second),
        only_first=len(questions) - len(common),
        only_second=len(others) - len(common),
        differences=tuple(_differences(common, one, other)),
        changes=tuple(_changes(common, one, other)),
    )


def _differences(common: Sequence[Question], one: dict[str, Scored], other: dict[str, Scored]) -> list[Difference]:
    pairs = [(question, one[question.id]) for question in common]
    return [
        found
        for name, chosen in slices(pairs).items()
        for score in dict.fromkeys(score for _, scored in chosen for score in scored.scores)
        if (found := _difference(score, name, chosen, other)) is not None
    ]


def _difference(score: str, name: str, chosen: Sequence[Pair], other: dict[str, Scored]) -> Difference | None:
    rows = [
        (question.home, scored.scores[score], other[question.id].scores[score])
        for question, scored in chosen
        if score in scored.scores and score in other[question.id].scores
    ]
    if not rows:
        return None
    gains = [after - before for _, before, after in rows]
    return Difference(
        score,
        name,
        sum(before for _, before, _ in rows) / len(rows),
        sum(after for _, _, after in rows) / len(rows),
        statistics.mean([home for home, _, _ in rows], gains),
        sum(gain > 0 for gain in gains),
        sum(gain < 0 for gain in gains),
    )


def _changes(common: Sequence[Question], one: dict[str, Scored], other: dict[str, Scored]) -> list[Change]:
    found = []
    for question in common:
        before, after = one[question.id], other[question.id]
        name = next((name for name in MAIN if name in before.scores and name in after.scores), None)
        if name is not None and before.scores[name] != after.scores[name]:
            answers = (before.extracted.answer, after.extracted.answer)
            change = (before.scores[name], after.scores[name])
            found.append(Change(question.id, question.text, question.answer, name, *change, *answers))
    return sorted(found, key=lambda change: (change.second - change.first, change.question))


def _settings(first: RunFolder, second: RunFolder) -> dict[str, tuple[str, str]]:
    """What differs of data, options, parts, versions and settings."""
    one, other = _flat(first), _flat(second)
    return {
        name: (one.get(name, "-"), other.get(name, "-"))
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    }


def _flat(folder: RunFolder) -> dict[str, str]:
    info = folder.info()
    found = {"data set": info.dataset_sha256, "service": info.service}
    found |= {f"part: {part}": use for part, use in info.parts}
    found |= {f"version: {name}": version for name, version in info.versions.items()}
    found |= {f"option: {name}": str(getattr(info.options, name)) for name in info.options.__struct_fields__}
    for section, value in (info.settings or {}).items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        found |= {f"setting: {section}{'.' if name else ''}{name}": str(given) for name, given in rows}
    return found
