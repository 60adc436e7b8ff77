"""Pages without usable text: what the eye sees is read, and nothing is read twice."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import BlockKind, Ingestor, Page, TextSource
from ingest.document import Box
from ingest.errors import ReaderUnavailable
from ingest.ocr.garble import is_garbled
from ingest.ocr.need import OcrPlan, plan_ocr
from ingest.ocr.reading import OcrReading
from ingest.ocr.recogniser import Recogniser
from ingest.ocr.settings import OcrSettings, find_models
from ingest.text.lines import Line, read_layer
from tests.ingest.conftest import Reader
from tests.ingest.makers import LOREM, write_scan
from tests.ingest.scan_maker import Scan, ScanSpec, make_scan


@pytest.fixture(scope="module")
def scanned(reader: Reader, tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = write_scan(tmp_path_factory.mktemp("scan") / "a.pdf", LOREM)
    return reader.read(path, [1])[1]


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser()


def read_scan(recogniser: Recogniser, scan: Scan) -> OcrReading:
    with pymupdf.open("pdf", scan.pdf) as document:
        return recogniser.read_page(document[0])


def recall(scan: Scan, lines: list[Line]) -> float:
    known = Counter(word.text for word in scan.words)
    return (known & Counter(word.text for line in lines for word in line.words)).total() / known.total()


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    width, height = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((box.x1 - box.x0) * (box.y1 - box.y0) for box in (a, b))
    return shared / (areas - shared)


def placed(scan: Scan, lines: list[Line]) -> float:
    """The share of words known once and read once whose boxes lie on each other by more than half."""
    read = {word.text: word.box for line in lines for word in line.words}
    counts = Counter(word.text for word in scan.words)
    pairs = [(word.box, read[word.text]) for word in scan.words if counts[word.text] == 1 and word.text in read]
    assert len(pairs) > 20
    return sum(overlap(*pair) > 0.5 for pair in pairs) / len(pairs)


def test_a_scan_is_read(scanned: Page) -> None:
    assert scanned.source is TextSource.OCR
    truth = LOREM.split()
    found = [word.text for word in scanned.words]
    assert len(set(truth) & set(found)) >= 0.9 * len(set(truth))
    assert "never finished" in scanned.text


def test_words_of_a_scan_have_boxes_and_confidences(scanned: Page) -> None:
    for word in scanned.words:
        assert word.confidence is not None
        assert 0.5 <= word.confidence <= 1
        assert 60 < word.box.x0 < word.box.x1 < 540
        assert 5 < word.box.y1 - word.box.y0 < 30
    # Typed from x = 72, the first line's foot at about 90 + 13 points.
    first = scanned.words[0]
    assert first.text == "The"
    assert abs(first.box.x0 - 72) < 4
    assert 85 < first.box.y0 < 100


def test_lines_of_a_scan_make_a_paragraph(scanned: Page) -> None:
    assert [b.kind for b in scanned.blocks] == [BlockKind.TEXT]
    assert scanned.blocks[0].text.startswith("The harbour of the northern town")


def test_a_stamp_on_a_scan_does_not_hide_it(reader: Reader, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.pdf", LOREM)
    document = pymupdf.open(str(path))
    document[0].insert_text((400, 800), "Downloaded by reader 17", fontsize=8)
    document.save(str(tmp_path / "a.pdf"))
    page = reader.read(tmp_path / "a.pdf", [1])[1]
    assert page.source is TextSource.OCR
    assert "herring" in page.text


def test_a_scan_with_an_invisible_text_layer_is_not_read_again(reader: Reader, tmp_path: Path) -> None:
    path = write_scan(tmp_path / "scan.pdf", LOREM)
    document = pymupdf.open(str(path))
    document[0].insert_textbox((72, 90, 523, 760), LOREM, fontsize=13, render_mode=3)
    document.save(str(tmp_path / "a.pdf"))
    page = reader.read(tmp_path / "a.pdf", [1])[1]
    assert page.source is TextSource.TEXT_LAYER
    assert [w.text for w in page.words] == LOREM.split()


def test_a_turned_scan_is_read_as_displayed(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open()
    typed = document.new_page(width=842, height=595)
    typed.insert_textbox((72, 90, 770, 500), LOREM, fontsize=14)
    upright = typed.get_pixmap(dpi=120, colorspace=pymupdf.csGRAY).tobytes("png")
    scan = pymupdf.open()
    page = scan.new_page(width=595, height=842)
    page.insert_image((0, 0, 595, 842), stream=upright, rotate=90)
    page.set_rotation(90)
    scan.save(str(tmp_path / "a.pdf"))
    read = reader.read(tmp_path / "a.pdf", [1])[1]
    assert (read.width, read.height) == (842, 595)
    assert "herring" in read.text
    assert read.words[0].box.x0 == pytest.approx(72, abs=8)


@pytest.mark.parametrize(
    ("spec", "least"),
    [
        # Small and faint, on shaded paper; a seriffed face askew; typewriter upside down; a sheet on its side and askew.
        (ScanSpec(font="helv", size=6.5, dpi=200, noise=8, shade=40, quality=60, lines=6), 0.95),
        (ScanSpec(font="tiro", size=10, dpi=150, skew=-5, noise=6, lines=6), 0.97),
        (ScanSpec(font="cour", size=11, dpi=150, turn=2, lines=6), 0.97),
        (ScanSpec(font="tiro", size=9, dpi=200, turn=1, skew=1.2, lines=6), 0.97),
    ],
)
def test_words_of_scans_are_read_where_they_stand(recogniser: Recogniser, spec: ScanSpec, least: float) -> None:
    scan = make_scan(spec)
    reading = read_scan(recogniser, scan)
    assert recall(scan, reading.lines) >= least
    assert placed(scan, reading.lines) > 0.9
    assert reading.turn == spec.turn
    assert reading.skew == pytest.approx(spec.skew, abs=0.15)
    assert bool(reading.notes) == bool(spec.turn or spec.skew)
    if reading.straight is not None:
        assert [[w.text for w in n.words] for n in reading.straight.lines] == [
            [w.text for w in n.words] for n in reading.lines
        ]
        # On the straightened sheet lines of a paragraph start below each other.
        lefts = [line.box.x0 for line in reading.straight.lines if len(line.words) > 5]
        assert max(lefts) - min(lefts) < 12


def test_a_part_of_a_page_is_read(recogniser: Recogniser) -> None:
    scan = make_scan(ScanSpec(size=12, lines=9, dpi=150))
    heading = [word for word in scan.words if word.box.y0 < 90]
    with pymupdf.open("pdf", scan.pdf) as document:
        lines = recogniser.read(document[0], pymupdf.Rect(50, 50, 560, 92))
    assert [word.text for line in lines for word in line.words] == [word.text for word in heading]


def test_nothing_is_read_on_an_empty_page_or_in_a_sliver(recogniser: Recogniser) -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        assert recogniser.read_page(page) == OcrReading([])
        assert recogniser.read(page, pymupdf.Rect(10, 10, 300, 12)) == []


# What is planned


def plan(page: pymupdf.Page) -> OcrPlan:
    return plan_ocr(page, read_layer(page).lines)


@pytest.fixture(scope="module")
def prose() -> Scan:
    return make_scan(ScanSpec(size=12, dpi=150, lines=24))


def with_layer(scan: Scan, move: Callable[[Box], tuple[float, float]], change: Callable[[str], str] = str) -> OcrPlan:
    """The plan for the scan with its words as a layer without ink, which `move` puts at a place and `change` changes."""
    with pymupdf.open("pdf", scan.pdf) as document:
        page = document[0]
        for word in scan.words:
            x, y = move(word.box)
            page.insert_text((x, y), change(word.text), fontsize=12, render_mode=3)
        return plan(page)


def foot(box: Box) -> tuple[float, float]:
    return box.x0, box.y1 - 0.25 * (box.y1 - box.y0)


def test_a_sound_layer_over_a_scan_is_kept(prose: Scan) -> None:
    assert with_layer(prose, foot) == OcrPlan()


def test_a_garbled_layer_over_a_scan_is_replaced(prose: Scan) -> None:
    found = with_layer(prose, foot, lambda text: "".join(chr(ord(c) + 3) for c in text))
    assert found.whole
    assert found.garbled


@pytest.mark.parametrize("move", [lambda b: (b.x0 + 20, b.y1 + 37), lambda b: (30 + b.x0 / 2, b.y1 / 2)])
def test_a_misplaced_layer_over_a_scan_is_replaced(prose: Scan, move: Callable[[Box], tuple[float, float]]) -> None:
    found = with_layer(prose, move)
    assert found.whole
    assert "does not lie" in found.reason or "thin" in found.reason


def test_under_a_typed_header_only_the_scan_is_read(prose: Scan) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        page.insert_text((60, 40), "Northern Harbour Archive, received on 4 May 1931", fontsize=11)
        with pymupdf.open("pdf", prose.pdf) as scan:
            image = scan.extract_image(scan[0].get_images()[0][0])["image"]
        page.insert_image((60, 60, 535, 732), stream=image)
        found = plan(page)
    assert not found.whole
    (region,) = found.regions
    assert overlap(region, Box(60, 60, 535, 732)) > 0.98


def test_a_scan_beside_much_typed_text_is_read(prose: Scan) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        page.insert_textbox((60, 20, 535, 120), LOREM, fontsize=9)
        with pymupdf.open("pdf", prose.pdf) as scan:
            image = scan.extract_image(scan[0].get_images()[0][0])["image"]
        page.insert_image((60, 130, 535, 802), stream=image)
        found = plan(page)
    assert not found.whole
    assert len(found.regions) == 1


def test_typed_pages_and_blank_pages_are_left_alone() -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        assert plan(page) == OcrPlan()
        page.insert_textbox((60, 60, 535, 800), LOREM * 3, fontsize=11)
        assert plan(page) == OcrPlan()


def test_garbled_lines_among_sound_ones_are_read_again() -> None:
    odd = [Line([], Box(60, 400 + 14 * n, 300, 412 + 14 * n), 11, group=1) for n in range(2)]
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_textbox((60, 60, 535, 800), LOREM * 2, fontsize=11)
        typed = read_layer(page).lines
        for line in odd:
            words = typed[0].words[:4]
            line.words = [type(w)("\ue001\ue002\ue003\ue004", line.box) for w in words]
        found = plan_ocr(page, [*typed, *odd])
    assert not found.whole
    assert found.replaced == (len(typed), len(typed) + 1)
    (region,) = found.regions
    assert region.y0 < 400
    assert region.y1 > 426


@pytest.mark.parametrize(
    ("text", "garbled"),
    [
        ("Plain words, 1,234 of them.", False),
        ("Größe, naïve, 漢字, ελληνικά", False),
        ("\ufffd\ufffd\ufffd a \ufffd", True),
        ("\ue001\ue002\ue003 \ue004", True),
        ("\x01\x02\x03\x04", True),
        ("• \ue00a item one of the list", False),
        ("(cid:12)(cid:7) (cid:33)(cid:4) of", True),
        ("Gr\u00c3\u00b6\u00c3\u009fe \u00c3\u00a4\u00c3\u00b6", True),
        ("", False),
        ("1,234.5 | 2,345.6 | (3.4) | - | 5.0 % " * 20, False),
        ("Section 1 ............................ 4\n" * 20, False),
        ("What to see there \ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd14\n" * 20, False),
        ("]~^ `{@ #\\ [~} ^`@ \\#~ ]" * 20, True),
        ("x = a + b; y = (a * b) / 2 < 4\n" * 20, False),
    ],
)
def test_garbled_text_is_told_from_foreign_text(text: str, garbled: bool) -> None:
    assert is_garbled(text) is garbled


PROSE = {
    "en": LOREM,
    "de": "Der Hafen der nördlichen Stadt wurde zwischen den Kriegen in drei Abschnitten erweitert, und jeder "
    "Abschnitt wurde durch eine Abgabe auf den Hering bezahlt, der dort angelandet wurde. Im ersten wurde "
    "der alte Wellenbrecher um zwei Meter erhöht, und der zweite brachte ein Trockendock und einen Kran.",
    "fr": "Le port de la ville du nord fut agrandi en trois étapes entre les guerres, et chaque étape fut payée "
    "par une taxe sur le hareng qui y était débarqué. À la première étape, la vieille digue fut élevée de "
    "deux mètres. La deuxième apporta une cale sèche.",
    "fi": "Pohjoisen kaupungin satamaa laajennettiin sotien välillä kolmessa vaiheessa, ja jokainen vaihe "
    "maksettiin verolla, joka perittiin sinne tuodusta sillistä. Ensimmäisessä vaiheessa vanhaa "
    "aallonmurtajaa korotettiin kahdella metrillä ja toinen toi telakan.",
    "tr": "Kuzeydeki kentin limanı savaşlar arasında üç aşamada genişletildi ve her aşamanın parası oraya "
    "getirilen ringa balığından alınan bir vergiyle ödendi. İlk aşamada eski dalgakıran iki metre "
    "yükseltildi. İkinci aşama bir kuru havuz ile bir vinç getirdi.",
    "pl": "Port północnego miasta rozbudowano między wojnami w trzech etapach, a każdy etap opłacono podatkiem "
    "od śledzi, które tam wyładowywano. W pierwszym etapie stary falochron podniesiono o dwa metry. Drugi "
    "etap przyniósł suchy dok i dźwig na czterdzieści ton.",
    "ru": "Гавань северного города была расширена между войнами в три этапа, и каждый этап оплачивался сбором с сельди. "
    * 3,
    "ja": "北の町の港は戦間期に三段階で拡張され、各段階の費用は水揚げされた鰊への課税で賄われた。" * 8,
}


@pytest.mark.parametrize("language", PROSE)
def test_prose_of_any_language_is_no_garble(language: str) -> None:
    assert not is_garbled(PROSE[language])


@given(st.sampled_from(["en", "de", "fr"]), st.integers(1, 25))
def test_prose_with_shifted_letters_is_garble(language: str, shift: int) -> None:
    def moved(c: str) -> str:
        return chr((ord(c.lower()) - 97 + shift) % 26 + 97) if c.isascii() and c.isalpha() else c

    assert is_garbled("".join(map(moved, PROSE[language] * 2)))


# 32 makes capitals of small letters, which is prose still.
@given(st.integers(20, 35).filter(lambda offset: offset != 32))
def test_glyph_numbers_taken_for_characters_are_garble(offset: int) -> None:
    assert is_garbled("".join(chr(max(32, ord(c) - offset)) if c != " " else c for c in LOREM))


# Which models


def test_models_for_a_bundled_language_are_there() -> None:
    models = find_models(OcrSettings("de+EN"))
    assert models.detector.is_file()
    assert models.recogniser.is_file()


def test_a_language_without_models_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(ReaderUnavailable, match=r"'ru'.*\bde\b.*rec\.onnx"):
        Recogniser("en+ru")


def test_a_folder_without_models_is_an_error_that_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "model.pdiparams").touch()
    with pytest.raises(ReaderUnavailable, match=r"holds model\.pdiparams; needed is rec\.onnx"):
        find_models(OcrSettings("ru", str(tmp_path)))
    with pytest.raises(ReaderUnavailable, match="is no folder"):
        find_models(OcrSettings("ru", str(tmp_path / "none")))


def test_a_folder_with_a_model_is_used(tmp_path: Path, recogniser: Recogniser) -> None:
    (tmp_path / "rec.onnx").symlink_to(find_models(OcrSettings()).recogniser)
    scan = make_scan(ScanSpec(size=12, lines=3, dpi=150))
    with pymupdf.open("pdf", scan.pdf) as document:
        lines = Recogniser("xx", str(tmp_path)).read(document[0], pymupdf.Rect(50, 50, 560, 92))
    assert [w.text for line in lines for w in line.words] == [w.text for w in scan.words if w.box.y0 < 90]


def test_a_folder_with_a_broken_model_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "rec.onnx").write_bytes(b"not a model")
    with pytest.raises(ReaderUnavailable, match=r"rec\.onnx"):
        Recogniser("xx", str(tmp_path))


def test_a_language_without_a_model_is_told_when_the_ingestor_is_made() -> None:
    with pytest.raises(ReaderUnavailable, match=r"'xx'.*ocr_model_dir"):
        Ingestor(ocr_language="xx")
    Ingestor(ocr=False, ocr_language="xx")
