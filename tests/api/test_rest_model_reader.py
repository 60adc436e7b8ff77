"""Questions to a service whose reader is a model behind a server: both chains, their text as it comes, a server that is
down."""

from collections.abc import Iterator

import httpx
import msgspec
import pytest
from httpx_sse import connect_sse

from answer import Answer, Outcome, Verdict
from tests.answer.chat_server import ChatServer, Turn, chat_server
from tests.answer.scripted import says
from tests.api.rest_client import add, check_problem, make_pdf, wait_for
from tests.e2e.running import RunningService

QUESTION = {"question": "What was the revenue of Nordwind in 2023?"}
WORDS = "The revenue of Nordwind was 412 million euros in 2023."


@pytest.fixture(scope="module")
def model() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


@pytest.fixture(scope="module")
def client(model: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings = {
        "QUIRE_READER__KIND": "openai",
        "QUIRE_READER__MODEL": "tiny",
        "QUIRE_READER__URL": model.url,
        "QUIRE_READER__RETRIES": "0",
        "QUIRE_INGEST__WORKERS": "1",
    }
    with RunningService(tmp_path_factory.mktemp("model") / "data", **settings) as service:
        added = add(service.client, make_pdf(WORDS, "Turbines are built in Esbjerg."), "nordwind.pdf")
        assert wait_for(service.client, added["job"]["id"])["status"] == "done"
        yield service.client


def both_say(model: ChatServer, textual: Turn, visual: Turn) -> None:
    model.asked.clear()
    model.by_prompt = {"numbered items": textual, "images of pages": visual}


def said(id: str) -> Turn:
    return Turn(msgspec.json.encode(says("412 million euros", (id, WORDS))).decode())


def test_both_chains_answer_with_pages_drawn_by_the_service(client: httpx.Client, model: ChatServer) -> None:
    both_say(model, said("T1"), said("P1"))
    response = client.post("/v1/answers", json=QUESTION)
    assert response.status_code == 201, response.text
    answer = msgspec.json.decode(response.content, type=Answer)
    assert (answer.outcome, answer.text) == (Outcome.ANSWERED, "412 million euros")
    assert [chain.name for chain in answer.chains] == ["textual", "visual"]
    assert answer.agreement.agree is True
    assert answer.citations[0].verdict is Verdict.VERIFIED
    assert (answer.cost.model_calls, answer.cost.models) == (2, ("tiny",))
    seen = [part for body in model.asked for part in body["messages"][1]["content"] if isinstance(part, dict)]
    images = [part["image_url"]["url"] for part in seen if part["type"] == "image_url"]
    assert len(images) == 2
    assert all(url.startswith("data:image/png;base64,iVBORw0KGgo") for url in images)


def test_a_stream_carries_what_the_model_writes(client: httpx.Client, model: ChatServer) -> None:
    both_say(model, said("T1"), said("P1"))
    with connect_sse(client, "POST", "/v1/answers", json={**QUESTION, "stream": True}) as source:
        messages = list(source.iter_sse())
    stages = [message.json()["stage"] for message in messages if message.event == "stage"]
    assert stages == ["search", "pages", "textual", "visual", "fusion"]
    written = [message.json() for message in messages if message.event == "text"]
    textual = "".join(piece["text"] for piece in written if piece["stage"] == "textual")
    assert textual == said("T1").text
    assert messages[-1].event == "answer"


def test_one_chain_that_fails_is_told(client: httpx.Client, model: ChatServer) -> None:
    both_say(model, said("T1"), Turn(status=500, error="out of memory"))
    answer = msgspec.json.decode(client.post("/v1/answers", json=QUESTION).content, type=Answer)
    assert answer.outcome is Outcome.ANSWERED
    assert "out of memory" in (answer.chains[1].failure or "")
    assert any("The visual chain failed" in note for note in answer.notes)


def test_a_server_that_is_down_is_named(client: httpx.Client, model: ChatServer) -> None:
    both_say(model, Turn(status=503, error="loading"), Turn(status=503, error="loading"))
    problem = check_problem(client.post("/v1/answers", json=QUESTION), 503, "unavailable")
    assert model.url in problem["detail"]
    assert "tiny" in problem["detail"]
