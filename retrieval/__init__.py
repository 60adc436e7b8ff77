"""Pages in, index out; a question in, ranked evidence out. Encoders, Qdrant (embedded or server), search and fusion."""

from retrieval.by_image import SeenPage
from retrieval.encoder import TextEncoder
from retrieval.errors import (
    EncoderUnavailable,
    IndexBusy,
    IndexLocked,
    InvalidVector,
    ModelMismatch,
    NoVisualEncoder,
    RetrievalError,
    StoreError,
    StoreUnavailable,
    UnreadableImage,
)
from retrieval.evidence import Evidence, EvidencePage, PassageHit, Scope
from retrieval.loading import QuietLoading
from retrieval.questions import breadth
from retrieval.retriever import PAGES, Indexed, Retriever, open_store
from retrieval.schema import PointInfo
from retrieval.seeing import Draw, PageSimilarity
from retrieval.settings import ModelChoice, ModelIdentity, RetrievalSettings
from retrieval.succession import Built, Kept, KeptPages, Replaced
from retrieval.torchvision_ops import declare_missing_operators
from retrieval.verifying import Expected, Finding, Flaw
from retrieval.visual.choices import choose_attention, choose_device, choose_dtype

__all__ = [
    "PAGES",
    "Built",
    "Draw",
    "EncoderUnavailable",
    "Evidence",
    "EvidencePage",
    "Expected",
    "Finding",
    "Flaw",
    "IndexBusy",
    "IndexLocked",
    "Indexed",
    "InvalidVector",
    "Kept",
    "KeptPages",
    "ModelChoice",
    "ModelIdentity",
    "ModelMismatch",
    "NoVisualEncoder",
    "PageSimilarity",
    "PassageHit",
    "PointInfo",
    "QuietLoading",
    "Replaced",
    "RetrievalError",
    "RetrievalSettings",
    "Retriever",
    "Scope",
    "SeenPage",
    "StoreError",
    "StoreUnavailable",
    "TextEncoder",
    "UnreadableImage",
    "breadth",
    "choose_attention",
    "choose_device",
    "choose_dtype",
    "declare_missing_operators",
    "open_store",
]
