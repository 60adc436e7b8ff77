"""Which OCR models are used. Models are files that are there already: nothing is ever downloaded."""

from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from ingest.errors import ReaderUnavailable

_LATIN = (
    "af az bs ca cs cy da de en es et eu fi fr ga gl hr hu id is it ku la lb lt lv mi ms mt nl no oc pl pt qu rm ro sk sl sq sv sw "
    "tl tr uz vi"
)
BUNDLED = frozenset((*_LATIN.split(), "ch", "chinese_cht", "ja"))
"""Languages that the models in RapidOCR's wheel (PP-OCRv6, small) read: one model for all of them, 18,708 characters."""
_ALIASES = {
    "zh": "ch",
    "zh-cn": "ch",
    "zh-tw": "chinese_cht",
    "zh-hans": "ch",
    "zh-hant": "chinese_cht",
    "japan": "ja",
    "jp": "ja",
}
_DETECTOR = "PP-OCRv6_det_small.onnx"
_RECOGNISER = "PP-OCRv6_rec_small.onnx"


class OcrSettings(Struct, frozen=True):
    """`language`: a code such as "en", "de" or "ch"; several apart by "+". `model_dir`: a folder with models for it.

    The folder holds `rec.onnx`, a PP-OCR recognition model in ONNX (input 3 x 48 x any width), with its characters in its metadata
    (key `character`, as RapidOCR's models have them) or in `dict.txt`, one a line; and `det.onnx`, a detection model, where the
    bundled one does not do. With a folder, `language` is only a name.
    """

    language: str = "en"
    model_dir: str | None = None


class OcrModels(Struct, frozen=True):
    """Files of a detection and a recognition model; `characters` where they are beside the model."""

    detector: Path
    recogniser: Path
    characters: tuple[str, ...] | None = None


def find_models(settings: OcrSettings) -> OcrModels:
    """The files that `settings` name. Raises ReaderUnavailable, with what was found and what is accepted, when one is missing."""
    bundled = _bundled_folder()
    if settings.model_dir is not None:
        return _from_folder(Path(settings.model_dir).expanduser(), settings, bundled)
    codes = [code.strip().lower().replace("_", "-") for code in settings.language.split("+")]
    unknown = sorted(code for code in codes if _ALIASES.get(code, code).replace("-", "_") not in BUNDLED)
    if unknown:
        raise ReaderUnavailable(
            f"No OCR model for the language {', '.join(map(repr, unknown))} comes with Quire (setting `ingest.ocr_language`); "
            f"there are {', '.join(sorted(BUNDLED))}. For others name a folder with rec.onnx (setting `ingest.ocr_model_dir`)."
        )
    models = OcrModels(bundled / _DETECTOR, bundled / _RECOGNISER)
    for path in (models.detector, models.recogniser):
        if not path.is_file():
            raise ReaderUnavailable(f"The OCR model {path.name} is missing in {bundled}; install `rapidocr` 3.10 anew.")
    return models


def _from_folder(folder: Path, settings: OcrSettings, bundled: Path) -> OcrModels:
    recogniser, own, names = folder / "rec.onnx", folder / "det.onnx", folder / "dict.txt"
    if not recogniser.is_file():
        what = f"holds {_listing(folder)}" if folder.is_dir() else "is no folder"
        raise ReaderUnavailable(
            f"The OCR models for {settings.language!r} should be in {folder} (setting `ingest.ocr_model_dir`), which {what}; "
            "needed is rec.onnx, and dict.txt if the model does not hold its characters; det.onnx is optional."
        )
    characters = tuple(names.read_text("utf-8").splitlines()) if names.is_file() else None
    return OcrModels(own if own.is_file() else bundled / _DETECTOR, recogniser, characters)


def _listing(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") if names else "nothing"


def _bundled_folder() -> Path:
    spec = find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise ReaderUnavailable("The package `rapidocr`, which reads scanned pages, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "models"
