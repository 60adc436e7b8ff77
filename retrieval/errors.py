"""Why something can't be indexed or searched. Every message says what was found and what to do.

RetrievalError
├── EncoderUnavailable      the model named in the settings can't be loaded
├── ModelMismatch           the index was built with another model
├── NoVisualEncoder         pages are to be seen, and no visual encoder is set
├── UnreadableImage         a page image that the visual encoder can't take
├── InvalidVector           NaN, wrong dimension, not of unit length, or too many values
└── StoreError              the store refused or failed
    ├── IndexBusy           the index is being built anew, and its pages stay as they are meanwhile
    ├── IndexLocked         another process has the index open
    └── StoreUnavailable    the shard process can't be kept alive, or the server can't be reached
"""


class RetrievalError(Exception):
    """Something can't be indexed or searched, with a message meant for the user."""


class EncoderUnavailable(RetrievalError):
    """The model named in the settings can't be loaded."""


class ModelMismatch(RetrievalError):
    """The index of `collection` was built with other models than those in the settings; `reason` says which, and what to
    do."""

    def __init__(self, collection: str, reason: str) -> None:
        super().__init__(collection, reason)
        self.collection = collection
        self.reason = reason

    def __str__(self) -> str:
        return f"The index of collection {self.collection!r} {self.reason}"


class NoVisualEncoder(RetrievalError):
    """Pages are to be compared as images, and no visual encoder is set."""


class UnreadableImage(RetrievalError):
    """A page image that can't be drawn or decoded, or that the visual encoder's processor can't take."""


class InvalidVector(RetrievalError):
    """A vector that must not reach the engine."""


class StoreError(RetrievalError):
    """The store refused or failed."""


class IndexBusy(StoreError):
    """The index is being built anew, and its pages stay as they are meanwhile."""


class IndexLocked(StoreError):
    """Another process has the index open."""


class StoreUnavailable(StoreError):
    """The shard process can't be kept alive, or the server can't be reached."""
