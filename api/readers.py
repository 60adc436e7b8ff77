"""The reader in the settings, with its chains: what turns evidence into answers, and what is said of it."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from answer import (
    Adjudicator,
    Answerer,
    Budget,
    Encoder,
    ExtractiveReader,
    ImageMissing,
    LocalModel,
    LocalReader,
    PageImages,
    ServedModel,
    ServedReader,
    TextualChain,
    VisualChain,
)
from api.errors import Misconfigured, QuireError
from api.images import Images
from api.schemas import PartStatus
from api.settings import ReaderSettings
from ingest import Box

EXTRACTIVE = "quotes the best-supported words, cells and labels; needs no model beyond the text encoder"
BETTER = (
    "a vision-language model: reader.kind = openai (any compatible server, reader.url) or transformers (in the process)"
)


class Pictures:
    """Page images for readers: the service's own, at a width that it draws."""

    def __init__(self, images: Images, widest: int) -> None:
        self._images = images
        self._widest = widest

    async def __call__(self, document: str, number: int, *, width: int, crop: Box | None = None) -> bytes:
        """PNG of the page or region. `ImageMissing` says why it can't be had."""
        try:
            return await self._images.page(document, number, width=min(max(width, 16), self._widest), crop=crop)
        except QuireError as error:
            raise ImageMissing(str(error)) from error


def budget(settings: ReaderSettings) -> Budget:
    """What of a model's context pages may take."""
    return Budget(
        pages=settings.pages,
        page_pixels=settings.page_pixels,
        pixels=settings.pixels,
        reply_tokens=settings.reply_tokens,
        view=settings.view,
    )


def make_reader(settings: ReaderSettings) -> LocalReader | ServedReader | None:
    """The reader with a model; None for the extractive one. Loads and asks nothing yet. Misconfigured where a package is
    not there."""
    if settings.kind == "extractive" or settings.model is None:
        return None
    if settings.kind == "openai" and find_spec("openai") is None:
        raise Misconfigured("reader.kind is 'openai', but the package openai is not installed: pip install openai.")
    if settings.kind == "transformers":
        return LocalReader(
            LocalModel(
                settings.model,
                device=settings.device,
                dtype=settings.dtype,
                attention=settings.attention,
                context=settings.context,
                image_pixels=2 * settings.page_pixels,
                batch_tokens=settings.batch_tokens,
            )
        )
    return ServedReader(
        ServedModel(
            settings.model,
            settings.url or "",
            api_key=settings.api_key.get_secret_value() if settings.api_key else None,
            context=settings.context,
            images=settings.images,
            seconds=settings.seconds,
            retries=settings.retries,
            concurrent=settings.concurrent,
            structured=settings.structured,
        )
    )


def make_answerer(
    settings: ReaderSettings,
    reader: LocalReader | ServedReader | None,
    encoder: Callable[[], Encoder],
    images: PageImages | None,
) -> Answerer:
    """Questions through both chains of a model, adjudicated where they differ; the extractive reader has chains of its own,
    one over words, one over tables and figures. A model that does not see gets the textual chain alone: its words are those
    of the same pages."""
    if reader is None:
        return Answerer(ExtractiveReader(encoder()))
    shares = budget(settings)
    if not settings.images:
        return Answerer(reader, (TextualChain(shares),), chain_seconds=settings.chain_seconds)
    chains = (TextualChain(shares), VisualChain(images, shares))
    return Answerer(reader, chains, adjudicator=Adjudicator(images, shares), chain_seconds=settings.chain_seconds)


def describe_reader(settings: ReaderSettings, unreachable: Callable[[str], str | None]) -> PartStatus:
    """The reader for `quire doctor`. `unreachable` says why nothing answers at a URL, or None. Loads nothing."""
    if settings.kind == "extractive":
        return PartStatus("reader", "extractive", True, EXTRACTIVE, BETTER)
    if settings.kind == "openai":
        use = f"{settings.model} at {settings.url}"
        if find_spec("openai") is None:
            return PartStatus("reader", use, False, "the package openai is not installed", "pip install openai")
        problem = unreachable(settings.url or "")
        return PartStatus("reader", use, problem is None, problem or "the server listens; reader.kind = openai")
    folder = Path(settings.model or "").expanduser()
    where = "a folder" if folder.is_dir() else "from the Hugging Face cache, or downloaded from huggingface.co"
    return PartStatus("reader", f"{settings.model} ({settings.device})", True, f"in this process; {where}")
