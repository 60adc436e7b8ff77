"""Names that callers give: document names are for display, collection names are also folder names."""

import re
import unicodedata

from api.errors import InvalidInput

_COLLECTION = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def document_name(name: str, limit: int) -> str:
    """The name to show: the last path component, without control characters, in NFC. InvalidInput if over `limit` characters."""
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("The document's name is not valid Unicode (UTF-8).") from error
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name).rstrip("/\\ "))[-1]
    shown = "".join(" " if unicodedata.category(char) == "Cc" else char for char in last).strip()
    if len(shown) > limit:
        raise InvalidInput(
            f"The document's name has {len(shown):,} characters; the limit is {limit:,} (setting `limits.name_characters`)."
        )
    return shown or "unnamed"


def suffix(name: str) -> str:
    """The name's suffix in lower case with its dot, if it is one that can stand in a file name; else an empty string."""
    dot = name.rfind(".")
    found = name[dot:].lower() if dot > 0 else ""
    return found if _SUFFIX.fullmatch(found) else ""


def collection_name(name: str) -> str:
    """The name itself if it can be a collection's. InvalidInput says what can."""
    if not _COLLECTION.fullmatch(name):
        raise InvalidInput(
            f"{name[:80]!r} can't name a collection: 1 to 63 lower-case letters, digits, '.', '_' or '-', "
            "beginning and ending with a letter or digit."
        )
    return name
