"""The ingestor that the settings describe: one place, so that `quire inspect` shows what the service would index."""

from api.errors import Misconfigured
from api.settings import Settings
from ingest import Ingestor, Limits, ReaderUnavailable


def make_ingestor(settings: Settings, *, ocr: bool = True) -> Ingestor:
    """Cheap: no process is started yet. `ocr` can only switch it off. Misconfigured where no model reads the OCR language."""
    fields = Limits.__struct_fields__
    limits = Limits(**{field: value for field, value in settings.limits.model_dump().items() if field in fields})
    reading = settings.ingest
    try:
        return Ingestor(
            limits,
            workers=reading.workers,
            ocr=ocr and reading.ocr,
            layout=reading.layout,
            ocr_language=reading.ocr_language,
            ocr_model_dir=reading.ocr_model_dir,
        )
    except ReaderUnavailable as error:
        raise Misconfigured(str(error)) from error
