"""What a terminal shows: answers, results, progress; at any width, of any text."""

import io
import re
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from answer import (
    Agreement,
    Answer,
    ChainReport,
    Citation,
    Claim,
    Cost,
    DocumentCoverage,
    NearPage,
    OcrPage,
    Outcome,
    Verdict,
)
from api.cli import show
from api.cli.explaining import explanation
from api.cli.plain import plain
from api.cli.progress import Bar, JsonLines, Lines, describe, describe_ocr, duration, shorten
from api.schemas import EventKind, JobEvent, OcrEvent, Progress, SearchedDocument, SearchResponse
from retrieval import EvidencePage, PassageHit

JAPANESE = "売上高は前年比一二・四パーセント増の四億一千二百六十万ポンドとなり、フェリー事業の買収以来初めて四億ポンドを超えた。"


def citation(number: int, verdict: Verdict, *, name: str = "report.pdf", quote: str = "Revenue rose.") -> Citation:
    return Citation(number, "doc_1", name, 7, "5", quote, (), verdict, 1.0)


def answer(outcome: Outcome, citations: Sequence[Citation] = (), **more: object) -> Answer:
    plainly = Answer(
        id="ans_1",
        question="What happened?",
        collection="default",
        outcome=outcome,
        text="Revenue rose by 12 per cent.",
        claims=(Claim("Revenue rose by 12 per cent.", tuple(each.number for each in citations)),),
        citations=tuple(citations),
        chains=(),
        agreement=Agreement(None, "textual", ""),
        coverage=(),
        nearest=(),
        cost=Cost({"total": 840.0}, 8, ("extractive",)),
    )
    return msgspec.structs.replace(plainly, **more)


def drawn(renderable: RenderableType, width: int = 80, *, colour: bool = False) -> str:
    console = Console(
        width=width, file=io.StringIO(), force_terminal=colour, color_system="truecolor" if colour else None
    )
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_an_answer_shows_outcome_text_citations_and_cost_without_colour() -> None:
    verdicts = [citation(1, Verdict.VERIFIED), citation(2, Verdict.UNSUPPORTED), citation(3, Verdict.VISUAL, quote="")]
    text = drawn(show.answer(answer(Outcome.ANSWERED, verdicts)))
    assert "● Answered" in text
    assert "Revenue rose by 12 per cent." in text
    assert "[1] ✓ verified report.pdf, page 7 (printed 5)" in text
    assert "[2] ✗ unsupported report.pdf" in text
    assert "[3] ▣ visual report.pdf" in text
    assert "“Revenue rose.”" in text
    assert "0.84 s, 8 pages read, extractive" in text


def test_an_explanation_has_the_chains_the_pages_read_by_ocr_and_the_time() -> None:
    chains = (
        ChainReport("textual", "12 per cent", None, (), (), 0.93),
        ChainReport("visual", None, "No picture shows\nit.", (), (), 0.0),
        ChainReport("other", None, None, (), (), 0.0, failure="The server is down."),
    )
    read = (OcrPage("doc_1", "scan\x1b[2J.pdf", 7, 1412, 3210.0),)
    spent = Cost({"ocr": 3300.0, "search": 41.2, "total": 4100.0}, 8, ("extractive",), ocr=read)
    told = answer(
        Outcome.ANSWERED, chains=chains, agreement=Agreement(None, "textual", "Only one answered."), cost=spent
    )
    lines = [line.strip() for line in drawn(explanation(told)).splitlines()]
    assert "textual chain: 12 per cent (support 0.93)" in lines
    assert "visual chain: no answer: No picture shows it." in lines
    assert "other chain: failed: The server is down." in lines
    assert "followed: textual; Only one answered." in lines
    assert any(re.fullmatch(r"scan.*\.pdf, page 7: 1,412 words, 3\.2 s", line) for line in lines)
    assert [line.split() for line in lines[-3:]] == [
        ["ocr", "3,300", "ms"],
        ["search", "41", "ms"],
        ["total", "4,100", "ms"],
    ]
    assert "\x1b" not in drawn(explanation(told))
    assert "OCR" not in drawn(explanation(answer(Outcome.ANSWERED)))


def test_a_page_that_is_read_first_is_told_by_its_place() -> None:
    assert describe_ocr(OcrEvent("doc_1", "scan.pdf", 7, 2, 4)) == "reading the words of page 7 of scan.pdf (2 of 4)"


@pytest.mark.parametrize(
    ("outcome", "title"),
    [
        (Outcome.ANSWERED, "Answered"),
        (Outcome.PARTIAL, "Answered in part"),
        (Outcome.CONFLICTING, "The documents conflict"),
        (Outcome.NOT_IN_DOCUMENTS, "Not in the documents"),
    ],
)
def test_every_outcome_is_named(outcome: Outcome, title: str) -> None:
    assert title in drawn(show.answer(answer(outcome))).splitlines()[0]


def test_near_pages_stand_where_nothing_was_found() -> None:
    near = (NearPage("doc_1", "report.pdf", 3, "iii", "Something near the question."),)
    text = drawn(show.answer(answer(Outcome.NOT_IN_DOCUMENTS, nearest=near)))
    assert "report.pdf, page 3 (printed iii)" in text
    assert "Something near the question." in text
    assert "came nearest" not in drawn(
        show.answer(answer(Outcome.ANSWERED, [citation(1, Verdict.VERIFIED)], nearest=near))
    )


def test_notes_and_silent_documents_are_told() -> None:
    coverage = (DocumentCoverage("doc_1", "a.pdf", (0,)), DocumentCoverage("doc_2", "b.pdf", ()))
    given_ = answer(
        Outcome.ANSWERED, [citation(1, Verdict.VERIFIED)], coverage=coverage, notes=("2 pages could not be read.",)
    )
    text = drawn(show.answer(given_))
    assert "Nothing to this in: b.pdf" in text
    assert "Note: 2 pages could not be read." in text


def test_documents_of_which_nothing_was_read_are_told_apart_from_silent_ones() -> None:
    coverage = (
        DocumentCoverage("doc_1", "a.pdf", (0,), 12, 5),
        DocumentCoverage("doc_2", "b.pdf", (), 4, 1),
        DocumentCoverage("doc_3", "c.pdf", (), 2, 0),
    )
    text = drawn(show.answer(answer(Outcome.ANSWERED, [citation(1, Verdict.VERIFIED)], coverage=coverage)))
    assert "Nothing to this in: b.pdf" in text
    assert "No page came up from 1 other that was searched." in text
    assert "c.pdf" not in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal_even_with_wide_characters(width: int) -> None:
    given_ = answer(
        Outcome.ANSWERED, [citation(1, Verdict.UNSUPPORTED, name=JAPANESE + ".pdf", quote=JAPANESE * 3)], text=JAPANESE
    )
    lines = drawn(show.answer(given_), width).splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert "".join(JAPANESE.split())[:10] in "".join("".join(lines).split())


def test_words_of_a_document_are_never_markup_nor_commands_to_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J[bold]x[/bold] \u202egnp"
    text = drawn(
        show.answer(answer(Outcome.ANSWERED, [citation(1, Verdict.VERIFIED, name=evil, quote=evil)], text=evil))
    )
    assert "[bold]x[/bold]" in text
    assert not set("\x1b\x07\u202e") & set(text)


@given(st.text(), st.integers(min_value=1, max_value=80))
def test_plain_text_is_one_printable_line_within_its_limit(text: str, limit: int) -> None:
    clean = plain(text, limit)
    assert len(clean) <= limit
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in clean)
    assert plain(clean) == clean


@given(
    st.text(alphabet=st.characters(min_codepoint=33, exclude_categories=("Cc", "Cs", "Cf", "Mn", "Me"))),
    st.integers(4, 40),
)
def test_shortened_names_fit_and_short_ones_stay(name: str, width: int) -> None:
    short = shorten(name, width)
    assert cell_len(short) <= width
    assert (short == name) == (cell_len(name) <= width)


def test_results_show_rank_place_and_best_passage() -> None:
    hit = PassageHit(0, "Capital expenditure was 31 million.", (), 0.9, ("Report", "Capital"))
    page = EvidencePage("doc_1", "rev_1", 4, 0.91, (hit,), "2")
    response = SearchResponse("capex", "default", [page], {"doc_1": "report.pdf"}, {"total": 12.0}, ["A note."])
    text = drawn(show.results(response))
    assert "1. report.pdf, page 4 (printed 2)" in text
    assert "Capital: Capital expenditure was 31 million." in text
    assert "Note: A note." in text
    assert "named" not in text
    pages = [msgspec.structs.replace(page, reasons=("page 4", 'the "tall\x1b" one')) for page in response.pages]
    assert 'named: page 4, the "tall " one' in drawn(show.results(msgspec.structs.replace(response, pages=pages)))
    both = [SearchedDocument("doc_1", "report.pdf", 30, 1), SearchedDocument("doc_2", "b.pdf", 1, 0)]
    assert "1 page of 1 document (31 pages of 2 considered)" in drawn(
        show.results(msgspec.structs.replace(response, coverage=both))
    )
    empty = msgspec.structs.replace(response, pages=[])
    assert "No page matches." in drawn(show.results(empty))


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (812, "812 B"), (3_400, "3.4 kB"), (12_000_000, "12 MB"), (7_300_000_000_000, "7300 GB")],
)
def test_sizes(count: int, text: str) -> None:
    assert show.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.6, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (3900, "1 h 5 min"), (-3, "0 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def event(number: int, kind: EventKind, done: int, total: int, **more: object) -> JobEvent:
    progress = Progress(total, done, 0, done, 10.0 if done < total else 0.0)
    return msgspec.structs.replace(JobEvent(number, "job_1", kind, "", progress), **more)


def lines_of(pages: int, seconds_a_page: float) -> list[str]:
    """What a pipe gets while a document of so many pages is read at that pace."""
    now, written = [0.0], list[str]()
    lines = Lines(written.append, lambda: now[0])
    lines.begin("report.pdf")
    lines.event(event(1, EventKind.ACCEPTED, 0, pages))
    lines.event(event(2, EventKind.FOUND, 0, pages, message="application/pdf"))
    lines.event(event(3, EventKind.STARTED, 0, pages))
    for number in range(1, pages + 1):
        now[0] += seconds_a_page
        lines.event(event(number + 3, EventKind.PAGE_READ, number, pages, page=number))
    lines.event(event(pages + 4, EventKind.DONE, pages, pages))
    return written


def test_a_pipe_gets_about_ten_lines_for_three_thousand_pages() -> None:
    written = lines_of(3000, 0.05)
    assert written[0] == "report.pdf: found 3,000 pages (application/pdf)"
    assert written[-1] == "report.pdf: done, 3,000 of 3,000 pages"
    assert 5 <= len(written) <= 14


def test_a_pipe_gets_start_and_end_of_a_short_document() -> None:
    assert lines_of(12, 0.01) == [
        "report.pdf: found 12 pages (application/pdf)",
        "report.pdf: done, 12 of 12 pages",
    ]


def test_a_pipe_hears_of_slow_work_every_half_minute() -> None:
    assert len(lines_of(100, 25.0)) >= 2500 / 60


def test_a_failed_page_is_told_at_once_with_the_reason() -> None:
    written: list[str] = []
    lines = Lines(written.append)
    lines.begin("a\x1b.pdf")
    lines.event(event(1, EventKind.PAGE_FAILED, 1, 9, page=4, message="timed out"))
    assert written == ["a .pdf: page 4 could not be read (timed out)"]


def test_progress_in_words() -> None:
    assert describe(Progress(50, 12, 1, 0, 8.2)) == "12 of 50 pages, 1 failed, 4.6 pages/s, about 8 s left"
    assert describe(Progress(50, 45, 0, 0, 25.0)) == "45 of 50 pages, 5.0 s a page, about 25 s left"
    assert describe(Progress(50, 49, 0, 0, 0.0)) == "49 of 50 pages, about 0 s left"
    assert describe(Progress(50, 50, 0, 0, 0.0)) == "50 of 50 pages"


def test_a_terminal_shows_speed_how_pages_are_read_and_failures_as_they_happen() -> None:
    screen = Console(width=160, file=io.StringIO(), force_terminal=True, color_system=None)

    def shown(*events: JobEvent) -> str:
        with screen.capture() as captured, Bar(screen) as bar:
            bar.begin("a[b].pdf")
            for each in events:
                bar.event(each)
        return captured.get()

    assert "found 900 pages (application/pdf)" in shown(event(2, EventKind.FOUND, 0, 900, message="application/pdf"))
    read = shown(event(4, EventKind.PAGE_READ, 12, 52, page=12, source="ocr", milliseconds=3210.0))
    assert "12 of 52 pages, 4.0 pages/s, about 10 s left, page 12 by OCR in 3.2 s" in read
    failed = shown(
        event(4, EventKind.PAGE_FAILED, 4, 9, page=4, message="timed out"), event(5, EventKind.PAGE_READ, 5, 9, page=5)
    )
    assert "a[b].pdf: page 4 could not be read (timed out)" in failed
    assert "done, 9 of 9 pages" in shown(event(6, EventKind.DONE, 9, 9))


def test_programs_get_every_event_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    sent = event(3, EventKind.PAGE_READ, 1, 9, page=1, source="ocr")
    JsonLines().event(sent)
    captured = capsys.readouterr()
    line = msgspec.json.decode(captured.err, type=dict[str, JobEvent])
    assert line == {"event": sent}
    assert captured.out == ""
