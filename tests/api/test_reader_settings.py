"""The reader in the settings: what is refused at start, what is made, and what doctor says of it."""

import asyncio
from pathlib import Path

import pytest

from answer import LocalReader, ServedReader
from api.doctor import diagnose
from api.errors import Misconfigured
from api.models import Models
from api.readers import make_reader
from api.schemas import PartStatus
from api.settings import load_settings

SERVED = {"kind": "openai", "model": "tiny", "url": "http://127.0.0.1:9/v1"}


def reader_part(tmp_path: Path, **reader: object) -> PartStatus:
    found = diagnose(load_settings(data=tmp_path, reader=reader))
    return next(part for part in found.parts if part.part == "reader")


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ({"kind": "openai", "url": "http://h/v1"}, "reader.model .QUIRE_READER__MODEL. is not set"),
        ({"kind": "transformers"}, "reader.model .QUIRE_READER__MODEL. is not set"),
        ({"kind": "openai", "model": "m"}, "reader.url .QUIRE_READER__URL, ending in /v1. is not set"),
        ({"kind": "oracle"}, r"reader\.kind: Input should be 'extractive', 'openai' or 'transformers'"),
        ({"context": 100}, r"reader\.context: Input should be greater than or equal to 2048"),
    ],
)
def test_a_reader_that_can_not_work_is_refused_at_start(reader: dict[str, object], said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load_settings(reader=reader)


def test_the_reader_is_made_from_settings() -> None:
    assert make_reader(load_settings().reader) is None
    served = make_reader(load_settings(reader=SERVED).reader)
    assert isinstance(served, ServedReader)
    assert served.models == ("tiny",)
    local = make_reader(load_settings(reader={"kind": "transformers", "model": "some/model"}).reader)
    assert isinstance(local, LocalReader)
    assert local.models == ("some/model",)


def test_doctor_says_which_reader_and_whether_it_is_there(tmp_path: Path) -> None:
    assert reader_part(tmp_path).use == "extractive"
    away = reader_part(tmp_path, **SERVED)
    assert (away.use, away.ok) == ("tiny at http://127.0.0.1:9/v1", False)
    assert "nothing answers there" in away.why
    folder = reader_part(tmp_path, kind="transformers", model=str(tmp_path))
    assert folder.ok
    assert folder.why == "in this process; a folder"


def test_a_model_that_is_missing_is_one_clear_error_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = load_settings(data=tmp_path, reader={"kind": "transformers", "model": str(tmp_path / "none")})

    async def start() -> tuple[str, PartStatus]:
        models = Models(tmp_path / "index", settings)
        try:
            with pytest.raises(Misconfigured) as error:
                await models.answerer()
            parts = models.readiness(settings, None).parts
            return str(error.value), next(part for part in parts if part.part == "reader")
        finally:
            await models.close()

    said, part = asyncio.run(start())
    assert "can't be loaded" in said
    assert (part.ok, part.why) == (False, said)
