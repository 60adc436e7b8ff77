"""A service with a visual encoder, from the upload to the map: a tiny checkpoint on disk, named in the settings."""

import io
import json
import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import numpy as np
import pymupdf
import pytest
from PIL import Image

from tests.api.rest_client import add, check_problem, wait_for
from tests.e2e.running import QUIRE, RunningService, environment
from tests.retrieval.tiny_checkpoints import build

visual = pytest.mark.skipif(find_spec("colpali_engine") is None, reason="the extra `visual` is not installed")
QUESTION = "Which bar is the highest?"


def chart() -> bytes:
    """A page with words, and one that has none."""
    document = pymupdf.open()
    document.new_page().insert_text((72, 72), "The turbines of the Harbour class are built in Esbjerg.")
    drawing = document.new_page(width=400, height=300)
    for index, height in enumerate((50, 120, 200)):
        drawing.draw_rect(pymupdf.Rect(60 + 90 * index, 250 - height, 120 + 90 * index, 250), fill=(0.2, 0.3, 0.8))
    return bytes(document.tobytes())


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    folder = tmp_path_factory.mktemp("seeing")
    model = build("ColModernVBert", folder / "model")
    with RunningService(folder / "data", QUIRE_INDEX__VISUAL=str(model), QUIRE_INGEST__WORKERS="1") as service:
        yield service


@pytest.fixture(scope="module")
def charts(seeing: RunningService) -> str:
    added = add(seeing.client, chart(), "bars & turbines.pdf")
    job = wait_for(seeing.client, added["job"]["id"])
    assert job["status"] == "done", job
    return str(added["document"]["id"])


@visual
def test_a_page_without_words_is_found_by_its_image(seeing: RunningService, charts: str) -> None:
    found = seeing.client.post("/v1/search", json={"question": QUESTION}).json()["pages"]
    assert sorted(page["number"] for page in found) == [1, 2]
    by_number = {page["number"]: page for page in found}
    assert by_number[2]["passages"] == []
    assert all(isinstance(page["visual"], float) for page in found)
    ready = {part["part"]: part for part in seeing.client.get("/health/ready").json()["parts"]}
    assert ready["visual encoder"]["ok"]
    assert "ColModernVBert" in ready["visual encoder"]["why"]


@visual
def test_the_map_is_the_page_with_the_match_over_it(seeing: RunningService, charts: str) -> None:
    path = f"/v1/documents/{charts}/pages/2"
    grid = seeing.client.get(f"{path}/similarity/grid", params={"question": QUESTION}).json()
    total = np.array(grid["total"])
    assert total.shape == (grid["rows"], grid["columns"])
    assert "".join(token["text"] for token in grid["tokens"] if token["word"]).strip() == QUESTION
    np.testing.assert_allclose(np.mean([token["cosines"] for token in grid["tokens"]], axis=0), total, atol=2e-4)

    plain = seeing.client.get(f"{path}/image", params={"width": 300}).content
    drawn = seeing.client.get(f"{path}/similarity", params={"question": QUESTION, "width": 300})
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
    page, heat = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float) for png in (plain, drawn.content))
    assert page.shape == heat.shape
    changed = np.abs(page - heat).sum(axis=-1)
    height, width = changed.shape
    cell = changed[: height // grid["rows"] * grid["rows"], : width // grid["columns"] * grid["columns"]]
    cells = cell.reshape(grid["rows"], -1, grid["columns"], cell.shape[1] // grid["columns"]).mean(axis=(1, 3))
    # The least similar cell is left as it is, the most similar one painted over.
    assert cells.ravel()[total.argmin()] < cells.mean() < cells.ravel()[total.argmax()]

    one = seeing.client.get(f"{path}/similarity", params={"question": QUESTION, "width": 300, "token": 0}).content
    assert one not in (plain, drawn.content)


@visual
@pytest.mark.parametrize(
    ("path", "query", "status", "said"),
    [
        ("pages/2/similarity", {"question": QUESTION, "token": 5000}, 422, "counted from 0"),
        ("pages/2/similarity", {"question": QUESTION, "token": -1}, 422, "token"),
        ("pages/2/similarity", {"question": QUESTION, "width": 5}, 422, "16 to 4000"),
        ("pages/2/similarity", {}, 422, "question"),
        ("pages/2/similarity/grid", {"question": "  "}, 422, "question"),
        ("pages/2/similarity/grid", {"question": "x" * 5000}, 422, "4,000"),
        ("pages/9/similarity", {"question": QUESTION}, 404, "9"),
        ("pages/0/similarity/grid", {"question": QUESTION}, 404, "0"),
    ],
)
def test_what_cannot_be_mapped_is_a_clear_problem(
    seeing: RunningService, charts: str, path: str, query: dict[str, str | int], status: int, said: str
) -> None:
    response = seeing.client.get(f"/v1/documents/{charts}/{path}", params=query)
    kind = "not-found" if status == 404 else "invalid-input"
    assert said in json.dumps(check_problem(response, status, kind))


@visual
def test_the_command_line_writes_a_map_for_each_page(seeing: RunningService, charts: str, tmp_path: Path) -> None:
    command = [QUIRE, "search", "--data", str(seeing.data), "--map", str(tmp_path / "maps"), QUESTION]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    files = sorted(os.listdir(tmp_path / "maps"))
    assert [name[:2] for name in files] == ["01", "02"]
    assert {name[2:] for name in files} == {"-bars-turbines-page-1.png", "-bars-turbines-page-2.png"}
    assert all((tmp_path / "maps" / name).read_bytes().startswith(b"\x89PNG") for name in files)
    assert files[0] in done.stderr


@pytest.mark.parametrize("path", ["similarity", "similarity/grid"])
def test_without_a_visual_encoder_it_says_what_to_set(client: httpx.Client, report: str, path: str) -> None:
    response = client.get(f"/v1/documents/{report}/pages/1/{path}", params={"question": QUESTION})
    assert "QUIRE_INDEX__VISUAL" in check_problem(response, 409, "conflict")["detail"]
