"""The storage contract and its two drivers: `edge` (embedded) and `server`. Import a driver from its own module: each
needs its engine."""

from retrieval.store.contract import (
    DenseSpec,
    Filter,
    Fuse,
    Hit,
    Nearest,
    Point,
    Query,
    Schema,
    Sparse,
    SparseSpec,
    Stored,
    Vector,
    VectorStore,
    beside,
)

__all__ = [
    "DenseSpec",
    "Filter",
    "Fuse",
    "Hit",
    "Nearest",
    "Point",
    "Query",
    "Schema",
    "Sparse",
    "SparseSpec",
    "Stored",
    "Vector",
    "VectorStore",
    "beside",
]
