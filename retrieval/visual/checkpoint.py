"""Where a visual encoder's files are, and what they say it is: a folder or a name on the hub, an adapter or a whole
model. Only the small JSON files are read here."""

import json
import os
from pathlib import Path
from typing import Any

from msgspec import Struct

from retrieval.errors import EncoderUnavailable
from retrieval.visual.families import Family, family_of


class Checkpoint(Struct, frozen=True):
    """A checkpoint as found. `source`: folder or hub name; `base`: the same of the model that an adapter is added to,
    and the source itself for a whole model. `adapter`: adapter_config.json, None for a whole model."""

    name: str
    source: str
    base: str
    family: Family
    adapter: dict[str, Any] | None


def find_checkpoint(name: str) -> Checkpoint:
    """What `name` is. Fetches the configuration from the hub only if the name is no folder, it is not in the cache and
    HF_HUB_OFFLINE does not forbid it. EncoderUnavailable says what was looked for and where."""
    folder = Path(name).expanduser()
    source = str(folder) if folder.is_dir() else name
    adapter = _read(name, source, "adapter_config.json")
    base = source if adapter is None or _holds_weights(folder) else _base_of(name, source, adapter)
    config = _read(name, base, "config.json")
    if config is None:
        raise EncoderUnavailable(_missing(name, f"there is no config.json in {base!r}"))
    return Checkpoint(name, source, base, family_of(name, config, adapter), adapter)


def unavailable(name: str, error: Exception) -> EncoderUnavailable:
    """The one error for whatever the hub, files, formats and memory raise while loading."""
    reason = (str(error).splitlines() or [""])[0]
    return EncoderUnavailable(_missing(name, f"{type(error).__name__}: {reason}"))


def _holds_weights(folder: Path) -> bool:
    """Whether a folder has a whole model beside its adapter; transformers then adds the one to the other."""
    return any(folder.glob("model*.safetensors")) or any(folder.glob("pytorch_model*.bin"))


def _base_of(name: str, source: str, adapter: dict[str, Any]) -> str:
    base = adapter.get("base_model_name_or_path")
    if not base:
        raise EncoderUnavailable(_missing(name, "adapter_config.json names no base model"))
    # Adapters trained on a local model name its folder, which may have moved along with them.
    beside = Path(source) / str(base)
    return str(beside) if not Path(base).is_dir() and beside.is_dir() else str(base)


def _read(name: str, source: str, file: str) -> dict[str, Any] | None:
    """A JSON file of the checkpoint; None if the checkpoint has no such file."""
    from transformers.utils import cached_file

    try:
        path = cached_file(source, file, _raise_exceptions_for_missing_entries=False)
        content = json.loads(Path(path).read_text(encoding="utf-8")) if path else None
    except (OSError, ValueError) as error:
        raise unavailable(name, error) from error
    if content is not None and not isinstance(content, dict):
        raise EncoderUnavailable(_missing(name, f"its {file} is not a JSON object"))
    return content


def _missing(name: str, reason: str) -> str:
    offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    where = "; nothing was downloaded, because HF_HUB_OFFLINE is set" if offline else ""
    return (
        f"The visual encoder {name!r} can't be loaded{where} ({reason}). Name the folder of a colpali-engine checkpoint "
        "or adapter, or a model on the Hugging Face hub that is in the cache or can be downloaded."
    )
