"""Makes torchvision importable beside a torch build it was not compiled for.

The registry's torchvision is compiled against CUDA. Beside a CPU build of torch its extension `_C.so` can't load, so
the operators `torchvision::nms` and `torchvision::qnms` are never defined; but importing torchvision registers fake
kernels for both unconditionally, and ends in "operator torchvision::nms does not exist". transformers imports
torchvision wherever it is installed, so sentence-transformers and colpali-engine fail with it.

Declaring the two schemas is enough for the import: nothing in text or page encoding calls them (calling one raises, as
it should). Where the extension loads, the compiled operators stand and nothing is declared.
"""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def declare_missing_operators() -> bool:
    """Declare torchvision's two operators if its compiled extension can't load. True if they had to be declared.

    Call it before anything imports torchvision or transformers' models. Does nothing without torchvision. The result is
    kept: a second declaration would be an error in torch.
    """
    extension = _extension()
    if extension is None or _loads(extension):
        return False
    _declare()
    return True


def _extension() -> Path | None:
    """The compiled extension of the installed torchvision, found without importing it; None without torchvision."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("_C*.so")) + sorted(Path(spec.origin).parent.glob("_C*.pyd"))
    # A build without an extension defines no operators either; a path that doesn't exist fails to load and says so.
    return found[0] if found else Path(spec.origin).with_name("_C.so")


def _loads(extension: Path) -> bool:
    """True if torch can load the extension. torchvision loads it again on import, which is harmless."""
    import torch

    try:
        torch.ops.load_library(str(extension))
    except (OSError, ImportError):
        return False
    return True


def _declare() -> None:
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for schema in _SCHEMAS:
        library.define(schema)
    _kept.append(library)


_kept: list[Any] = []
"""A torch library takes its operators with it when it is collected."""
