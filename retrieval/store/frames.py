"""A collection as a file: a line that names the format, then frames, each its length (4 bytes, big-endian) and MessagePack: a
header, points some at a time, and an end that counts them.

Values are little-endian, of the kind that they are kept in: float16 where the schema says so. Nothing in it is code, unlike a
pickle's: a file from elsewhere may be opened.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec
import numpy as np
from msgspec import Struct

from retrieval.errors import StoreError
from retrieval.store.contract import Point, Schema, Sparse, Vector

_MAGIC = b"quire index 1\n"
_MOST = 1 << 30
"""Bytes of a frame; more is not one of ours."""


class Header(Struct, frozen=True):
    """What is in the file: name, vectors and model of the collection."""

    collection: str
    schema: Schema
    about: dict[str, str]


class _Values(Struct, frozen=True, tag="dense"):
    shape: tuple[int, ...]
    half: bool
    data: bytes


class _Pairs(Struct, frozen=True, tag="sparse"):
    indices: bytes
    values: bytes


class _Packed(Struct, frozen=True):
    id: str
    vectors: dict[str, _Values | _Pairs]
    payload: dict[str, Any]


class _Some(Struct, frozen=True, tag="points"):
    points: list[_Packed]


class _End(Struct, frozen=True, tag="end"):
    points: int


class FileWriter:
    """Writes points as they come. The file has its name once it is whole; it is not there if something goes wrong."""

    def __init__(self, path: Path, header: Header) -> None:
        if path.exists():
            raise StoreError(f"There is a file {path} already; it is not overwritten.")
        self._path, self._aside = path, path.with_name(f".{path.name}.part")
        self._header, self._points = header, 0
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self._file = self._aside.open("wb")
        except OSError as error:
            raise StoreError(f"{self._path} can't be written: {error.strerror}.") from error
        self._file.write(_MAGIC)
        self._frame(self._header)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._file is not None
        if kind is None:
            self._frame(_End(self._points))
        self._file.close()
        if kind is None:
            self._aside.replace(self._path)
        else:
            self._aside.unlink(missing_ok=True)

    def write(self, points: Sequence[Point]) -> None:
        """Add points."""
        self._frame(_Some([_packed(point, self._header.schema) for point in points]))
        self._points += len(points)

    def _frame(self, content: Struct) -> None:
        data = msgspec.msgpack.encode(content)
        assert self._file is not None
        self._file.write(struct.pack(">I", len(data)) + data)


class FileReader:
    """Iterates over the points of a file; StoreError if it is no file of this kind, or is cut short or damaged."""

    header: Header

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("rb")
        except OSError as error:
            raise StoreError(f"{self._path} can't be read: {error.strerror}.") from error
        if self._file.read(len(_MAGIC)) != _MAGIC:
            self._file.close()
            raise StoreError(f"{self._path} is not an index that `quire index export` has written.")
        self.header = self._decoded(self._frame(), Header)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[list[Point]]:
        found = 0
        while isinstance(some := self._decoded(self._frame(), _Some | _End), _Some):
            yield [_unpacked(point) for point in some.points]
            found += len(some.points)
        if some.points != found:
            raise StoreError(f"{self._path} is damaged: it holds {found} points and says {some.points}.")

    def _frame(self) -> bytes:
        head = self._file.read(4)
        size = struct.unpack(">I", head)[0] if len(head) == 4 else 0
        data = self._file.read(size) if size <= _MOST else b""
        if not data or len(data) < size:
            raise StoreError(f"{self._path} is cut short or damaged: it ends before its last point.")
        return data

    def _decoded(self, data: bytes, kind: Any) -> Any:
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except msgspec.MsgspecError as error:
            raise StoreError(f"{self._path} is damaged: {error}.") from error


def _packed(point: Point, schema: Schema) -> _Packed:
    vectors = {name: _values(vector, name, schema) for name, vector in point.vectors.items()}
    return _Packed(point.id, vectors, dict(point.payload))


def _values(vector: Vector, name: str, schema: Schema) -> _Values | _Pairs:
    if isinstance(vector, Sparse):
        return _Pairs(vector.indices.astype("<u4").tobytes(), vector.values.astype("<f4").tobytes())
    half = schema.dense[name].half
    return _Values(tuple(vector.shape), half, vector.astype("<f2" if half else "<f4").tobytes())


def _unpacked(point: _Packed) -> Point:
    try:
        return Point(point.id, {name: _vector(values) for name, values in point.vectors.items()}, point.payload)
    except ValueError as error:
        raise StoreError(f"Point {point.id} of the file is damaged: {error}.") from error


def _vector(packed: _Values | _Pairs) -> Vector:
    if isinstance(packed, _Pairs):
        return Sparse(
            np.frombuffer(packed.indices, "<u4").astype(np.uint32),
            np.frombuffer(packed.values, "<f4").astype(np.float32),
        )
    kind = "<f2" if packed.half else "<f4"
    return np.frombuffer(packed.data, kind).reshape(packed.shape).astype(np.float16 if packed.half else np.float32)
