"""Our words in qdrant-client's, and its answers in ours."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import MsgspecError, json
from qdrant_client import models

from retrieval.errors import StoreError
from retrieval.store.contract import DenseSpec, Filter, Fuse, Hit, Nearest, Point, Query, Schema, Sparse, Value, Vector

_SCHEMA = "_schema"
"""Under this name beside a collection: its schema, as JSON."""


def dense_config(schema: Schema) -> dict[str, models.VectorParams]:
    return {name: _dense(spec) for name, spec in schema.dense.items()}


def _dense(spec: DenseSpec) -> models.VectorParams:
    multi = models.MultiVectorConfig(comparator=models.MultiVectorComparator.MAX_SIM) if spec.multi else None
    return models.VectorParams(
        size=spec.size,
        distance=models.Distance.COSINE,
        multivector_config=multi,
        datatype=models.Datatype.FLOAT16 if spec.half else models.Datatype.FLOAT32,
        hnsw_config=None if spec.graph else models.HnswConfigDiff(m=0),
    )


def sparse_config(schema: Schema) -> dict[str, models.SparseVectorParams]:
    return {
        name: models.SparseVectorParams(modifier=models.Modifier.IDF if spec.idf else None)
        for name, spec in schema.sparse.items()
    }


def field_indexes(schema: Schema) -> dict[str, models.PayloadSchemaType]:
    kinds = dict.fromkeys(schema.keywords, models.PayloadSchemaType.KEYWORD)
    return kinds | dict.fromkeys(schema.integers, models.PayloadSchemaType.INTEGER)


def point(ours: Point) -> models.PointStruct:
    vectors = {name: vector(v) for name, v in ours.vectors.items()}
    return models.PointStruct(id=ours.id, vector=vectors, payload=dict(ours.payload))


def vector(ours: Vector) -> Any:
    if isinstance(ours, Sparse):
        return models.SparseVector(indices=ours.indices.tolist(), values=ours.values.tolist())
    return ours.tolist()


def stored_point(theirs: models.Record) -> Point:
    vectors = theirs.vector if isinstance(theirs.vector, dict) else {}
    return Point(str(theirs.id), {name: _stored_vector(found) for name, found in vectors.items()}, theirs.payload or {})


def _stored_vector(theirs: Any) -> Vector:
    if isinstance(theirs, models.SparseVector):
        return Sparse(np.asarray(theirs.indices, dtype=np.uint32), np.asarray(theirs.values, dtype=np.float32))
    return np.asarray(theirs, dtype=np.float32)


def condition(ours: Filter | None) -> models.Filter | None:
    if ours is None:
        return None
    must: list[models.Condition] = [_field(name, values) for name, values in ours.any_of.items()]
    if ours.ids is not None:
        must.append(models.HasIdCondition(has_id=list(ours.ids)))
    return models.Filter(must=must, must_not=[_field(name, values) for name, values in ours.none_of.items()])


def _field(name: str, values: Sequence[Value]) -> models.FieldCondition:
    match = models.MatchValue(value=values[0]) if len(values) == 1 else models.MatchAny(any=list(values))  # type: ignore[arg-type]
    return models.FieldCondition(key=name, match=match)


def request(ours: Query) -> models.QueryRequest:
    query, using = _scoring(ours.by)
    return models.QueryRequest(
        query=query,
        using=using,
        prefetch=[_prefetch(inner) for inner in ours.prefetch] or None,
        filter=condition(ours.where),
        params=_params(ours.by),
        limit=ours.limit,
        with_payload=list(ours.payload) if isinstance(ours.payload, tuple) else ours.payload,
    )


def _prefetch(ours: Query) -> models.Prefetch:
    query, using = _scoring(ours.by)
    return models.Prefetch(
        query=query,
        using=using,
        prefetch=[_prefetch(inner) for inner in ours.prefetch] or None,
        filter=condition(ours.where),
        params=_params(ours.by),
        limit=ours.limit,
    )


def _scoring(by: Nearest | Fuse) -> tuple[Any, str | None]:
    if isinstance(by, Nearest):
        return models.NearestQuery(nearest=vector(by.vector)), by.using
    # Qdrant counts ranks from 0, the paper from 1.
    return models.RrfQuery(rrf=models.Rrf(k=by.k + 1, weights=list(by.weights) if by.weights else None)), None


def _params(by: Nearest | Fuse) -> models.SearchParams | None:
    corpus = condition(by.corpus) if isinstance(by, Nearest) else None
    return models.SearchParams(idf=models.IdfCorpusParams(corpus=corpus)) if corpus is not None else None


def hit(theirs: models.ScoredPoint) -> Hit:
    return Hit(str(theirs.id), theirs.score, theirs.payload or {})


def metadata(schema: Schema, about: Mapping[str, str]) -> dict[str, Any]:
    """What is stored beside a collection, for `about` and `schema`."""
    return {**about, _SCHEMA: json.encode(schema).decode()}


def about(metadata: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in metadata.items() if key != _SCHEMA}


def schema(metadata: Mapping[str, Any]) -> Schema:
    """StoreError if the collection isn't one of ours."""
    try:
        return json.decode(metadata.get(_SCHEMA, ""), type=Schema)
    except MsgspecError as error:
        raise StoreError(f"The collection on the server tells nothing of its vectors: {error}.") from error


def name(collection: str, alias: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(create_alias=models.CreateAlias(collection_name=collection, alias_name=alias))


def unname(alias: str) -> models.DeleteAliasOperation:
    return models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
