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
from answer.answerer import Answerer, PageLookup
from answer.chain import Chain, TextualChain
from answer.errors import AnswerError, MalformedReply, ReaderError
from answer.extractive import Encoder, ExtractiveReader
from answer.locate import Located, locate
from answer.reader import (
    EvidenceItem,
    EvidenceKind,
    ImagePart,
    Message,
    Reader,
    ReadRequest,
    TextDelta,
    TextPart,
    Usage,
)
from answer.reply import ChainReply, Completeness, Quote, StatedClaim, Step

__all__ = [
    "Agreement",
    "Answer",
    "AnswerError",
    "Answerer",
    "Chain",
    "ChainReply",
    "ChainReport",
    "Citation",
    "Claim",
    "Completeness",
    "Cost",
    "DocumentCoverage",
    "Encoder",
    "EvidenceItem",
    "EvidenceKind",
    "ExtractiveReader",
    "ImagePart",
    "Located",
    "MalformedReply",
    "Message",
    "NearPage",
    "Outcome",
    "PageLookup",
    "Quote",
    "ReadRequest",
    "Reader",
    "ReaderError",
    "StatedClaim",
    "Step",
    "TextDelta",
    "TextPart",
    "TextualChain",
    "Usage",
    "Verdict",
    "locate",
]
