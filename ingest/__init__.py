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

__all__ = [
    "Block",
    "BlockKind",
    "Box",
    "DamagedFile",
    "DocumentLocked",
    "EmptyFile",
    "IngestError",
    "NotADocument",
    "OutlineEntry",
    "Page",
    "Passage",
    "ReaderUnavailable",
    "SourceInfo",
    "TextSource",
    "TooManyPages",
    "Word",
]
