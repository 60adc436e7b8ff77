"""Fusion takes any number of chains; a second one needs no change to the first."""

import asyncio

import pytest

from answer import Answer, Answerer, ChainReply, Outcome, Quote, Reader, StatedClaim, TextualChain, Usage, Verdict
from answer.chain import ChainResult, Task, report
from answer.citations import check
from answer.reader import EvidenceItem, EvidenceKind
from ingest import Box
from tests.answer.pages import Shelf, evidence, page
from tests.answer.test_answerer import Scripted

DOCUMENTS = {"report": [page(1, "Revenue was 1,234 in 2023.", "A picture of a ship.")]}


class Seeing:
    """A visual chain as it may come: evidence is a region of the page image, and there are no words to check."""

    name = "visual"

    def __init__(self, answer: str | None) -> None:
        self._answer = answer

    async def run(self, reader: Reader, task: Task) -> ChainResult:
        item = EvidenceItem("report:1:0", "report", 1, "", (Box(10, 10, 90, 90),), EvidenceKind.IMAGE)
        claims = (StatedClaim(f"The picture shows {self._answer}.", (Quote(item.id, ""),)),)
        if self._answer is None:
            reply = ChainReply(refusal="nothing is drawn there")
        else:
            reply = ChainReply(claims=claims, answer=self._answer, support=0.5)
        checked = tuple(check(claim, (item,), task.pages) for claim in reply.claims)
        return ChainResult(report(self.name, reply), reply, checked, Usage())


def ask(said: str | None, seen: str | None) -> Answer:
    quote = Quote("report:1:0", "Revenue was 1,234")
    reply = ChainReply(claims=(StatedClaim("Revenue was 1,234.", (quote,)),), answer=said, support=0.9)
    if said is None:
        reply = ChainReply(refusal="no words say so")
    answerer = Answerer(Scripted(reply), chains=(TextualChain(), Seeing(seen)))
    run = answerer.answer(
        evidence("What was revenue?", DOCUMENTS), Shelf(DOCUMENTS), answer_id="a", searched=["report"]
    )
    return asyncio.run(run)


@pytest.mark.parametrize(("said", "seen"), [("1,234", "1234"), ("€1.2 million", "1,200,000"), ("a ship", "The ship.")])
def test_chains_that_say_the_same_agree(said: str, seen: str) -> None:
    answer = ask(said, seen)
    assert answer.agreement.agree is True
    assert answer.agreement.followed == "textual"
    assert [chain.name for chain in answer.chains] == ["textual", "visual"]
    assert answer.cost.model_calls == 1
    assert answer.text == said


def test_chains_that_differ_are_told_and_the_better_supported_is_followed() -> None:
    answer = ask("1,234", "4,321")
    assert answer.agreement.agree is False
    assert answer.agreement.followed == "textual"
    assert answer.text == "1,234"


def test_where_one_declines_the_other_is_followed() -> None:
    answer = ask(None, "a ship")
    assert answer.agreement.agree is False
    assert answer.agreement.followed == "visual"
    assert answer.outcome is Outcome.ANSWERED
    (citation,) = answer.citations
    assert citation.verdict is Verdict.VISUAL
    assert citation.boxes == (Box(10, 10, 90, 90),)
    assert citation.match is None


def test_where_both_decline_there_is_no_answer() -> None:
    answer = ask(None, None)
    assert answer.outcome is Outcome.NOT_IN_DOCUMENTS
    assert answer.agreement.agree is True
    assert answer.agreement.followed is None
    assert "No words say so. Nothing is drawn there." in answer.text
