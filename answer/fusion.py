"""Which chain is followed, and why. Decided by checks: what the chains say, compared in normal form, and whether
their quotes stand on the pages. No model call is made here; adjudication by one is for chains that differ and are
both supported."""

from collections.abc import Sequence

from msgspec import Struct

from answer.answer import Agreement
from answer.chain import ChainResult
from answer.compare import same_answer


class Fused(Struct, frozen=True):
    """The outcome of fusion: `followed` is None where no chain has a supported answer."""

    agreement: Agreement
    followed: ChainResult | None


def fuse(question: str, results: Sequence[ChainResult]) -> Fused:
    """Fuse one or more chains. With one, `agree` is None: there was nothing to agree with."""
    supported = sorted((r for r in results if r.supported), key=lambda r: r.report.support, reverse=True)
    if len(results) == 1:
        return _alone(results[0])
    if not supported:
        return Fused(Agreement(_all_declined(results), None, "no chain has an answer that stands on a page"), None)
    best = supported[0]
    if len(supported) < len(results):
        others = ", ".join(f"{r.report.name} {_failing(r)}" for r in results if r is not best and not r.supported)
        return Fused(Agreement(False, best.report.name, f"its quotes stand on their pages; {others}"), best)
    answers = [r.report.answer or "" for r in supported]
    if all(same_answer(answers[0], answer) for answer in answers[1:]):
        return Fused(Agreement(True, best.report.name, "the chains agree, and their quotes stand on their pages"), best)
    why = f"the chains differ, both supported; {best.report.name} has the better support ({best.report.support:.2f})"
    return Fused(Agreement(False, best.report.name, why), best)


def _alone(result: ChainResult) -> Fused:
    name = result.report.name
    if result.supported:
        return Fused(Agreement(None, name, f"only the {name} chain ran; its quotes stand on their pages"), result)
    return Fused(Agreement(None, name, f"only the {name} chain ran; it {_failing(result)}"), None)


def _failing(result: ChainResult) -> str:
    return (
        "declined to answer" if result.report.answer is None else "quotes words that do not stand on the pages it cites"
    )


def _all_declined(results: Sequence[ChainResult]) -> bool:
    return all(result.report.answer is None for result in results)
