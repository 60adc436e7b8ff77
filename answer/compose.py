"""The final form of an answer, from what the chains found and the checks said."""

from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from answer.answer import Answer, ChainReport, Claim, Cost, DocumentCoverage, NearPage, Outcome, Verdict
from answer.chain import ChainResult
from answer.citations import number
from answer.fusion import Fused
from answer.reply import Completeness
from retrieval import Evidence, EvidencePage

_NEAREST = 3
_SNIPPET = 240
"""Characters of a nearest page that are shown."""


class Parts(Struct, frozen=True):
    """All that an answer is made of. `read` are the evidence's pages that still exist; `reports` those of all chains,
    also of those that failed; `notes` what happened on the way."""

    answer_id: str
    evidence: Evidence
    read: tuple[EvidencePage, ...]
    names: dict[str, str]
    results: tuple[ChainResult, ...]
    reports: tuple[ChainReport, ...]
    fused: Fused
    notes: tuple[str, ...]


def compose(parts: Parts, cost: Cost) -> Answer:
    """The answer to be given. Claims without support are kept, marked as withdrawn, and told in the notes."""
    # Where none is followed, what the first chain that claimed something claimed is shown, as withdrawn.
    told = parts.fused.followed or next((each for each in parts.results if each.claims), parts.results[0])
    claims, citations = number(told.claims, parts.names)
    if parts.fused.followed is None:
        claims = tuple(replace(claim, withdrawn=True) for claim in claims)
    outcome = _outcome(parts, claims)
    answered = outcome is not Outcome.NOT_IN_DOCUMENTS
    return Answer(
        id=parts.answer_id,
        question=parts.evidence.question,
        collection=parts.evidence.scope.collection,
        outcome=outcome,
        text=_text(told, claims) if answered else _not_found(parts),
        claims=claims,
        citations=citations,
        chains=parts.reports,
        agreement=parts.fused.agreement,
        coverage=_coverage(
            parts, claims, {c.number: c.document for c in citations if c.verdict is not Verdict.UNSUPPORTED}
        ),
        nearest=() if answered else _nearest(parts),
        cost=cost,
        notes=_notes(parts, told, claims),
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def _outcome(parts: Parts, claims: tuple[Claim, ...]) -> Outcome:
    followed = parts.fused.followed
    if followed is None:
        return Outcome.NOT_IN_DOCUMENTS
    standing = [claim for claim in claims if not claim.withdrawn]
    if followed.reply.completeness is Completeness.CONFLICTING and len(standing) > 1:
        return Outcome.CONFLICTING
    whole = (
        followed.reply.completeness is Completeness.FULL and not followed.reply.missing and len(standing) == len(claims)
    )
    return Outcome.ANSWERED if whole else Outcome.PARTIAL


def _text(followed: ChainResult, claims: tuple[Claim, ...]) -> str:
    """The reader's answer; where a claim fell, only the statements that stand, since the answer may rest on the one
    that fell."""
    if any(claim.withdrawn for claim in claims):
        return " ".join(claim.text for claim in claims if not claim.withdrawn)
    return followed.report.answer or ""


def _not_found(parts: Parts) -> str:
    if not parts.evidence.pages:
        return "Nothing in the documents searched matches this question."
    reasons = dict.fromkeys(result.report.refusal for result in parts.results if result.report.refusal)
    reason = f" {' '.join(_sentence(text) for text in reasons)}" if reasons else ""
    return f"The documents searched do not hold an answer to this question.{reason}"


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _coverage(parts: Parts, claims: tuple[Claim, ...], documents: dict[int, str]) -> tuple[DocumentCoverage, ...]:
    carried: dict[str, list[int]] = {document: [] for document in parts.names}
    for index, claim in enumerate(claims):
        for document in dict.fromkeys(documents[n] for n in claim.citations if n in documents):
            carried.setdefault(document, []).append(index)
    return tuple(DocumentCoverage(d, parts.names.get(d, d), tuple(indexes)) for d, indexes in carried.items())


def _nearest(parts: Parts) -> tuple[NearPage, ...]:
    return tuple(
        NearPage(
            document=page.document,
            document_name=parts.names.get(page.document, page.document),
            page=page.number,
            label=page.label,
            text=_snippet(page),
        )
        for page in parts.read[:_NEAREST]
    )


def _snippet(page: EvidencePage) -> str:
    text = " ".join(page.passages[0].text.split()) if page.passages else ""
    return text if len(text) <= _SNIPPET else text[:_SNIPPET].rsplit(" ", 1)[0] + " …"


def _notes(parts: Parts, told: ChainResult, claims: tuple[Claim, ...]) -> tuple[str, ...]:
    notes = [*parts.notes, *(note for result in parts.results for note in result.notes)]
    notes += [f"Not answered: {part}" for part in told.reply.missing]
    for claim, checked in zip(claims, told.claims, strict=True):
        if claim.withdrawn and checked.supported:
            notes.append(f"Withdrawn, since the adjudication does not follow it: {claim.text}")
        elif claim.withdrawn:
            notes.append(f"Withdrawn, since its quoted words do not stand on the page cited: {claim.text}")
    return tuple(dict.fromkeys(notes))
