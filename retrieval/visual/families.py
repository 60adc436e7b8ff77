"""The families of page-image encoders that colpali-engine has, and how one is told from a checkpoint's files."""

import importlib
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from retrieval.errors import EncoderUnavailable

Grid = Literal["fixed", "dynamic", "tiles", "words"]
"""How a page becomes patches: squeezed to one size (`fixed`); resized to a multiple of the patch, keeping its shape
(`dynamic`); cut into tiles, with a thumbnail of the whole page after them (`tiles`); one for each word that is seen, with
its box (`words`: wordspot, which is no family of colpali-engine's)."""


class Family(Struct, frozen=True):
    """A family: its classes in `colpali_engine.models`, its `model_type` in config.json, and its kind of grid.

    `prefix`: each token of a prompt sees all of it, also what comes after, unless told otherwise by token types.
    """

    name: str
    model: str
    processor: str
    model_type: str
    grid: Grid
    prefix: bool = False

    def model_class(self) -> Any:
        """The model's class. EncoderUnavailable without the package, or if its version lacks the family."""
        return _from_engine(self.name, self.model)

    def processor_class(self) -> Any:
        """The processor's class; errors as above."""
        return _from_engine(self.name, self.processor)


FAMILIES = (
    Family("ColPali", "ColPali", "ColPaliProcessor", "paligemma", "fixed", prefix=True),
    Family("ColQwen2", "ColQwen2", "ColQwen2Processor", "qwen2_vl", "dynamic"),
    Family("ColQwen2.5", "ColQwen2_5", "ColQwen2_5_Processor", "qwen2_5_vl", "dynamic"),
    Family("ColQwen3", "ColQwen3", "ColQwen3Processor", "qwen3_vl", "dynamic"),
    Family("ColQwen3.5", "ColQwen3_5", "ColQwen3_5Processor", "qwen3_5", "dynamic"),
    Family("ColIdefics3", "ColIdefics3", "ColIdefics3Processor", "idefics3", "tiles"),
    Family("ColModernVBert", "ColModernVBert", "ColModernVBertProcessor", "modernvbert", "tiles"),
)

Config = Mapping[str, Any]


def family_of(name: str, config: Config, adapter: Config | None = None) -> Family:
    """The family of a checkpoint, by what its files say: the class an adapter was trained on, the config's
    `architectures`, then its `model_type`. `config` is the base model's where there is an adapter.

    EncoderUnavailable, with what was found, for anything that is not late interaction over page images.
    """
    trained_on = ((adapter or {}).get("auto_mapping") or {}).get("base_model_class")
    classes = [trained_on, *(config.get("architectures") or ())]
    by_class = {family.model: family for family in FAMILIES}
    for cls in classes:
        if cls in by_class:
            return by_class[cls]
    found = ", ".join(str(cls) for cls in classes if cls) or "no class"
    model_type = str(config.get("model_type", "none"))
    if not any(_is_other_kind(str(cls)) for cls in classes):
        for family in FAMILIES:
            if family.model_type == model_type:
                return family
    raise EncoderUnavailable(
        f"The visual encoder {name!r} is none of the families Quire runs ({', '.join(f.name for f in FAMILIES)}): its "
        f"files name {found}, model_type {model_type!r}.{_hint(classes)}"
    )


def _is_other_kind(cls: str) -> bool:
    return cls.startswith("Bi") or cls.endswith("ForRetrieval")


def _hint(classes: list[Any]) -> str:
    if any(str(cls).endswith("ForRetrieval") for cls in classes):
        return " That is transformers' own format of such a model; name the checkpoint for colpali-engine it was made from."
    if any(str(cls).startswith("Bi") for cls in classes):
        return " That model gives one vector a page; late interaction needs one a patch."
    return ""


def _from_engine(family: str, attribute: str) -> Any:
    from retrieval.torchvision_ops import declare_missing_operators

    declare_missing_operators()
    try:
        engine = importlib.import_module("colpali_engine.models")
    except ImportError as error:
        raise EncoderUnavailable(
            f"Visual encoders need the package colpali-engine (pip install 'quire[visual]'): {error}"
        ) from error
    if not hasattr(engine, attribute):
        raise EncoderUnavailable(
            f"The installed colpali-engine has no {attribute}; the family {family} needs a newer one (pip install -U "
            "colpali-engine)."
        )
    return getattr(engine, attribute)
