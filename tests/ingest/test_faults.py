"""Pages that crash, hang or swell cost themselves only; what is cancelled stops; what is closed is gone."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from ingest import Ingestor, Limits, Page, ReaderUnavailable
from tests.ingest.conftest import Reader
from tests.ingest.makers import LOREM, TWICE, around, inflating, stream, write_pdf, write_scan


@contextlib.contextmanager
def reading(**options: object) -> Iterator[Reader]:
    # By rules, which take a tenth of the layout model's time: what fails here fails before or beside the layout.
    reader = Reader(Ingestor(**{"layout": "geometry", **options}))  # type: ignore[arg-type]
    try:
        yield reader
    finally:
        reader.close()


def workers() -> list[psutil.Process]:
    """Worker processes of this one: children of the fork server (or of ours, where there is none)."""
    found = psutil.Process().children(recursive=True)
    return [p for p in found if p.is_running() and p.status() != psutil.STATUS_ZOMBIE and not p.children()]


def peak(process: psutil.Process) -> int:
    """The most memory a process has had, in bytes (Linux; elsewhere what it has now)."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return int(process.memory_info().rss)
    return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def failed(pages: dict[int, Page]) -> dict[int, str]:
    return {number: page.error for number, page in pages.items() if page.error is not None}


def test_a_crash_costs_one_page(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *[LOREM] * 30)
    with reading(reader="tests.ingest.faults:crashes_on_3", ocr=False) as reader:
        pages = reader.read(path, range(1, 31))
        assert sorted(pages) == list(range(1, 31))
        assert failed(pages) == {3: "The page could not be read: its worker process ended (exit code -11)"}
        assert all(len(page.words) == len(LOREM.split()) for number, page in pages.items() if number != 3)
        assert reader.probe(path).page_count == 30, "the pool goes on"


def test_an_endless_page_costs_one_page(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *[LOREM] * 10)
    with reading(limits=Limits(page_seconds=1), reader="tests.ingest.faults:spins_on_3", ocr=False) as reader:
        pages = reader.read(path, range(1, 11))
    assert sorted(pages) == list(range(1, 11))
    assert failed(pages) == {3: "The page could not be read: it took more than 1 s of processor time"}


def test_a_page_that_waits_for_ever_meets_the_limit_of_wall_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.workers.pool._WALL", 2)
    path = write_pdf(tmp_path / "a.pdf", LOREM)
    with reading(limits=Limits(page_seconds=0.5), reader="tests.ingest.faults:hangs_in_c", ocr=False) as reader:
        started = time.monotonic()
        assert failed(reader.read(path, [1])) == {1: "The page could not be read: it took longer than 1 s"}
        assert time.monotonic() - started < 10


BOMBS = {
    "spaces": around(stream(inflating(b" " * 1_000_000, 20_000), TWICE)),
    "words": around(stream(inflating(b"(word) Tj " * 100_000, 2_000, b"BT /F1 12 Tf 72 700 Td "), TWICE)),
    "pixels": around(
        stream(b"q 612 0 0 792 0 0 cm /I Do Q"),
        stream(
            inflating(b"\0" * 1_000_000, 10_800),
            b"/Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceRGB" + TWICE,
        ),
        resources=b"/XObject<</I 9 0 R>>",
    ),
    "echoes": around(
        stream(b"/N Do"),
        *(
            stream(
                b"/N Do " * 10,
                b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</N %d 0 R>>>>" % (number + 1),
            )
            for number in range(9, 20)
        ),
        stream(b"0 0 1 1 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]"),
        resources=b"/XObject<</N 9 0 R>>",
    ),
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Reader]:
    with reading(limits=Limits(page_seconds=1, worker_memory_mb=700), layout="model") as reader:
        yield reader


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_page_that_swells_fails_alone(strict: Reader, tmp_path: Path, name: str) -> None:
    """Twenty gigabytes of spaces, a gigabyte of words, a picture of 10.8 GB, a drawing that repeats itself 10^11 times."""
    path = tmp_path / "a.pdf"
    path.write_bytes(BOMBS[name])
    assert path.stat().st_size < 1_000_000
    assert strict.probe(path).page_count == 3
    pages = strict.read(path, [1, 2, 3])
    assert sorted(failed(pages)) == [2]
    assert pages[1].text == pages[3].text == "A sound page of words"
    assert all(p.memory_info().rss < 1_200_000_000 for p in workers())


def test_workers_that_never_answer_are_one_clear_error(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", LOREM)
    unavailable = pytest.raises(ReaderUnavailable, match="end before they answer")
    # A short limit, since the pool of processes may hang where one ends while it starts: it is then given up after the limit.
    limits = Limits(probe_seconds=1)
    with reading(limits=limits, reader="tests.ingest.no_such_module:read") as reader, unavailable:
        reader.probe(path)


def test_pages_of_a_worker_that_always_dies_are_failed_pages(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", "one", "two")
    with reading(reader="tests.ingest.faults:dies_at_start") as reader:
        assert sorted(failed(reader.read(path, [1, 2]))) == [1, 2]


def test_leaving_the_iterator_stops_the_reading(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *["some words"] * 200)

    async def first(ingestor: Ingestor) -> int:
        async with aclosing(ingestor.read(path, range(1, 201))) as pages:
            async for page in pages:
                return page.number
        return 0

    with reading(reader="tests.ingest.faults:slow") as reader:
        started = time.monotonic()
        assert reader.run(first(reader.ingestor)) > 0
        assert reader.probe(path).page_count == 200
        assert time.monotonic() - started < 20, "200 pages would take 40 s on one worker"
        reader.run(asyncio.sleep(1.5))
        busy = sum(p.cpu_times().user for p in workers())
        reader.run(asyncio.sleep(1))
        assert sum(p.cpu_times().user for p in workers()) - busy < 0.3, "nothing is read any more"


def test_cancelling_the_reader_stops_the_reading(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *["some words"] * 100)

    async def cancelled(ingestor: Ingestor) -> None:
        async def all_pages() -> None:
            async for _ in ingestor.read(path, range(1, 101)):
                pass

        task = asyncio.create_task(all_pages())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with reading(reader="tests.ingest.faults:slow") as reader:
        reader.run(cancelled(reader.ingestor))
        assert len(reader.read(path, [1, 2])) == 2


def test_a_probe_overtakes_the_pages_that_wait(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *["some words"] * 60)

    async def overtake(ingestor: Ingestor) -> float:
        async with aclosing(ingestor.read(path, range(1, 61))) as pages:
            async for _ in pages:
                break
            started = time.monotonic()
            await ingestor.probe(path, name="a.pdf")
            return time.monotonic() - started

    with reading(reader="tests.ingest.faults:slow", workers=1) as reader:
        assert reader.run(overtake(reader.ingestor)) < 5, "12 s of pages were waiting"


def test_closing_ends_the_workers(tmp_path: Path) -> None:
    before = {p.pid for p in workers()}
    with reading() as reader:
        reader.probe(write_pdf(tmp_path / "a.pdf", LOREM))
        started = [p for p in workers() if p.pid not in before]
        assert started
    _, alive = psutil.wait_procs(started, timeout=5)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]
    with pytest.raises(ReaderUnavailable, match="closed"):
        asyncio.run(reader.ingestor.probe(tmp_path / "a.pdf", name="a.pdf"))


def test_memory_does_not_grow_with_the_pages(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "long.pdf", *[f"Page {n}. {LOREM[:140]}" for n in range(1500)])
    peaks = []
    for count in (20, 1500):
        # benchmarks/ingest_memory.py reads more, with the layout model.
        with reading(ocr=False) as reader:
            assert not failed(reader.read(path, range(1, count + 1)))
            peaks.append(max(peak(p) for p in workers()))
    assert peaks[1] - peaks[0] < 60_000_000, peaks


def test_the_first_pages_come_first_even_when_pages_are_slow(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *["some words"] * 30)

    async def order(ingestor: Ingestor) -> list[int]:
        return [page.number async for page in ingestor.read(path, range(1, 31))]

    with reading(reader="tests.ingest.faults:slow") as reader:
        numbers = reader.run(order(reader.ingestor))
    assert sorted(numbers) == list(range(1, 31))
    # On average, since any one page may wait for a busy machine.
    out_of_place = [abs(place - number) for place, number in enumerate(numbers, 1)]
    assert sum(out_of_place) / len(out_of_place) < 5, numbers


def test_workers_killed_while_they_idle_are_replaced(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", LOREM)
    before = {p.pid for p in workers()}
    with reading() as reader:
        reader.probe(path)
        for process in workers():
            if process.pid not in before:
                process.kill()
        reader.run(asyncio.sleep(0.5))
        assert reader.probe(path).page_count == 1


def test_closing_while_pages_are_read_ends_the_reading(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "a.pdf", *["some words"] * 60)

    async def close_midway(ingestor: Ingestor) -> int:
        count = 0
        async for _ in ingestor.read(path, range(1, 61)):
            count += 1
            if count == 1:
                asyncio.get_running_loop().create_task(ingestor.close())
        return count

    with reading(reader="tests.ingest.faults:slow") as reader, pytest.raises(ReaderUnavailable, match="closed"):
        reader.run(asyncio.wait_for(close_midway(reader.ingestor), 20))


def test_workers_say_nothing_on_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scan = write_scan(tmp_path / "scan.pdf", LOREM)
    whole = write_pdf(tmp_path / "whole.pdf", LOREM).read_bytes()
    (tmp_path / "cut.pdf").write_bytes(whole[: whole.rindex(b"xref")].replace(b"stream", b"strexm", 1))
    with reading() as reader:
        assert reader.read(scan, [1])[1].words
        reader.probe(tmp_path / "cut.pdf")
        reader.read(tmp_path / "cut.pdf", [1])
    assert capfd.readouterr() == ("", "")
