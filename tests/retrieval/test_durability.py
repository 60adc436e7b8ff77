"""What survives: a shard process that dies, a service that is killed, a second owner, a build that was cut short."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from retrieval import IndexLocked, StoreError
from retrieval.store import DenseSpec, Point, Schema, shards
from retrieval.store.edge import EdgeStore

SCHEMA = Schema(dense={"text": DenseSpec(size=4)}, sparse={}, keywords=("document",))
ROOT = Path(__file__).parents[2]

SERVICE = """
import asyncio, sys
from pathlib import Path
from tests.retrieval.test_durability import SCHEMA, some
from retrieval.store.edge import EdgeStore

async def main():
    store = EdgeStore(Path(sys.argv[1]))
    await store.open("c", SCHEMA, {})
    for first in range(0, 100_000, 50):
        await store.upsert("c", some(first, 50))
        print(first + 50, flush=True)

if __name__ == "__main__":
    asyncio.run(main())
"""


def some(first: int, count: int) -> list[Point]:
    vector = np.array([1, 0, 0, 0], dtype=np.float32)
    numbers = range(first, first + count)
    return [Point(f"00000000-0000-0000-0000-{n:012d}", {"text": vector}, {"document": "d", "n": n}) for n in numbers]


def children(*, of: int | None = None) -> list[psutil.Process]:
    """Shard processes of a process: its children but for multiprocessing's resource tracker."""
    return [child for child in psutil.Process(of).children() if "resource_tracker" not in " ".join(child.cmdline())]


def test_a_shard_process_that_dies_is_started_again_and_the_call_is_repeated(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = EdgeStore(tmp_path)
        before = set(children())
        await store.open("c", SCHEMA, {})
        await store.upsert("c", some(0, 40))
        (process,) = set(children()) - before
        process.kill()
        assert await store.count("c") == 40
        # In the middle of a call: the process stands still, so the call is under way when it dies.
        (process,) = set(children()) - before
        process.suspend()
        writing = asyncio.create_task(store.upsert("c", some(40, 10)))
        await asyncio.sleep(0.2)
        assert not writing.done()
        process.kill()
        await writing
        assert await store.count("c") == 50
        await store.close()
        assert set(children()) <= before

    asyncio.run(scenario())


def test_after_sigkill_nothing_is_left_running_and_all_that_was_acknowledged_is_there(tmp_path: Path) -> None:
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert service.stdout is not None
    acknowledged = [int(service.stdout.readline()) for _ in range(4)][-1]
    (shard_process,) = children(of=service.pid)
    service.send_signal(signal.SIGKILL)
    acknowledged = max([acknowledged, *(int(line) for line in service.stdout.read().split())])
    service.wait()

    async def reopened() -> None:
        store = EdgeStore(tmp_path)
        await store.open("c", SCHEMA, {})
        found = {stored.payload["n"] for stored in await store.scroll("c", fields=("n",))}
        assert set(range(acknowledged)) <= found
        # What it was writing when it died may be there in part, nothing beyond it.
        assert found <= set(range(acknowledged + 50))
        await store.upsert("c", some(acknowledged, 50))
        assert await store.count("c") == acknowledged + 50
        await store.close()

    asyncio.run(reopened())
    shard_process.wait(5)


def test_a_second_owner_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "LOCK_PATIENCE", 0.2)

    async def scenario() -> None:
        owner, second = EdgeStore(tmp_path), EdgeStore(tmp_path, inline=True)
        await owner.open("c", SCHEMA, {})
        await owner.upsert("c", some(0, 1))
        with pytest.raises(IndexLocked, match="Another process"):
            await second.count("c")
        await owner.close()
        assert await second.count("c") == 1
        await second.close()

    asyncio.run(scenario())


def test_a_build_or_removal_that_was_cut_short_leaves_no_collection(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = EdgeStore(tmp_path, inline=True)
        (tmp_path / ".new.1" / "shard").mkdir(parents=True)
        (tmp_path / ".old.2").mkdir()
        (tmp_path / ".old.2" / "index.json").write_text("{}")
        assert await store.collections() == []
        await store.open("c", SCHEMA, {"name": "m"})
        assert os.listdir(tmp_path) == ["c"]
        await store.close()

    asyncio.run(scenario())


def test_an_index_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = EdgeStore(tmp_path, inline=True)
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "index.json").write_text("not JSON")
        with pytest.raises(StoreError, match="can't be read"):
            await store.about("c")
        await store.close()

    asyncio.run(scenario())


def test_the_shard_process_starts_without_torch() -> None:
    command = "import sys, retrieval.store.shards; print('torch' in sys.modules, 'transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
