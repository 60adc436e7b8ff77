"""A question and evidence in, a checked and cited answer out. Readers, chains, fusion, citations."""

from answer.answer import (
    Agreement,
    Answer,
    ChainReport,
    Citation,
    Claim,
    Cost,
    DocumentCoverage,
    NearPage,
    Outcome,
    Verdict,
)

__all__ = [
    "Agreement",
    "Answer",
    "ChainReport",
    "Citation",
    "Claim",
    "Cost",
    "DocumentCoverage",
    "NearPage",
    "Outcome",
    "Verdict",
]
