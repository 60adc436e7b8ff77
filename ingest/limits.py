"""What reading a document may cost. Defaults are safe for documents from strangers."""

from msgspec import Struct


class Limits(Struct, frozen=True):
    """Bounds on one document and on the worker processes that read it. Every bound that is hit is reported, never passed over."""

    pages: int = 5000
    """Pages a document may have."""
    page_seconds: float = 60.0
    """Processor time one page may take before its worker is replaced and the page is marked failed. Wall time may be ten
    times that: workers run niced, and a page that waits for a busy machine is not at fault."""
    probe_seconds: float = 60.0
    """Processor time the first look at a file may take (wall time: ten times that)."""
    worker_memory_mb: int = 4096
    """Address space a worker may take above what the bare interpreter has (Linux)."""
    render_pixels: int = 40_000_000
    """Pixels a page image may have; a wider image is made smaller. 40 million is A4 at 650 dpi, 160 MB while being made."""
    image_pixels: int = 250_000_000
    """Pixels one picture may have, where a picture is a page (TIFF, PNG, the pictures of a comic book). 250 million is A0 at 400
    dpi, 750 MB while it is decoded."""
    decompressed_mb: int = 1024
    """Megabytes that a zipped format (EPUB, XPS, CBZ, office files) may unpack to, and that its conversion may write."""
    conversion_seconds: float = 120.0
    """Processor time that LibreOffice may take to turn an office file into a PDF (wall time: three times that)."""
    page_words: int = 100_000
    """Words one page may have. The densest real pages (large drawings, ledgers) have some 20,000."""
    niceness: int = 10
    """How far workers step back for other processes (0 to 19, Unix), so that search stays quick while documents are read."""
