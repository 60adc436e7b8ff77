"""What a vector store is to Quire: the types that cross, and the protocol that both drivers keep.

The words are ours and few, so that an engine's API may change without the rest noticing. Vectors are numpy arrays
everywhere; turning them into what an engine wants is the driver's business, on the far side of the process boundary
where there is one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy.typing as npt
from msgspec import Struct

Array = npt.NDArray[Any]
Value = str | int
"""What a filter compares. No booleans: qdrant-edge 0.9 takes a boolean in a filter for an integer and never matches."""


class Sparse(Struct, frozen=True):
    """A sparse vector: `indices` uint32 (n,), ascending and unique; `values` float32 (n,)."""

    indices: Array
    values: Array


Vector = Array | Sparse


class DenseSpec(Struct, frozen=True):
    """A dense named vector, compared by cosine. `multi`: rows of `size` values, compared by MaxSim. `half`: kept as
    float16. `graph`: searched through HNSW where the engine builds one; exact otherwise."""

    size: int
    multi: bool = False
    half: bool = False
    graph: bool = True


class SparseSpec(Struct, frozen=True):
    """A sparse named vector, compared by dot product; with `idf` the query's values are multiplied by the inverse
    document frequency."""

    idf: bool = True


class Schema(Struct, frozen=True):
    """Named vectors of a collection (a point may lack any of them) and the payload fields that filters use."""

    dense: Mapping[str, DenseSpec]
    sparse: Mapping[str, SparseSpec]
    keywords: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()


class Point(Struct, frozen=True):
    """What is stored. `id` is a UUID; dense vectors are (d,) or (rows, d), of unit length by row."""

    id: str
    vectors: Mapping[str, Vector]
    payload: Mapping[str, Any]


class Filter(Struct, frozen=True):
    """All of it holds: each field of `any_of` has one of its values, no field of `none_of` has one of its, and the id
    is one of `ids`."""

    any_of: Mapping[str, Sequence[Value]] = {}
    none_of: Mapping[str, Sequence[Value]] = {}
    ids: Sequence[str] | None = None


class Nearest(Struct, frozen=True):
    """Nearest to `vector` by the named vector `using`. `corpus`: the points over which a sparse vector's IDF is counted
    (None: all)."""

    using: str
    vector: Vector
    corpus: Filter | None = None


class Fuse(Struct, frozen=True):
    """Reciprocal-rank fusion of the prefetches: sum of 1 / (k + rank / weight), rank from 1 (Cormack et al., SIGIR 2009,
    with k 60; the weight within the fraction is Qdrant's: a list of weight 2 falls half as fast)."""

    k: int = 60
    weights: tuple[float, ...] | None = None


class Query(Struct, frozen=True):
    """Best `limit` points that pass `where`: over the collection, or over what `prefetch` brings (then each prefetch
    filters itself too). `payload`: all of it, the named fields, or none."""

    by: Nearest | Fuse
    limit: int
    where: Filter | None = None
    prefetch: tuple["Query", ...] = ()
    payload: bool | tuple[str, ...] = False


class Hit(Struct, frozen=True):
    """A point that a query brought, best first; `score` as the query defines it, higher is better."""

    id: str
    score: float
    payload: Mapping[str, Any]


class Stored(Struct, frozen=True):
    """A point as listed: no vectors."""

    id: str
    payload: Mapping[str, Any]


class VectorStore(Protocol):
    """Collections of points. Every call may be repeated: writing twice is writing once. A write is durable when it
    returns: it survives SIGKILL and power loss as far as the disk keeps its word. On a collection that doesn't exist,
    reading finds nothing and deleting does nothing.

    Beside a collection another can be built to take its place: it is a collection under the name `beside(collection)`,
    not listed, opened and written to as any, and lasts until `switch` or `drop`.
    """

    async def open(self, collection: str, schema: Schema, about: Mapping[str, str]) -> Mapping[str, str]:
        """Create the collection with `about` (the model's identity) stored beside it, unless it exists. Returns what is
        stored."""
        ...

    async def about(self, collection: str) -> Mapping[str, str] | None:
        """What was stored beside the collection; None if there is no such collection."""
        ...

    async def schema(self, collection: str) -> Schema | None:
        """What the collection was created with; None if there is no such collection."""
        ...

    async def upsert(self, collection: str, points: Sequence[Point]) -> None:
        """Write points whole. InvalidVector before anything is written if a vector doesn't fit the schema."""
        ...

    async def set_payload(self, collection: str, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
        """Set these fields on these points; others stay."""
        ...

    async def delete(self, collection: str, ids: Sequence[str]) -> None: ...

    async def query(self, collection: str, queries: Sequence[Query]) -> list[list[Hit]]:
        """One list of hits for each query, in one round trip."""
        ...

    async def retrieve(
        self,
        collection: str,
        ids: Sequence[str],
        *,
        vectors: tuple[str, ...] = (),
        fields: tuple[str, ...] | bool = False,
    ) -> list[Point]:
        """Those of the points that are there, with these of their vectors (float32, whatever they are stored in), in no
        promised order. For a few: a page's patches are hundreds of kilobytes."""
        ...

    async def scroll(
        self, collection: str, where: Filter | None = None, *, fields: tuple[str, ...] | bool = False
    ) -> list[Stored]:
        """Every point that passes, in no promised order."""
        ...

    async def count(self, collection: str, where: Filter | None = None) -> int:
        """Exact."""
        ...

    async def collections(self) -> list[str]:
        """Names, sorted."""
        ...

    async def drop(self, collection: str) -> None:
        """Delete it, and with a collection what is built beside it."""
        ...

    async def switch(self, collection: str) -> None:
        """What was built beside the collection takes its place, whole and at once: whenever the process is killed, one of
        the two is there and complete. The old one is deleted. Nothing happens if there is none beside it."""
        ...

    async def size(self, collection: str) -> int | None:
        """Bytes that it takes on disk; None where the engine doesn't say."""
        ...

    async def close(self) -> None: ...


_BESIDE = "\0beside"
"""No caller's name ends so."""


def beside(collection: str) -> str:
    """The name of the collection that is built to take this one's place."""
    return collection + _BESIDE


def owner_of(name: str) -> tuple[str, bool]:
    """The collection that a name belongs to, and whether it is of what is built beside that."""
    return name.removesuffix(_BESIDE), name.endswith(_BESIDE)


def storage_name(collection: str) -> str:
    """A folder's and a server collection's name for any collection name: letters, digits and '-' as they are, the rest
    as =xx."""
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else _escaped(c) for c in collection)


def collection_name(storage: str) -> str:
    """The inverse of `storage_name`."""
    parts = storage.split("=")
    raw = parts[0].encode()
    for part in parts[1:]:
        raw += bytes([int(part[:2], 16)]) + part[2:].encode()
    return raw.decode()


def _escaped(character: str) -> str:
    return "".join(f"={byte:02x}" for byte in character.encode())
