from msgspec import Struct

try:
    from ingest.ocr import OcrReading, plan_ocr
except ImportError:
    from ingest.ocr.need import is_garbled, needs_ocr

    class OcrReading(Struct):
        lines: list
        skew: float = 0.0
        notes: tuple = ()

    class OcrPlan(Struct):
        whole: bool
        regions: tuple
        reason: str
        garbled: bool = False

    def plan_ocr(page, lines):
        g = is_garbled("".join(n.text for n in lines))
        return OcrPlan(needs_ocr(page, lines), (), "no usable text layer", g)
