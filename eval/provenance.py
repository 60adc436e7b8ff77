"""Where a run comes from: versions, parts, settings, machine, seeds."""

import os
import platform
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from inspect import getsource
from typing import TYPE_CHECKING

import msgspec

from eval import statistics
from eval.dataset import Dataset
from eval.record import RunInfo, RunOptions

if TYPE_CHECKING:
    from api.schemas import Readiness
    from api.settings import Settings

PACKAGES = (
    "quire numpy onnxruntime pymupdf pymupdf-layout qdrant-client qdrant-edge-py rapidocr sentence-transformers torch "
    "transformers colpali-engine openai"
).split()
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def describe(
    dataset: Dataset,
    data: str,
    options: RunOptions,
    readiness: "Readiness",
    settings: "Settings | None",
    url: str | None,
) -> RunInfo:
    """All of it. `settings`: of a service in the process; another's are its own business. Secrets are left out."""
    questions = dataset.questions
    return RunInfo(
        benchmark=dataset.benchmark,
        data=data,
        dataset_sha256=dataset.sha256,
        dataset_revision=dataset.revision,
        questions=len(questions),
        unanswerable=sum(not question.answerable for question in questions),
        documents=len(dataset.files),
        quirks=tuple(msgspec.to_builtins(quirk) for quirk in dataset.quirks),
        options=options,
        service=url or "in the process",
        parts=tuple((part.part, _PASSWORD.sub("***", part.use)) for part in readiness.parts),
        settings=_without_secrets(settings.model_dump(mode="json")) if settings is not None else None,
        versions={"python": platform.python_version(), **_versions()},
        machine={"system": platform.platform(), "processor": _processor(), "cores": str(os.cpu_count())},
        seeds={"bootstrap": statistics.SEED},
        command=_PASSWORD.sub("***", " ".join(_without_key(sys.argv[1:]))),
        started_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    )


def prompts(url: str | None) -> str:
    """What readers are told: the source of the module that makes it, since much of it depends on the evidence. A service
    elsewhere has its own, and this process does not know them."""
    if url is not None:
        return f"As told by the service at {url}.\n"
    from answer import prompts as module

    return getsource(module)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """The model's name where Linux tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def _without_key(words: Sequence[str]) -> list[str]:
    hidden = ["***" if before == "--key" else word for before, word in zip(["", *words], words, strict=False)]
    return [re.sub(r"^--key=.*", "--key=***", word) for word in hidden]


def _without_secrets(value: dict[str, object]) -> dict[str, object]:
    """pydantic has masked keys already; addresses of databases hold passwords too."""
    return {
        name: _without_secrets(found)
        if isinstance(found, dict)
        else _PASSWORD.sub("***", found)
        if isinstance(found, str)
        else found
        for name, found in value.items()
    }
