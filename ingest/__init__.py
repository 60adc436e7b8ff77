"""Bytes in, pages out: words, blocks and passages with boxes, page images on demand. Knows no vectors and no web."""

from ingest.document import (
    Block,
    BlockKind,
    Box,
    Cell,
    FigureKind,
    HiddenText,
    OutlineEntry,
    Page,
    Passage,
    SourceInfo,
    Table,
    TextSource,
    Word,
)
from ingest.errors import (
    DamagedFile,
    DocumentLocked,
    EmptyFile,
    IngestError,
    NotADocument,
    ReaderUnavailable,
    TooManyPages,
)
from ingest.ingestor import Ingestor
from ingest.limits import Limits
from ingest.passages import PassageBudget, make_passages
from ingest.workers.lifeline import die_with_parent

__all__ = [
    "Block",
    "BlockKind",
    "Box",
    "Cell",
    "DamagedFile",
    "DocumentLocked",
    "EmptyFile",
    "FigureKind",
    "HiddenText",
    "IngestError",
    "Ingestor",
    "Limits",
    "NotADocument",
    "OutlineEntry",
    "Page",
    "Passage",
    "PassageBudget",
    "ReaderUnavailable",
    "SourceInfo",
    "Table",
    "TextSource",
    "TooManyPages",
    "Word",
    "die_with_parent",
    "make_passages",
]
