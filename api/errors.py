"""What can go wrong in the service. Each error carries the problem type and the HTTP status that REST answers with (RFC 9457).

QuireError                    500  internal
├── InvalidInput              422  invalid-input       a value that can't be used; the message names it and what is accepted
│   ├── UnreadableDocument    422  not-a-document | empty-document | damaged-document | document-locked | too-many-pages
│   │                               | document-too-large
│   └── UploadTooLarge        413  upload-too-large
├── NotFound                  404  not-found           no such collection, document, page, job, answer or citation
├── NotReady                  409  document-not-ready  the document is still being read
├── Conflict                  409  conflict            the state does not allow it (for example, the job has ended)
├── Unauthorised              401  unauthorised
├── FolderInUse               503  folder-in-use       another process owns the data folder
├── Misconfigured             500  misconfigured       a setting that can't work: found at start
└── Unavailable               503  unavailable         a part (reader, encoder, index) is down; names it
"""


class QuireError(Exception):
    """Base of all errors that the service raises on purpose; `str()` is meant for the user."""

    status = 500
    type = "internal"
    title = "Something went wrong inside Quire"


class InvalidInput(QuireError):
    """A value that can't be used."""

    status = 422
    type = "invalid-input"
    title = "The request can't be used as it is"


class UnreadableDocument(InvalidInput):
    """The uploaded bytes can't be taken in. `kind` is the problem type."""

    title = "The document can't be read"

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message, kind)
        self.type = kind

    def __str__(self) -> str:
        return str(self.args[0])


class UploadTooLarge(InvalidInput):
    """More bytes than the limit."""

    status = 413
    type = "upload-too-large"
    title = "The upload is too large"

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        setting = "setting `limits.upload_bytes`, QUIRE_LIMITS__UPLOAD_BYTES"
        return f"The upload is larger than the limit of {self.limit:,} bytes ({setting})."


class NotFound(QuireError):
    """No such thing, or not any more."""

    status = 404
    type = "not-found"
    title = "Not found"


class NotReady(QuireError):
    """The document is still being read. `jobs` are the jobs to watch."""

    status = 409
    type = "document-not-ready"
    title = "The document is still being read"

    def __init__(self, message: str, jobs: tuple[str, ...] = ()) -> None:
        super().__init__(message, jobs)
        self.jobs = jobs

    def __str__(self) -> str:
        return str(self.args[0])


class Conflict(QuireError):
    """The present state does not allow it."""

    status = 409
    type = "conflict"
    title = "Not possible in the present state"


class Unauthorised(QuireError):
    """No key, or a wrong one."""

    status = 401
    type = "unauthorised"
    title = "A key is needed"


class FolderInUse(QuireError):
    """Another process owns the data folder."""

    status = 503
    type = "folder-in-use"
    title = "The data folder is in use"


class Misconfigured(QuireError):
    """A setting that can't work, found at start."""

    type = "misconfigured"
    title = "A setting can't work"


class Unavailable(QuireError):
    """A part of the service is down."""

    status = 503
    type = "unavailable"
    title = "A part of the service is not available"
