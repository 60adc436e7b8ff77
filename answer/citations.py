"""Verdicts: whether what a claim quotes stands on the page it cites. No model takes part."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from answer.answer import Citation, Claim, Verdict
from answer.locate import locate
from answer.reader import EvidenceItem, EvidenceKind
from answer.reply import Quote, StatedClaim
from ingest import Box, Page


class CheckedQuote(Struct, frozen=True):
    """A quote with its verdict. `boxes` in points: those of the words found, or of the image region; none if
    unsupported."""

    document: str
    page: int
    label: str | None
    words: str
    boxes: tuple[Box, ...]
    verdict: Verdict
    match: float | None = None


class CheckedClaim(Struct, frozen=True):
    """A statement with its checked quotes."""

    text: str
    quotes: tuple[CheckedQuote, ...]

    @property
    def supported(self) -> bool:
        """Whether any quote stands; a claim with none (or with no quote at all) is withdrawn."""
        return any(quote.verdict is not Verdict.UNSUPPORTED for quote in self.quotes)


def check(claim: StatedClaim, items: Sequence[EvidenceItem], pages: Mapping[tuple[str, int], Page]) -> CheckedClaim:
    """Look up each quote on the page of the item that it cites."""
    by_id = {item.id: item for item in items}
    return CheckedClaim(claim.text, tuple(_check(quote, by_id[quote.evidence], pages) for quote in claim.quotes))


def _check(quote: Quote, item: EvidenceItem, pages: Mapping[tuple[str, int], Page]) -> CheckedQuote:
    page = pages.get((item.document, item.page))
    found = locate(quote.words, page, near=item.boxes) if page is not None else None
    if found is not None:
        return CheckedQuote(
            item.document, item.page, item.label, quote.words, found.boxes, Verdict.VERIFIED, round(found.match, 4)
        )
    if item.kind is EvidenceKind.IMAGE and item.boxes and not (quote.words.strip() and _has_words(item, page)):
        return CheckedQuote(item.document, item.page, item.label, "", item.boxes, Verdict.VISUAL)
    return CheckedQuote(item.document, item.page, item.label, quote.words, (), Verdict.UNSUPPORTED, 0.0)


def _has_words(item: EvidenceItem, page: Page | None) -> bool:
    """Whether any words stand in the region. Where none do, what is read off the image can't be looked up: it is
    evidence for the eye, neither found nor missed."""
    return page is not None and any(
        box.x0 <= (word.box.x0 + word.box.x1) / 2 <= box.x1 and box.y0 <= (word.box.y0 + word.box.y1) / 2 <= box.y1
        for box in item.boxes
        for word in page.words
    )


def number(claims: Sequence[CheckedClaim], names: Mapping[str, str]) -> tuple[tuple[Claim, ...], tuple[Citation, ...]]:
    """Claims and citations as they are told to the caller: the same words of the same page get one number. Nothing
    is left out: what is unsupported stays, marked, and a claim without support is `withdrawn`."""
    citations: dict[CheckedQuote, Citation] = {}
    told: list[Claim] = []
    for claim in claims:
        for quote in claim.quotes:
            if quote not in citations:
                citations[quote] = _citation(len(citations) + 1, quote, names)
        numbers = tuple(dict.fromkeys(citations[quote].number for quote in claim.quotes))
        told.append(Claim(claim.text, numbers, withdrawn=not claim.supported))
    return tuple(told), tuple(citations.values())


def _citation(count: int, quote: CheckedQuote, names: Mapping[str, str]) -> Citation:
    return Citation(
        number=count,
        document=quote.document,
        document_name=names.get(quote.document, quote.document),
        page=quote.page,
        label=quote.label,
        quote=quote.words,
        boxes=quote.boxes,
        verdict=quote.verdict,
        match=quote.match,
    )
