"""The reader of servers against `transformers serve` in a process of its own, over a tiny checkpoint."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from answer import ReadRequest, ServedModel, ServedReader, TextDelta, Usage
from retrieval import declare_missing_operators
from tests.answer.test_local_reader import png, words
from tests.answer.tiny_readers import build_reader

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    pytest.importorskip("fastapi", reason="`transformers serve` needs fastapi, which Quire does not")
    folder = build_reader("Qwen2.5-VL", tmp_path_factory.mktemp("served"))
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    # Started from Python, so that torchvision beside a CPU build of torch can be mended first.
    start = "from retrieval import declare_missing_operators as d; d(); from transformers.cli.transformers import main; main()"
    options = [str(folder), "--device", "cpu", "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen([sys.executable, "-c", start, "serve", *options], env=environment)
    try:
        _wait(f"http://127.0.0.1:{port}/v1/models", process)
        yield f"http://127.0.0.1:{port}/v1", folder
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, "`transformers serve` ended"
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.5)
        else:
            return
    pytest.fail("`transformers serve` did not listen within two minutes")


def ask(served: tuple[str, Path], request: ReadRequest) -> tuple[int, list[TextDelta | Usage]]:
    url, folder = served

    async def asked() -> tuple[int, list[TextDelta | Usage]]:
        reader = ServedReader(ServedModel(str(folder), url, seconds=120, retries=0))
        try:
            return (await reader.capacity()).context, [event async for event in reader.read(request)]
        finally:
            await reader.close()

    return asyncio.run(asked())


@pytest.mark.parametrize("images", [0, 1])
def test_a_question_through_transformers_serve(served: tuple[str, Path], images: int) -> None:
    if images and declare_missing_operators():
        pytest.skip("`transformers serve` decodes images with torchvision, whose extension does not load here")
    context, (*deltas, usage) = ask(served, words("What does it show?", *[png(300, 400)] * images, max_tokens=16))
    assert context == 32_768
    assert isinstance(usage, Usage)
    assert 0 < usage.output_tokens <= 16
    assert usage.input_tokens > 40 + 40 * images  # the image's tokens among them
    assert deltas
    assert all(isinstance(delta, TextDelta) and delta.text for delta in deltas)
