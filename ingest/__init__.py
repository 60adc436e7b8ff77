"""Bytes in, pages out: words, blocks and passages with boxes, page images on demand. Knows no vectors and no web."""

from ingest.document import Block, BlockKind, Box, OutlineEntry, Page, Passage, SourceInfo, TextSource, Word
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
from ingest.lifeline import die_with_parent
from ingest.limits import Limits
from ingest.passages import PassageBudget, make_passages

__all__ = [
    "Block",
    "BlockKind",
    "Box",
    "DamagedFile",
    "DocumentLocked",
    "EmptyFile",
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
    "TextSource",
    "TooManyPages",
    "Word",
    "die_with_parent",
    "make_passages",
]
