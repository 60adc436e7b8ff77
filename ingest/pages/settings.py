"""How pages are read. Apart, so that the service can name its wishes without importing what carries them out."""

from typing import Literal

from msgspec import Struct

ON_DEMAND: Literal["on-demand"] = "on-demand"
Ocr = bool | Literal["on-demand"]
"""Whether what has no text layer is read from the picture: at once, never, or when it is asked for. Until then the page says
(`Page.awaiting_ocr`) that there is something to read."""


class ReadingSettings(Struct, frozen=True):
    """Choices of whoever runs the service."""

    ocr: Ocr = True
    layout: Literal["model", "geometry"] = "model"
    """What finds blocks, their kinds and order: PyMuPDF's layout model (0.3 processor seconds a page, 130 MB a worker), or rules
    over the places of lines (a tenth of that; no captions' ties, fewer titles, tables by alignment only)."""
    ocr_language: str = "en"
    ocr_model_dir: str | None = None
    """A folder with recognition models of one's own (see `ingest.ocr.settings`)."""
