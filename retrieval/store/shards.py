"""The far side of the Edge driver: the open shards, and what can be done with them.

qdrant-edge never releases the interpreter lock, so this runs in a process of its own
(retrieval/store/shard_process.py): plain functions over one table of open shards, called one at a time. A shard is
opened at its first use and stays open.

A collection's folder holds shards (Edge's own folders) and `index.json`: schema, identity of the model, and which shard is
the collection's. What is built to take its place has another shard there, and `beside.json` to tell of it. Such a file is
written last and moved into place whole, so a kill at any moment leaves either all of a collection or none, and the switch
from one shard to another is the renaming of one file. Shards that no file tells of are leftovers.

The functions take the path of that file for the collection.
"""

import os
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


INDEX, BESIDE = "index.json", "beside.json"


class IndexFile(msgspec.Struct, frozen=True):
    """What `index.json` holds. `shard`: the folder's name."""

    version: int
    schema: Schema
    about: dict[str, str]
    shard: str = "shard"


_open: dict[Path, edge.EdgeShard] = {}


def begin() -> None:
    """Run once in a new shard process: it ends with its parent, and leaves Ctrl-C to it."""
    from ingest.workers.lifeline import die_with_parent

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()


def create(index: Path, schema: Schema, about: Mapping[str, str]) -> dict[str, str]:
    """Build the collection unless it is there. Returns what its file says."""
    if not exists(index):
        _build(index, IndexFile(1, schema, dict(about), f"shard-{uuid.uuid4().hex[:8]}"))
    return read_index(index).about


def _build(index: Path, wanted: IndexFile) -> None:
    folder = index.parent / wanted.shard
    folder.mkdir(parents=True)
    shard = edge.EdgeShard.create(str(folder), edge_models.config(wanted.schema))
    for operation in edge_models.field_indexes(wanted.schema):
        shard.update(operation)
    shard.flush()
    shard.close()
    aside = index.with_name(f".{index.name}")
    with aside.open("wb") as file:
        file.write(msgspec.json.encode(wanted))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(index)
    _sync(index.parent)


def read_index(index: Path) -> IndexFile:
    """What the file says; StoreError if it isn't one of ours."""
    try:
        return msgspec.json.decode(index.read_bytes(), type=IndexFile)
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(
            f"The index in {index.parent} can't be read: {error}. Remove the collection and add its documents again."
        ) from error


def about(index: Path) -> dict[str, str] | None:
    return read_index(index).about if exists(index) else None


def exists(index: Path) -> bool:
    return index.exists()


def upsert(index: Path, points: Sequence[Point]) -> None:
    _opened(index).update(edge.UpdateOperation.upsert_points([edge_models.point(point) for point in points]))


def set_payload(index: Path, ids: Sequence[str], payload: Mapping[str, Any]) -> None:
    _opened(index).update(edge.UpdateOperation.set_payload(list(ids), dict(payload)))


def delete(index: Path, ids: Sequence[str]) -> None:
    # By ids, never by filter: the engine's log replays a delete by filter over points that came after it (qdrant issue
    # 9575).
    _opened(index).update(edge.UpdateOperation.delete_points(list(ids)))


def flush(index: Path) -> None:
    _opened(index).flush()


def query(index: Path, queries: Sequence[Query]) -> list[list[Hit]]:
    if not exists(index):
        return [[] for _ in queries]
    shard = _opened(index)
    answers = shard.query_batch(edge.QueryBatchRequest([edge_models.request(one) for one in queries]))
    return [[Hit(str(p.id), p.score, edge_models.payload(p.payload)) for p in hits] for hits in answers]


def retrieve(index: Path, ids: Sequence[str], vectors: tuple[str, ...], fields: tuple[str, ...] | bool) -> list[Point]:
    if not ids or not exists(index):
        return []
    payload = list(fields) if isinstance(fields, tuple) else fields
    records = _opened(index).retrieve(list(ids), with_payload=payload, with_vector=list(vectors) or False)
    return [edge_models.stored_point(record) for record in records]


def scroll(index: Path, where: Filter | None, fields: tuple[str, ...] | bool) -> list[Stored]:
    if not exists(index):
        return []
    shard, found, after = _opened(index), [], None
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


def count(index: Path, where: Filter | None) -> int:
    if not exists(index):
        return 0
    return _opened(index).count(edge.CountRequest(exact=True, filter=edge_models.condition(where)))


def size(index: Path) -> int:
    """Bytes on disk: what is allocated, for the engine's files are larger than what is in them."""
    shard = index.parent / read_index(index).shard
    return sum(_allocated(entry) for entry in shard.rglob("*"))


def _allocated(path: Path) -> int:
    try:
        return path.stat().st_blocks * 512 if path.is_file() else 0
    except FileNotFoundError:
        return 0  # the engine has put another file in its place


def switch(folder: Path) -> None:
    """What is beside the collection in this folder takes its place. Searches wait for this, so what was there is only let go;
    `remove_untold` deletes it."""
    new, index = folder / BESIDE, folder / INDEX
    if exists(new):
        # Nothing to flush: each write has done so.
        new.replace(index)
        _sync(folder)
    for shard in _untold(folder):
        _let_go(shard)


def drop(index: Path) -> None:
    """Close and delete. What tells of it goes first, so that a kill half way leaves no half of it in place."""
    folder = index.parent
    if index.name == BESIDE:
        index.unlink(missing_ok=True)
        clear(folder)
        return
    for shard in [shard for shard in _open if shard.parent == folder]:
        _close(shard)
    if folder.exists():
        aside = folder.with_name(f".old.{uuid.uuid4().hex}")
        folder.rename(aside)
        shutil.rmtree(aside)


def clear(folder: Path) -> None:
    """Close and delete the shards of a collection's folder that no file tells of."""
    for shard in _untold(folder):
        _let_go(shard)
    remove_untold(folder)


def remove_untold(folder: Path) -> None:
    """Delete the shards, none of them open, that no file tells of: in whichever process."""
    for shard in _untold(folder):
        shutil.rmtree(shard, ignore_errors=True)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def _untold(folder: Path) -> list[Path]:
    told = {read_index(index).shard for index in (folder / INDEX, folder / BESIDE) if exists(index)}
    return [shard for shard in folder.glob("shard*") if shard.name not in told]


def sweep(root: Path) -> None:
    """Delete what a kill left half built or half deleted."""
    for leftover in (*root.glob(".new.*"), *root.glob(".old.*")):
        shutil.rmtree(leftover, ignore_errors=True)
    for folder in root.glob("[!.]*"):
        try:
            clear(folder)
        except StoreError:
            # A damaged file says so to whoever uses the collection; what it told of stays.
            continue


def close_all() -> None:
    for shard in list(_open):
        _close(shard)


def _let_go(folder: Path) -> None:
    """Close a shard that is going to be deleted."""
    shard = _open.pop(folder, None)
    if shard is not None:
        shard.close()


def _close(folder: Path) -> None:
    shard = _open.pop(folder, None)
    if shard is not None:
        shard.flush()
        shard.close()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _opened(index: Path) -> edge.EdgeShard:
    folder = index.parent / read_index(index).shard
    if folder not in _open:
        _open[folder] = _load(folder)
    return _open[folder]


def _load(folder: Path) -> edge.EdgeShard:
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            return edge.EdgeShard.load(str(folder))
        except Exception as error:
            # The engine raises plain Exception; the text is all there is to tell by.
            if "WouldBlock" not in str(error):
                raise StoreError(f"The index in {folder.parent} can't be opened: {error}") from error
            if time.monotonic() > deadline:
                raise IndexLocked(
                    f"Another process has the index in {folder.parent} open. Stop the other service, or use it."
                ) from error
            time.sleep(0.05)
