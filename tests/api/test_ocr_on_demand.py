"""OCR on demand as it is set, told and done: the setting, the doctor, and one scan with nothing made up."""

from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answer import Verdict
from api.choosing import by_turns
from api.doctor import diagnose
from api.errors import Misconfigured
from api.schemas import AskRequest, PartStatus
from api.service import Service
from api.settings import IndexSettings, IngestSettings, Settings, load_settings
from retrieval.wordspot.weights import SHIPPED
from tests.ingest.test_postponed import picture


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.skipif(not SHIPPED.exists(), reason="no weights are shipped")
async def test_a_scan_is_found_by_its_image_and_answers_from_its_words(tmp_path: Path) -> None:
    """Nothing made up: real OCR of the pages that the shipped encoder finds."""
    lines = (
        "Dredging of the basin",
        "Pilotage fees",
        "The yearly rent is 12,750 pounds",
        "Timber exports",
        "Wind power",
    )
    document = pymupdf.open()
    for line in lines:
        page = document.new_page(width=300, height=120)
        page.insert_image(page.rect, stream=picture((line,)))
    document.save(tmp_path / "lease.pdf")
    ingest = IngestSettings(workers=1, ocr="on-demand", ocr_pages=1, layout="geometry")
    opened = await Service.open(Settings(data=tmp_path / "data", ingest=ingest, index=IndexSettings(visual="wordspot")))
    try:
        added = await opened.add("default", tmp_path / "lease.pdf", name="lease.pdf")
        events = [event async for event in opened.watch(added.job.id)]
        assert events[3].message == "Left to OCR until it is asked for: it has no text layer."
        question = AskRequest("How many pounds is the yearly rent?")
        answer = await opened.ask(question)
        assert [page.page for page in answer.cost.ocr] == [3]
        assert (answer.citations[0].page, answer.citations[0].verdict) == (3, Verdict.VERIFIED)
        assert "12,750" in answer.text
        assert (await opened.document(added.document.id)).pages_waiting == 4
        again = await opened.ask(question)
        assert (again.text, again.cost.ocr) == (answer.text, ())
        assert (await opened.page_similarity_grid(added.document.id, 3, "rent")).rows > 0
        assert not (await opened.verify_index("default")).findings
    finally:
        await opened.close()


@pytest.mark.parametrize(
    ("value", "meant"), [("true", True), ("0", False), ("on-demand", "on-demand"), (True, True), (False, False)]
)
def test_the_setting(value: object, meant: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quire.toml").write_text(
        f"[ingest]\nocr = {str(value).lower() if value in (True, False) else repr(value)}\n"
    )
    assert load_settings(index={"visual": "wordspot"}).ingest.ocr == meant
    (tmp_path / "quire.toml").unlink()
    monkeypatch.setenv("QUIRE_INGEST__OCR", str(value))
    assert load_settings(index={"visual": "wordspot"}).ingest.ocr == meant


def test_a_setting_that_can_not_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        Misconfigured, match=r"nothing would find pages without words\. Set index\.visual to 'wordspot'"
    ):
        load_settings(ingest={"ocr": "on-demand"})
    with pytest.raises(Misconfigured, match="Input should be 'on-demand'"):
        load_settings(ingest={"ocr": "sometimes"})


def test_doctor_says_what_becomes_of_scans() -> None:
    def ocr(**sections: Any) -> PartStatus:
        return next(part for part in diagnose(load_settings(**sections)).parts if part.part == "OCR")

    seen = {"visual": "wordspot"}
    assert "read at once" in ocr().why
    assert "found by wordspot, the best 4 read" in ocr(ingest={"ocr": "on-demand", "ocr_pages": 4}, index=seen).why
    assert "not found at all" in ocr(ingest={"ocr": False}).why
    assert "no question is answered from them" in ocr(ingest={"ocr": False}, index=seen).why


@given(st.lists(st.lists(st.integers() | st.none())))
def test_lists_take_turns_and_lose_nothing(lists: list[list[int | None]]) -> None:
    named = [[(which, at, one) for at, one in enumerate(some)] for which, some in enumerate(lists)]
    turned = list(by_turns(*named))
    assert {one[:2]: one for one in turned} == {one[:2]: one for some in named for one in some}
    assert [(at, which) for which, at, _ in turned] == sorted((at, which) for which, at, _ in turned)
