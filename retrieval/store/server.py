"""The driver for a Qdrant server or cluster, over gRPC.

Not run against a live server on the machine it was written on (none can be had there): the contract suite runs it
against qdrant-client's own in-memory engine, which shares the models and the calls.
"""

import uuid
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from grpc.aio import AioRpcError  # type: ignore[import-untyped]
from qdrant_client import AsyncQdrantClient
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from retrieval.errors import StoreError, StoreUnavailable
from retrieval.store import server_models
from retrieval.store.batches import batches
from retrieval.store.checks import check_points
from retrieval.store.contract import (
    Filter,
    Hit,
    Point,
    Query,
    Schema,
    Stored,
    beside,
    collection_name,
    owner_of,
    storage_name,
)

_BATCH_BYTES = 6_000_000
"""A write's size. Servers refuse bodies over 32 MB, often only by a timeout; 4 to 8 MB is their own advice."""

_PREFIX, _BESIDE = "quire_", "_beside"
"""Names of ours: `quire_NAME` and `quire_NAME_beside` are aliases, `quire_NAME_xxxxxxxx` are the collections behind them. An
alias can be moved from one collection to another at once; those without one are leftovers. `storage_name` never makes an
underscore."""

_IDS, _SCROLL_PAGE = 2000, 1000

T = TypeVar("T")


class ServerStore:
    """A `VectorStore` on a Qdrant server. `client` is for tests; otherwise one is made for `url` at the first call."""

    def __init__(self, url: str, *, api_key: str | None = None, client: AsyncQdrantClient | None = None) -> None:
        self._url = url
        self._api_key = api_key
        self._made = client
        self._schemas: dict[str, Schema] = {}

    async def open(self, collection: str, schema: Schema, about: Mapping[str, str]) -> Mapping[str, str]:
        name = (await self._aliases()).get(_name(collection)) or await self._create(collection, schema, about)
        # Whatever a kill between the calls left out; creating an index that is there does nothing.
        for field, kind in server_models.field_indexes(schema).items():
            await self._call(self._client.create_payload_index(name, field, kind, wait=True))
        self._schemas[collection] = schema
        return await self.about(collection) or {}

    async def _create(self, collection: str, schema: Schema, about: Mapping[str, str]) -> str:
        await self._clear(collection)
        name = f"{_name(owner_of(collection)[0])}_{uuid.uuid4().hex[:8]}"
        await self._call(
            self._client.create_collection(
                name,
                vectors_config=server_models.dense_config(schema),
                sparse_vectors_config=server_models.sparse_config(schema),
                metadata=server_models.metadata(schema, about),
            )
        )
        await self._call(self._client.update_collection_aliases([server_models.name(name, _name(collection))]))
        return name

    async def about(self, collection: str) -> Mapping[str, str] | None:
        metadata = await self._metadata(collection)
        return None if metadata is None else server_models.about(metadata)

    async def schema(self, collection: str) -> Schema | None:
        metadata = await self._metadata(collection)
        return None if metadata is None else server_models.schema(metadata)

    async def _metadata(self, collection: str) -> Mapping[str, Any] | None:
        name = (await self._aliases()).get(_name(collection))
        if name is None:
            return None
        return (await self._call(self._client.get_collection(name))).config.metadata or {}

    async def upsert(self, collection: str, points: Sequence[Point]) -> None:
        schema = self._schemas.get(collection)
        if schema is None:
            raise StoreError(f"Collection {collection!r} has to be opened before it is written to.")
        check_points(schema, points)
        for batch in batches(points, _BATCH_BYTES):
            theirs = [server_models.point(point) for point in batch]
            await self._call(self._client.upsert(_name(collection), theirs, wait=True))

    async def set_payload(self, collection: str, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        for start in range(0, len(ids), _IDS):
            some: list[Any] = list(ids[start : start + _IDS])
            await self._call(self._client.set_payload(_name(collection), dict(payload), points=some, wait=True))

    async def delete(self, collection: str, ids: Sequence[str]) -> None:
        if not ids or not await self._exists(collection):
            return
        for start in range(0, len(ids), _IDS):
            await self._call(self._client.delete(_name(collection), list(ids[start : start + _IDS]), wait=True))

    async def query(self, collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        if not await self._exists(collection):
            return [[] for _ in queries]
        requests = [server_models.request(query) for query in queries]
        answers = await self._call(self._client.query_batch_points(_name(collection), requests))
        return [[server_models.hit(point) for point in answer.points] for answer in answers]

    async def retrieve(
        self,
        collection: str,
        ids: Sequence[str],
        *,
        vectors: tuple[str, ...] = (),
        fields: tuple[str, ...] | bool = False,
    ) -> list[Point]:
        if not ids or not await self._exists(collection):
            return []
        records = await self._call(
            self._client.retrieve(
                _name(collection),
                list(ids),
                with_payload=list(fields) if isinstance(fields, tuple) else fields,
                with_vectors=list(vectors) or False,
            )
        )
        return [server_models.stored_point(record) for record in records]

    async def scroll(
        self, collection: str, where: Filter | None = None, *, fields: tuple[str, ...] | bool = False
    ) -> list[Stored]:
        if not await self._exists(collection):
            return []
        found: list[Stored] = []
        after: Any = None
        while True:
            records, after = await self._call(
                self._client.scroll(
                    _name(collection),
                    scroll_filter=server_models.condition(where),
                    limit=_SCROLL_PAGE,
                    offset=after,
                    with_payload=list(fields) if isinstance(fields, tuple) else fields,
                    with_vectors=False,
                )
            )
            found += [Stored(str(record.id), record.payload or {}) for record in records]
            if after is None:
                return found

    async def count(self, collection: str, where: Filter | None = None) -> int:
        if not await self._exists(collection):
            return 0
        condition = server_models.condition(where)
        return (await self._call(self._client.count(_name(collection), count_filter=condition, exact=True))).count

    async def collections(self) -> list[str]:
        ours = [name.removeprefix(_PREFIX) for name in await self._aliases() if name.startswith(_PREFIX)]
        return sorted(collection_name(name) for name in ours if not name.endswith(_BESIDE))

    async def drop(self, collection: str) -> None:
        owner, is_beside = owner_of(collection)
        names = (collection,) if is_beside else (owner, beside(owner))
        for name in names:
            self._schemas.pop(name, None)
        aliases = await self._aliases()
        away = [server_models.unname(_name(name)) for name in names if _name(name) in aliases]
        if away:
            await self._call(self._client.update_collection_aliases(away))
        await self._clear(owner)

    async def switch(self, collection: str) -> None:
        aliases = await self._aliases()
        old, new = _name(collection), _name(beside(collection))
        if new in aliases:
            unnamed = [server_models.unname(name) for name in (old, new) if name in aliases]
            named = server_models.name(aliases[new], old)
            # One request, so that the server does all of it or nothing.
            await self._call(self._client.update_collection_aliases([*unnamed, named]))
            schema = self._schemas.pop(beside(collection), None) or await self.schema(collection)
            if schema is not None:
                self._schemas[collection] = schema
        await self._clear(collection)

    async def size(self, collection: str) -> int | None:
        # Telemetry has it for a whole server, not for a collection of a cluster.
        return None

    async def _aliases(self) -> dict[str, str]:
        """All names on the server, with the collections behind them."""
        listed = await self._call(self._client.get_aliases())
        return {one.alias_name: one.collection_name for one in listed.aliases}

    async def _clear(self, collection: str) -> None:
        """Delete what a kill or a switch has left without a name."""
        prefix = _name(owner_of(collection)[0]) + "_"
        named = set((await self._aliases()).values())
        listed = await self._call(self._client.get_collections())
        for one in listed.collections:
            if one.name.startswith(prefix) and one.name not in named:
                await self._call(self._client.delete_collection(one.name))

    async def close(self) -> None:
        if self._made is not None:
            await self._made.close()
            self._made = None

    @property
    def _client(self) -> AsyncQdrantClient:
        # At the first call: gRPC's channel belongs to the event loop that it is made in.
        if self._made is None:
            self._made = AsyncQdrantClient(
                url=self._url, api_key=self._api_key, prefer_grpc=True, timeout=60, check_compatibility=False
            )
        return self._made

    async def _exists(self, collection: str) -> bool:
        return collection in self._schemas or _name(collection) in await self._aliases()

    async def _call(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except UnexpectedResponse as error:
            raise StoreError(f"The Qdrant server at {self._url} refused: {error}") from error
        except AioRpcError as error:
            kind = StoreUnavailable if error.code().name in {"UNAVAILABLE", "DEADLINE_EXCEEDED"} else StoreError
            raise kind(f"The Qdrant server at {self._url}: {error.code().name}: {error.details()}") from error
        except (ApiException, OSError) as error:
            raise StoreUnavailable(f"The Qdrant server at {self._url} can't be reached: {error}") from error


def _name(collection: str) -> str:
    owner, is_beside = owner_of(collection)
    return _PREFIX + storage_name(owner) + (_BESIDE if is_beside else "")
