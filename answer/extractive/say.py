"""What was found, said as a chain's reply: an answer with quotes, or a refusal with its reason."""

from collections.abc import Sequence

from answer.extractive.abstain import HELD, LABELLED, RECKONED, THRESHOLD, belief, refusal
from answer.extractive.candidates import Candidate, Support
from answer.extractive.find import Found
from answer.extractive.labelled import Labelled
from answer.extractive.material import Material
from answer.extractive.phrase import Phrase, phrase
from answer.extractive.reckon import Reckoned
from answer.extractive.reverse import Holders
from answer.extractive.rivals import rival
from answer.reader import EvidenceItem, ReadRequest
from answer.reply import ChainReply, Completeness, Curated, Quote, StatedClaim, Step
from ingest import Box, Page

Told = Found | Reckoned | Holders | Labelled


def say(
    request: ReadRequest,
    asked: Sequence[tuple[str, Told]],
    whole: Material,
    *,
    threshold: float = THRESHOLD,
) -> ChainReply:
    """One reply for all parts of a question; parts that find nothing are named as missing. `whole`: all the evidence,
    where other values for the same thing are looked for."""
    replies = [
        (part, _reply(request, told, whole, threshold) if isinstance(told, Found) else _gathered(request, told))
        for part, told in asked
    ]
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


def _gathered(request: ReadRequest, told: Reckoned | Holders | Labelled) -> ChainReply:
    """A reply that several places carry: a claim for each."""
    if isinstance(told, Reckoned):
        places = tuple(operand.candidate for operand in told.operands)
        answer, step, sure = told.answer, f"Worked out: {told.how}.", RECKONED[told.bearing]
    elif isinstance(told, Labelled):
        places, answer, step, sure = told.places, told.answer, f"Read: {told.how}.", LABELLED[told.bearing]
    else:
        places, answer = told.places, ", ".join(told.names)
        step, sure = f"Looked for what has {told.value}: found {len(told.names)}.", HELD
    claims = tuple(_claim(request, place) for place in places)
    quotes = [quote for claim in claims for quote in claim.quotes]
    return ChainReply(
        evidence=tuple(Curated(quote.evidence, quote.words) for quote in quotes),
        steps=(Step(step, tuple(dict.fromkeys(quote.evidence for quote in quotes))),),
        claims=claims,
        answer=answer,
        support=sure,
    )


def _claim(request: ReadRequest, place: Candidate) -> StatedClaim:
    item = _item(request, place, request.pages[place.document, place.page], place.words)
    return StatedClaim(place.text, (Quote(item.id, place.quote),))


def _stop(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _reply(request: ReadRequest, found: Found, whole: Material, threshold: float) -> ChainReply:
    reason = refusal(found, threshold)
    sure = round(belief(found), 3)
    looked = Step(f"Looked for: {found.question.kind.value}. Compared {len(found.ranked)} sentences and cells.")
    if reason is not None:
        return ChainReply(refusal=reason, steps=(looked,), support=sure)
    best, support = found.ranked[0]
    other = rival(found, whole)
    places = [(best, support), *([other] if other is not None and _items(request, other[0]) else [])]
    told = [_told(request, found, candidate, its) for candidate, its in places]
    claims = tuple(claim for _, its in told for claim in its)
    quotes = tuple(quote for claim in claims for quote in claim.quotes)
    steps = [looked, _found(support, quotes)]
    if len(places) > 1:
        steps.append(
            Step("Another page gives another value for the same thing, as well supported.", (quotes[-1].evidence,))
        )
    return ChainReply(
        evidence=tuple(Curated(quote.evidence, quote.words) for quote in quotes),
        steps=tuple(steps),
        claims=claims,
        answer=" / ".join(phrase.answer for phrase, _ in told),
        completeness=Completeness.FULL if len(places) == 1 else Completeness.CONFLICTING,
        support=sure,
    )


def _told(
    request: ReadRequest, found: Found, candidate: Candidate, support: Support
) -> tuple[Phrase, tuple[StatedClaim, ...]]:
    page = request.pages[candidate.document, candidate.page]
    said = phrase(candidate, support, found, page)
    claims = tuple(
        StatedClaim(text, (Quote(_item(request, candidate, page, words).id, quote),))
        for text, quote, words in said.statements
    )
    return said, claims


def _found(support: Support, quotes: Sequence[Quote]) -> Step:
    own = f"{support.own:.0%} of the question's words by weight stand in it, {support.page:.0%} on its page"
    return Step(
        f"Best supported: {own}; likeness in meaning {support.cosine:.2f}.",
        tuple(dict.fromkeys(quote.evidence for quote in quotes)),
    )


def _item(request: ReadRequest, candidate: Candidate, page: Page, words: Sequence[int]) -> EvidenceItem:
    """The item of evidence that the words stand in: the one of their page whose boxes hold most of them."""
    return max(_items(request, candidate), key=lambda item: (_held(page, words, item.boxes), -_area(item.boxes)))


def _items(request: ReadRequest, candidate: Candidate) -> list[EvidenceItem]:
    return [item for item in request.evidence if (item.document, item.page) == (candidate.document, candidate.page)]


def _area(boxes: Sequence[Box]) -> float:
    return sum((box.x1 - box.x0) * (box.y1 - box.y0) for box in boxes)


def _held(page: Page, words: Sequence[int], boxes: Sequence[Box]) -> int:
    def inside(box: Box) -> bool:
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        return any(b.x0 <= x <= b.x1 and b.y0 <= y <= b.y1 for b in boxes)

    return sum(inside(page.words[word].box) for word in words)
