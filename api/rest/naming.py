"""Names and passwords out of headers, strictly: bytes that are not UTF-8 are refused, never replaced.

HTTP hands header values over as Latin-1; clients send UTF-8 in them, percent-encoded or not.
"""

import re
from urllib.parse import unquote_to_bytes

from litestar.types import Scope
from multipart import content_disposition_unquote, parse_options_header  # type: ignore[import-untyped]

from api.errors import InvalidInput

_EXTENDED = re.compile(r";\s*filename\*\s*=\s*([\w-]+)'[^']*'([^;\s]*)", re.IGNORECASE | re.ASCII)
_ENDS_IN_BACKSLASH = re.compile(r';\s*filename\s*=\s*"([^"]*\\)"\s*(?:;|$)', re.IGNORECASE)
"""Browsers leave a backslash as it is, and one before the last quotation mark looks like that mark escaped."""


def utf8(value: str | bytes, what: str) -> str:
    """A header's value (as Latin-1 text, or bytes) read as UTF-8. Raises `InvalidInput` naming `what`."""
    try:
        return (value.encode("latin-1") if isinstance(value, str) else value).decode("utf-8")
    except UnicodeError:
        raise InvalidInput(
            f"{what} is not valid UTF-8; send it as UTF-8, percent-encoded where the client can."
        ) from None


def percent_decoded(value: str, what: str) -> str:
    """A percent-encoded header value. Raises `InvalidInput` naming `what`."""
    try:
        return utf8(unquote_to_bytes(value.encode("latin-1")), what)
    except UnicodeEncodeError:
        raise InvalidInput(f"{what} is not valid UTF-8.") from None


def file_name(disposition: str) -> str | None:
    """The file name of a Content-Disposition header: `filename*` (RFC 5987) before `filename`; None without either.

    Both ways of quoting are read: backslashes (RFC 6266) and the `%22` of browsers (WHATWG).
    """
    if extended := _EXTENDED.search(disposition):
        charset, encoded = extended.groups()
        if charset.lower() not in ("utf-8", "iso-8859-1"):
            raise InvalidInput(
                f"The file name is in charset {charset!r}; accepted are UTF-8 and ISO-8859-1 (RFC 5987)."
            )
        raw = unquote_to_bytes(encoded.encode("latin-1"))
        return raw.decode("latin-1") if charset.lower() == "iso-8859-1" else utf8(raw, "The file name")
    _, options = parse_options_header(disposition, unquote=content_disposition_unquote)
    plain = options.get("filename")
    if plain is None and (ended := _ENDS_IN_BACKSLASH.search(disposition)):
        plain = ended[1]
    return utf8(plain, "The file name") if plain is not None else None


def check_url(scope: Scope) -> None:
    """Raises `InvalidInput` where the path or the query is not UTF-8: they would be searched for in a mangled form."""
    for part, what in ((scope.get("raw_path", b""), "The path"), (scope["query_string"], "The query")):
        utf8(unquote_to_bytes(part), what)
