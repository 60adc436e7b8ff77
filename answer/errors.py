"""Why a question could not be put to a reader. An answer that is not in the documents is no error.

AnswerError
├── ImageMissing             a page's image can't be had; the page goes on with its words alone
└── ReaderError              the reader gave nothing that can be used
    ├── ReaderUnavailable    it can't be reached, is not there, refuses the call, or broke off
    ├── ReaderTimedOut       it did not reply in time
    ├── ContextExceeded      the prompt is longer than it takes
    └── MalformedReply       it replied, but not in the form that was asked for
"""


class AnswerError(Exception):
    """A question that could not be dealt with, with a message meant for the user."""


class ImageMissing(AnswerError):
    """The image of a page can't be had; the message says which page and why."""


class ReaderError(AnswerError):
    """The reader failed: unreachable, too slow, or broken off. Names the reader."""


class ReaderUnavailable(ReaderError):
    """The reader can't be reached, lacks its model, refuses the call, or broke off in mid-stream. Names it and where
    it was looked for."""


class ReaderTimedOut(ReaderError):
    """The reader did not reply in time; the message gives the seconds."""


class ContextExceeded(ReaderError):
    """The prompt and the room for a reply are longer than the model's context. Gives both in tokens where known."""


class MalformedReply(ReaderError):
    """The reply is not in the form that was asked for; the message says where it departs from it."""
