"""What was found, said as a chain's reply: an answer with quotes, or a refusal with its reason."""

from collections.abc import Sequence

from answer.extractive.abstain import THRESHOLD, belief, refusal
from answer.extractive.candidates import Candidate
from answer.extractive.find import Found
from answer.extractive.question import Kind
from answer.extractive.spans import best_span
from answer.reader import EvidenceItem, ReadRequest
from answer.reply import ChainReply, Completeness, Quote, StatedClaim, Step
from ingest import Box, Page


def say(request: ReadRequest, asked: Sequence[tuple[str, Found]], *, threshold: float = THRESHOLD) -> ChainReply:
    """One reply for all parts of a question; parts that find nothing are named as missing."""
    replies = [(part, _reply(request, found, threshold)) for part, found in asked]
    answered = [reply for _, reply in replies if reply.answer is not None]
    if len(replies) == 1 or not answered:
        return replies[0][1]
    missing = tuple(part for part, reply in replies if reply.answer is None)
    return ChainReply(
        evidence=tuple(quote for _, reply in replies for quote in reply.evidence),
        steps=tuple(step for _, reply in replies for step in reply.steps),
        claims=tuple(claim for reply in answered for claim in reply.claims),
        answer=" ".join(_stop(reply.answer or "") for reply in answered),
        completeness=Completeness.PARTIAL if missing else Completeness.FULL,
        missing=missing,
        support=min(reply.support for reply in answered),
    )


def _stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _reply(request: ReadRequest, found: Found, threshold: float) -> ChainReply:
    reason = refusal(found, threshold)
    steps = [Step(f"Looked for: {found.question.kind.value}. Compared {len(found.ranked)} sentences and cells.")]
    if not found.ranked or reason is not None:
        return ChainReply(refusal=reason, steps=tuple(steps), support=belief(found))
    best, support = found.ranked[0]
    quote = Quote(_item(request, best).id, best.quote)
    shares = f"it has {support.own:.0%} of the question's words by weight, {support.page:.0%} with its page"
    steps.append(Step(f"Best supported: {shares}; likeness in meaning {support.cosine:.2f}.", (quote.evidence,)))
    return ChainReply(
        evidence=(quote,),
        steps=tuple(steps),
        claims=(StatedClaim(best.text, (quote,)),),
        answer=_answer(best, found),
        support=belief(found),
    )


def _answer(best: Candidate, found: Found) -> str:
    if best.value is not None:
        return best.value
    if found.question.kind in (Kind.PASSAGE, Kind.LIST, Kind.YES_NO):
        return best.text
    span = best_span(best.text, found.question)
    return span.text if span is not None else best.text


def _item(request: ReadRequest, candidate: Candidate) -> EvidenceItem:
    """The item of evidence that the candidate stands in: the one of its page whose boxes hold most of its words."""
    items = [item for item in request.evidence if (item.document, item.page) == (candidate.document, candidate.page)]
    page = request.pages[candidate.document, candidate.page]
    return max(items, key=lambda item: _held(page, candidate, item.boxes))


def _held(page: Page, candidate: Candidate, boxes: Sequence[Box]) -> int:
    def inside(box: Box) -> bool:
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        return any(b.x0 <= x <= b.x1 and b.y0 <= y <= b.y1 for b in boxes)

    return sum(inside(page.words[word].box) for word in candidate.words)
