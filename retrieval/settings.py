"""What the retrieval room can be told, and the identity of the model that an index was built with."""

from typing import Literal

from msgspec import Struct, structs

VISUAL_WEIGHT = 1.5
"""What the list of page images counts beside each of the three lists of words, unless the encoder knows better or the settings
say otherwise. A third of the score for images, two for words. Chosen, not fitted: there were no published weights of a
visual encoder to fit it with where this was written. ColPali alone is published with R@5 72 on the questions of which the
three lists of words together find 71, which would speak for 3; a third is cautious, for a weak list at equal weight hurts
the fusion, and small visual encoders are weaker. Measure with yours."""


class ModelChoice(Struct, frozen=True):
    """What of the settings decides on the vectors of an index: kept beside it, so that the models can be loaded again. Each
    field is one of `RetrievalSettings`."""

    encoder: str
    context: int | None = None
    context_method: Literal["auto", "interpolate", "ntk"] = "auto"
    visual: str | None = None
    visual_page_tokens: int | None = None
    visual_pooling: int = 1
    visual_pages: Literal["all", "wordless"] | None = None
    routing_model: str | None = None


class RetrievalSettings(Struct, frozen=True):
    """`store`: `edge` keeps the index in the data folder, `server` in the Qdrant at `url` (with `api_key`, where it
    asks for one). `encoder`: the packaged model, any sentence-transformers name or folder, or an M2-BERT retrieval
    checkpoint (name, folder or weights file). `threads`: of torch, within one encoding."""

    store: Literal["edge", "server"] = "edge"
    url: str | None = None
    api_key: str | None = None
    encoder: str = "all-MiniLM-L6-v2"
    device: str = "auto"
    threads: int = 1
    context: int | None = None
    """Tokens that the encoder shall read, special ones included; None: as many as it was made for. More than that by
    stretching its positions (retrieval/context.py). Passages stay as long as they are."""
    context_method: Literal["auto", "interpolate", "ntk"] = "auto"
    visual: str | None = None
    """A visual encoder (name on the hub, or folder): pages are then indexed as images too, and found by them. None:
    by their words alone."""
    visual_device: str = "auto"
    visual_dtype: str = "auto"
    visual_attention: str = "auto"
    visual_batch_pixels: int | None = None
    visual_page_tokens: int | None = None
    """As of `VisualEncoder`, which chooses each with a reason that it logs."""
    visual_pooling: int = 1
    """Keep one vector in so many of a page, the means of similar ones (2 or 3: half or a third of the index)."""
    visual_pages: Literal["all", "wordless"] | None = None
    """Which pages are indexed as images: `wordless` only those of which no words are known when they are read, or not all:
    scans that are not read by OCR, or not yet. None: as the encoder has it."""
    visual_weight: float | None = None
    """What the list of page images counts beside each of the three lists of words. None: as the encoder has it."""
    routing_model: str | None = None
    """A text encoder for whole documents and their sections, by which a question over several documents finds those that it
    is about (retrieval/routing.py). As `encoder`; an M2-BERT of 8k or 32k tokens is made for it. None: documents are told
    apart by the likeness of their pages alone."""
    shard_inline: bool = False
    """Edge's shard on a thread of this process instead of a process of its own. For comparison: it then freezes
    everything else."""

    def choice(self) -> ModelChoice:
        """The models that these settings name."""
        return ModelChoice(**{field: getattr(self, field) for field in ModelChoice.__struct_fields__})

    def choosing(self, choice: ModelChoice) -> "RetrievalSettings":
        """These settings with other models."""
        return structs.replace(self, **structs.asdict(choice))


class ModelIdentity(Struct, frozen=True):
    """What makes vectors comparable: the same weights, pooled the same way. `fingerprint` is a hash over samples of
    every weight."""

    name: str
    dimension: int
    pooling: str
    max_tokens: int
    fingerprint: str
    lexical: str = "2"
    """Version of what is stored of words: the tokenizer and BM25's constants (retrieval/lexical), and the names by
    which pages are asked for (retrieval/anchors.py). Raised when they change."""

    context: str = ""
    """How its positions were stretched, where they were."""

    def as_text(self) -> dict[str, str]:
        """As stored beside an index."""
        fields = {field: str(getattr(self, field)) for field in self.__struct_fields__}
        return {field: value for field, value in fields.items() if value or field != "context"}

    def __str__(self) -> str:
        return describe(self.as_text())


def describe(identity: dict[str, str]) -> str:
    """An identity in words, also one read back from an index."""
    about = ", ".join(
        f"{label} {identity[field]}"
        for field, label in (
            ("dimension", "dimension"),
            ("pooling", "pooling"),
            ("max_tokens", "tokens"),
            ("context", "positions"),
            ("fingerprint", "weights"),
            ("lexical", "lexical version"),
        )
        if field in identity
    )
    return f"{identity.get('name', 'an unnamed model')!r} ({about})"
