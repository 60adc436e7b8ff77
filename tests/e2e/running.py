"""A real `quire serve` in a process of its own, on a free port, over a folder of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

QUIRE = str(Path(sys.executable).with_name("quire"))
STOP_SECONDS = 30
GEOMETRY = {"QUIRE_INGEST__LAYOUT": "geometry"}
"""Layout without the model, which takes a third of a second a page: for every test that is not about layout."""


def environment() -> dict[str, str]:
    """For commands: one worker, layout by geometry, lines of 100 plain characters."""
    one = {"OMP_NUM_THREADS": "1", "QUIRE_INGEST__WORKERS": "1"}
    return {**os.environ, **GEOMETRY, **one, "NO_COLOR": "1", "COLUMNS": "100"}


class RunningService:
    """Runs from `__enter__` to `__exit__`; `client` talks to it, `log` is where its standard error goes.

    Reads by geometry, unless `environment` says otherwise.
    """

    client: httpx.Client
    url: str

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.log = data.parent / f"{data.name}.service.log"
        self._environment = {**os.environ, "OMP_NUM_THREADS": "1", **GEOMETRY, **environment}
        self._process: subprocess.Popen[str] | None = None

    def launch(self) -> None:
        """Starts the process, and does not wait for it."""
        command = [QUIRE, "serve", "--port", "0", "--data", str(self.data), "--json"]
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment, cwd=self.data.parent
            )

    def __enter__(self) -> Self:
        self.launch()
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        try:
            self.url = json.loads(line)["url"]
        except ValueError as error:
            self.kill()
            raise AssertionError(
                f"quire serve said {line!r}, and in its log:\n{self.log.read_text()[-4000:]}"
            ) from error
        self.client = httpx.Client(base_url=self.url, timeout=60)
        return self

    @property
    def pid(self) -> int:
        """The service's process id."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_SECONDS)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self.client.close()
        if self._process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        if self._process.stdout is not None:
            self._process.stdout.close()
