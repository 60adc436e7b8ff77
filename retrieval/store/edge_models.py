"""Our words in qdrant-edge's. Lists are made here, on the far side of the process boundary: arrays cross it as
bytes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import qdrant_edge as edge

from retrieval.store.contract import (
    DenseSpec,
    Filter,
    Fuse,
    Nearest,
    Point,
    Query,
    Schema,
    Sparse,
    Value,
    Vector,
)


def config(schema: Schema) -> edge.EdgeConfig:
    """One search thread: the shard has a core's worth of a small machine, and its lists are short."""
    return edge.EdgeConfig(
        vectors={name: _dense(spec) for name, spec in schema.dense.items()},
        sparse_vectors={name: _sparse(spec.idf) for name, spec in schema.sparse.items()},
        wal_enabled=True,
        max_search_threads=1,
    )


def _dense(spec: DenseSpec) -> edge.EdgeVectorParams:
    return edge.EdgeVectorParams(
        size=spec.size,
        distance=edge.Distance.Cosine,
        multivector_config=edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim) if spec.multi else None,
        datatype=edge.VectorStorageDatatype.Float16 if spec.half else edge.VectorStorageDatatype.Float32,
        # m = 0 builds no graph: exact search is quicker than building one up to some 10,000 pages (reference figures).
        hnsw_config=None if spec.graph else edge.HnswIndexConfig(m=0, ef_construct=100, full_scan_threshold=10_000),
    )


def _sparse(idf: bool) -> edge.EdgeSparseVectorParams:
    return edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf if idf else None)


def field_indexes(schema: Schema) -> list[edge.UpdateOperation]:
    """Operations that index the payload fields of the schema."""
    kinds = dict.fromkeys(schema.keywords, edge.PayloadSchemaType.Keyword)
    kinds |= dict.fromkeys(schema.integers, edge.PayloadSchemaType.Integer)
    return [edge.UpdateOperation.create_field_index(name, kind) for name, kind in kinds.items()]


def point(ours: Point) -> edge.Point:
    return edge.Point(ours.id, {name: vector(v) for name, v in ours.vectors.items()}, dict(ours.payload))


def vector(ours: Vector) -> Any:
    if isinstance(ours, Sparse):
        return edge.SparseVector(ours.indices.tolist(), ours.values.tolist())
    return ours.tolist()


def stored_point(theirs: edge.Record) -> Point:
    vectors: Any = theirs.vector
    found = vectors if isinstance(vectors, dict) else {}
    return Point(str(theirs.id), {name: _stored_vector(one) for name, one in found.items()}, payload(theirs.payload))


def _stored_vector(theirs: Any) -> Vector:
    if isinstance(theirs, edge.SparseVector):
        return Sparse(np.asarray(theirs.indices, dtype=np.uint32), np.asarray(theirs.values, dtype=np.float32))
    return np.asarray(theirs, dtype=np.float32)


def condition(ours: Filter | None) -> edge.Filter | None:
    if ours is None:
        return None
    must: list[Any] = [_field(name, values) for name, values in ours.any_of.items()]
    if ours.ids is not None:
        must.append(edge.HasIdCondition(set(ours.ids)))
    return edge.Filter(must=must, must_not=[_field(name, values) for name, values in ours.none_of.items()])


def _field(name: str, values: Any) -> edge.FieldCondition:
    listed: list[Value] = list(values)
    match = edge.MatchValue(listed[0]) if len(listed) == 1 else edge.MatchAny(listed)  # type: ignore[arg-type]
    return edge.FieldCondition(name, match=match)


def request(ours: Query) -> edge.QueryRequest:
    return edge.QueryRequest(
        limit=ours.limit,
        query=_scoring(ours.by),
        prefetches=[_prefetch(inner) for inner in ours.prefetch] or None,
        filter=condition(ours.where),
        params=_params(ours.by),
        with_payload=list(ours.payload) if isinstance(ours.payload, tuple) else ours.payload,
    )


def _prefetch(ours: Query) -> edge.Prefetch:
    return edge.Prefetch(
        limit=ours.limit,
        query=_scoring(ours.by),
        prefetches=[_prefetch(inner) for inner in ours.prefetch] or None,
        filter=condition(ours.where),
        params=_params(ours.by),
    )


def _scoring(by: Nearest | Fuse) -> Any:
    if isinstance(by, Nearest):
        return edge.Query.Nearest(vector(by.vector), using=by.using)
    # Qdrant counts ranks from 0, the paper from 1.
    return edge.Fusion.Rrf(by.k + 1, list(by.weights) if by.weights else None)


def _params(by: Nearest | Fuse) -> edge.SearchParams | None:
    if isinstance(by, Nearest) and by.corpus is not None:
        return edge.SearchParams(idf=edge.IdfParams(condition(by.corpus)))
    return None


def payload(found: Mapping[str, Any] | None) -> dict[str, Any]:
    return dict(found or {})
