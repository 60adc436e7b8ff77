"""Kill the service with SIGKILL at random moments while it reads, again and again: nothing acknowledged is lost, nothing stands
twice, no page is seen before it is whole, and what could be searched once can be searched after every restart."""

import asyncio
import contextlib
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pymupdf
import pytest

from api.catalogue import Database
from api.files import Files
from retrieval import Retriever
from tests.e2e.running import RunningService

SEED = 20261123
WORDS = "harbour turbine ledger granite orchard signal copper meadow lantern glacier ribbon anchor timber".split()


def make_pdf(path: Path, pages: int, seed: int) -> bytes:
    """Pages of text, each with a word of its own that nothing else has."""
    rng = random.Random(seed)
    document = pymupdf.open()
    for number in range(1, pages + 1):
        page = document.new_page()
        lines = [f"Marker mark{seed}x{number}end stands here."]
        lines += [" ".join(rng.choices(WORDS, k=12)) + "." for _ in range(30)]
        page.insert_text((60, 60), lines, fontsize=10)
    document.save(path)
    return path.read_bytes()


class Ledger:
    """What the service acknowledged, and what must therefore be there at the end."""

    def __init__(self) -> None:
        self.documents: dict[str, int] = {}
        self.deleted: set[str] = set()
        self.uncertain: set[str] = set()
        self.seen: set[tuple[str, int]] = set()
        """Pages that search has shown: (document, number)."""


def kill_while_starting(data: Path, seconds: float) -> None:
    """Jobs are taken up again before the service answers: the blow may fall there too."""
    service = RunningService(data)
    service.launch()
    time.sleep(seconds)
    service.kill()


def kill_while_deleting(service: RunningService, ledger: Ledger, rng: random.Random) -> None:
    """A deletion is begun and not waited for: afterwards the document is there as a whole, or gone as a whole."""
    document = list(ledger.documents)[-1]
    deletion = threading.Thread(target=_delete, args=(service.url, document))
    deletion.start()
    time.sleep(rng.uniform(0.0, 0.15))
    service.kill()
    deletion.join()
    ledger.uncertain.add(document)


def _delete(url: str, document: str) -> None:
    with contextlib.suppress(httpx.TransportError):  # the service is killed under it
        httpx.delete(f"{url}/v1/documents/{document}", timeout=30)


def settle_deletions(client: httpx.Client, ledger: Ledger) -> None:
    for document in ledger.uncertain:
        if client.get(f"/v1/documents/{document}").status_code == 404:
            del ledger.documents[document]


def upload(client: httpx.Client, ledger: Ledger, name: str, data: bytes, pages: int) -> None:
    answer = client.post("/v1/collections/default/documents", params={"name": name}, content=data, timeout=30)
    assert answer.status_code in (200, 202), answer.text
    ledger.documents[answer.json()["document"]["id"]] = pages


def check_search(client: httpx.Client, ledger: Ledger) -> None:
    """Pages come whole, those of a document that is still being read too; and what was seen once is seen again."""
    ledger.seen = {(document, number) for document, number in ledger.seen if document not in ledger.uncertain}
    for document, number in sorted(ledger.seen)[:3]:
        shown = client.post(
            "/v1/search", json={"question": "marker", "documents": [document], "limit": 100}, timeout=60
        )
        assert shown.status_code == 200, shown.text
        assert number in {page["number"] for page in shown.json()["pages"]}
    answer = client.post("/v1/search", json={"question": "marker harbour turbine", "limit": 100}, timeout=60)
    if answer.status_code in (404, 409):
        return  # nothing acknowledged yet, or no page read yet
    assert answer.status_code == 200, answer.text
    for found in answer.json()["pages"]:
        page = client.get(f"/v1/documents/{found['document']}/pages/{found['number']}", timeout=30)
        assert any("Marker mark" in block["text"] for block in page.json()["blocks"]), page.text
        assert page.json()["error"] is None
        ledger.seen.add((found["document"], found["number"]))


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("kills", "deletions", "lengths", "every"),
    [
        pytest.param(2, (1,), (40, 1, 8), 2, id="2-kills"),
        pytest.param(4, (2,), (40, 1, 8), 2, id="4-kills", marks=pytest.mark.slow),
        pytest.param(24, (9, 16), (1, 3, 8, 14, 25, 40), 3, id="24-kills", marks=pytest.mark.slow),
    ],
)
def test_sigkill_at_any_moment_loses_nothing_and_doubles_nothing(
    tmp_path: Path, kills: int, deletions: tuple[int, ...], lengths: tuple[int, ...], every: int
) -> None:
    """`deletions` are the kills that fall into a deletion; documents of `lengths` pages are added before one kill in `every`, the
    rest after the last."""
    rng = random.Random(SEED)
    data = tmp_path / "data"
    waiting = [
        (f"document-{n}.pdf", make_pdf(tmp_path / f"{n}.pdf", pages, n), pages) for n, pages in enumerate(lengths)
    ]
    sources = {name: content for name, content, _ in waiting}
    ledger = Ledger()
    for kill in range(kills):
        if kill % 4 == 3:
            kill_while_starting(data, rng.uniform(0.5, 6.0))
            continue
        with RunningService(data) as service:
            check_search(service.client, ledger)
            if waiting and kill % every == 0:
                upload(service.client, ledger, *waiting.pop(0))
            time.sleep(rng.uniform(0.0, 1.5))
            if kill in deletions:
                kill_while_deleting(service, ledger, rng)
            service.kill()
    with RunningService(data) as service:
        for rest in waiting:
            upload(service.client, ledger, *rest)
        settle_deletions(service.client, ledger)
        documents = wait_until_read(service.client, len(ledger.documents))
        check_complete(service.client, ledger, documents)
        for unwanted in list(ledger.documents)[:2]:
            assert service.client.delete(f"/v1/documents/{unwanted}", timeout=60).status_code == 204
            ledger.deleted.add(unwanted)
        # The same bytes again: they are there already, or (after deletion) come in anew.
        for document in documents:
            again = service.client.post(
                "/v1/collections/default/documents",
                params={"name": document["name"]},
                content=sources[document["name"]],
                timeout=30,
            )
            if document["id"] not in ledger.deleted:
                assert again.status_code == 200
                assert again.json()["document"]["id"] == document["id"]
            else:
                ledger.documents[again.json()["document"]["id"]] = document["pages"]
        wait_until_read(service.client, len(ledger.documents) - len(ledger.deleted))
    asyncio.run(check_stored(data, {k: v for k, v in ledger.documents.items() if k not in ledger.deleted}))


def wait_until_read(client: httpx.Client, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        documents = client.get("/v1/documents", params={"limit": 100}, timeout=30).json()["items"]
        if len(documents) == count and all(document["status"] == "ready" for document in documents):
            return list(documents)
        assert all(document["status"] in ("reading", "ready") for document in documents), documents
        time.sleep(0.3)
    raise AssertionError(f"not all documents were read: {documents}")


def check_complete(client: httpx.Client, ledger: Ledger, documents: list[dict[str, Any]]) -> None:
    """Every acknowledged document once, every page once, every event in order with one final one."""
    assert {document["id"]: document["pages"] for document in documents} == ledger.documents
    for document in documents:
        pages = client.get(f"/v1/documents/{document['id']}/pages", params={"limit": 200}).json()["items"]
        assert [page["number"] for page in pages] == list(range(1, ledger.documents[document["id"]] + 1))
        job = client.get(f"/v1/jobs/{document['job']}").json()
        assert job["status"] == "done"
        assert job["progress"]["pages_done"] == document["pages"]
        events = client.get(f"/v1/jobs/{document['job']}/events", headers={"Accept": "application/json"}).json()
        kinds = [event["kind"] for event in events]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert kinds[0] == "accepted"
        assert kinds[-1] == "done"
        read = Counter(event["page"] for event in events if event["kind"] == "page_read")
        assert set(read.values()) == {1}
        assert len(read) == document["pages"]


async def check_stored(data: Path, documents: dict[str, int]) -> None:
    """Counts what lies in the index, the files and the tables: these documents and nothing else."""
    retriever = Retriever(data / "index")
    points = await retriever.points("default")
    await retriever.close()
    assert {point.document for point in points} == set(documents)
    assert all(point.visible for point in points)
    assert len({point.id for point in points}) == len(points)
    assert len({point.revision for point in points}) == len(documents)
    whole = Counter(point.document for point in points if point.kind == "page")
    assert whole == Counter(documents)
    places = Counter((point.document, point.kind, point.page, point.ordinal) for point in points)
    assert set(places.values()) == {1}
    files = Files(data)
    assert {document for document, _ in await files.revisions()} == set(documents)
    for document, pages in documents.items():
        keys = await files.keys(document)
        assert sum(key.endswith(".msgpack") for key in keys) == pages
        assert sum("/source" in key for key in keys) == 1
    lying = {path.relative_to(data / "files").parts[0] for path in (data / "files").rglob("*") if path.is_file()}
    assert lying == set(documents)
    await check_rows(data, documents)


async def check_rows(data: Path, documents: dict[str, int]) -> None:
    database = Database(f"sqlite+aiosqlite:///{data / 'catalogue.sqlite'}")
    async with database._engine.connect() as connection:

        async def count(sql: str) -> int:
            return int((await connection.exec_driver_sql(sql)).scalar() or 0)

        assert await count("select count(*) from document") == len(documents)
        assert await count("select count(*) from job") == len(documents)
        assert await count("select count(distinct job_id) from job_event") == len(documents)
        assert await count("select count(*) from page") == sum(documents.values())
        assert await count("select count(distinct revision) from page") == len(documents)
    await database.close()
