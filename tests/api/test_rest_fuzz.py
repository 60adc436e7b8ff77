"""Generated requests against the running service, from its own description: none may bring a server error or an answer that the
description does not have."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.rest_client import add, make_pdf, wait_for
from tests.e2e.running import RunningService

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("schemathesis", path=str(Path(sys.executable).parent)) is None, reason="no schemathesis"
)
def test_no_generated_request_breaks_the_service(tmp_path: Path) -> None:
    # A service of its own: the requests delete whatever they find.
    with RunningService(tmp_path / "data") as service:
        added = add(service.client, make_pdf("The fuzzed page.", "Another one."), "fuzzed.pdf")
        wait_for(service.client, added["job"]["id"])
        check_with_generated_requests(service, tmp_path)
        assert service.client.get("/health/ready").status_code == 200


def check_with_generated_requests(running: RunningService, tmp_path: Path) -> None:
    """Run schemathesis over all that the service describes."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{running.url}/schema/openapi.json"]
    command += [
        "--checks",
        CHECKS,
        "--phases",
        "examples,coverage,fuzzing",
        "--max-examples",
        "30",
        "--seed",
        "20261123",
    ]
    ended = subprocess.run([*command, "--no-color"], cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert ended.returncode == 0, ended.stdout[-6000:]
