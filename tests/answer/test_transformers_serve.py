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

from answer import TextDelta, Usage
from answer.readers import ServedModel, ServedReader
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


def test_a_question_with_images_through_transformers_serve(served: tuple[str, Path]) -> None:
    url, folder = served

    async def ask() -> tuple[int, list[TextDelta | Usage]]:
        reader = ServedReader(ServedModel(str(folder), url, seconds=120, retries=0))
        try:
            capacity = await reader.capacity()
            request = words("What does it show?", png(300, 400), max_tokens=16)
            return capacity.context, [event async for event in reader.read(request)]
        finally:
            await reader.close()

    context, (*deltas, usage) = asyncio.run(ask())
    assert context == 32_768
    assert isinstance(usage, Usage)
    assert usage.output_tokens <= 16
    assert usage.input_tokens > 70  # the image's tokens among them
    assert all(isinstance(delta, TextDelta) and delta.text for delta in deltas)
