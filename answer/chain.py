"""What the chains of reasoning have in common: what they work on, what they bring back, and what is refused in it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from answer.answer import ChainReport, Finding
from answer.citations import CheckedClaim
from answer.reader import EvidenceItem, Reader, Usage
from answer.reply import ChainReply, Quote, StatedClaim
from ingest import Page


class Task(Struct, frozen=True):
    """What every chain of one question works on. `pages` by (document, page number), best first; `names` by
    document."""

    question: str
    items: tuple[EvidenceItem, ...]
    pages: Mapping[tuple[str, int], Page]
    names: Mapping[str, str]


class ChainResult(Struct, frozen=True):
    """What a chain found, with its quotes looked up on their pages. `notes` say what was refused or cut; `items` are
    those that it could cite."""

    report: ChainReport
    reply: ChainReply
    claims: tuple[CheckedClaim, ...]
    usage: Usage
    notes: tuple[str, ...] = ()
    items: tuple[EvidenceItem, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether it answered and at least one of its claims stands on a page."""
        return self.report.answer is not None and any(claim.supported for claim in self.claims)

    @property
    def sound(self) -> bool:
        """Whether it answered and all of its claims stand."""
        return self.supported and all(claim.supported for claim in self.claims)


class Chain(Protocol):
    """A way from evidence to a checked reply; all chains of a question run at the same time."""

    @property
    def name(self) -> str: ...

    async def run(self, reader: Reader, task: Task) -> ChainResult:
        """Raises `ReaderError` where the reader fails or its reply is not what was asked for."""
        ...


def keep_supplied(reply: ChainReply, items: Sequence[EvidenceItem]) -> tuple[ChainReply, tuple[str, ...]]:
    """The reply without what cites evidence that was not supplied, and notes that say what that was."""
    supplied = {item.id for item in items}
    cited = [quote.evidence for quote in reply.evidence] + [
        quote.evidence for claim in reply.claims for quote in claim.quotes
    ]
    cited += [evidence for step in reply.steps for evidence in step.evidence]
    invented = sorted(set(cited) - supplied)
    if not invented:
        return reply, ()
    kept = msgspec.structs.replace(
        reply,
        evidence=tuple(item for item in reply.evidence if item.evidence in supplied),
        steps=tuple(
            msgspec.structs.replace(step, evidence=tuple(i for i in step.evidence if i in supplied))
            for step in reply.steps
        ),
        claims=kept_claims(reply.claims, supplied),
    )
    return kept, (f"Rejected: evidence that was not supplied was cited ({', '.join(invented)}).",)


def kept_claims(claims: Sequence[StatedClaim], supplied: set[str]) -> tuple[StatedClaim, ...]:
    """The claims without quotes of evidence that was not supplied; a claim left without any is withdrawn later."""

    def known(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
        return tuple(quote for quote in quotes if quote.evidence in supplied)

    return tuple(StatedClaim(claim.text, known(claim.quotes)) for claim in claims)


def report(name: str, reply: ChainReply, items: Sequence[EvidenceItem] = ()) -> ChainReport:
    """The chain's reply as it is told to the caller."""
    used = [quote.evidence for quote in reply.evidence] + [
        quote.evidence for claim in reply.claims for quote in claim.quotes
    ]
    reasoning = tuple(
        f"{step.text} [{', '.join(step.evidence)}]" if step.evidence else step.text for step in reply.steps
    )
    refusal = None if reply.answer is not None else reply.refusal
    by_id = {item.id: item for item in items}
    findings = tuple(
        Finding(each.evidence, item.document, item.page, each.kind, each.words, each.shows)
        for each in reply.evidence
        if (item := by_id.get(each.evidence)) is not None
    )
    return ChainReport(
        name, reply.answer, refusal, tuple(dict.fromkeys(used)), reasoning, reply.support, findings=findings
    )
