"""Office files into PDF, by LibreOffice in a child process that is shut in (`ingest.sources.confined` says what that guarantees).

The file is a stranger's: macros and active content are off, links are not followed, nothing is kept between two conversions
(each has a profile and a home of its own), and where the system lets us, neither the network nor the user's files can be reached.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from ingest.errors import ConversionFailed, ConverterMissing
from ingest.limits import Limits

_PROGRAMS = ("soffice", "libreoffice")
# Wall seconds for a second of processor time: conversions run niced, beside workers that read pages.
_WALL = 3
# Left to itself, LibreOffice takes a damaged file of these for a text and prints its bytes; HTML becomes a web page whose PDF may
# begin with empty pages.
_FILTERS = {
    ".doc": "MS Word 97",
    ".xls": "MS Excel 97",
    ".ppt": "MS PowerPoint 97",
    ".rtf": "Rich Text Format",
    ".html": "HTML (StarWriter)",
}
_GOODBYE_SECONDS = 10.0
_NOT_STARTED = 1
_MADE = "out/source.pdf"
_CONFINED = Path(__file__).with_name("confined.py")


class Request(msgspec.Struct, frozen=True):
    """What `confined.py` is asked: times in seconds (`seconds` of processor time), sizes in megabytes."""

    command: tuple[str, ...]
    folder: str
    readable: tuple[str, ...]
    environment: dict[str, str]
    seconds: float
    wall: float
    memory_mb: int
    disk_mb: int
    niceness: int


class Ended(msgspec.Struct, frozen=True):
    """How a confined command ended: `exit`, or killed for `time` or `disk`. `bounds` are those that the system could hold it in."""

    end: str
    code: int | None
    said: str
    bounds: tuple[str, ...]


def office_program() -> str | None:
    """LibreOffice on the PATH, or None."""
    if sys.platform == "win32":
        return None  # nothing there holds a child within bounds
    return next((found for name in _PROGRAMS if (found := shutil.which(name))), None)


async def convert(path: Path, target: Path, title: str, suffix: str, limits: Limits) -> None:
    """Writes the file as PDF to `target`, whole or not at all. `title` is what people call its format, `suffix` LibreOffice.

    Raises ConverterMissing where LibreOffice is not installed, ConversionFailed where it fails, makes nothing, or passes
    `Limits.conversion_seconds`, `Limits.worker_memory_mb` or `Limits.decompressed_mb` (on disk). Cancelling ends it at once.
    """
    program = office_program()
    if program is None:
        raise ConverterMissing(
            f"The file is of a format that is read with the help of LibreOffice: {title}. There is no `soffice` on the PATH of "
            "the service. Install LibreOffice (Debian, Ubuntu: `apt install libreoffice-nogui`; others: www.libreoffice.org), "
            "or save the file as PDF."
        )
    with TemporaryDirectory(prefix="quire-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        await asyncio.to_thread(_furnish, folder, path, suffix)
        ended = await _run(_request(program, folder, suffix, limits), folder / _MADE)
        await asyncio.to_thread(_deliver, ended, folder / _MADE, target, title, limits)


async def _run(request: Request, made: Path) -> Ended:
    """Once, or twice: with a new profile LibreOffice starts a second time by itself, and finds its socket of the first time in the
    way, which it may not remove. The keeper has removed it then, and the profile is set up."""
    began = time.monotonic()
    ended = await _run_confined(request)
    if ended.end == "exit" and ended.code == _NOT_STARTED and not await asyncio.to_thread(made.exists):
        left = request.wall - (time.monotonic() - began)
        ended = await _run_confined(msgspec.structs.replace(request, wall=left))
    return ended


def _furnish(folder: Path, path: Path, suffix: str) -> None:
    for part in ("home", "tmp", "out", "profile/user"):
        (folder / part).mkdir(parents=True)
    shutil.copyfile(path, folder / f"source{suffix}")
    (folder / "profile/user/registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")


def _deliver(ended: Ended, made: Path, target: Path, title: str, limits: Limits) -> None:
    """Beside the target first: the folders may be on different disks, and then a move is no single step."""
    _check(ended, made, title, limits)
    partial = target.with_name(target.name + ".partial")
    try:
        shutil.copyfile(made, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _request(program: str, folder: Path, suffix: str, limits: Limits) -> Request:
    options = "--headless --invisible --norestore --nologo --nodefault --nolockcheck --nofirststartwizard".split()
    filters = [f"--infilter={_FILTERS[suffix]}"] if suffix in _FILTERS else []
    command = (
        program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", *options,
        *filters,
        "--convert-to", "pdf", "--outdir", str(folder / "out"), str(folder / f"source{suffix}"),
    )  # fmt: skip
    nowhere = "http://127.0.0.1:9"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "SAL_USE_VCLPLUGIN": "svp",
        **dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"), nowhere),
    }
    lies = Path(program).resolve().parent
    return Request(
        command=command,
        folder=str(folder),
        # A LibreOffice that was unpacked somewhere of its own: `program/soffice`, and what lies around it.
        readable=(program, str(lies.parent if lies.name == "program" else lies)),
        environment=environment,
        seconds=limits.conversion_seconds,
        wall=_WALL * limits.conversion_seconds,
        memory_mb=limits.worker_memory_mb,
        disk_mb=limits.decompressed_mb,
        niceness=limits.niceness,
    )


async def _run_confined(request: Request) -> Ended:
    """Raises ConversionFailed where the keeper itself ends."""
    keeper = await asyncio.create_subprocess_exec(
        *_interpreter(),
        msgspec.json.encode(request).decode(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C in a terminal is ours to pass on, by closing its input
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        answer = await keeper.stdout.read()
    finally:
        keeper.stdin.close()
        await asyncio.shield(_farewell(keeper))
    try:
        return msgspec.json.decode(answer, type=Ended)
    except msgspec.DecodeError:
        raise ConversionFailed(f"The keeper of LibreOffice ended (exit code {keeper.returncode}).") from None


def _interpreter() -> Sequence[str]:
    return sys.executable, "-I", "-S", str(_CONFINED)


async def _farewell(keeper: asyncio.subprocess.Process) -> None:
    """Once its input is closed it ends, and all of its own before it."""
    try:
        await asyncio.wait_for(keeper.wait(), _GOODBYE_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            keeper.send_signal(signal.SIGKILL)
        await keeper.wait()


def _check(ended: Ended, made: Path, title: str, limits: Limits) -> None:
    """Raises ConversionFailed unless there is a PDF."""
    cpu = ended.end == "exit" and ended.code in (
        -signal.SIGXCPU,
        128 + signal.SIGXCPU,
        -signal.SIGKILL,
        128 + signal.SIGKILL,
    )
    if ended.end == "time" or cpu:
        reason = f"it took longer than {limits.conversion_seconds:g} s (setting `limits.conversion_seconds`)"
    elif ended.end == "disk":
        reason = f"it wrote more than {limits.decompressed_mb} MB (setting `limits.decompressed_mb`)"
    elif not made.is_file():
        reason = "it made no PDF: the file is damaged, encrypted or empty" + _quoted(ended)
    elif not _is_pdf(made):
        reason = "what it made is no PDF" + _quoted(ended)
    else:
        return
    raise ConversionFailed(f"LibreOffice could not turn the {title} into a PDF: {reason}.")


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"%PDF-"


def _quoted(ended: Ended) -> str:
    """What LibreOffice said last, without the names of our folders."""
    lines = [line for line in ended.said.splitlines() if "javaldx" not in line and "/" not in line]
    code = "" if ended.code == 0 else f"exit code {ended.code}"
    told = "; ".join(part for part in (code, " ".join(lines[-1:])[:200]) if part)
    return f" ({told})" if told else ""


def _profile(items: Sequence[tuple[str, str, str]]) -> str:
    lines = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for path, name, value in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n{lines}</oor:items>\n'
    )


_SECURITY = "Office.Common/Security/Scripting"
_PROFILE = _profile(
    (
        (
            _SECURITY,
            "MacroSecurityLevel",
            "3",
        ),  # very high: none but those of trusted places, and there is no trusted place
        (_SECURITY, "DisableMacrosExecution", "true"),
        (_SECURITY, "DisableActiveContent", "true"),
        (_SECURITY, "DisableOLEAutomation", "true"),
        (_SECURITY, "BlockUntrustedRefererLinks", "true"),
        (_SECURITY, "CheckDocumentEvents", "true"),
        (_SECURITY, "SecureURL", ""),
        ("Office.Writer/Content/Update", "Link", "0"),  # never
        ("Office.WriterWeb/Content/Update", "Link", "0"),
        ("Office.Calc/Content/Update", "Link", "1"),  # never, in Calc's own count
        ("Inet/Settings", "ooInetProxyType", "2"),
        ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
        ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
        ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
        ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
        ("Office.Common/Misc", "FirstRun", "false"),
        ("Office.Common/Save/Document", "CreateBackup", "false"),
    )
)
