"""The driver for a Qdrant server or cluster, over gRPC.

Not run against a live server on the machine it was written on (none can be had there): the contract suite runs it
against qdrant-client's own in-memory engine, which shares the models and the calls.
"""

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
    collection_name,
    storage_name,
)

_BATCH_BYTES = 6_000_000
"""A write's size. Servers refuse bodies over 32 MB, often only by a timeout; 4 to 8 MB is their own advice."""

_PREFIX = "quire_"
"""Sets our collections apart from others on the same server. `storage_name` never makes an underscore."""

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
        name = _name(collection)
        if not await self._call(self._client.collection_exists(name)):
            await self._call(
                self._client.create_collection(
                    name,
                    vectors_config=server_models.dense_config(schema),
                    sparse_vectors_config=server_models.sparse_config(schema),
                    metadata=dict(about),
                )
            )
        # Whatever a kill between the calls left out; creating an index that is there does nothing.
        for field, kind in server_models.field_indexes(schema).items():
            await self._call(self._client.create_payload_index(name, field, kind, wait=True))
        self._schemas[collection] = schema
        return await self.about(collection) or {}

    async def about(self, collection: str) -> Mapping[str, str] | None:
        if not await self._exists(collection):
            return None
        info = await self._call(self._client.get_collection(_name(collection)))
        return server_models.about(info.config.metadata)

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
        listed = await self._call(self._client.get_collections())
        ours = [one.name for one in listed.collections if one.name.startswith(_PREFIX)]
        return sorted(collection_name(name.removeprefix(_PREFIX)) for name in ours)

    async def drop(self, collection: str) -> None:
        self._schemas.pop(collection, None)
        if await self._exists(collection):
            await self._call(self._client.delete_collection(_name(collection)))

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
        return collection in self._schemas or await self._call(self._client.collection_exists(_name(collection)))

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
    return _PREFIX + storage_name(collection)
