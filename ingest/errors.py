"""Why a file can't be taken in. Every message says what was found and what is accepted.

IngestError
├── NotADocument        no format that Quire reads; `found` says what it is
├── EmptyFile           zero bytes, or a document without pages
├── DamagedFile         a known format that breaks on opening (truncated, corrupt)
├── DocumentLocked      encrypted: no password given, or a wrong one
├── TooManyPages        over `Limits.pages`
└── ReaderUnavailable   the workers can't be started, or keep dying before they answer
"""


class IngestError(Exception):
    """A file that can't be read, with a message meant for the user."""


class NotADocument(IngestError):
    """No format that Quire reads."""


class EmptyFile(IngestError):
    """Zero bytes, or a document without a page."""


class DamagedFile(IngestError):
    """A known format that can't be opened: truncated or corrupt."""


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


class ReaderUnavailable(IngestError):
    """No worker process can be had to read the file."""
