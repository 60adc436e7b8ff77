"""The catalogue's engine: SQLite in WAL mode by default, any SQLAlchemy URL at scale; migrated on opening."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from advanced_alchemy.config import EngineConfig, SQLAlchemyAsyncConfig
from advanced_alchemy.config.asyncio import AsyncSessionConfig
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0001"
"""The newest migration; a test holds it against the folder. Known here so that an up-to-date catalogue opens without Alembic."""


class Database:
    """Sessions on the catalogue."""

    def __init__(self, url: str) -> None:
        sqlite = url.startswith("sqlite")
        self._config = SQLAlchemyAsyncConfig(
            connection_string=url,
            engine_config=EngineConfig(connect_args={"timeout": 30}) if sqlite else EngineConfig(),
            session_config=AsyncSessionConfig(expire_on_commit=False),
        )
        self._engine = self._config.get_engine()
        self._sessions = self._config.create_session_maker()
        if sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)

    async def migrate(self) -> None:
        """Brings the schema up to date; what is stored stays."""
        if await self._revision() == HEAD:
            return
        async with self._engine.begin() as connection:
            await connection.run_sync(_upgrade)

    async def _revision(self) -> str | None:
        try:
            async with self._engine.connect() as connection:
                return (await connection.execute(text("select version_num from alembic_version"))).scalar()
        except DBAPIError:  # no such table: a new catalogue
            return None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: committed at the end, rolled back on an error."""
        async with self._sessions() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Closes all connections."""
        await self._engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    # FULL: an acknowledged upload must outlive a power cut, not only a killed process.
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
