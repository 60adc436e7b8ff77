"""Who may call: holders of a key; without keys, programs of this machine, but not the web pages open in its browser."""

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from api.errors import Misconfigured, Unauthorised
from api.settings import ServerSettings

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], None]

OPEN = {"open": True}
"""`opt` of a route that anybody may call: it tells nothing about documents."""

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_guarded(server: ServerSettings) -> None:
    """Refuse to start where others can reach the service and no key protects it. Raises `Misconfigured`."""
    if any(not key.get_secret_value().strip() for key in server.api_keys):
        raise Misconfigured(
            "server.api_keys (QUIRE_SERVER__API_KEYS) holds an empty key; remove it or give it a value."
        )
    if not server.on_loopback and not server.api_keys:
        raise Misconfigured(
            f"The service is to listen on {server.host}, where others can reach it, but no key is set. Set "
            "server.api_keys in quire.toml or QUIRE_SERVER__API_KEYS='[\"a long random key\"]', or bind to "
            "127.0.0.1."
        )


def guards(server: ServerSettings) -> list[Guard]:
    """The guards that ask who calls; they let everybody to the routes that are `OPEN`."""
    return [_key_guard(server) if server.api_keys else _loopback_guard(server)]


def _key_guard(server: ServerSettings) -> Guard:
    keys = [_digest(key.get_secret_value().encode()) for key in server.api_keys]

    def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if handler.opt.get("open"):
            return
        token = _digest(connection.app.state.service.token.encode())
        matches = [hmac.compare_digest(known, given) for given in _given(connection) for known in (*keys, token)]
        if not any(matches):
            raise Unauthorised(
                "Send a key: `Authorization: Bearer <key>` or `X-API-Key: <key>` (setting `server.api_keys`)."
            )

    return guard


def _given(connection: Connection) -> list[bytes]:
    """Digests of the keys that came with the request."""
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    bearer = credentials.strip() if scheme.lower() == "bearer" else ""
    values = (bearer, connection.headers.get("x-api-key", ""))
    return [_digest(value.encode("latin-1")) for value in values if value]  # header values are bytes, shown as Latin-1


def _digest(key: bytes) -> bytes:
    """Equal lengths, so that comparing in constant time says nothing about a key's length either."""
    return sha256(key).digest()


def _loopback_guard(server: ServerSettings) -> Guard:
    """Without keys, a web page must not reach the service through the user's browser.

    A page may point a host name of its own at 127.0.0.1 (DNS rebinding): then `Host` is foreign. Or it may post a form
    across sites: then `Origin` is foreign.
    """
    names = LOOPBACK_NAMES | {server.host}

    def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        if handler.opt.get("open"):
            return
        host = connection.headers.get("host", "")
        if _hostname(host) not in names:
            raise PermissionDeniedException(
                f"The host name {host!r} is not served: without keys, only {', '.join(sorted(names))}. Set "
                "QUIRE_SERVER__API_KEYS to serve other names."
            )
        origin = connection.headers.get("origin")
        if origin and connection.scope.get("method") not in SAFE_METHODS and urlsplit(origin).netloc != host:
            raise PermissionDeniedException(f"Requests from pages of {origin!r} are not served.")

    return guard


def _hostname(host: str) -> str:
    """The name in a Host header, without the port."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
