"""Writes in parts that are sized by bytes: a page's patches weigh as much as a thousand passages.

Over gRPC a value takes four bytes, on its way to the shard process as many as it has in memory.
"""

from collections.abc import Iterator, Sequence

from msgspec import json

from retrieval.store.contract import Point, Sparse, Vector

_FRAME = 64
"""Bytes of a point beside vectors and payload, roughly."""


def batches(points: Sequence[Point], limit: int, *, most: int | None = None) -> Iterator[list[Point]]:
    """Points in order, in batches of at most `limit` bytes on the wire (a larger point goes alone) and `most` points."""
    batch: list[Point] = []
    filled = 0
    for one in points:
        size = wire_bytes(one)
        if batch and (filled + size > limit or len(batch) == most):
            yield batch
            batch, filled = [], 0
        batch.append(one)
        filled += size
    if batch:
        yield batch


def wire_bytes(point: Point) -> int:
    """About what the point takes over gRPC: 4 bytes a value or index, and the payload, which is close to its JSON."""
    return sum(map(_vector_bytes, point.vectors.values())) + len(json.encode(dict(point.payload))) + _FRAME


def _vector_bytes(vector: Vector) -> int:
    return 8 * int(vector.values.size) if isinstance(vector, Sparse) else 4 * int(vector.size)
