"""Whether an index and the models in use belong together: vectors of two models can't be compared.

Stored beside an index are the text encoder's identity and, under names that begin with `visual_`, that of the visual
encoder and how many of a page's vectors are kept.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from retrieval.errors import ModelMismatch
from retrieval.settings import ModelIdentity, describe

if TYPE_CHECKING:
    from retrieval.visual import VisualIdentity

_VISUAL = "visual_"

AGAIN = "remove the collection's documents and add them again"

Identity = dict[str, str]


def about(text: ModelIdentity, visual: "VisualIdentity | None", pooling: int) -> Identity:
    """What is stored beside an index made with these models."""
    if visual is None:
        return text.as_text()
    seen = visual.as_text() | {"kept": f"one vector in {pooling}" if pooling > 1 else "all vectors"}
    return text.as_text() | {_VISUAL + field: value for field, value in seen.items()}


def check(collection: str, stored: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """ModelMismatch, saying what to do, if an index with `stored` beside it can't be used with the models `wanted`. The
    names of models may differ: the same one from the hub and from a folder."""
    words, text = _of_text(stored), _of_text(wanted)
    if _nameless(words) != _nameless(text):
        raise ModelMismatch(
            collection,
            f"was built with {describe(words)}; the settings name {describe(text)}. Vectors of two models can't be "
            f"compared: set `encoder` back, or {AGAIN}.",
        )
    images, visual = _of_images(stored), _of_images(wanted)
    if _nameless(images) == _nameless(visual):
        return
    if not images:
        reason = f"was built without page images; the settings name the visual encoder {_seen(visual)}. To have its "
        raise ModelMismatch(collection, f"{reason}pages encoded, {AGAIN}; to search it as it is, leave `visual` unset.")
    if not visual:
        reason = (
            f"holds page images encoded by {_seen(images)}; the settings name no visual encoder. Set `visual` to it"
        )
        raise ModelMismatch(collection, f"{reason}, or {AGAIN}, without images.")
    raise ModelMismatch(
        collection,
        f"holds page images encoded by {_seen(images)}; the settings name {_seen(visual)}. Vectors of two models, or "
        f"pooled in two ways, can't be compared: set `visual` and `visual_pooling` back, or {AGAIN}.",
    )


def _of_text(identity: Mapping[str, str]) -> Identity:
    return {field: value for field, value in identity.items() if not field.startswith(_VISUAL)}


def _of_images(identity: Mapping[str, str]) -> Identity:
    return {field.removeprefix(_VISUAL): value for field, value in identity.items() if field.startswith(_VISUAL)}


def _nameless(identity: Identity) -> Identity:
    return {field: value for field, value in identity.items() if field != "name"}


def _seen(identity: Identity) -> str:
    details = f"{identity['family']}, dimension {identity['dimension']}, {identity['pixels']} pixels a page at most"
    return f"{identity['name']!r} ({details}, weights {identity['fingerprint']}; {identity['kept']} kept)"
