"""Page images."""

import io
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from ingest import Box, DamagedFile, Ingestor, Limits
from tests.ingest.conftest import Reader
from tests.ingest.makers import LOREM, write_pdf


def image(png: bytes) -> Image.Image:
    assert png.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pdf(tmp_path_factory.mktemp("render") / "a.pdf", LOREM)


def test_the_width_asked_for(reader: Reader, path: Path) -> None:
    drawn = image(reader.run(reader.ingestor.render(path, 1, width=300)))
    assert drawn.width == 300
    assert drawn.height == pytest.approx(300 * 842 / 595, abs=2)


def test_boxes_are_marked_where_they_are(reader: Reader, path: Path) -> None:
    box = Box(100, 400, 300, 450)
    plain = np.asarray(image(reader.run(reader.ingestor.render(path, 1, width=595)))).astype(int)
    marked = np.asarray(image(reader.run(reader.ingestor.render(path, 1, width=595, boxes=[box])))).astype(int)
    changed = np.abs(plain - marked).sum(axis=2) > 30
    ys, xs = np.where(changed)
    assert (xs.min(), xs.max()) == (pytest.approx(100, abs=3), pytest.approx(300, abs=3))
    assert (ys.min(), ys.max()) == (pytest.approx(400, abs=3), pytest.approx(450, abs=3))
    assert changed[410:440, 110:290].mean() > 0.95, "the inside is tinted"
    assert marked[425, 200].sum() > 450, "and what stands there stays legible"


def test_a_clip_shows_the_region_and_a_little_around(reader: Reader, path: Path) -> None:
    clip = Box(72, 90, 272, 140)
    drawn = image(reader.run(reader.ingestor.render(path, 1, width=424, clip=clip)))
    assert drawn.width == 424
    assert drawn.height == pytest.approx(2 * 62, abs=2)
    assert (np.asarray(drawn.convert("L")) < 100).sum() > 500


def test_a_clip_on_a_turned_page_is_in_displayed_coordinates(reader: Reader, tmp_path: Path) -> None:
    document = pymupdf.open(str(write_pdf(tmp_path / "flat.pdf", "")))
    document[0].insert_text((100, 100), "harbour", fontsize=30)
    document[0].set_rotation(90)
    document.save(str(tmp_path / "a.pdf"))
    word = reader.read(tmp_path / "a.pdf", [1])[1].words[0]
    whole = image(reader.run(reader.ingestor.render(tmp_path / "a.pdf", 1, width=842)))
    crop = image(reader.run(reader.ingestor.render(tmp_path / "a.pdf", 1, width=100, clip=word.box)))
    assert whole.size == (842, 595)
    assert crop.height > crop.width, "the word runs down the page"
    assert (np.asarray(crop.convert("L")) < 100).mean() > 0.05


def test_an_image_is_no_larger_than_the_limit(path: Path) -> None:
    reader = Reader(Ingestor(Limits(render_pixels=100_000), workers=1))
    try:
        drawn = image(reader.run(reader.ingestor.render(path, 1, width=5000)))
        assert 90_000 < drawn.width * drawn.height < 102_000
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("page", "width", "clip", "said"),
    [
        (2, 100, None, "no page 2; the document has 1"),
        (0, 100, None, "no page 0"),
        (1, 0, None, "at least 1 pixel"),
        (1, 100, Box(2000, 2000, 2100, 2100), "outside the page"),
    ],
)
def test_what_cannot_be_drawn(reader: Reader, path: Path, page: int, width: int, clip: Box | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        reader.run(reader.ingestor.render(path, page, width=width, clip=clip))


def test_a_file_that_is_no_document_is_not_drawn(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nnothing")
    with pytest.raises(DamagedFile):
        reader.run(reader.ingestor.render(tmp_path / "a.pdf", 1, width=100))
