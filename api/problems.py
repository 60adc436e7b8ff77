"""Every error as a problem detail (RFC 9457), media type `application/problem+json`.

`type` is `urn:quire:problem:<kind>`, stable over versions and wherever the service runs; `kind` is the `type`
of the domain error (drawn in api/errors.py) or one of those that HTTP itself adds:

    malformed-request     400  the body is no JSON, the header or the multipart form can't be parsed
    forbidden             403  a host name or an origin that this service does not serve
    no-such-route         404  no such path
    method-not-allowed    405  the path is there, not with this method
    request-too-large     413  the JSON body is larger than `limit` bytes
    invalid-input         422  a value that can't be used; `errors` lists each, with what is accepted
    internal              500  a fault of ours: the log has it under `request_id`
"""

from collections.abc import Mapping
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    PermissionDeniedException,
    SerializationException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from msgspec import Struct
from msgspec.structs import replace

from api.errors import InvalidInput, NotReady, QuireError, Unauthorised, UploadTooLarge
from api.logs import request_id

AnyRequest = Request[Any, Any, Any]
MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:quire:problem:"

_log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger("api.problems")


class Fault(Struct, frozen=True, omit_defaults=True):
    """One value that can't be used: where it stood (body, query, path, header), its name, and what is accepted."""

    source: str
    message: str
    field: str | None = None
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
    kind, title = _OF_HTTP.get(type(error), ("malformed-request", "The request can't be parsed"))
    return Problem(PREFIX + kind, title, error.status_code, error.detail, request_id())


def handle(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Litestar's exception handler for everything."""
    problem = _with_request(request, error)
    return Response(problem, status_code=problem.status, headers=_headers(error), media_type=MEDIA_TYPE)


def _with_request(request: AnyRequest, error: Exception) -> Problem:
    """The problem with what only the request tells."""
    if isinstance(error, ValidationException):
        return _invalid(error, _accepted(request))
    problem = describe(error)
    if isinstance(error, NotFoundException):
        return replace(
            problem, detail=f"There is no path {request.scope['path']!r}; /schema lists those that are there."
        )
    if isinstance(error, MethodNotAllowedException):
        allowed = (error.headers or {}).get("Allow") or (error.headers or {}).get("allow", "")
        return replace(problem, detail=f"{request.scope['method']} is not taken here; accepted are {allowed}.")
    if isinstance(error, RequestEntityTooLarge):
        limit = request.route_handler.resolve_request_max_body_size()
        return replace(
            problem, detail=f"The body is larger than {limit:,} bytes (setting `limits.request_bytes`).", limit=limit
        )
    return problem


def _invalid(error: ValidationException, accepted: list[str]) -> Problem:
    """A value that did not pass the declared type or bounds; `extra` is Litestar's list of them."""
    entries = [e for e in error.extra if isinstance(e, dict)] if isinstance(error.extra, list) else []
    faults = [_fault(entry, accepted) for entry in entries]
    found = "; ".join(" ".join(filter(None, (f.source, f.field))) + f": {f.message}" for f in faults) or error.detail
    if accepted and any(f.accepted for f in faults):
        found += f". Accepted fields: {', '.join(accepted)}"
    return Problem(PREFIX + InvalidInput.type, InvalidInput.title, 422, found, request_id(), errors=faults or None)


def _fault(entry: Mapping[str, Any], accepted: list[str]) -> Fault:
    source, message = entry.get("source"), str(entry.get("message", ""))
    name = str(getattr(source, "value", source) or "body")
    field = entry.get("key") if entry.get("key") != "data" else None  # Litestar's name for the body as a whole
    if message == "'data'":  # Litestar reports a body that is not there by the name of the handler's argument
        return Fault(name, "The body is empty; accepted is a JSON object", None, accepted)
    return Fault(name, message, field, accepted if name == "body" and "field `" in message else None)


def _accepted(request: AnyRequest) -> list[str]:
    """The fields of the body that this route takes."""
    body = getattr(request.scope.get("route_handler"), "parsed_data_field", None)
    return list(getattr(body.annotation, "__struct_fields__", ())) if body else []


def _headers(error: Exception) -> dict[str, str]:
    given = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if isinstance(error, Unauthorised):
        return {**given, "WWW-Authenticate": 'Bearer realm="quire"'}
    return given


class JsonRequest(Request[Any, Any, Any]):
    """A request whose JSON body is refused with the reason; Litestar turns invalid UTF-8 and deep nesting into a 500."""

    async def json(self) -> Any:
        """The body. Raises `Malformed`."""
        try:
            return await super().json()
        except UnicodeDecodeError as error:
            raise Malformed(
                f"The body is not valid UTF-8: {error.reason} at byte {error.start} of a string."
            ) from error
        except SerializationException as error:
            raise Malformed(f"The body is not JSON: {error.__cause__ or error}") from error
        except RecursionError as error:
            raise Malformed("The body is nested too deeply.") from error
