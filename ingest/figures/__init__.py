"""Pictures on a page: where they are, of what kind, and the words in their pixels."""

from ingest.figures.reading import ClipReader, Figure, read_figures

__all__ = ["ClipReader", "Figure", "read_figures"]
