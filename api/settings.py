"""All settings in one place: defaults, then `quire.toml`, then `QUIRE_*` (nested with two underscores: QUIRE_LIMITS__PAGES=100)."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from api.errors import Misconfigured
from ingest.pages.settings import ON_DEMAND, Ocr

MEGABYTE = 1024 * 1024


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the service listens. Bound to anything but the loopback, it wants at least one key."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    api_keys: tuple[SecretStr, ...] = ()
    heartbeat_seconds: PositiveFloat = 15.0

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return self.host in ("127.0.0.1", "::1", "localhost")


class LimitSettings(_Section):
    """What is refused. Sizes in bytes; `page_seconds` and `probe_seconds` are processor seconds that a worker may spend on a
    page and on a first look (wall time may be ten times that: a busy machine fails no page), `conversion_seconds` those of
    LibreOffice on an office file. A zipped format may unpack to `decompressed_mb`; a picture that is a page may have
    `image_pixels`."""

    upload_bytes: PositiveInt = 512 * MEGABYTE
    pages: PositiveInt = 5000
    name_characters: PositiveInt = 255
    question_characters: PositiveInt = 4000
    request_bytes: PositiveInt = MEGABYTE
    image_width: PositiveInt = 4000
    page_seconds: PositiveFloat = 60.0
    probe_seconds: PositiveFloat = 60.0
    conversion_seconds: PositiveFloat = 120.0
    image_pixels: PositiveInt = 250_000_000
    decompressed_mb: PositiveInt = 1024
    worker_memory_mb: Annotated[int, Field(ge=256)] = 4096


class IngestSettings(_Section):
    """How documents are read. `jobs` documents are read at once, by `workers` processes together.

    `ocr`: pages and pictures without usable text are read by OCR at once, never, or `on-demand`: the best pages that a question
    finds, before it is answered, and only once. At most `ocr_pages` are then read for one question (twice as many where it asks
    about many places), none is begun after `ocr_seconds`, and the answer waits no longer than twice that. It needs a visual
    encoder, which finds the pages. (A dense scan takes 4 to 7 s of a processor. Of 13 questions about 30 scans the page with the
    answer came first for 9, first or second for 12: benchmarks/ocr_on_demand.py.)

    `layout`: blocks and reading order by PyMuPDF's model, or by geometry alone, which is quicker and knows less. `ocr_language`
    picks the OCR models, which lie in `ocr_model_dir` where they are not those that come with Quire.
    """

    workers: PositiveInt = 2
    jobs: PositiveInt = 2
    ocr: Ocr = True
    ocr_pages: PositiveInt = 4
    ocr_seconds: PositiveFloat = 15.0
    layout: Literal["model", "geometry"] = "model"
    ocr_language: str = "en"
    ocr_model_dir: str | None = None


class IndexSettings(_Section):
    """The vector store: `edge` in the process on disk, or a Qdrant `server` with its URL.

    `context` is how many tokens the text encoder shall read where that is not what it was made for; its positions are stretched
    without training, by the method that fits them unless one is named.

    `visual` names a visual encoder (a name on the hub, a folder, or `wordspot`, which is in the package and sees words only): pages
    are then found by their images too. `visual_pages` says which of them are looked at: `all`, or `wordless`, only those of which
    reading did not bring all words; None: as the encoder has it, for `wordspot` the wordless ones. Whether an encoder is used,
    which one, for which pages, and `visual_pooling` (one vector kept in so many) belong to an index; with others, it has to be
    built again (quire index rebuild). `visual_weight` is what the list of images counts beside each of the three lists of words
    (None: as its encoder has it).

    `routing_model` names a text encoder for whole documents and their sections, by which a question over several documents finds
    those that it is about; it belongs to an index too.
    """

    store: Literal["edge", "server"] = "edge"
    url: str | None = None
    api_key: SecretStr | None = None
    encoder: str = "all-MiniLM-L6-v2"
    device: str = "auto"
    threads: PositiveInt = 1
    context: PositiveInt | None = None
    context_method: Literal["auto", "interpolate", "ntk"] = "auto"
    visual: str | None = None
    visual_device: str = "auto"
    visual_dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    visual_attention: str = "auto"
    visual_batch_pixels: PositiveInt | None = None
    visual_page_tokens: PositiveInt | None = None
    visual_pooling: Annotated[int, Field(ge=1, le=16)] = 1
    visual_pages: Literal["all", "wordless"] | None = None
    visual_weight: Annotated[float, Field(ge=0.0, le=100.0)] | None = None
    routing_model: str | None = None


class ReaderSettings(_Section):
    """What turns evidence into an answer: `extractive` needs no model; `openai` is a `model` behind any OpenAI-compatible server at
    `url`; `transformers` a vision-language `model` (name or folder) in this process.

    `context` is in tokens (None: as the model or its server says); `images` whether the model sees. `seconds` is how long a
    server may be silent before it is asked again, `retries` times; `chain_seconds` how long a chain may take in all. `pages`
    come as images, of `page_pixels` each at most and `pixels` together; `view`: whole pages or, for small models, crops of
    tables and figures.
    """

    kind: Literal["extractive", "openai", "transformers"] = "extractive"
    model: str | None = None
    url: str | None = None
    api_key: SecretStr | None = None
    context: Annotated[int, Field(ge=2048)] | None = None
    images: bool = True
    seconds: PositiveFloat = 120.0
    chain_seconds: PositiveFloat = 600.0
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    concurrent: PositiveInt = 4
    structured: bool = True
    device: str = "auto"
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    attention: str = "auto"
    batch_tokens: PositiveInt = 48_000
    pages: Annotated[int, Field(ge=1, le=50)] = 5
    page_pixels: Annotated[int, Field(ge=50_000)] = 1_000_000
    pixels: Annotated[int, Field(ge=50_000)] = 3_000_000
    reply_tokens: Annotated[int, Field(ge=64)] = 1024
    view: Literal["pages", "crops"] = "pages"


class Settings(BaseSettings):
    """Everything that can be set; `load_settings` turns mistakes into one clear error."""

    model_config = SettingsConfigDict(
        env_prefix="QUIRE_", env_nested_delimiter="__", toml_file="quire.toml", extra="forbid", frozen=True
    )

    data: Path = Path("data")
    database_url: str | None = None
    """SQLAlchemy URL of the catalogue; SQLite in the data folder by default."""
    jobs_database_url: str | None = None
    files_url: str | None = None
    """obstore URL of the files (s3://...); the data folder by default."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    server: ServerSettings = ServerSettings()
    limits: LimitSettings = LimitSettings()
    ingest: IngestSettings = IngestSettings()
    index: IndexSettings = IndexSettings()
    reader: ReaderSettings = ReaderSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**overrides: object) -> Settings:
    """Settings from `quire.toml` in the working folder and the environment, with `overrides` on top.

    Raises `Misconfigured` naming each setting that can't be used.
    """
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]  # values are checked by pydantic
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Misconfigured(f"Settings can't be used: {problems}") from error
    except ValueError as error:  # malformed TOML
        raise Misconfigured(f"quire.toml can't be read: {error}") from error
    if settings.index.store == "server" and not settings.index.url:
        raise Misconfigured("index.store is 'server', but index.url (QUIRE_INDEX__URL) is not set.")
    if settings.ingest.ocr == ON_DEMAND and settings.index.visual is None:
        raise Misconfigured(
            "ingest.ocr is 'on-demand', but index.visual (QUIRE_INDEX__VISUAL) is not set: nothing would find pages without "
            "words. Set index.visual to 'wordspot', which is in the package, or to another visual encoder; or ingest.ocr = true."
        )
    reader = settings.reader
    if reader.kind != "extractive" and not reader.model:
        raise Misconfigured(f"reader.kind is {reader.kind!r}, but reader.model (QUIRE_READER__MODEL) is not set.")
    if reader.kind == "openai" and not reader.url:
        raise Misconfigured("reader.kind is 'openai', but reader.url (QUIRE_READER__URL, ending in /v1) is not set.")
    return settings
