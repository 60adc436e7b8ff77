"""Whether an index and the models in use belong together: vectors of two models can't be compared.

Stored beside an index are the text encoder's identity and, under names that begin with `visual_`, that of the visual
encoder and how many of a page's vectors are kept; under such that begin with `routing_`, that of the encoder of whole
documents. `choice` is what the settings said, to load the same models again.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import MsgspecError, json

from retrieval.errors import ModelMismatch
from retrieval.settings import ModelChoice, ModelIdentity, describe

if TYPE_CHECKING:
    from retrieval.visual import VisualIdentity

_VISUAL, _ROUTING = "visual_", "routing_"
_CHOICE = "choice"


def again(collection: str) -> str:
    """The way out."""
    return f"build the index again (`quire index rebuild -c {collection}`; what is there serves until it is done)"


Identity = dict[str, str]


def about(
    text: ModelIdentity, visual: "VisualIdentity | None", routing: ModelIdentity | None, choice: ModelChoice
) -> Identity:
    """What is stored beside an index made with these models."""
    told = text.as_text() | {_CHOICE: json.encode(choice).decode()}
    if visual is not None:
        pooling = choice.visual_pooling
        kept = f"one vector in {pooling}" if pooling > 1 else "all vectors"
        seen = visual.as_text() | {
            "kept": kept if choice.visual_pages != "wordless" else f"{kept} of pages without words"
        }
        told |= {_VISUAL + field: value for field, value in seen.items()}
    if routing is not None:
        told |= {_ROUTING + field: value for field, value in routing.as_text().items()}
    return told


def choice_of(stored: Mapping[str, str]) -> ModelChoice:
    """The models that an index was built with, as settings name them; of an index that doesn't say, by their names alone."""
    if _CHOICE in stored:
        # A later version may say it in other words; then the names have to do, and fingerprints tell whether they did.
        with suppress(MsgspecError):
            return json.decode(stored[_CHOICE], type=ModelChoice)
    return ModelChoice(encoder=stored.get("name", ""), visual=stored.get(_VISUAL + "name"))


def sees(stored: Mapping[str, str]) -> bool:
    """Whether pages of this index have vectors of their images."""
    return bool(_of_images(stored))


def routes(stored: Mapping[str, str]) -> bool:
    """Whether documents of this index have vectors as wholes."""
    return bool(_of_documents(stored))


def same(stored: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether vectors of the one can be compared with those of the other. The names of models may differ: the same one from
    the hub and from a folder."""
    return all(_nameless(part(stored)) == _nameless(part(wanted)) for part in (_of_text, _of_images, _of_documents))


def check(collection: str, stored: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """ModelMismatch, saying what to do, if an index with `stored` beside it can't be used with the models `wanted`. The
    names of models may differ: the same one from the hub and from a folder."""
    way = again(collection)
    words, text = _of_text(stored), _of_text(wanted)
    if _nameless(words) != _nameless(text):
        raise ModelMismatch(
            collection,
            f"was built with {describe(words)}; the settings name {describe(text)}. Vectors of two models can't be "
            f"compared: set `encoder` back, or {way}.",
        )
    routed, routing = _of_documents(stored), _of_documents(wanted)
    if _nameless(routed) != _nameless(routing):
        raise ModelMismatch(
            collection,
            f"holds {_whole(routed)}; the settings ask for {_whole(routing)}. Set `routing_model` back, or {way}.",
        )
    images, visual = _of_images(stored), _of_images(wanted)
    if _nameless(images) == _nameless(visual):
        return
    if not images:
        reason = f"was built without page images; the settings name the visual encoder {_seen(visual)}. To have its "
        raise ModelMismatch(collection, f"{reason}pages encoded, {way}; to search it as it is, leave `visual` unset.")
    if not visual:
        reason = (
            f"holds page images encoded by {_seen(images)}; the settings name no visual encoder. Set `visual` to it"
        )
        raise ModelMismatch(collection, f"{reason}, or {way}, without images.")
    raise ModelMismatch(
        collection,
        f"holds page images encoded by {_seen(images)}; the settings name {_seen(visual)}. Vectors of two models, or "
        f"pooled in two ways, can't be compared: set `visual`, `visual_pooling` and `visual_pages` back, or {way}.",
    )


def _whole(identity: Identity) -> str:
    return f"vectors of whole documents by {describe(identity)}" if identity else "no vectors of whole documents"


def _of_text(identity: Mapping[str, str]) -> Identity:
    others = (_VISUAL, _ROUTING, _CHOICE)
    return {field: value for field, value in identity.items() if not field.startswith(others)}


def _of_documents(identity: Mapping[str, str]) -> Identity:
    return {field.removeprefix(_ROUTING): value for field, value in identity.items() if field.startswith(_ROUTING)}


def _of_images(identity: Mapping[str, str]) -> Identity:
    return {field.removeprefix(_VISUAL): value for field, value in identity.items() if field.startswith(_VISUAL)}


def _nameless(identity: Identity) -> Identity:
    return {field: value for field, value in identity.items() if field != "name"}


def _seen(identity: Identity) -> str:
    details = f"{identity['family']}, dimension {identity['dimension']}, {identity['pixels']} pixels a page at most"
    return f"{identity['name']!r} ({details}, weights {identity['fingerprint']}; {identity['kept']} kept)"
