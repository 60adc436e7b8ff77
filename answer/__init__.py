"""A question and evidence in, a checked and cited answer out. Readers, chains, fusion, citations."""

from answer.adjudication import Adjudicator
from answer.answer import (
    Agreement,
    Answer,
    ChainReport,
    Citation,
    Claim,
    Cost,
    DocumentCoverage,
    Finding,
    NearPage,
    OcrPage,
    Outcome,
    Verdict,
)
from answer.answerer import Answerer, PageLookup
from answer.budget import Budget
from answer.chain import Chain
from answer.chains import TextualChain, VisualChain
from answer.errors import (
    AnswerError,
    ContextExceeded,
    ImageMissing,
    MalformedReply,
    ReaderError,
    ReaderTimedOut,
    ReaderUnavailable,
)
from answer.exchange import complete
from answer.extractive import Encoder, ExtractiveReader
from answer.locate import Located, locate
from answer.reader import (
    Capacity,
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
from answer.readers import LocalModel, LocalReader, ServedModel, ServedReader
from answer.reply import ChainReply, Completeness, Curated, Quote, Ruling, Side, StatedClaim, Step
from answer.sheets import PageImages

__all__ = [
    "Adjudicator",
    "Agreement",
    "Answer",
    "AnswerError",
    "Answerer",
    "Budget",
    "Capacity",
    "Chain",
    "ChainReply",
    "ChainReport",
    "Citation",
    "Claim",
    "Completeness",
    "ContextExceeded",
    "Cost",
    "Curated",
    "DocumentCoverage",
    "Encoder",
    "EvidenceItem",
    "EvidenceKind",
    "ExtractiveReader",
    "Finding",
    "ImageMissing",
    "ImagePart",
    "LocalModel",
    "LocalReader",
    "Located",
    "MalformedReply",
    "Message",
    "NearPage",
    "OcrPage",
    "Outcome",
    "PageImages",
    "PageLookup",
    "Quote",
    "ReadRequest",
    "Reader",
    "ReaderError",
    "ReaderTimedOut",
    "ReaderUnavailable",
    "Ruling",
    "ServedModel",
    "ServedReader",
    "Side",
    "StatedClaim",
    "Step",
    "TextDelta",
    "TextPart",
    "TextualChain",
    "Usage",
    "Verdict",
    "VisualChain",
    "complete",
    "locate",
]
