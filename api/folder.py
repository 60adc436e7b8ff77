"""The data folder and who owns it: one process at a time (DESIGN.md section 9)."""

import os
import shutil
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from api.errors import FolderInUse, Misconfigured


class Address(msgspec.Struct, frozen=True):
    """Where the service that owns a folder answers: written beside the data by `quire serve`, readable by its user only."""

    url: str
    token: str
    pid: int


class Folder:
    """The folder, owned from `own` to `release`."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self._lock = FileLock(self.path / "owner.lock")

    def own(self) -> None:
        """Takes the folder, making it if need be. FolderInUse if another process has it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            address = read_address(self.path)
            owner = (
                f"by the service at {address.url} (process {address.pid})" if address else "by another quire process"
            )
            raise FolderInUse(f"The data folder {self.path} is in use {owner}.") from None
        except OSError as error:
            raise Misconfigured(f"The data folder {self.path} can't be used: {error.strerror}.") from error
        self._address.unlink(missing_ok=True)  # left by a killed service: we hold the lock, so it is gone
        shutil.rmtree(self.tmp, ignore_errors=True)
        self.tmp.mkdir()

    def release(self) -> None:
        """Gives the folder up."""
        self._address.unlink(missing_ok=True)
        self._lock.release()

    def announce(self, address: Address) -> None:
        """Tells other commands of this user where the service answers."""
        descriptor = os.open(self._address, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(address))

    @property
    def tmp(self) -> Path:
        """For uploads on their way; emptied whenever the folder is taken."""
        return self.path / "tmp"

    @property
    def _address(self) -> Path:
        return self.path / "service.json"


def read_address(path: Path) -> Address | None:
    """Where the folder's service answers, if one says so. It may have been killed since: ask it."""
    try:
        return msgspec.json.decode((path.expanduser() / "service.json").read_bytes(), type=Address)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
