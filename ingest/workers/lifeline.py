"""Ends a child process when its parent ends, however the parent ends.

Three ways, because none is enough alone:

- Linux, child of `multiprocessing`: the kernel is asked to send SIGKILL when the pipe to the parent closes (`O_ASYNC`). It works
  while the child hangs in C code that holds the interpreter lock, and under `forkserver`, where the kernel's parent is another.
- Linux, any other child: `PR_SET_PDEATHSIG`. It fires when the *thread* that started the child ends, so it is not the first choice.
- Everywhere: a daemon thread that waits for the parent. It needs the interpreter lock, so a child stuck in C code is only ended
  when it comes back to Python.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait

_PR_SET_PDEATHSIG = 1
_PARENT_LOST = 3


def die_with_parent() -> None:
    """Called in a child process, once; from then on it ends when its parent does.

    Raises RuntimeError where the platform offers no way (not a child of `multiprocessing`, not Linux).
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        _die_with_starting_thread()
        return
    sentinel = parent.sentinel
    if sys.platform == "linux":
        _kill_when_closed(sentinel)
    threading.Thread(target=_exit_when_closed, args=(sentinel,), name="lifeline", daemon=True).start()


def _kill_when_closed(sentinel: int) -> None:
    """Asks the kernel for SIGKILL on any event of the sentinel; its only event is the parent's end."""
    import fcntl

    fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(sentinel, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    # The parent may have ended before the request was in place; the pipe is readable then.
    if wait([sentinel], timeout=0):
        os._exit(_PARENT_LOST)


def _die_with_starting_thread() -> None:
    if sys.platform != "linux":
        raise RuntimeError("die_with_parent() needs a child started by multiprocessing on this platform.")
    parent = os.getppid()
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent or parent == 1:
        os._exit(_PARENT_LOST)


def _exit_when_closed(sentinel: int) -> None:
    wait([sentinel])
    os._exit(_PARENT_LOST)
