"""OCR that is left until somebody asks: an engine that reads nothing, and knows what it would have read."""

import pymupdf

from ingest.ocr.reading import OcrReading
from ingest.text.lines import Line

PICTURES = "its pictures may hold words"


class Postponed:
    """Stands in for the engine while one page is read: what it is given is what there is to read by OCR."""

    def __init__(self) -> None:
        self.wanted = False
        """Whether anything was given to it."""

    def read(self, page: pymupdf.Page, clip: pymupdf.Rect | None = None) -> list[Line]:
        """Nothing."""
        self.wanted = True
        return []

    def read_page(self, page: pymupdf.Page, *, scan: bool) -> OcrReading:
        """Nothing."""
        self.wanted = True
        return OcrReading([])
