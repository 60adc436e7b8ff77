"""The third call, made only where checks can't decide: a model sees both chains, what the checks said of their quotes,
and the disputed pages with their images. Its own quotes are looked up like any other; what it can't support falls."""

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from answer.answer import Verdict
from answer.budget import Budget, cut
from answer.chain import ChainResult, Task, kept_claims, report
from answer.chains import tokens_of
from answer.citations import CheckedClaim, check
from answer.errors import ContextExceeded
from answer.exchange import Prompt, Reply, ask
from answer.parsing import parse_ruling
from answer.prompts import fence_mark, fenced, judging_messages
from answer.reader import Capacity, Reader, ReadRequest, TextPart, Usage
from answer.reply import ChainReply, Completeness, Ruling, Side, StatedClaim
from answer.sheets import PageImages, page_parts, views

_PAGES = 4
"""Disputed pages that are shown; two chains seldom cite more."""

_OPINIONS = 0.3
"""Share of the room for what the chains said."""


class Ruled(Struct, frozen=True):
    """What came of it: the answer to follow (None: the pages do not hold one), why, and what was cut or asked again. The
    report of `followed` names whose answer it is: a chain's, `both` or `own`."""

    followed: ChainResult | None
    why: str
    notes: tuple[str, ...]


class Adjudicator:
    """Settles disputes with one call. `images` renders the pages."""

    name = "adjudication"

    def __init__(self, images: PageImages | None, budget: Budget | None = None) -> None:
        self._images = images
        self._budget = budget or Budget()

    async def rule(self, reader: Reader, task: Task, results: Sequence[ChainResult]) -> Ruled:
        """Raises `ReaderError` where the reader fails."""
        capacity = await reader.capacity() or Capacity(1_000_000)

        async def compose(share: float) -> Prompt:
            return await self._prompt(task, results, capacity, share)

        base = ReadRequest(
            task.question, (), pages=task.pages, names=task.names, reply=Ruling, max_tokens=self._budget.reply_tokens
        )
        reply = await ask(reader, base, compose, parse_ruling)
        return await _ruled(reply, task, results)

    async def _prompt(self, task: Task, results: Sequence[ChainResult], capacity: Capacity, share: float) -> Prompt:
        pages = [((document, number), task.pages[document, number]) for document, number in _disputed(task, results)]
        shown = views([(key[0], page) for key, page in pages], dict(task.names), self._budget)
        aliases = {(view.document, view.page.number): view.aliases[view.items[0].id] for view in shown}
        mark = fence_mark(task.question, *(page.text for _, page in pages), *(str(each.reply) for each in results))
        room = self._budget.room(capacity, share=share) - tokens_of(judging_messages(task.question, ()), capacity)
        if room <= 0:
            raise ContextExceeded(f"The model's context of {capacity.context:,} tokens leaves no room to adjudicate.")
        limit = int(room * _OPINIONS / len(results))
        opinions = [TextPart(_opinion(result, aliases, mark, limit, capacity)) for result in results]
        room -= sum(capacity.text_tokens(opinion.text) for opinion in opinions)
        parts, notes = await page_parts(shown, room, capacity, self._budget, self._images, mark)
        items = tuple(item for view in shown for item in view.items)
        ids = {alias: id for view in shown for id, alias in view.aliases.items()}
        return Prompt(judging_messages(task.question, (*parts, *opinions)), items, ids, notes)


def _disputed(task: Task, results: Sequence[ChainResult]) -> list[tuple[str, int]]:
    """The pages that the chains cite, the best ranked first; the best pages where they cite none."""
    cited = {
        (quote.document, quote.page) for result in results for claim in result.claims for quote in claim.quotes
    } | {(finding.document, finding.page) for result in results for finding in result.report.findings}
    return ([key for key in task.pages if key in cited] or list(task.pages))[:_PAGES]


def _opinion(
    result: ChainResult, aliases: dict[tuple[str, int], str], mark: str, limit: int, capacity: Capacity
) -> str:
    lines = [f"Answer: {result.report.answer}" if result.report.answer else f"Declined: {result.report.refusal}"]
    for claim in result.claims:
        lines.append(f"- {claim.text}")
        for quote in claim.quotes:
            where = aliases.get((quote.document, quote.page), f"page {quote.page}")
            lines.append(f"  [{where}] {quote.words!r} ({_TOLD[quote.verdict]})")
    lines += [f"Step: {step.text}" for step in result.reply.steps]
    text, _ = cut("\n".join(lines), limit, capacity.text_tokens)
    return f"The {result.report.name} reader says:\n{fenced(text, mark)}"


_TOLD = {
    Verdict.VERIFIED: "found on the page",
    Verdict.UNSUPPORTED: "not found on the page",
    Verdict.VISUAL: "drawn; there are no words to look for",
}


async def _ruled(reply: Reply[Ruling], task: Task, results: Sequence[ChainResult]) -> Ruled:
    ruling, items = reply.value, reply.prompt.items
    claims = kept_claims(ruling.claims, {item.id for item in items})
    checked = await asyncio.to_thread(lambda: tuple(check(claim, items, task.pages) for claim in claims))
    followed = _followed(ruling, claims, checked, results)
    why = f"adjudicated: {' '.join(ruling.analysis.split())[:600]}"
    if followed is None and ruling.follow is not Side.NEITHER:
        why = f"{why} (but nothing that it follows stands on a page)"
    return Ruled(followed, why, reply.notes)


def _followed(
    ruling: Ruling, claims: tuple[StatedClaim, ...], checked: tuple[CheckedClaim, ...], results: Sequence[ChainResult]
) -> ChainResult | None:
    """The ruling's own claims where they stand, else those of the side that it follows, where those do."""
    sides = [result for result in results if result.report.name == ruling.follow.value]
    if ruling.follow is Side.NEITHER:
        return None
    if ruling.follow is Side.BOTH:
        sides = [result for result in results if result.supported]
    standing = sum(claim.supported for claim in checked)
    answer = ruling.answer or " / ".join(dict.fromkeys(side.report.answer or "" for side in sides)).strip(" /")
    if answer and standing >= (2 if ruling.follow is Side.BOTH else 1):
        return _result(ruling, answer, claims, checked)
    if ruling.follow is Side.BOTH and len(sides) > 1:
        both = tuple(claim for side in sides for claim in side.claims)
        stated = tuple(claim for side in sides for claim in side.reply.claims)
        return _result(ruling, answer, stated, both)
    return next((side for side in sides if side.supported), None)


def _result(
    ruling: Ruling, answer: str, claims: tuple[StatedClaim, ...], checked: tuple[CheckedClaim, ...]
) -> ChainResult:
    completeness = Completeness.CONFLICTING if ruling.follow is Side.BOTH else ruling.completeness
    reply = ChainReply(claims=claims, answer=answer, completeness=completeness, missing=ruling.missing)
    return ChainResult(report(ruling.follow.value, reply), reply, checked, Usage())
