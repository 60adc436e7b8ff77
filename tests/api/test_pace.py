"""The estimate of the time left, on a clock of its own."""

import pytest

from api.pace import Pace


def estimates(seconds: list[float], batch: int = 4) -> list[float]:
    """What is said after each batch of pages that take so long."""
    now = [0.0]
    pace = Pace(len(seconds), lambda: now[0])
    said = []
    for start in range(0, len(seconds), batch):
        pages = seconds[start : start + batch]
        now[0] += sum(pages)
        said.append(pace.seconds_left(len(pages)))
    return said


def test_even_pages_are_foreseen_exactly() -> None:
    assert estimates([0.5] * 20) == [8.0, 6.0, 4.0, 2.0, 0.0]


def test_nothing_is_left_at_the_end() -> None:
    assert estimates([3.0, 0.1, 0.2, 7.0, 1.0])[-1] == 0.0


def test_scans_after_text_are_noticed() -> None:
    """200 pages of text, then scans: after 40 of them the estimate has come close, where a plain mean is at a fifth."""
    said = estimates([0.05] * 200 + [3.0] * 160)
    left, plain = 120 * 3.0, (200 * 0.05 + 40 * 3.0) / 240 * 120
    assert plain < 0.2 * left
    assert 0.5 * left < said[59] < left


@pytest.mark.parametrize("place", [10, 25, 40])
def test_scans_among_text_are_evened_out(place: int) -> None:
    seconds = [3.0 if n % 5 == 0 else 0.05 for n in range(200)]
    said = estimates(seconds)[place]
    assert said == pytest.approx(sum(seconds[4 * (place + 1) :]), rel=0.25)
