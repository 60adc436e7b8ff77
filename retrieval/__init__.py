"""Pages in, index out; a question in, ranked evidence out. Encoders, Qdrant (embedded or server), search and fusion."""

from retrieval.encoder import TextEncoder
from retrieval.errors import (
    EncoderUnavailable,
    IndexLocked,
    InvalidVector,
    ModelMismatch,
    RetrievalError,
    StoreError,
    StoreUnavailable,
)
from retrieval.evidence import Evidence, EvidencePage, PassageHit, Scope
from retrieval.questions import breadth
from retrieval.retriever import PAGES, Retriever
from retrieval.schema import PointInfo
from retrieval.settings import ModelIdentity, RetrievalSettings

__all__ = [
    "PAGES",
    "EncoderUnavailable",
    "Evidence",
    "EvidencePage",
    "IndexLocked",
    "InvalidVector",
    "ModelIdentity",
    "ModelMismatch",
    "PassageHit",
    "PointInfo",
    "RetrievalError",
    "RetrievalSettings",
    "Retriever",
    "Scope",
    "StoreError",
    "StoreUnavailable",
    "TextEncoder",
    "breadth",
]
