"""What the layout model sees, over HTTP: tables come as cells, figures with their kind, both with their caption; and what a reader
of the page can't see is told as hidden, and found and said nowhere."""

import io
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pymupdf
import pytest
from PIL import Image

from tests.api.rest_client import add, wait_for
from tests.e2e.running import RunningService

ROWS = (
    ("Harbour", "Dues (EUR million)", "Ships"),
    ("Skagen", "41.7", "1,203"),
    ("Esbjerg", "96.2", "2,518"),
    ("Hirtshals", "18.4", "877"),
    ("Grenaa", "7.9", "391"),
)
TABLE_CAPTION = "Table 4: Dues and ships of the northern harbours"
PHOTO_CAPTION = "Figure 2: The breakwater of Skagen in a westerly gale"
SECRET = "The dues of Esbjerg were 555.5 million, as the chamberlain Quillfeather whispered."
TEXT = (
    "The harbours of the north live on herring, timber and ferries. Their dues are set by a council that meets in Aalborg "
    "each spring, and they have risen in most of the years since the war. "
)


def make() -> bytes:
    """A page with a table, its caption and white words on the white page; and one with a photograph and its caption."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((72, 90), "Dues of the harbours", fontsize=20, fontname="hebo")
    page.insert_textbox((72, 110, 523, 220), TEXT * 3, fontsize=11)
    page.insert_text((72, 260), TABLE_CAPTION, fontsize=9, fontname="heit")
    _draw_table(page, 272)
    page.insert_textbox((72, 420, 523, 520), TEXT * 2, fontsize=11)
    page.insert_text((72, 600), SECRET, fontsize=11, color=(1, 1, 1))
    page = document.new_page()
    page.insert_textbox((72, 72, 523, 180), TEXT * 3, fontsize=11)
    page.insert_image((130, 220, 460, 440), stream=_photo())
    page.insert_text((130, 458), PHOTO_CAPTION, fontsize=9, fontname="heit")
    page.insert_textbox((72, 500, 523, 620), TEXT * 3, fontsize=11)
    return bytes(document.tobytes())


def _draw_table(page: pymupdf.Page, top: float) -> None:
    edges = (72, 250, 400, 523)
    for number, row in enumerate(ROWS):
        y = top + 22 * number
        for column, text in enumerate(row):
            page.draw_rect((edges[column], y, edges[column + 1], y + 22), width=0.7)
            page.insert_text((edges[column] + 6, y + 15), text, fontsize=10, fontname="helv" if number else "hebo")


def _photo() -> bytes:
    """Continuous tone with grain, as a camera makes it."""
    rng = np.random.default_rng(4)
    across, down = np.meshgrid(np.linspace(0, 9, 660), np.linspace(0, 6, 440))
    tone = 120 + 50 * np.sin(across + np.cos(down)) + 40 * np.cos(down * 1.7)
    coloured = np.stack([tone, tone * 0.9 + 10, tone * 0.7 + 40], axis=-1) + rng.normal(0, 9, (440, 660, 3))
    image = Image.fromarray(coloured.clip(0, 255).astype(np.uint8))
    out = io.BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Talks to a service that reads with the model."""
    data = tmp_path_factory.mktemp("layout") / "data"
    with RunningService(data, QUIRE_INGEST__LAYOUT="model", QUIRE_INGEST__WORKERS="1") as service:
        yield service.client


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> str:
    """Id of the document, once it is read."""
    added = add(client, make(), "harbours.pdf")
    assert wait_for(client, added["job"]["id"])["status"] == "done"
    return str(added["document"]["id"])


def page_of(client: httpx.Client, document: str, number: int) -> dict[str, Any]:
    page: dict[str, Any] = client.get(f"/v1/documents/{document}/pages/{number}").json()
    return page


def only(page: dict[str, Any], kind: str) -> dict[str, Any]:
    """The page's only block of that kind."""
    (block,) = [block for block in page["blocks"] if block["kind"] == kind]
    found: dict[str, Any] = block
    return found


def test_a_table_comes_as_cells_with_places_words_headers_units_and_its_caption(
    client: httpx.Client, document: str
) -> None:
    page = page_of(client, document, 1)
    block = only(page, "table")
    table = block["table"]
    assert (table["rows"], table["columns"], table["header_rows"], table["wired"]) == (5, 3, 1, True)
    assert {(cell["row"], cell["column"]): cell["text"] for cell in table["cells"]} == {
        (row, column): text for row, texts in enumerate(ROWS) for column, text in enumerate(texts)
    }
    assert [cell["text"] for cell in table["cells"] if cell.get("header")] == list(ROWS[0])
    assert {cell["column"] for cell in table["cells"] if cell.get("unit") == "EUR million"} == {1}
    for cell in table["cells"]:
        its = page["words"][cell["first_word"] : cell["last_word"]]
        assert " ".join(word[0] for word in its) == cell["text"]
        x0, y0, x1, y1 = cell["box"]
        assert all(x0 <= word[1][0] and y0 <= word[1][1] and word[1][2] <= x1 and word[1][3] <= y1 for word in its)
    assert block["text"] == "\n".join("\t".join(row) for row in ROWS)
    assert page["blocks"][block["caption"]]["text"] == TABLE_CAPTION


def test_a_picture_comes_with_its_kind_and_its_caption(client: httpx.Client, document: str) -> None:
    page = page_of(client, document, 2)
    figure = only(page, "figure")
    assert figure["figure"] == "photo"
    assert page["blocks"][figure["caption"]]["text"] == PHOTO_CAPTION
    assert figure["box"] == pytest.approx([130, 220, 460, 440], abs=3)


def test_a_table_is_found_alone_and_under_its_caption(client: httpx.Client, document: str) -> None:
    body = {"question": "dues and ships of Hirtshals", "documents": [document]}
    first = client.post("/v1/search", json=body).json()["pages"][0]
    assert first["number"] == 1
    table = next(passage["text"] for passage in first["passages"] if "Hirtshals" in passage["text"])
    assert table.startswith(TABLE_CAPTION)
    assert "council" not in table


def test_a_cell_answers_with_its_unit_and_is_cited_where_it_stands(client: httpx.Client, document: str) -> None:
    answer = client.post("/v1/answers", json={"question": "How high were the dues of Esbjerg?"}).json()
    assert (answer["outcome"], "96.2 (EUR million)" in answer["text"]) == ("answered", True), answer
    citation = answer["citations"][0]
    assert (citation["document"], citation["page"], citation["verdict"]) == (document, 1, "verified")
    x0, y0, x1, y1 = only(page_of(client, document, 1), "table")["box"]
    assert all(x0 <= box[0] and y0 <= box[1] and box[2] <= x1 and box[3] <= y1 for box in citation["boxes"])


def test_what_a_reader_of_the_page_cannot_see_is_told_as_hidden_and_found_nowhere(
    client: httpx.Client, document: str
) -> None:
    page = page_of(client, document, 1)
    ((text, box, why),) = page["hidden"]
    assert (text, why) == (SECRET, "paper")
    assert box == pytest.approx([72, 588, 477, 603], abs=2)
    unseen = ("Quillfeather", "555.5", "chamberlain")
    assert not any(word in str((page["blocks"], page["words"])) for word in unseen)

    found = client.post("/v1/search", json={"question": "Quillfeather the chamberlain whispered", "limit": 100})
    assert found.status_code == 200
    assert found.json()["pages"], "the page's other text is found"
    assert not any(word in found.text for word in ("555.5", "Quillfeather whispered"))

    asked = {"question": "What did the chamberlain Quillfeather whisper of the dues of Esbjerg?"}
    answer = client.post("/v1/answers", json=asked).json()
    said = {key: value for key, value in answer.items() if key != "question"}
    assert not any(word in str(said) for word in ("555.5", "Quillfeather whispered")), answer
    # The dues themselves are there to be seen; what was whispered is not.
    assert all("96.2" in claim["text"] for claim in answer["claims"]), answer
