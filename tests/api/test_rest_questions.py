"""Searching and asking over HTTP."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from httpx_sse import connect_sse

from answer import Answer, Outcome, Verdict
from api.schemas import SearchResponse
from tests.api.rest_client import add, check_problem, make_pdf, wait_for

QUESTION = "What was the revenue of Nordwind in 2023?"


@pytest.fixture(scope="module")
def collection(running: Any) -> str:
    """A collection of its own, read and ready."""
    text = ("The revenue of Nordwind was 412 million euros in 2023.", "Turbines are built in Esbjerg.")
    added = add(running.client, make_pdf(*text), "nordwind.pdf", "asking")
    assert wait_for(running.client, added["job"]["id"])["status"] == "done"
    return "asking"


def test_search_ranks_pages(client: httpx.Client, collection: str) -> None:
    response = client.post("/v1/search", json={"question": QUESTION, "collection": collection, "limit": 2})
    found = msgspec.json.decode(response.content, type=SearchResponse)
    assert response.status_code == 200
    assert found.pages[0].number == 1
    assert "412" in found.pages[0].passages[0].text
    assert found.names[found.pages[0].document] == "nordwind.pdf"


def test_an_answer_is_given_stored_and_shown(client: httpx.Client, collection: str) -> None:
    response = client.post("/v1/answers", json={"question": QUESTION, "collection": collection})
    assert response.status_code == 201, response.text
    answer = msgspec.json.decode(response.content, type=Answer)
    assert answer.outcome is Outcome.ANSWERED
    assert "412" in answer.text
    cited = answer.citations[0]
    assert (cited.page, cited.verdict) == (1, Verdict.VERIFIED)
    assert client.get(response.headers["location"]).json() == response.json()
    image = client.get(f"/v1/answers/{answer.id}/citations/{cited.number}/image", params={"width": 400})
    assert (image.status_code, image.headers["content-type"]) == (200, "image/png")
    tag = {"If-None-Match": image.headers["etag"]}
    path = f"/v1/answers/{answer.id}/citations/{cited.number}/image"
    assert client.get(path, params={"width": 400}, headers=tag).status_code == 304
    check_problem(client.get(f"/v1/answers/{answer.id}/citations/99/image"), 404, "not-found")
    check_problem(client.get(path, params={"width": 5}), 422, "invalid-input")


def test_a_streamed_answer_tells_its_stages_first(client: httpx.Client, collection: str) -> None:
    body = {"question": QUESTION, "collection": collection, "stream": True}
    with connect_sse(client, "POST", "/v1/answers", json=body) as source:
        assert source.response.status_code == 200, source.response.read()
        messages = list(source.iter_sse())
    assert len(messages) > 1
    assert {message.event for message in messages[:-1]} == {"stage"}
    assert all(json.loads(message.data)["stage"] for message in messages[:-1])
    assert messages[-1].event == "answer"
    answer = msgspec.json.decode(messages[-1].data, type=Answer)
    assert client.get(f"/v1/answers/{answer.id}").json()["text"] == answer.text


def test_what_is_not_there_is_an_answer_too(client: httpx.Client, collection: str) -> None:
    question = "Which aria does the soprano sing in the second act?"
    answer = client.post("/v1/answers", json={"question": question, "collection": collection}).json()
    assert answer["outcome"] == "not_in_documents"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("scope", [{"collection": "unknown"}, {"documents": ["doc_unknown"]}])
def test_an_unknown_scope_is_not_found_streamed_or_not(
    client: httpx.Client, collection: str, scope: dict[str, Any], stream: bool
) -> None:
    body = {"question": QUESTION, "collection": collection, **scope}
    check_problem(client.post("/v1/answers", json={**body, "stream": stream}), 404, "not-found")
    check_problem(client.post("/v1/search", json=body), 404, "not-found")


def test_an_unknown_answer_is_not_found(client: httpx.Client) -> None:
    check_problem(client.get("/v1/answers/ans_unknown"), 404, "not-found")
    check_problem(client.get("/v1/answers/ans_unknown/citations/1/image"), 404, "not-found")


@pytest.mark.parametrize("path", ["/v1/search", "/v1/answers"])
def test_a_long_question_names_the_limit(client: httpx.Client, collection: str, path: str) -> None:
    response = client.post(path, json={"question": "why " * 25_000, "collection": collection})
    assert "4,000" in check_problem(response, 422, "invalid-input")["detail"]


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, None, "question"),
        ({"question": ""}, "question", "length >= 1"),
        ({"question": 5}, "question", "`str`"),
        ({"question": None}, "question", "`str`"),
        ({"question": "q", "collection": 1}, "collection", "`str`"),
        ({"question": "q", "documents": "doc_1"}, "documents", "`array`"),
        ({"question": "q", "limit": 101}, "limit", "<= 100"),
        ({"question": "q", "limit": "all"}, "limit", "`int | null`"),
        ([], None, "`object`"),
    ],
)
def test_a_value_that_can_not_be_used_is_listed(
    client: httpx.Client, body: object, field: str | None, said: str
) -> None:
    problem = check_problem(client.post("/v1/search", json=body), 422, "invalid-input")
    assert len(problem["errors"]) == 1
    assert problem["errors"][0].get("field") == field
    assert said in problem["errors"][0]["message"]
    assert said in problem["detail"]


def test_an_unknown_field_is_refused_with_those_that_are_known(client: httpx.Client) -> None:
    problem = check_problem(client.post("/v1/search", json={"question": "q", "top_k": 3}), 422, "invalid-input")
    assert "`top_k`" in problem["errors"][0]["message"]
    assert problem["errors"][0]["accepted"] == ["question", "collection", "documents", "limit"]
    assert "documents" in problem["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"question"', "JSON"),
        (b"question=why", "JSON"),
        (b'{"question":"\xff\xfe"}', "UTF-8"),
        (b'\xff\xfe{\x00"\x00', "JSON"),
        (rb'{"question":"\ud800"}', "JSON"),
        (b"[" * 100_000, ""),
        (b'{"question":"q"} trailing', "JSON"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/answers"])
def test_a_body_that_can_not_be_parsed_is_malformed(client: httpx.Client, path: str, body: bytes, said: str) -> None:
    assert said in check_problem(client.post(path, content=body), 400, "malformed-request")["detail"]


def test_an_empty_body_is_refused_with_the_fields_that_it_takes(client: httpx.Client) -> None:
    problem = check_problem(client.post("/v1/answers", content=b""), 422, "invalid-input")
    assert problem["errors"][0]["accepted"] == ["question", "collection", "documents", "pages", "stream"]
    assert "empty" in problem["detail"]


def test_a_body_over_the_limit_is_refused_with_the_limit(client: httpx.Client) -> None:
    response = client.post("/v1/search", json={"question": "q" * 2_000_000})
    problem = check_problem(response, 413, "request-too-large")
    assert problem["limit"] == 1024 * 1024
    assert "1,048,576" in problem["detail"]
