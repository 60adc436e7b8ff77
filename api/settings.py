"""All settings in one place: defaults, then `quire.toml`, then `QUIRE_*` (nested with two underscores: QUIRE_LIMITS__PAGES=100)."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from api.errors import Misconfigured

MEGABYTE = 1024 * 1024


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """Where the service listens. Bound to anything but the loopback, it wants at least one key."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    api_keys: tuple[SecretStr, ...] = ()
    heartbeat_seconds: float = Field(15.0, gt=0)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return self.host in ("127.0.0.1", "::1", "localhost")


class LimitSettings(_Section):
    """What is refused. Sizes in bytes, times in seconds."""

    upload_bytes: int = Field(512 * MEGABYTE, gt=0)
    pages: int = Field(5000, gt=0)
    name_characters: int = Field(255, gt=0)
    question_characters: int = Field(4000, gt=0)
    request_bytes: int = Field(MEGABYTE, gt=0)
    image_width: int = Field(4000, gt=0)
    page_seconds: float = Field(60.0, gt=0)
    probe_seconds: float = Field(60.0, gt=0)
    worker_memory_mb: int = Field(4096, gt=255)


class IngestSettings(_Section):
    """How documents are read. `jobs` documents are read at once, by `workers` processes together."""

    workers: int = Field(2, gt=0)
    jobs: int = Field(2, gt=0)
    ocr: bool = True


class IndexSettings(_Section):
    """The vector store: `edge` in the process on disk, or a Qdrant `server` with its URL."""

    store: Literal["edge", "server"] = "edge"
    url: str | None = None
    api_key: SecretStr | None = None
    encoder: str = "all-MiniLM-L6-v2"
    device: str = "auto"
    threads: int = Field(1, gt=0)


class ReaderSettings(_Section):
    """What turns evidence into an answer. Only the extractive reader is there yet."""

    kind: Literal["extractive"] = "extractive"


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
    return settings
