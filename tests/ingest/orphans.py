"""A service in small, for the test that kills it: reads a page that never comes, in its main thread or in another one."""

import asyncio
import sys
import threading
from pathlib import Path

from ingest import Ingestor


def serve(path: str) -> None:
    asyncio.run(_read(Path(path)))


async def _read(path: Path) -> None:
    ingestor = Ingestor(reader="tests.ingest.faults:hangs_in_c")
    async for _ in ingestor.read(path, [1, 2, 3, 4]):
        pass


if __name__ == "__main__":
    if sys.argv[2] == "thread":
        thread = threading.Thread(target=serve, args=(sys.argv[1],))
        thread.start()
        thread.join()
    else:
        serve(sys.argv[1])
