"""The description of the API is complete and true to the routes; its viewer needs nothing from outside."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.running import RunningService

METHODS = ("get", "post", "put", "patch", "delete")
PROBLEM = "application/problem+json"

ROUTES = {
    "GET /v1/collections",
    "DELETE /v1/collections/{collection}",
    "GET /v1/collections/{collection}/documents",
    "POST /v1/collections/{collection}/documents",
    "GET /v1/collections/{collection}/index",
    "POST /v1/collections/{collection}/index/jobs",
    "GET /v1/documents",
    "GET /v1/documents/{document}",
    "DELETE /v1/documents/{document}",
    "GET /v1/documents/{document}/pages",
    "GET /v1/documents/{document}/pages/{number}",
    "GET /v1/documents/{document}/pages/{number}/image",
    "GET /v1/documents/{document}/pages/{number}/similarity",
    "GET /v1/documents/{document}/pages/{number}/similarity/grid",
    "GET /v1/jobs/{job}",
    "GET /v1/jobs/{job}/events",
    "POST /v1/jobs/{job}/cancel",
    "POST /v1/search",
    "POST /v1/answers",
    "GET /v1/answers/{answer}",
    "GET /v1/answers/{answer}/citations/{number}/image",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
}


@pytest.fixture(scope="module")
def schema(running: RunningService) -> dict[str, Any]:
    response = running.client.get("/schema/openapi.json")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By method and path."""
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in schema["paths"].items()
        for method in METHODS
        if method in item
    }


def test_it_describes_every_route_and_no_other(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert set(operations(schema)) == ROUTES


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_each_route_says_what_it_does_and_what_may_go_wrong(schema: dict[str, Any], route: str) -> None:
    operation = operations(schema)[route]
    assert operation["summary"]
    assert len(operation["description"]) > 20
    assert operation["operationId"]
    assert set(operation["tags"]) <= {tag["name"] for tag in schema["tags"]}
    assert all(parameter["description"] for parameter in operation.get("parameters", []))
    errors = {status: found for status, found in operation["responses"].items() if status >= "400"}
    assert {"400", "401", "403", "422", "500"} <= set(errors)
    if "{" in route or route in ("POST /v1/search", "POST /v1/answers"):
        assert "404" in errors
    if route.startswith("POST") and "cancel" not in route:
        assert "413" in errors
    for status, found in errors.items():
        if route == "GET /health/ready" and status == "503":
            continue  # the same object as with 200: a probe reads the parts either way
        assert list(found["content"]) == [PROBLEM]
        assert found["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}
        (example,) = found["content"][PROBLEM]["examples"].values()
        assert example["value"]["status"] == int(status)
    done = [found for status, found in operation["responses"].items() if status < "300"]
    assert all(found["description"] for found in done)
    assert all(media["schema"] for found in done for media in found.get("content", {}).values())


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    references = set(re.findall(r'"\$ref": ?"#/components/schemas/([^"]+)"', httpx.Response(200, json=schema).text))
    assert "Answer" in references
    assert references <= set(schema["components"]["schemas"])


def test_what_is_an_array_on_the_wire_is_described_as_one(schema: dict[str, Any]) -> None:
    words = schema["components"]["schemas"]["Page"]["properties"]["words"]["items"]
    assert (words["type"], len(words["prefixItems"]), words["prefixItems"][1]["maxItems"]) == ("array", 3, 4)
    hidden = schema["components"]["schemas"]["Page"]["properties"]["hidden"]["items"]
    assert (hidden["type"], hidden["minItems"], len(hidden["prefixItems"])) == ("array", 3, 3)
    boxes = schema["components"]["schemas"]["Citation"]["properties"]["boxes"]["items"]
    assert (boxes["type"], boxes["items"]) == ("array", {"type": "number"})


def test_what_a_page_holds_is_described_down_to_the_cell(schema: dict[str, Any]) -> None:
    found = schema["components"]["schemas"]
    assert {"text", "table", "figure", "caption", "level", "kind"} <= set(found["Block"]["properties"])
    assert {"rows", "columns", "cells", "header_rows", "unit", "continues"} <= set(found["Table"]["properties"])
    assert {"row", "column", "row_span", "column_span", "header", "unit", "box"} <= set(found["Cell"]["properties"])
    # What is at its default is left out of the JSON, so it must not be promised.
    assert set(found["Cell"]["required"]) == {"row", "column", "text", "box", "first_word", "last_word"}
    assert set(found["FigureKind"]["enum"]) == {"photo", "chart", "diagram", "logo", "decoration"}
    assert {"mixed", "ocr", "text_layer", "none"} == set(found["TextSource"]["enum"])
    assert "pages_ready" in found["Document"]["properties"]


def test_bounds_and_closed_bodies_are_described(schema: dict[str, Any]) -> None:
    assert schema["components"]["schemas"]["AskRequest"]["additionalProperties"] is False
    assert schema["components"]["schemas"]["SearchRequest"]["additionalProperties"] is False
    image = operations(schema)["GET /v1/documents/{document}/pages/{number}/image"]
    width = next(parameter["schema"] for parameter in image["parameters"] if parameter["name"] == "width")
    assert (width["minimum"], width["maximum"]) == (16, 4000)


def test_the_upload_takes_a_form_or_bytes_and_questions_have_examples(schema: dict[str, Any]) -> None:
    upload = operations(schema)["POST /v1/collections/{collection}/documents"]
    assert set(upload["requestBody"]["content"]) == {"multipart/form-data", "application/octet-stream"}
    ask = operations(schema)["POST /v1/answers"]
    assert ask["requestBody"]["content"]["application/json"]["schema"]["examples"]
    assert "text/event-stream" in ask["responses"]["200"]["content"]
    assert set(schema["components"]["securitySchemes"]) == {"bearer", "key"}


@pytest.mark.parametrize("path", ["/schema", "/schema/swagger"])
def test_the_viewer_names_no_other_host_and_its_files_are_there(running: RunningService, path: str) -> None:
    page = running.client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    links = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)["']""", page.text)
    assert len(links) >= 4
    for link in links:
        assert not urlsplit(link).netloc
        assert running.client.get(link).status_code == 200
    allowed = page.headers["content-security-policy"]
    assert "default-src 'self'" in allowed
    assert not re.search(r"https?:|\*", allowed)
    # Hosts in the page are those of the description's own texts, none of a CDN.
    assert not re.search(r"cdn|unpkg|jsdelivr|googleapis", page.text)


def test_it_is_there_as_yaml_too(client: httpx.Client) -> None:
    assert client.get("/schema/openapi.yaml").text.count("operationId") == len(ROUTES)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium (apt-get install chromium)")
def test_a_browser_without_a_network_shows_the_routes(running: RunningService, tmp_path: Path) -> None:
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    command += ["--virtual-time-budget=15000", "--dump-dom", f"{running.url}/schema/swagger"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    assert shown.count("opblock-summary-path") >= len(ROUTES)
    assert "Ask a question" in shown
