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
    ConversionFailed,
    ConverterMissing,
    DamagedFile,
    DocumentLocked,
    EmptyFile,
    IngestError,
    NeedsConversion,
    NotADocument,
    ReaderUnavailable,
    TooLarge,
    TooManyPages,
)
from ingest.ingestor import Ingestor
from ingest.limits import Limits
from ingest.pages.drawing import BLOCK_COLOURS, draw_blocks
from ingest.passages import PassageBudget, make_passages
from ingest.workers.lifeline import die_with_parent

__all__ = [
    "BLOCK_COLOURS",
    "Block",
    "BlockKind",
    "Box",
    "Cell",
    "ConversionFailed",
    "ConverterMissing",
    "DamagedFile",
    "DocumentLocked",
    "EmptyFile",
    "FigureKind",
    "HiddenText",
    "IngestError",
    "Ingestor",
    "Limits",
    "NeedsConversion",
    "NotADocument",
    "OutlineEntry",
    "Page",
    "Passage",
    "PassageBudget",
    "ReaderUnavailable",
    "SourceInfo",
    "Table",
    "TextSource",
    "TooLarge",
    "TooManyPages",
    "Word",
    "die_with_parent",
    "draw_blocks",
    "make_passages",
]
