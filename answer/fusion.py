"""Which chain is followed, and why. Decided by checks first: what the chains say, compared (`answer.compare`), and
whether their quotes stand on the pages. What checks can't decide is a dispute, for one more call of a model
(`answer.adjudication`); what is said of it here holds where no model is there to make it.

| the chains                                          | followed                                  | third call |
|-----------------------------------------------------|-------------------------------------------|------------|
| agree, and all quotes of one of them stand          | that one                                  | no         |
| agree, and quotes of both fail                      | the one with more support, if any         | yes        |
| one declines, all that the other says is verified   | the other                                 | no         |
| one declines, the other rests on images, or says    | the other, if supported                   | yes        |
| what its quotes do not hold, or fails               |                                           |            |
| differ                                              | the one that stands, or has more support  | yes        |
| both decline                                        | neither: not in the documents             | no         |
"""

import re
from collections.abc import Sequence

from msgspec import Struct

from answer.answer import Agreement, Verdict
from answer.chain import ChainResult
from answer.compare import same_answer
from answer.compare.words import tokens, verdict

_ORDER = re.compile(
    r"\b(?:in (?:\w+ ){0,2}order|order of|rank\w*|sort(?:ed)?|chronolog\w+|ascending|descending|top \w+)\b",
    re.IGNORECASE,
)
"""Questions whose answer is a list in an order."""


class Fused(Struct, frozen=True):
    """The outcome of fusion: `followed` is None where no chain has a supported answer; `dispute` says what checks could
    not decide, None where they did."""

    agreement: Agreement
    followed: ChainResult | None
    dispute: str | None = None


def fuse(question: str, results: Sequence[ChainResult]) -> Fused:
    """Fuse one or more chains. With one, `agree` is None: there was nothing to agree with."""
    if len(results) == 1:
        return _alone(results[0])
    answered = [result for result in results if result.report.answer is not None]
    if not answered:
        return Fused(Agreement(True, None, "no chain found an answer"), None)
    best = max(answered, key=_standing)
    if len(answered) < len(results):
        return _one_declined(results, best)
    agree = all(_same(answered[0], other, question) for other in answered[1:])
    return _agreed(best) if agree else _differ(results, best)


def _agreed(best: ChainResult) -> Fused:
    if best.sound:
        return Fused(Agreement(True, best.report.name, "the chains agree, and their quotes stand on their pages"), best)
    why = "the chains agree, but not all that they quote stands on the pages they cite"
    return _followed(True, best, why, why)


def _one_declined(results: Sequence[ChainResult], best: ChainResult) -> Fused:
    why = f"its quotes stand on their pages; {_others(results, best)}" if best.supported else _others(results, best)
    plain = best.sound and _verified(best) and _held(best)
    dispute = None if plain else "one chain declined, and what the other says is not all in words found on pages"
    return _followed(False, best, why, dispute)


def _differ(results: Sequence[ChainResult], best: ChainResult) -> Fused:
    supported = [result for result in results if result.supported]
    if len(supported) > 1:
        why = (
            f"the chains differ, both supported; {best.report.name} has the better support ({best.report.support:.2f})"
        )
    elif supported:
        why = f"its quotes stand on their pages; {_others(results, best)}"
    else:
        why = "the chains differ, and no quote of either stands on the page it cites"
    return _followed(False, best, why, "the chains differ")


def _followed(agree: bool, best: ChainResult, why: str, dispute: str | None) -> Fused:
    name = best.report.name if best.supported else None
    why = why if best.supported else f"no chain has an answer that stands on a page: {why}"
    return Fused(Agreement(agree, name, why), best if best.supported else None, dispute)


def _standing(result: ChainResult) -> tuple[bool, bool, float, int]:
    """What speaks for a chain: all of its claims stand, any does, its own measure, and verified quotes."""
    verified = sum(quote.verdict is Verdict.VERIFIED for claim in result.claims for quote in claim.quotes)
    return result.sound, result.supported, result.report.support, verified


def _verified(result: ChainResult) -> bool:
    return all(any(quote.verdict is Verdict.VERIFIED for quote in claim.quotes) for claim in result.claims)


def _held(result: ChainResult) -> bool:
    """Whether the numbers of the answer stand in its quotes: what was reckoned, or read into a quote that says
    something else, is no check's to decide. Of an answer without numbers, any word."""
    quoted = {word for claim in result.claims for quote in claim.quotes for word in tokens(quote.words)}
    said = set(tokens(result.report.answer or ""))
    numbers = {word for word in said if any(char.isdigit() for char in word)}
    if numbers:
        return numbers <= quoted
    return verdict(result.report.answer or "") is not None or bool(said & quoted)


def _same(a: ChainResult, b: ChainResult, question: str) -> bool:
    # A chain that found two values and one that found the first of them do not say the same.
    conflicts = a.reply.completeness.value == "conflicting", b.reply.completeness.value == "conflicting"
    ordered = _ORDER.search(question) is not None
    answers = a.report.answer or "", b.report.answer or ""
    return conflicts[0] == conflicts[1] and same_answer(*answers, question=question, ordered=ordered)


def _alone(result: ChainResult) -> Fused:
    name = result.report.name
    if result.supported:
        return Fused(Agreement(None, name, f"only the {name} chain ran; its quotes stand on their pages"), result)
    return Fused(Agreement(None, name, f"only the {name} chain ran; it {_failing(result)}"), None)


def _others(results: Sequence[ChainResult], best: ChainResult) -> str:
    return ", ".join(
        f"{result.report.name} {_failing(result)}"
        for result in results
        if not result.supported or (result is not best and result.report.answer is None)
    )


def _failing(result: ChainResult) -> str:
    return (
        "declined to answer" if result.report.answer is None else "quotes words that do not stand on the pages it cites"
    )
