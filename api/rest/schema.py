"""The OpenAPI 3.1 description and its viewer, Swagger UI, served from an installed package: no network is needed."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin, YamlRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPI,
    OpenAPIType,
    Parameter,
    Schema,
    SecurityRequirement,
    SecurityScheme,
    Tag,
)
from litestar.plugins import OpenAPISchemaPlugin
from litestar.static_files import create_static_files_router
from litestar.typing import FieldDefinition

from api.auth import OPEN
from api.errors import Misconfigured
from api.rest.common import MIN_IMAGE_WIDTH
from api.schemas import AskRequest, SearchRequest
from api.settings import LimitSettings
from ingest import Box, HiddenText, Word

PATH = "/schema"
ASSETS = "/schema/assets"

# Nothing but this service may be asked for anything: without it a page that slips in a foreign font still works online.
POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

TAGS = [
    Tag("Collections", "A tenant's set of documents; made with its first document."),
    Tag("Documents", "Upload, list, delete. Reading goes on in a job."),
    Tag("Pages", "What was read from a page, and its image."),
    Tag("Jobs", "How far the reading of a document is, live or looked up."),
    Tag("Questions", "Search, and answers with a verdict for every citation."),
    Tag("Health", "For probes and monitoring."),
]


class ArrayStructs(OpenAPISchemaPlugin):
    """Describes boxes and words as the arrays that they are on the wire (Litestar shows every Struct as an object)."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Whether this is one of them."""
        return value in _ARRAYS

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """The array's schema."""
        return _ARRAYS[field_definition.annotation]()


def _box() -> Schema:
    words = "left, top, right, bottom in points (1/72 inch), from the top left of the page"
    return Schema(
        type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.NUMBER), min_items=4, max_items=4, description=words
    )


def _word() -> Schema:
    confidence = Schema(type=[OpenAPIType.NUMBER, OpenAPIType.NULL])
    return Schema(
        type=OpenAPIType.ARRAY,
        prefix_items=[Schema(type=OpenAPIType.STRING), _box(), confidence],
        min_items=2,
        max_items=3,
        description="text, box, confidence of the OCR (0 to 1; null for words of the text layer)",
    )


def _hidden() -> Schema:
    return Schema(
        type=OpenAPIType.ARRAY,
        prefix_items=[Schema(type=OpenAPIType.STRING), _box(), Schema(type=OpenAPIType.STRING)],
        min_items=3,
        max_items=3,
        description="text that a reader of the page can't see, box, why: invisible, paper, tiny, outside or covered",
    )


_ARRAYS = {Box: _box, Word: _word, HiddenText: _hidden}


def openapi(*, keys_needed: bool) -> OpenAPIConfig:
    """The description's frame; the routes fill it."""
    schemes: list[SecurityRequirement] = [{"bearer": []}, {"key": []}]
    return OpenAPIConfig(
        title="Quire",
        version=_version(),
        summary="Answers questions about long, visually rich documents and shows where every answer stands.",
        description=(
            "Add documents to a collection, follow their jobs, then ask. Errors are problem details (RFC 9457) with a"
            " stable `type`, `urn:quire:problem:<kind>`; every response carries `X-Request-ID`, which the service's "
            "log has as well."
        ),
        tags=TAGS,
        security=schemes if keys_needed else [{}, *schemes],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", description="`Authorization: Bearer <key>`"),
                "key": SecurityScheme(type="apiKey", name="X-API-Key", security_scheme_in="header"),
            }
        ),
        render_plugins=[_viewer(), JsonRenderPlugin(), YamlRenderPlugin()],
        openapi_router=Router(
            PATH,
            route_handlers=[],
            opt=OPEN,
            response_headers={"Content-Security-Policy": POLICY},
            include_in_schema=False,
        ),
    )


def complete(description: OpenAPI, limits: LimitSettings) -> None:
    """Put in what Litestar does not take from the types: bodies that refuse unknown fields, bounds that are settings."""
    for body in (AskRequest, SearchRequest):
        schema = description.components.schemas[body.__name__]
        if isinstance(schema, Schema):
            schema.additional_properties = False
    for item in (description.paths or {}).values():
        for parameter in (item.get and item.get.parameters) or []:
            if isinstance(parameter, Parameter) and parameter.name == "width" and isinstance(parameter.schema, Schema):
                parameter.schema.minimum, parameter.schema.maximum = MIN_IMAGE_WIDTH, limits.image_width


def _viewer() -> SwaggerRenderPlugin:
    return SwaggerRenderPlugin(
        path=["/", "/swagger"],
        js_url=f"{ASSETS}/swagger-ui-bundle.js",
        css_url=f"{ASSETS}/swagger-ui.css",
        standalone_preset_js_url=f"{ASSETS}/swagger-ui-standalone-preset.js",
        favicon=f"<link rel='icon' type='image/png' href='{ASSETS}/favicon-32x32.png'>",
    )


def viewer_files() -> Router:
    """Swagger UI's files, from the package swagger-ui-py (of which nothing but the files is used)."""
    found = find_spec("swagger_ui")
    if found is None or found.origin is None:
        raise Misconfigured("The package swagger-ui-py is not installed; it holds the viewer of the API's description.")
    return create_static_files_router(
        ASSETS, [Path(found.origin).parent / "static"], opt=OPEN, include_in_schema=False, name="viewer"
    )


def _version() -> str:
    try:
        return version("quire")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "0"
