"""Why a question could not be put to a reader. An answer that is not in the documents is no error.

AnswerError
└── ReaderError            the reader gave nothing that can be used
    └── MalformedReply     it replied, but not in the form that was asked for
"""


class AnswerError(Exception):
    """A question that could not be dealt with, with a message meant for the user."""


class ReaderError(AnswerError):
    """The reader failed: unreachable, too slow, or broken off. Names the reader."""


class MalformedReply(ReaderError):
    """The reply is not the JSON that was asked for; the message says where it departs from it."""
