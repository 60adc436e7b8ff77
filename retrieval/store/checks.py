"""Refuses vectors that must not reach an engine.

qdrant-edge 0.9 takes NaN without a word and multivectors of any length, which a server then refuses; both engines
normalise what is not of unit length, which would hide a fault in an encoder. So everything is checked here, once, for
both.
"""

from collections.abc import Sequence

import numpy as np

from retrieval.errors import InvalidVector
from retrieval.store.contract import Array, DenseSpec, Point, Schema, Sparse, Vector

MAX_VALUES = 1_048_576
"""Values a multivector may have: the server's own limit, not configurable (qdrant issues 5925, 9408)."""

_UNIT_TOLERANCE = 1e-2
"""bfloat16 and float16 models give lengths off by some 1e-3; a vector that was never normalised is off by far more."""


def check_points(schema: Schema, points: Sequence[Point]) -> None:
    """InvalidVector if any vector of any point doesn't fit the schema, naming the point and what is wrong."""
    for point in points:
        for name, vector in point.vectors.items():
            problem = _problem(schema, name, vector)
            if problem is not None:
                raise InvalidVector(f"Vector {name!r} of point {point.id}: {problem}.")


def _problem(schema: Schema, name: str, vector: Vector) -> str | None:
    if isinstance(vector, Sparse):
        return _sparse_problem(vector) if name in schema.sparse else "the collection has no sparse vector of this name"
    spec = schema.dense.get(name)
    if spec is None:
        return "the collection has no dense vector of this name"
    return _shape_problem(spec, vector) or _value_problem(vector)


def _sparse_problem(vector: Sparse) -> str | None:
    if vector.indices.shape != vector.values.shape or vector.indices.ndim != 1:
        return f"{vector.indices.shape} indices for {vector.values.shape} values"
    if len(np.unique(vector.indices)) != len(vector.indices):
        return "an index occurs twice"
    if not np.isfinite(vector.values).all():
        return "it holds NaN or infinity"
    return None


def _shape_problem(spec: DenseSpec, vector: Array) -> str | None:
    if vector.ndim != (2 if spec.multi else 1):
        return f"{vector.ndim} axes where {'rows of values' if spec.multi else 'one row of values'} is expected"
    if vector.shape[-1] != spec.size:
        return f"{vector.shape[-1]} values where {spec.size} are expected"
    if vector.size == 0:
        return "it has no rows"
    if vector.size > MAX_VALUES:
        return f"{vector.size} values in all; the limit is {MAX_VALUES}"
    return None


def _value_problem(vector: Array) -> str | None:
    if not np.isfinite(vector).all():
        return "it holds NaN or infinity"
    lengths = np.linalg.norm(vector.astype(np.float32), axis=-1)
    worst = float(np.max(np.abs(lengths - 1.0)))
    return f"its length is off 1 by {worst:.3f}" if worst > _UNIT_TOLERANCE else None
