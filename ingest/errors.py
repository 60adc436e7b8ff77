"""Why a file can't be taken in. Every message says what was found and what is accepted.

IngestError
├── NotADocument            no format that Quire reads; `found` says what it is
│   └── ConverterMissing    an office file, and no LibreOffice to turn it into pages
├── EmptyFile               zero bytes, or a document without pages
├── DamagedFile             a known format that breaks on opening (truncated, corrupt)
│   └── ConversionFailed    LibreOffice made no PDF of it, or not within the limits
├── DocumentLocked          encrypted: no password given, or a wrong one
├── TooManyPages            over `Limits.pages`
├── TooLarge                unpacked or decoded it would pass `Limits.decompressed_mb` or `Limits.image_pixels`
├── NeedsConversion         an office file: its pages are those of a PDF that LibreOffice makes (`Ingestor.prepare`)
└── ReaderUnavailable       the workers can't be started, or keep dying before they answer
"""


class IngestError(Exception):
    """A file that can't be read, with a message meant for the user."""


class NotADocument(IngestError):
    """No format that Quire reads."""


class ConverterMissing(NotADocument):
    """An office file, and LibreOffice is not installed."""


class EmptyFile(IngestError):
    """Zero bytes, or a document without a page."""


class DamagedFile(IngestError):
    """A known format that can't be opened: truncated or corrupt."""


class ConversionFailed(DamagedFile):
    """LibreOffice made no PDF of an office file, or not within the limits."""


class DocumentLocked(IngestError):
    """Encrypted, and no password or a wrong one was given. `password_given` tells which."""

    def __init__(self, message: str, *, password_given: bool = False) -> None:
        super().__init__(message, password_given)
        self.password_given = password_given

    def __reduce__(self) -> tuple[object, ...]:
        # A keyword-only argument does not survive the default pickling, and this error comes out of a worker process.
        return _locked, (str(self.args[0]), self.password_given)

    def __str__(self) -> str:
        return str(self.args[0])


def _locked(message: str, password_given: bool) -> DocumentLocked:
    return DocumentLocked(message, password_given=password_given)


class TooManyPages(IngestError):
    """More pages than the limit allows."""

    def __init__(self, found: int, limit: int) -> None:
        super().__init__(found, limit)
        self.found = found
        self.limit = limit

    def __str__(self) -> str:
        return f"The document has {self.found} pages; the limit is {self.limit} (setting `limits.pages`)."


class TooLarge(IngestError):
    """Small as a file, but more than is allowed once it is unpacked or decoded."""


class NeedsConversion(IngestError):
    """An office file, which has no pages until LibreOffice has laid it out. `suffix` is what LibreOffice knows the format by."""

    def __init__(self, title: str, media_type: str, suffix: str) -> None:
        super().__init__(title, media_type, suffix)
        self.title = title
        self.media_type = media_type
        self.suffix = suffix

    def __str__(self) -> str:
        return f"The file is of a format that is read as the PDF which LibreOffice makes of it: {self.title}."


class ReaderUnavailable(IngestError):
    """No worker process can be had to read the file."""
