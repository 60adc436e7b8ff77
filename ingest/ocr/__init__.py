"""Text from pictures: what has to be read by OCR, and the reading. `ingest.ocr.recogniser` is imported at first use."""

from ingest.ocr.need import OcrPlan, plan_ocr
from ingest.ocr.reading import OcrReading, StraightSheet
from ingest.ocr.settings import OcrSettings

__all__ = ["OcrPlan", "OcrReading", "OcrSettings", "StraightSheet", "plan_ocr"]
