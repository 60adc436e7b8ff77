"""Why something can't be indexed or searched. Every message says what was found and what to do.

RetrievalError
├── EncoderUnavailable      the model named in the settings can't be loaded
├── ModelMismatch           the index was built with another model
├── InvalidVector           NaN, wrong dimension, not of unit length, or too many values
└── StoreError              the store refused or failed
    ├── IndexLocked         another process has the index open
    └── StoreUnavailable    the shard process can't be kept alive, or the server can't be reached
"""


class RetrievalError(Exception):
    """Something can't be indexed or searched, with a message meant for the user."""


class EncoderUnavailable(RetrievalError):
    """The model named in the settings can't be loaded."""


class ModelMismatch(RetrievalError):
    """The index was built with another model than the one in the settings."""

    def __init__(self, collection: str, stored: str, wanted: str) -> None:
        super().__init__(collection, stored, wanted)
        self.collection = collection
        self.stored = stored
        self.wanted = wanted

    def __str__(self) -> str:
        return (
            f"The index of collection {self.collection!r} was built with {self.stored}; the settings name "
            f"{self.wanted}. Vectors of two models can't be compared: set `encoder` back, or remove the collection's "
            "documents and add them again."
        )


class InvalidVector(RetrievalError):
    """A vector that must not reach the engine."""


class StoreError(RetrievalError):
    """The store refused or failed."""


class IndexLocked(StoreError):
    """Another process has the index open."""


class StoreUnavailable(StoreError):
    """The shard process can't be kept alive, or the server can't be reached."""
