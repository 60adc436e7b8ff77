"""Finds a checkpoint (a file, a folder, or a name on the hub) and loads its weights, strictly."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from retrieval.errors import EncoderUnavailable
from retrieval.m2bert.geometry import read_geometry
from retrieval.m2bert.layout import check, published
from retrieval.m2bert.network import M2Bert

_USUAL = ("model.safetensors", "pytorch_model.bin", "model.bin")
_KINDS = ("*.safetensors", "*.bin", "*.pt")


def is_m2bert(name: str) -> bool:
    """True if `name` is a checkpoint of this family: by its config.json (on the hub: the one thing that is fetched),
    or by the names in its weights where there is none. A file is always taken for one: nothing else is loaded from
    files. LocalEntryNotFoundError if `name` can only be on the hub, and that can't be reached."""
    path = Path(name).expanduser()
    if path.is_file():
        return True
    if not path.is_dir():
        return _describes(_config_on_hub(name))
    config = _read_config(path)
    return _describes(config) if config else any("filter_fn." in key for key in _names_in(path))


def load_network(name: str, *, kernel_cache: int | None = None) -> M2Bert:
    """The encoder with its weights, float32, on the CPU, frozen and in eval mode.

    EncoderUnavailable, naming keys and shapes, if the weights are not those of an M2-BERT retrieval encoder.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return build(_read(path), _read_config(path.parent), str(path), kernel_cache=kernel_cache)
    folder = path if path.is_dir() else _fetch(name)
    weights = _weights_in(folder)
    return build(_read(weights), _read_config(folder), str(weights), kernel_cache=kernel_cache)


def build(loaded: Any, config: dict[str, Any], source: str, *, kernel_cache: int | None = None) -> M2Bert:
    """The network around what was in a file. `source` names it in errors."""
    state = published(loaded, source)
    geometry = read_geometry({name: tuple(tensor.shape) for name, tensor in state.items()}, config, source)
    # On `meta`, so that nothing is initialised only to be overwritten.
    with torch.device("meta"):
        network = M2Bert(geometry, kernel_cache=kernel_cache)
    check(state, network.state_dict(), source)
    network.load_state_dict(state, strict=True, assign=True)
    network.requires_grad_(False).eval()
    return network


def _describes(config: dict[str, Any]) -> bool:
    # Earlier revisions call themselves "bert", but only this family has long convolutions.
    return config.get("model_type") == "m2_bert" or "long_conv_l_max" in config


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        return {}
    config = json.loads(path.read_text(encoding="utf-8"))
    return config if isinstance(config, dict) else {}


def _config_on_hub(name: str) -> dict[str, Any]:
    import httpx
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return _read_config(Path(hf_hub_download(name, "config.json")).parent)
    except LocalEntryNotFoundError:
        # No way to the hub, found out in half a minute of retries. With nothing in the cache, a second try is as vain.
        if constants.HF_HUB_OFFLINE or isinstance(try_to_load_from_cache(name, "modules.json"), str):
            return {}
        raise
    except (OSError, ValueError, httpx.HTTPError):
        # Not a name on the hub, or no config there: not an M2-BERT. Whoever loads it next says what is wrong.
        return {}


def _fetch(name: str) -> Path:
    """The folder of a hub model in the cache, its weights downloaded if need be: safetensors if there are, never
    both. Offline, what is in the cache."""
    from huggingface_hub import snapshot_download

    for kind in _KINDS:
        folder = Path(snapshot_download(name, allow_patterns=["config.json", kind]))
        if any(folder.glob(kind)):
            break
    return folder


def _weights_in(folder: Path) -> Path:
    for name in _USUAL:
        if (folder / name).is_file():
            return folder / name
    for kind in _KINDS:
        found = sorted(folder.glob(kind))
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(path.name for path in found)
            raise EncoderUnavailable(f"{folder} holds several weights ({names}): set `encoder` to one of these files.")
    raise EncoderUnavailable(f"{folder} holds no weights: one of {', '.join((*_USUAL, *_KINDS))} is needed.")


def _names_in(folder: Path) -> Iterable[str]:
    try:
        return tuple(_read(_weights_in(folder), names_only=True))
    except EncoderUnavailable:
        return ()


def _read(weights: Path, *, names_only: bool = False) -> Any:
    """What is in the file; pickles can't run code (`weights_only`). `names_only`: no weight is read."""
    from safetensors import safe_open

    try:
        if weights.suffix == ".safetensors":
            with safe_open(weights, framework="pt") as file:
                return {name: None if names_only else file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return torch.load(weights, map_location="meta" if names_only else "cpu", weights_only=True)
    except Exception as error:
        # Truncated, of another format, or with pickled objects: torch and safetensors have an error class for each.
        reason = (str(error).splitlines() or [""])[0]
        raise EncoderUnavailable(
            f"{weights} can't be read as weights ({type(error).__name__}: {reason}): a safetensors file, or a state "
            "dict saved by torch without other objects, is needed."
        ) from error
