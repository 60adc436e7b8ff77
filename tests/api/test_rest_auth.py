"""Keys: who is let in, and where the service refuses to start without one. The application runs over a real, light Service."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from litestar.testing import AsyncTestClient

from api.app import create_app
from api.errors import Misconfigured
from api.service import Service
from api.settings import ServerSettings, Settings
from tests.api.rest_client import check_problem

KEYS = ("first-key", "second-k\N{LATIN SMALL LETTER E WITH ACUTE}y")
GUARDED = ("/v1/collections", "/v1/documents", "/v1/jobs/job_x", "/v1/answers/ans_x", "/health/ready", "/metrics")

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    server = ServerSettings.model_validate({"host": "0.0.0.0", "api_keys": KEYS})
    data = tmp_path_factory.mktemp("guarded") / "data"
    opened = await Service.open(Settings(data=data, server=server), jobs=False)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def guarded(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with AsyncTestClient(
        create_app(service.settings, service=service), base_url="http://quire.example"
    ) as client:
        yield client


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer first-key2"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic first-key"},
        {"Authorization": "first-key"},
        {"X-API-Key": "first-ke"},
        {"X-API-Key": ""},
    ],
)
async def test_without_a_right_key_nothing_is_told(
    guarded: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    response = await guarded.get(path, headers=headers)
    check_problem(response, 401, "unauthorised")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("key", [*KEYS, None])
async def test_each_key_and_the_folders_token_let_in(
    guarded: httpx.AsyncClient, service: Service, key: str | None
) -> None:
    value = (key or service.token).encode()
    for headers in ([(b"Authorization", b"bearer " + value)], [(b"X-API-Key", value)]):
        assert (await guarded.get("/v1/collections", headers=headers)).status_code == 200
    both = [(b"Authorization", b"Bearer wrong"), (b"X-API-Key", value)]
    assert (await guarded.get("/v1/collections", headers=both)).status_code == 200


async def test_probes_and_the_description_need_no_key(guarded: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/schema", "/schema/openapi.json", "/schema/assets/swagger-ui.css"):
        assert (await guarded.get(path)).status_code == 200
    schema = (await guarded.get("/schema/openapi.json")).json()
    assert schema["security"] == [{"bearer": []}, {"key": []}]
    assert schema["paths"]["/health/live"]["get"]["security"] == [{}]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "quire.example"])
async def test_it_does_not_start_unguarded_where_others_reach_it(tmp_path: Path, host: str) -> None:
    settings = Settings(data=tmp_path, server=ServerSettings(host=host))
    with pytest.raises(Misconfigured, match="QUIRE_SERVER__API_KEYS"):
        create_app(settings)


@pytest.mark.parametrize("key", ["", "  "])
async def test_an_empty_key_is_no_key(tmp_path: Path, key: str) -> None:
    settings = Settings(data=tmp_path, server=ServerSettings.model_validate({"api_keys": [key]}))
    with pytest.raises(Misconfigured, match="QUIRE_SERVER__API_KEYS"):
        create_app(settings)


async def test_the_application_opens_and_closes_its_own_service(tmp_path: Path) -> None:
    app = create_app(Settings(data=tmp_path / "own"))
    async with AsyncTestClient(app, base_url="http://127.0.0.1") as client:
        assert (await client.get("/v1/collections")).json() == []
    reopened = await Service.open(Settings(data=tmp_path / "own"), jobs=False)  # the folder has been given back
    await reopened.close()
