"""One question's scores: everything that figures are means of."""

from collections.abc import Mapping

from msgspec import Struct

from answer import Answer, Outcome, Verdict
from eval.dataset import FREE, Question
from eval.record import Ranked, Result, Taken
from eval.scoring import (
    NOT_ANSWERABLE,
    Entailment,
    Extracted,
    OfficialScoringError,
    Statement,
    extract,
    found_all,
    ndcg,
    ndcg_truncated,
    official,
    page_citations,
    recall,
    reciprocal_rank,
    safe,
    statement_citations,
    typed_word_f1,
    word_f1,
)
from ingest import Box

CUTS = (1, 3, 5, 10)
TYPED = "paper_tab"
"""The subset of VisDoMBench whose F1 goes by the type of the answer."""
MAJORITY_OF = 5
"""Pages whose majority says which document was identified (VisDoMBench's k)."""


CONFLICT = "conflict"
"""The kind of needles whose text and chart disagree."""


class Scored(Struct, frozen=True):
    """The scores of one question, each 0 to 1 under its name in `definitions`; absent where it does not apply.
    `raised`: what the official rules ended with, which counts as 0."""

    question: str
    extracted: Extracted
    scores: dict[str, float]
    outcome: str
    raised: str | None = None
    error: str | None = None


def score(
    question: Question,
    result: Result | None,
    documents: Mapping[str, Taken],
    model: Entailment,
    short: Extracted | None = None,
) -> Scored:
    """A question without a result, or with a failed one, has the score 0 and the answer "". `short`: the short answer, where
    it is not to be found by rules."""
    answer = result.answer if result is not None else None
    if result is None or answer is None:
        error = result.error if result is not None else "not asked"
        failed = Extracted("", "None", "failed")
        return Scored(question.id, failed, _answer_scores(question, "", "")[0], "failed", None, error)
    found = short or extract(question.text, answer.text, declined=answer.outcome is Outcome.NOT_IN_DOCUMENTS)
    scores, raised = _answer_scores(question, found.answer, answer.text)
    scores["declined"] = float(found.answer == NOT_ANSWERABLE)
    scores |= _retrieval_scores(question, result, documents)
    scores |= _citation_scores(question, answer, result, documents, model)
    return Scored(question.id, found, scores, answer.outcome.value, raised)


def _answer_scores(question: Question, short: str, text: str) -> tuple[dict[str, float], str | None]:
    if question.format == FREE:
        metric = typed_word_f1 if question.group == TYPED else word_f1
        return ({"word F1": metric(question.answer, text)} if question.answer else {}), None
    scores = {"safe": safe(question.answer, short, question.format)}
    try:
        return {"official": official(question.answer, short, question.format), **scores}, None
    except OfficialScoringError as error:
        return {"official": 0.0, **scores}, str(error)


def _retrieval_scores(question: Question, result: Result, documents: Mapping[str, Taken]) -> dict[str, float]:
    lists: list[tuple[str, tuple[Ranked, ...]]] = [("", result.inside)]
    if result.over_all is not None:
        lists.append((" over all", result.over_all))
    scores: dict[str, float] = {}
    gold = _gold(question, documents) if question.answerable else set()
    for suffix, ranked in lists:
        ranking = [(entry.document, entry.page) for entry in ranked]
        if gold:
            scores |= {f"{name}{suffix}": value for name, value in _of_ranking(gold, ranking).items()}
    if len(question.documents) > 1:
        scores["document identified"] = _identified(documents[question.home].id, result.inside)
    return scores


def _of_ranking(gold: set[tuple[str, int]], ranking: list[tuple[str, int]]) -> dict[str, float]:
    found = {f"R@{k}": recall(gold, ranking, k) for k in CUTS}
    found |= {f"all@{k}": found_all(gold, ranking, k) for k in CUTS}
    return found | {
        "MRR": reciprocal_rank(gold, ranking),
        "nDCG@5": ndcg(gold, ranking, 5),
        "nDCG@5 truncated": ndcg_truncated(gold, ranking, 5),
    }


def _identified(home: str, ranked: tuple[Ranked, ...]) -> float:
    """Whether more than half of the first pages are of the right document."""
    top = ranked[:MAJORITY_OF]
    return float(sum(entry.document == home for entry in top) * 2 > len(top))


def _gold(question: Question, documents: Mapping[str, Taken]) -> set[tuple[str, int]]:
    return {(documents[page.document].id, page.number) for page in question.pages if page.document in documents}


def _regions(question: Question, answer: Answer, documents: Mapping[str, Taken]) -> float:
    """The share of the gold boxes that a box of a citation on their page touches."""
    touched = 0
    for gold in question.boxes:
        document = documents[gold.page.document].id
        on_page = [c for c in answer.citations if (c.document, c.page) == (document, gold.page.number)]
        touched += any(_touch(gold.box, box) for citation in on_page for box in citation.boxes)
    return touched / len(question.boxes)


def _touch(one: Box, other: Box) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1


def _citation_scores(
    question: Question, answer: Answer, result: Result, documents: Mapping[str, Taken], model: Entailment
) -> dict[str, float]:
    scores: dict[str, float] = {}
    gold = _gold(question, documents)
    if gold and question.answerable:
        found = page_citations(gold, {(citation.document, citation.page) for citation in answer.citations})
        scores = {
            "cited precision": found.precision,
            "cited recall": found.recall,
            "cited F1": found.f1,
            "all gold cited": float(found.whole),
        }
    if question.boxes and answer.outcome is not Outcome.NOT_IN_DOCUMENTS:
        scores["cited regions"] = _regions(question, answer, documents)
    if question.axes.get("kind") == CONFLICT:
        scores["conflict told"] = float(answer.outcome is Outcome.CONFLICTING)
    if answer.citations:
        verified = sum(citation.verdict is Verdict.VERIFIED for citation in answer.citations)
        scores["verified"] = verified / len(answer.citations)
    if standing := [claim for claim in answer.claims if not claim.withdrawn]:
        keys = {citation.number: f"{citation.document}:{citation.page}" for citation in answer.citations}
        statements = [Statement(claim.text, tuple(keys[n] for n in claim.citations if n in keys)) for claim in standing]
        carried = statement_citations(statements, result.cited_text, model)
        scores |= {
            "statement recall": carried.recall,
            "statement precision": carried.precision,
            "statement F1": carried.f1,
        }
    return scores
