"""The far side of the Edge driver: the open shards, and what can be done with them.

qdrant-edge never releases the interpreter lock, so this runs in a process of its own
(retrieval/store/shard_process.py): plain functions over one table of open shards, called one at a time. A shard is
opened at its first use and stays open.

A collection's folder holds `shard/` (Edge's own) and `index.json` (schema, and the identity of the model). It is built
aside and moved into place whole, so a kill at any moment leaves either all of it or none.
"""

import shutil
import signal
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import qdrant_edge as edge

from retrieval.errors import IndexLocked, StoreError
from retrieval.store import edge_models
from retrieval.store.contract import Filter, Hit, Point, Query, Schema, Stored

LOCK_PATIENCE = 10.0
"""Seconds to wait for another process to let go of a shard: a killed service's shard process ends within moments of
it."""

_SCROLL_PAGE = 1000


class IndexFile(msgspec.Struct, frozen=True):
    """What `index.json` holds."""

    version: int
    schema: Schema
    about: dict[str, str]


_open: dict[Path, edge.EdgeShard] = {}


def begin() -> None:
    """Run once in a new shard process: it ends with its parent, and leaves Ctrl-C to it."""
    from ingest.workers.lifeline import die_with_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()


def create(folder: Path, schema: Schema, about: Mapping[str, str]) -> dict[str, str]:
    """Build the collection's folder unless it is there. Returns what `index.json` says."""
    if not exists(folder):
        _build(folder, IndexFile(1, schema, dict(about)))
    return read_index(folder).about


def _build(folder: Path, index: IndexFile) -> None:
    aside = folder.with_name(f".new.{uuid.uuid4().hex}")
    (aside / "shard").mkdir(parents=True)
    shard = edge.EdgeShard.create(str(aside / "shard"), edge_models.config(index.schema))
    for operation in edge_models.field_indexes(index.schema):
        shard.update(operation)
    shard.flush()
    shard.close()
    (aside / "index.json").write_bytes(msgspec.json.encode(index))
    aside.rename(folder)


def read_index(folder: Path) -> IndexFile:
    """The folder's `index.json`; StoreError if it isn't one of ours."""
    try:
        return msgspec.json.decode((folder / "index.json").read_bytes(), type=IndexFile)
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(
            f"The index in {folder} can't be read: {error}. Remove the collection and add its documents again."
        ) from error


def about(folder: Path) -> dict[str, str] | None:
    return read_index(folder).about if exists(folder) else None


def exists(folder: Path) -> bool:
    return (folder / "index.json").exists()


def upsert(folder: Path, points: Sequence[Point]) -> None:
    _opened(folder).update(edge.UpdateOperation.upsert_points([edge_models.point(point) for point in points]))


def set_payload(folder: Path, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
    _opened(folder).update(edge.UpdateOperation.set_payload(list(ids), dict(payload)))


def delete(folder: Path, ids: Sequence[str]) -> None:
    # By ids, never by filter: the engine's log replays a delete by filter over points that came after it (qdrant issue
    # 9575).
    _opened(folder).update(edge.UpdateOperation.delete_points(list(ids)))


def flush(folder: Path) -> None:
    _opened(folder).flush()


def query(folder: Path, queries: Sequence[Query]) -> list[list[Hit]]:
    if not exists(folder):
        return [[] for _ in queries]
    shard = _opened(folder)
    answers = shard.query_batch(edge.QueryBatchRequest([edge_models.request(one) for one in queries]))
    return [[Hit(str(p.id), p.score, edge_models.payload(p.payload)) for p in hits] for hits in answers]


def retrieve(folder: Path, ids: Sequence[str], vectors: tuple[str, ...], fields: tuple[str, ...] | bool) -> list[Point]:
    if not ids or not exists(folder):
        return []
    payload = list(fields) if isinstance(fields, tuple) else fields
    records = _opened(folder).retrieve(list(ids), with_payload=payload, with_vector=list(vectors) or False)
    return [edge_models.stored_point(record) for record in records]


def scroll(folder: Path, where: Filter | None, fields: tuple[str, ...] | bool) -> list[Stored]:
    if not exists(folder):
        return []
    shard, found, after = _opened(folder), [], None
    while True:
        records, after = shard.scroll(
            edge.ScrollRequest(
                offset=after,
                limit=_SCROLL_PAGE,
                filter=edge_models.condition(where),
                with_payload=list(fields) if isinstance(fields, tuple) else fields,
                with_vector=False,
            )
        )
        found += [Stored(str(record.id), edge_models.payload(record.payload)) for record in records]
        if after is None:
            return found


def count(folder: Path, where: Filter | None) -> int:
    if not exists(folder):
        return 0
    return _opened(folder).count(edge.CountRequest(exact=True, filter=edge_models.condition(where)))


def drop(folder: Path) -> None:
    """Close and delete. The folder is moved aside first, so that a kill half way leaves no half of it in place."""
    close(folder)
    if folder.exists():
        aside = folder.with_name(f".old.{uuid.uuid4().hex}")
        folder.rename(aside)
        shutil.rmtree(aside)


def sweep(root: Path) -> None:
    """Delete what a kill left half built or half deleted."""
    for leftover in (*root.glob(".new.*"), *root.glob(".old.*")):
        shutil.rmtree(leftover, ignore_errors=True)


def close(folder: Path) -> None:
    shard = _open.pop(folder, None)
    if shard is not None:
        shard.flush()
        shard.close()


def close_all() -> None:
    for folder in list(_open):
        close(folder)


def _opened(folder: Path) -> edge.EdgeShard:
    if folder not in _open:
        _open[folder] = _load(folder)
    return _open[folder]


def _load(folder: Path) -> edge.EdgeShard:
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return edge.EdgeShard.load(str(folder / "shard"))
        except Exception as error:
            # The engine raises plain Exception; the text is all there is to tell by.
            if "WouldBlock" not in str(error):
                raise StoreError(f"The index in {folder} can't be opened: {error}") from error
            if time.monotonic() > deadline:
                raise IndexLocked(
                    f"Another process has the index in {folder} open. Stop the other service, or use it."
                ) from error
            time.sleep(0.05)
