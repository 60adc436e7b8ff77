"""Every error as a problem detail (RFC 9457), media type `application/problem+json`.

`type` is `urn:quire:problem:<kind>`, stable over versions and independent of where the service runs; `kind` is the `type` of
the domain error (drawn in api/errors.py) or one of those that HTTP itself adds:

    malformed-request     400  the body is no JSON, the header or the multipart form can't be parsed
    forbidden             403  a host name or an origin that this service does not serve
    no-such-route         404  no such path
    method-not-allowed    405  the path is there, not with this method
    request-too-large     413  the JSON body is larger than `limit` bytes
    invalid-input         422  a value that can't be used; `errors` lists each: the field, what is wrong, what is accepted
    internal              500  a fault of ours: the log has it under `request_id`
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    PermissionDeniedException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsException, ProblemDetailsPlugin
from msgspec import Struct

from api.errors import InvalidInput, NotReady, QuireError, Unauthorised, UploadTooLarge
from api.logs import request_id

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:quire:problem:"

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("api.problems")


class Fault(Struct, frozen=True, omit_defaults=True):
    """One value that can't be used: where it stood (body, query, path, header), its name, and what is accepted."""

    source: str
    field: str | None
    message: str
    accepted: list[str] | None = None


class Problem(Struct, frozen=True, omit_defaults=True):
    """A problem detail (RFC 9457). `limit`, `jobs` and `errors` are there where they help to do better."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str = ""
    limit: int | None = None
    jobs: list[str] | None = None
    errors: list[Fault] | None = None


class Malformed(HTTPException):
    """A request whose syntax can't be parsed."""

    status_code = 400


def describe(error: Exception) -> Problem:
    """The problem detail of any exception. Nothing of an unexpected one is given away: it goes to the log."""
    if isinstance(error, QuireError):
        return _of_domain(error)
    if isinstance(error, HTTPException) and not isinstance(error, InternalServerException):
        return _of_http(error)
    _log.error("unexpected error", exc_info=error)
    detail = "Quire has failed here; this is not the fault of the request. The log has it under this request id."
    return Problem(PREFIX + "internal", QuireError.title, 500, detail, request_id())


def _of_domain(error: QuireError) -> Problem:
    if error.status >= 500:
        _log.error("request failed", problem=error.type, detail=str(error), exc_info=error)
    return Problem(
        PREFIX + error.type,
        error.title,
        error.status,
        str(error),
        request_id(),
        limit=error.limit if isinstance(error, UploadTooLarge) else None,
        jobs=list(error.jobs) if isinstance(error, NotReady) else None,
    )


_OF_HTTP: Mapping[type[HTTPException], tuple[str, str]] = {
    NotFoundException: ("no-such-route", "No such path"),
    MethodNotAllowedException: ("method-not-allowed", "This path does not take that method"),
    PermissionDeniedException: ("forbidden", "Not served here"),
    RequestEntityTooLarge: ("request-too-large", "The body is too large"),
}


def _of_http(error: HTTPException) -> Problem:
    if isinstance(error, ValidationException):
        return _invalid(error)
    kind, title = _OF_HTTP.get(type(error), ("malformed-request", "The request can't be parsed"))
    return Problem(PREFIX + kind, title, error.status_code, error.detail, request_id())


def _invalid(error: ValidationException) -> Problem:
    """A value that did not pass the declared type or bounds; `extra` is Litestar's list of them."""
    entries = [e for e in error.extra if isinstance(e, dict)] if isinstance(error.extra, list) else []
    faults = [_fault(entry) for entry in entries]
    found = "; ".join(f"{f.source} {f.field or ''}".strip() + f": {f.message}" for f in faults) or error.detail
    return Problem(PREFIX + InvalidInput.type, InvalidInput.title, 422, found, request_id(), errors=faults or None)


def _fault(entry: Mapping[str, Any]) -> Fault:
    source = entry.get("source")
    return Fault(str(getattr(source, "value", source) or "body"), entry.get("key"), str(entry.get("message", "")))


def _headers(error: Exception) -> dict[str, str]:
    given = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, Unauthorised):
        return {**given, "WWW-Authenticate": 'Bearer realm="quire"'}
    return given


def problem_plugin(request_bytes: int) -> ProblemDetailsPlugin:
    """The plugin that turns every exception into a problem detail. `request_bytes` is the limit of JSON bodies."""

    def convert(error: Exception) -> ProblemDetailsException:
        problem = describe(error)
        if isinstance(error, RequestEntityTooLarge):
            detail = f"The body is larger than {request_bytes:,} bytes (setting `limits.request_bytes`)."
            problem = msgspec.structs.replace(problem, detail=detail, limit=request_bytes)
        members = msgspec.to_builtins(problem)
        return ProblemDetailsException(
            status_code=members.pop("status"),
            type_=members.pop("type"),
            title=members.pop("title"),
            detail=members.pop("detail"),
            extra=members,
            headers=_headers(error),
        )

    handled = dict.fromkeys((QuireError, HTTPException, Exception), convert)
    return ProblemDetailsPlugin(ProblemDetailsConfig(exception_to_problem_detail_map=handled))
