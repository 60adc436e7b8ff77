"""The catalogue's engine: SQLite in WAL mode by default, any SQLAlchemy URL at scale; migrated on opening.

On SQLite a transaction says at its beginning whether it will write. Python's driver begins one only at the first change, so
that what was read before it may be old by then: two that count on from the same number both write it. And a transaction that
began as a reader and then writes after somebody else did is refused at once ("database is locked"), however long the
time-out. So those that write begin with the write lock (`session`) and wait for it in turn; those that only read (`reading`)
see one moment and never wait.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from advanced_alchemy.config import EngineConfig, SQLAlchemyAsyncConfig
from advanced_alchemy.config.asyncio import AsyncSessionConfig
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0003"
"""The newest migration; a test holds it against the folder. Known here so that an up-to-date catalogue opens without Alembic."""

BUSY_SECONDS = 30
"""How long a writer waits for one of another process; those of this process stand in line."""
_WRITES, _MIGRATES = "quire_writes", "quire_migrates"


class Database:
    """Sessions on the catalogue."""

    def __init__(self, url: str) -> None:
        sqlite = url.startswith("sqlite")
        self._config = SQLAlchemyAsyncConfig(
            connection_string=url,
            engine_config=EngineConfig(connect_args={"timeout": BUSY_SECONDS}) if sqlite else EngineConfig(),
            session_config=AsyncSessionConfig(expire_on_commit=False),
        )
        self._engine = self._config.get_engine()
        self._readers = self._config.create_session_maker()
        self._writing = self._engine.execution_options(**{_WRITES: True})
        self._migrating = self._engine.execution_options(**{_WRITES: True, _MIGRATES: True})
        self._writers = async_sessionmaker(self._writing, expire_on_commit=False)
        # In line here, first come first served, before a connection is taken: SQLite's own waiting is by chance, and a crowd
        # of writers would leave no connection to readers.
        self._turn: AbstractAsyncContextManager[object] = asyncio.Lock() if sqlite else nullcontext()
        if sqlite:
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    async def migrate(self) -> None:
        """Brings the schema up to date; what is stored stays."""
        if await self._revision() == HEAD:
            return
        async with self._turn, self._migrating.begin() as connection:
            await connection.run_sync(_upgrade)
        # Connections without foreign keys must not serve anybody else.
        await self._engine.dispose()

    async def _revision(self) -> str | None:
        try:
            async with self._engine.connect() as connection:
                return (await connection.execute(text("select version_num from alembic_version"))).scalar()
        except DBAPIError:  # no such table: a new catalogue
            return None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction that may write: committed at the end, rolled back on an error. What it reads stays true
        until it ends."""
        async with self._turn, self._writers() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that only reads, all of it from one moment, and waits for no writer."""
        async with self._readers() as session, session.begin():
            yield session

    async def close(self) -> None:
        """Closes all connections."""
        await self._engine.dispose()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    # FULL: an acknowledged upload must outlive a power cut, not only a killed process.
    cursor.execute("pragma synchronous = full")
    cursor.execute("pragma foreign_keys = on")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes = options.get(_WRITES, False)
    if options.get(_MIGRATES, False):
        # A table that is made anew is dropped in between, and would take with it whatever refers to it. Heeded outside of a
        # transaction only.
        connection.exec_driver_sql("pragma foreign_keys = off")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
