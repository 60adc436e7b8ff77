"""OCR at once and on demand: what reading a scanned document takes, and what its questions take, first and second time.

    python -m benchmarks.ocr_on_demand [--pdf FILE --questions FILE] [--pages 30] [--dpi 150] [--limit 4]

The document is drawn page by page into a PDF of pictures, so that nothing of it has a text layer. Questions are those of the
sample: `{"questions": [{"question", "answer", "pages"}]}`; `pages` (from 1) hold the answer. Both services use wordspot. Times are
wall seconds, and beside them processor seconds of all processes, which say more on a busy machine.
"""

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
import psutil
import pymupdf

from answer import Answer
from api.catalogue import Left
from api.choosing import choose
from api.schemas import AskRequest
from api.service import Service
from api.settings import IndexSettings, IngestSettings, Settings
from ingest.pages.settings import ON_DEMAND, Ocr
from retrieval import Scope

SAMPLE = Path("docs/sample")
FURTHEST = 12
"""How far down the list of pages that a question finds the page with its answer is looked for."""


class Question(msgspec.Struct):
    """A question and the pages (from 1) that hold its answer; none where there is no answer."""

    question: str
    answer: str | None
    pages: list[int]


class Questions(msgspec.Struct):
    """The file of questions."""

    questions: list[Question]


class Asked(msgspec.Struct, frozen=True):
    """An answer, and the wall and processor seconds that it took."""

    answer: Answer
    seconds: float
    spent: float

    def said(self) -> tuple[str, str, tuple[int, ...]]:
        """What of an answer has to be the same."""
        cited = tuple(sorted({citation.page for citation in self.answer.citations}))
        return self.answer.outcome.value, self.answer.text, cited


def rasterised(source: Path, target: Path, pages: int, dpi: int) -> int:
    """A PDF of pictures of the first pages; how many there are."""
    with pymupdf.open(source) as document, pymupdf.open() as scan:
        for page in document.pages(0, min(pages, document.page_count)):
            sheet = scan.new_page(width=page.rect.width, height=page.rect.height)
            sheet.insert_image(sheet.rect, stream=page.get_pixmap(dpi=dpi).tobytes("jpg", jpg_quality=85))
        scan.save(target)
        return int(scan.page_count)


def spent() -> float:
    """Processor seconds of this process and of those that it has started."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


async def read(service: Service, path: Path) -> tuple[str, float, float]:
    """The document, and the wall and processor seconds until it was read."""
    await service.warm_up()
    began, before = time.perf_counter(), spent()
    added = await service.add("default", path, name=path.name)
    async for event in service.watch(added.job.id):
        last = event
    assert last.kind.value == "done", last
    return added.document.id, time.perf_counter() - began, spent() - before


async def ask(service: Service, question: str) -> Asked:
    """One answer."""
    began, before = time.perf_counter(), spent()
    answer = await service.ask(AskRequest(question))
    return Asked(answer, time.perf_counter() - began, spent() - before)


async def ranks(service: Service, questions: list[Question], limit: int) -> list[int | None]:
    """Where, among the pages that each question would have read by OCR, the first one with its answer stands, from 1."""
    found: list[int | None] = []
    for question in questions:
        visible = await service._documents.visible("default")
        retriever = await service._models.retriever()
        chosen = await choose(question.question, Scope("default"), visible, Left(service._database), retriever, limit)
        numbers = [page.number for page in chosen]
        found.append(min((numbers.index(page) + 1 for page in question.pages if page in numbers), default=None))
    return found


async def run(scan: Path, data: Path, ocr: Ocr, limit: int, questions: list[Question]) -> list[list[Asked]]:
    """Each question put twice, in order, to a service of its own."""
    ingest = IngestSettings(ocr=ocr, ocr_pages=limit)
    service = await Service.open(Settings(data=data, ingest=ingest, index=IndexSettings(visual="wordspot")))
    try:
        document, seconds, processor = await read(service, scan)
        pages = (await service.document(document)).pages
        click.echo(
            f"ocr = {ocr}: {pages} pages in {seconds:.1f} s, {seconds / pages:.2f} s a page, {processor / pages:.2f} of processors"
        )
        if ocr == ON_DEMAND:
            _tell_ranks(await ranks(service, [one for one in questions if one.pages], FURTHEST))
        return [[await ask(service, one.question) for _ in range(2)] for one in questions]
    finally:
        await service.close()


def _tell_ranks(found: list[int | None]) -> None:
    shares = (sum(rank is not None and rank <= limit for rank in found) for limit in range(1, FURTHEST + 1))
    told = ", ".join(f"{limit}: {share}" for limit, share in enumerate(shares, 1))
    click.echo(f"questions whose page is among the first so many: {told}; of {len(found)}")


def _tell(questions: list[Question], at_once: list[list[Asked]], on_demand: list[list[Asked]]) -> None:
    same = 0
    for question, (first, again), (early, later) in zip(questions, at_once, on_demand, strict=True):
        alike = later.said() == again.said()
        same += alike
        read = [page.page for page in early.answer.cost.ocr]
        click.echo(
            f"{'same ' if alike else 'OTHER'} at once {first.seconds:.1f}, {again.seconds:.1f} s; on demand {early.seconds:.1f} "
            f"({early.spent:.1f}), {later.seconds:.1f} ({later.spent:.1f}) s; read {read} for {question.pages}: {question.question}"
        )
        if not alike:
            click.echo(f"      at once: {again.said()}\n      on demand: {later.said()}")
    waits = sorted(early.seconds for early, _ in on_demand)
    middle, longest = waits[len(waits) // 2], waits[-1]
    click.echo(
        f"{same} of {len(questions)} the same; first asks on demand: {middle:.1f} s in the middle, {longest:.1f} at most"
    )


@click.command()
@click.option(
    "--pdf", type=click.Path(exists=True, path_type=Path), default=SAMPLE / "skerrivane-annual-report-2024.pdf"
)
@click.option("--questions", "file", type=click.Path(exists=True, path_type=Path), default=SAMPLE / "questions.json")
@click.option("--pages", default=30, show_default=True)
@click.option("--dpi", default=150, show_default=True)
@click.option("--limit", default=4, show_default=True, help="ingest.ocr_pages")
def main(pdf: Path, file: Path, pages: int, dpi: int, limit: int) -> None:
    """Both ways, one after the other."""
    asked = msgspec.json.decode(file.read_bytes(), type=Questions).questions
    asked = [question for question in asked if max(question.pages, default=0) <= pages]
    with TemporaryDirectory() as folder:
        scan = Path(folder) / "scan.pdf"
        rasterised(pdf, scan, pages, dpi)
        on_demand, at_once = (
            asyncio.run(run(scan, Path(folder) / name, ocr, limit, asked))
            for name, ocr in (("on-demand", ON_DEMAND), ("at-once", True))
        )
    _tell(asked, at_once, on_demand)


if __name__ == "__main__":
    main()
