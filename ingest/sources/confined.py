"""Runs one command shut in: no network, no files but its own, bounds on time, memory and disk, nothing left afterwards.

Started as a script of its own (`python -I -S confined.py REQUEST`), so that it has one thread and nothing loaded, and can put
bounds on the child between fork and exec. What is guaranteed:

- Linux: every descendant is killed at the end, on a time-out, and when the process that asked goes away (its end of standard
  input closes). Sockets other than Unix ones can't be made (seccomp, on x86-64 and ARM64). Files outside the system's own
  folders and the work folder can't be read or written, and processes outside can't be signalled (Landlock, from Linux 5.13
  where it is switched on). Neither needs privileges; the answer says which of them held.
- Other Unix systems: bounds on time, memory and disk, and an end of the command's process group. No more than that.
"""

import contextlib
import ctypes
import json
import os
import platform
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

_POLL_SECONDS = 0.05
_SAID = 2000
_LINUX = sys.platform == "linux"
# What programs need to run: code, fonts, configuration that holds no secrets. /etc as a whole is not among it.
_SYSTEM = (
    "/usr /bin /sbin /lib /lib32 /lib64 /opt /nix/store /gnu/store /etc/alternatives /etc/fonts /etc/ld.so.cache "
    "/etc/ld.so.conf /etc/ld.so.conf.d /etc/libreoffice /etc/localtime /etc/locale.alias /etc/papersize "
    "/var/cache/fontconfig /var/lib/libreoffice /var/spool/libreoffice /proc /sys/devices/system"
).split()
# Where LibreOffice binds the Unix socket by which it knows that it runs already; it takes no other place.
_SOCKETS = ("/tmp", "OSL_PIPE_*SingleOfficeIPC_*")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def main() -> None:
    """Takes a request (JSON: see `Request` in conversion.py) as its argument; answers on
    standard output with JSON: `end` (exit, time, disk, left), `code`, `said` (the end of what the command printed), `bounds`."""
    request = json.loads(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    adopted = _adopt_orphans()
    began = time.time()
    folder = Path(request["folder"])
    told, tell = os.pipe()
    child = None
    try:
        with (folder / "said").open("wb") as output:
            child = subprocess.Popen(
                request["command"],
                cwd=folder,
                env=request["environment"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _shut_in(request, tell),  # there is one thread here, so forking is safe
            )
        os.close(tell)
        bounds = os.read(told, 100).decode().split()
        end = _watch(child, request, folder)
    finally:
        if child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
        if adopted:
            _kill_descendants()
        _remove_sockets(began)
    answer = {"end": end, "code": child.returncode, "said": _tail(folder / "said"), "bounds": bounds}
    if end == "left":
        shutil.rmtree(folder, ignore_errors=True)  # whoever would have cleared it up is gone
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(answer), flush=True)  # noqa: T201


def _watch(child: "subprocess.Popen[bytes]", request: dict[str, Any], folder: Path) -> str:
    deadline = time.monotonic() + request["wall"]
    limit = request["disk_mb"] * 1024 * 1024
    while child.poll() is None:
        if select.select([sys.stdin], [], [], _POLL_SECONDS)[0]:
            return "left"  # nothing is ever written to it: it was closed
        if time.monotonic() > deadline:
            return "time"
        if _size(folder) > limit:
            return "disk"
    return "exit"


def _size(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):  # which passes over folders that are gone meanwhile
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_blocks * 512
    return total


def _tail(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _SAID))
        return file.read(_SAID).decode("utf-8", "replace").strip()
    return ""


def _shut_in(request: dict[str, Any], tell: int) -> None:
    """Runs in the child before the command does. Bounds that the system lacks are left out; those that hold are told."""
    seconds, memory, disk = int(request["seconds"]) + 1, request["memory_mb"] << 20, request["disk_mb"] << 20
    wanted = [(resource.RLIMIT_CPU, seconds), (resource.RLIMIT_FSIZE, disk), (resource.RLIMIT_CORE, 0)]
    for kind, value in [*wanted, (resource.RLIMIT_AS, memory)] if _LINUX else wanted:
        hard = resource.getrlimit(kind)[1]
        value = value if hard < 0 else min(value, hard)
        resource.setrlimit(kind, (value, value))
    os.nice(request["niceness"])
    held = [name for name, step in _steps(request) if _holds(step)] if _LINUX else []
    os.write(tell, " ".join(held).encode())


def _steps(request: dict[str, Any]) -> list[tuple[str, Callable[[], None]]]:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    readable = [*_SYSTEM, *request["readable"]]
    return [
        ("network", lambda: _deny_sockets(libc)),
        ("files", lambda: _deny_files(libc, readable, [request["folder"]])),
    ]


def _holds(step: Callable[[], None]) -> bool:
    try:
        step()
    except OSError:
        return False
    return True


_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
_SYSCALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""By machine: AUDIT_ARCH, and the number of `socket`."""
_IO_URING_SETUP = 425
_AF_UNIX = 1


def _deny_sockets(libc: ctypes.CDLL) -> None:
    """A seccomp filter: sockets of the Unix kind only, no io_uring (which makes sockets too), no other instruction sets."""
    if platform.machine() not in _SYSCALLS:
        raise OSError("the numbers of its system calls are not known")
    arch, make = _SYSCALLS[platform.machine()]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    allow, deny = 0x7FFF0000, 0x00050000 | 13  # SECCOMP_RET_ALLOW; SECCOMP_RET_ERRNO with EACCES
    number, architecture, first_argument = 0, 4, 16  # offsets in struct seccomp_data
    program = [
        (load, 0, 0, architecture),
        (equal, 0, 7, arch),
        (load, 0, 0, number),
        (at_least, 5, 0, 0x40000000),  # the x32 calls of x86-64
        (equal, 4, 0, _IO_URING_SETUP),
        (equal, 0, 2, make),
        (load, 0, 0, first_argument),
        (equal, 0, 1, _AF_UNIX),
        (answer, 0, 0, allow),
        (answer, 0, 0, deny),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    filter = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    if libc.prctl(_PR_SET_SECCOMP, 2, filter, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")


_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_MAKE_SOCKET = 1 << 9
_OF_FILES = _EXECUTE | 1 << 1 | _READ_FILE | 1 << 14


def _deny_files(libc: ctypes.CDLL, readable: Sequence[str], writable: Sequence[str]) -> None:
    """Landlock: only these folders and files can be opened. From ABI 4 on TCP is denied too, from 6 on signals to the outside."""
    abi = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if abi < 1:
        raise OSError(ctypes.get_errno(), "Landlock")
    everything = (1 << (13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16)) - 1
    attributes = struct.pack("QQQ", everything, 3, 3)[: 8 if abi < 4 else 16 if abi < 6 else 24]
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    reading = _EXECUTE | _READ_FILE | _READ_DIR
    for paths, allowed in (
        (readable, reading),
        (_DEVICES, everything),
        (writable, everything),
        (_SOCKETS[:1], _MAKE_SOCKET),
    ):
        for path in paths:
            _allow(libc, rules, path, allowed & everything)
    if libc.syscall(_RESTRICT_SELF, rules, 0) != 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: str, allowed: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not every system has every folder
    if not os.path.isdir(path):
        allowed &= _OF_FILES
    if libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", allowed, descriptor), 0) != 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    os.close(descriptor)


def _remove_sockets(began: float) -> None:
    """Those that LibreOffice could not remove (it may not, or was killed): ours, made since, and bound by no process."""
    if not _LINUX:
        return
    bound = Path("/proc/net/unix").read_text(errors="replace").split()
    for path in Path(_SOCKETS[0]).glob(_SOCKETS[1]):
        with contextlib.suppress(OSError):
            found = path.lstat()
            if found.st_uid == os.getuid() and found.st_ctime >= began - 1 and str(path) not in bound:
                path.unlink()


def _adopt_orphans() -> bool:
    """Descendants whose parents end become children of this process, so that none escapes. Linux only."""
    return _LINUX and ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def _kill_descendants() -> None:
    while children := list(_children()):
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        for child in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def _children() -> Iterator[int]:
    """Processes whose parent is this one; the kernel's own list of them is not built in everywhere."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError, IndexError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid():
                    yield int(entry.name)


if __name__ == "__main__":
    main()
