"""Loads a visual encoder strictly: a weight that no file gives is an error, never a random one; adapters are merged."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import EncoderUnavailable
from retrieval.visual.checkpoint import Checkpoint, unavailable
from retrieval.visual.choices import check_memory

_SAMPLES = 64


def load_network(checkpoint: Checkpoint, *, device: str, dtype: str, attention: str) -> tuple[Any, str]:
    """The network on the device, in evaluation mode, adapters merged; and the fingerprint of its weights. All that
    fails is EncoderUnavailable."""
    import torch

    from retrieval.loading import QuietLoading

    try:
        with QuietLoading():
            if device.startswith("cuda"):
                check_memory(checkpoint.name, _count_parameters(checkpoint), dtype, device)
            network = _load_base(checkpoint, getattr(torch, dtype), attention)
            _drop_language_head(network)
            if checkpoint.adapter is not None:
                _add_adapter(network, checkpoint, getattr(torch, dtype))
            fingerprint = fingerprint_of(network)
            _merge_adapters(network)
            return network.to(device).eval().requires_grad_(False), fingerprint
    except EncoderUnavailable:
        raise
    except Exception as error:
        # Errors of the hub, of files, formats and memory, from five libraries: all mean the same here.
        raise unavailable(checkpoint.name, error) from error


def load_processor(checkpoint: Checkpoint) -> Any:
    """The family's processor, from the checkpoint or, for an adapter without one, from its base model."""
    from retrieval.loading import QuietLoading

    cls = checkpoint.family.processor_class()
    failures: list[Exception] = []
    with QuietLoading():
        for source in dict.fromkeys((checkpoint.source, checkpoint.base)):
            try:
                return cls.from_pretrained(source)
            except Exception as error:  # noqa: BLE001  The same libraries; the first failure is raised below.
                failures.append(error)
    raise unavailable(checkpoint.name, failures[0]) from failures[0]


def fingerprint_of(network: Any) -> str:
    """A short hash over evenly spaced values of every weight, rounded to bfloat16, so that it doesn't depend on the
    arithmetic that a machine allows."""
    import torch

    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        flat = tensor.detach().flatten()
        picked = flat[:: max(1, flat.numel() // _SAMPLES)].to(torch.bfloat16).float().cpu().numpy()
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(np.ascontiguousarray(picked).tobytes())
    return digest.hexdigest()[:16]


def _load_base(checkpoint: Checkpoint, dtype: Any, attention: str) -> Any:
    cls = checkpoint.family.model_class()
    with _alone(checkpoint) as source:
        network, report = cls.from_pretrained(
            source, dtype=dtype, attn_implementation=attention, output_loading_info=True
        )
    # What an adapter brings whole is not missed in its base.
    brought = set((checkpoint.adapter or {}).get("modules_to_save") or ())
    missing = [key for key in report["missing_keys"] if not brought & set(str(key).split("."))]
    _require_all(checkpoint, f"the model {checkpoint.base!r}", missing, report.get("mismatched_keys", ()))
    return network


@contextmanager
def _alone(checkpoint: Checkpoint) -> Iterator[str]:
    """The base model without the adapter that may lie in the same folder: transformers would add that by itself, and
    then report on the adapter's weights only."""
    if checkpoint.adapter is None or checkpoint.base != checkpoint.source:
        yield checkpoint.base
        return
    with tempfile.TemporaryDirectory(prefix="quire-model-") as folder:
        for path in Path(checkpoint.base).iterdir():
            if not path.name.startswith("adapter_"):
                (Path(folder) / path.name).symlink_to(path.resolve())
        yield folder


def _add_adapter(network: Any, checkpoint: Checkpoint, dtype: Any) -> None:
    from transformers.conversion_mapping import get_model_conversion_mapping
    from transformers.modeling_utils import LoadStateDictConfig

    # The class's own renamings, as its from_pretrained passes them: adapters trained under transformers 4 use old names.
    renamed = dict(getattr(type(network), "_checkpoint_conversion_mapping", {}) or {})
    mapping = get_model_conversion_mapping(network, renamed)
    report = network.load_adapter(
        checkpoint.source, load_config=LoadStateDictConfig(dtype=dtype, weight_mapping=mapping)
    )
    _require_all(checkpoint, "the adapter", report.missing_keys, report.mismatched_keys)
    if report.unexpected_keys:
        raise EncoderUnavailable(
            f"The visual encoder {checkpoint.name!r} can't be loaded: {len(report.unexpected_keys)} weights of the "
            f"adapter have no place in {checkpoint.base!r}, {sorted(report.unexpected_keys)[0]} for one."
        )


def _require_all(checkpoint: Checkpoint, what: str, missing: Any, mismatched: Any) -> None:
    # lm_head makes words, which no page vector needs; published checkpoints leave it out.
    absent = sorted(str(key) for key in missing if "lm_head" not in str(key))
    if absent or mismatched:
        names = ", ".join([*absent, *(str(key) for key in mismatched)][:3])
        raise EncoderUnavailable(
            f"The visual encoder {checkpoint.name!r} can't be loaded: {what} lacks {len(absent) + len(mismatched)} "
            f"weights of {checkpoint.family.name} ({names}). They would be random, so it is not a retrieval checkpoint "
            "as it stands; name one that was trained for retrieval, or its adapter."
        )


def _drop_language_head(network: Any) -> None:
    """Takes off what makes words of the last layer, where a class keeps it (ColPali's).

    For a page of 1,030 tokens and 257,216 words it would cost 0.5 GB and a fifth of the model's arithmetic, for
    nothing. Under transformers 5 colpali-engine 0.3 also leaves its weights without memory, so the network could not be
    moved to a device.
    """
    import torch

    for name, _ in list(network.named_modules()):
        if name.rpartition(".")[2] == "lm_head":
            _replace(network, name, torch.nn.Identity())


def _merge_adapters(network: Any) -> None:
    """Puts adapters into the weights they change, in float32 and rounded once: a forward pass then costs what the base
    model's does."""
    if not getattr(network, "_hf_peft_config_loaded", False):
        return
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils.other import ModulesToSaveWrapper

    for name, module in list(network.named_modules()):
        if isinstance(module, BaseTunerLayer):
            base = module.get_base_layer()
            dtype = base.weight.dtype
            module.float().merge(safe_merge=True)
            _replace(network, name, base.to(dtype))
        elif isinstance(module, ModulesToSaveWrapper):
            _replace(network, name, module.modules_to_save[module.active_adapters[0]])


def _replace(network: Any, name: str, module: Any) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(network.get_submodule(parent), leaf, module)


def _count_parameters(checkpoint: Checkpoint) -> int:
    """Of the architecture, built without memory for it."""
    import torch

    cls = checkpoint.family.model_class()
    config = cls.config_class.from_pretrained(checkpoint.base)
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in cls(config).parameters())
