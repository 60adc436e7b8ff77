"""Text of documents, made harmless: whoever wrote a document chose its words, and a terminal obeys escapes."""

import re

# Control characters (ESC steers the terminal) and the signs that change the direction of what follows them.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
_SPACE = re.compile(r"\s+")


def plain(text: str, limit: int | None = None) -> str:
    """Text of a document on one line, without what could steer a terminal (escape sequences, changes of direction)."""
    clean = _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip()
    if limit is not None and len(clean) > limit:
        clean = clean[: limit - 1].rstrip() + "…"
    return clean
