"""The exit codes of `quire`, for scripts, and what each error becomes: the one place where both are fixed."""

from enum import IntEnum

from api.errors import (
    Conflict,
    FolderInUse,
    InvalidInput,
    Misconfigured,
    NotFound,
    NotReady,
    QuireError,
    Unauthorised,
    Unavailable,
)


class Exit(IntEnum):
    """What the command's exit code tells."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    NOT_IN_DOCUMENTS = 3
    BAD_INPUT = 4
    NOT_FOUND = 5
    UNAVAILABLE = 6
    PARTIAL = 7
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for `quire --help`."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.OK: "done; for ask: answered",
    Exit.INTERNAL: "an error inside Quire (run again with --debug); for index verify: something is wrong with the index",
    Exit.USAGE: "the command line can't be used as it is",
    Exit.NOT_IN_DOCUMENTS: "ask: the answer is not in the documents",
    Exit.BAD_INPUT: "bad input: unreadable, locked, too large, not allowed",
    Exit.NOT_FOUND: "no such document, collection or job",
    Exit.UNAVAILABLE: "not possible now: in use, still being read, misconfigured, a part is down or missing",
    Exit.PARTIAL: "partly done: some pages or files failed, or the answer is partial or conflicting",
    Exit.INTERRUPTED: "interrupted",
}

_CODES: tuple[tuple[type[QuireError], Exit], ...] = (
    (InvalidInput, Exit.BAD_INPUT),
    (NotFound, Exit.NOT_FOUND),
    (NotReady, Exit.UNAVAILABLE),
    (Conflict, Exit.UNAVAILABLE),
    (Unauthorised, Exit.UNAVAILABLE),
    (FolderInUse, Exit.UNAVAILABLE),
    (Misconfigured, Exit.UNAVAILABLE),
    (Unavailable, Exit.UNAVAILABLE),
)


def exit_code(error: BaseException) -> Exit:
    """The code that a command ends with after this error."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return Exit.INTERNAL


def help_table() -> str:
    """The codes and their meanings, a line each."""
    return "\n".join(f"  {code.value:>3}  {code.meaning}" for code in Exit)
