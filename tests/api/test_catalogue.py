"""The catalogue on a real SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from api.catalogue import Database, Documents, Jobs, ReadPage, Upload, new_id
from api.catalogue.database import HEAD, MIGRATIONS
from api.catalogue.models import DocumentRow
from api.errors import InvalidInput, NotFound, NotReady
from api.schemas import DocumentStatus, EventKind, JobKind, JobStatus
from ingest import Page

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'catalogue.sqlite'}")
    await opened.migrate()
    yield opened
    await opened.close()


def upload(sha256: str = "0" * 64, pages: int = 3) -> Upload:
    return Upload("report.pdf", "application/pdf", None, 10, sha256, pages, ".pdf")


async def new_document(database: Database, sha256: str = "0" * 64, pages: int = 3) -> tuple[str, str, str]:
    documents = Documents(database)
    await documents.ensure_collection("default")
    document, job, revision = new_id("doc"), new_id("job"), new_id("rev")
    assert await documents.create("default", document, job, revision, upload(sha256, pages))
    return document, job, revision


def test_the_known_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_the_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from api.catalogue.models import Base

    async with database._engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), Base.metadata)
        )
    assert found == []


async def test_migrating_again_keeps_what_is_stored(database: Database) -> None:
    document, _, _ = await new_document(database)
    await database.migrate()
    assert (await Documents(database).get(document)).name == "report.pdf"


async def test_a_catalogue_of_before_keeps_its_jobs_and_their_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of jobs is made anew: what refers to it must not go with the old one."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'catalogue.sqlite'}"
    monkeypatch.setattr("api.catalogue.database.HEAD", "0001")
    before = Database(url)
    await before.migrate()
    at = "2026-11-20 10:00:00"
    async with before._writing.begin() as connection:
        for row in (
            f"collection (id, created_at, updated_at) values ('c', '{at}', '{at}')",
            "document (id, collection_id, name, media_type, bytes, sha256, pages, pages_failed, job_id, deleting, created_at,"
            f" updated_at) values ('d', 'c', 'a.pdf', 'application/pdf', 1, 'x', 1, 0, 'j', 0, '{at}', '{at}')",
            "job (id, document_id, collection_id, revision, status, suffix, upload, pages_total, pages_done, pages_failed,"
            " passages, events, cancel_requested, created_at, updated_at)"
            f" values ('j', 'd', 'c', 'r', 'done', '.pdf', '{{}}', 1, 1, 0, 1, 1, 0, '{at}', '{at}')",
            f"job_event (job_id, id, kind, at, progress) values ('j', 1, 'accepted', '{at}',"
            ' \'{"pages_total": 1, "pages_done": 0, "pages_failed": 0, "passages": 0}\')',
        ):
            await connection.exec_driver_sql(f"insert into {row}")
    await before.close()
    monkeypatch.undo()
    after = Database(url)
    await after.migrate()
    job = await Jobs(after).get("j")
    assert (job.kind, job.document, job.status) == (JobKind.READ, "d", JobStatus.DONE)
    assert [event.kind for event in await Jobs(after).events("j", 0, 10)] == [EventKind.ACCEPTED]
    async with after._engine.connect() as connection:
        assert (await connection.exec_driver_sql("pragma foreign_keys")).scalar() == 1
        assert (await connection.exec_driver_sql("pragma foreign_key_check")).first() is None
    await Documents(after).drop("d")
    with pytest.raises(NotFound):
        await Jobs(after).get("j")
    await after.close()


async def test_runs_in_wal_mode(database: Database) -> None:
    async with database._engine.connect() as connection:
        assert (await connection.exec_driver_sql("pragma journal_mode")).scalar() == "wal"


async def test_a_job_goes_from_accepted_to_done_and_its_events_tell_it(database: Database) -> None:
    documents, jobs = Documents(database), Jobs(database)
    document, job, revision = await new_document(database, pages=2)
    assert (await documents.get(document)).status is DocumentStatus.READING
    assert await documents.visible("default") == []
    await jobs.start(job)
    await jobs.pages_read(job, [ReadPage(Page(1, 100, 100), 4)], 1.0)
    (seen,) = await documents.visible("default")
    assert (seen.revision, seen.pages_ready, seen.whole) == (revision, 1, False)
    assert await documents.hidden("default") == ()
    await jobs.pages_read(job, [ReadPage(Page(2, 100, 100, error="crashed"), 0)], 0.0)
    assert await documents.pages_there([revision], [1, 2, 3]) == {(revision, 1)}
    assert await documents.publish(job, 1, "page 2: crashed")
    await jobs.finish(job, JobStatus.PARTIAL, "page 2: crashed")
    await jobs.finish(job, JobStatus.FAILED, "too late")
    events = await jobs.events(job, 0, 100)
    assert [event.kind for event in events] == [
        EventKind.ACCEPTED,
        EventKind.FOUND,
        EventKind.STARTED,
        EventKind.PAGE_READ,
        EventKind.PAGE_FAILED,
        EventKind.PARTIAL,
    ]
    assert [event.id for event in events] == [1, 2, 3, 4, 5, 6]
    assert events[-1].progress.pages_done == 2
    assert events[-1].progress.passages == 4
    assert (await documents.get(document)).status is DocumentStatus.PARTIAL
    assert [seen.revision for seen in await documents.visible("default")] == [revision]
    assert not await jobs.request_cancel(job)
    assert not await jobs.start(job)


async def test_what_is_to_be_taken_back_is_not_seen_and_not_published(database: Database) -> None:
    documents, jobs = Documents(database), Jobs(database)
    document, job, revision = await new_document(database, pages=2)
    await jobs.pages_read(job, [ReadPage(Page(1, 100, 100), 4)], 1.0)
    assert (await documents.get(document)).pages_ready == 1
    assert await jobs.request_cancel(job)
    assert await documents.visible("default") == []
    assert await documents.hidden("default") == (revision,)
    assert (await documents.get(document)).pages_ready == 0
    assert not await documents.publish(job, 0, None)


async def test_the_same_bytes_stand_once_in_a_collection(database: Database) -> None:
    documents = Documents(database)
    document, _, _ = await new_document(database)
    assert not await documents.create("default", new_id("doc"), new_id("job"), new_id("rev"), upload())
    found = await documents.with_content("default", "0" * 64)
    assert found is not None
    assert found[0].id == document
    assert await documents.with_content("default", "1" * 64) is None


async def test_two_at_once_can_make_the_same_collection(database: Database) -> None:
    documents = Documents(database)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(documents.ensure_collection, "same")
    assert [collection.id for collection in await documents.collections()] == ["same"]


async def test_lists_are_paged_without_gaps_or_repeats(database: Database) -> None:
    documents = Documents(database)
    made = [(await new_document(database, f"{n:064}"))[0] for n in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = await documents.listing("default", cursor, 3)
        seen += [document.id for document in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == made


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "bm90IGEgZGF0ZSBkb2M="])
async def test_a_foreign_cursor_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        await Documents(database).listing(None, cursor, 3)


async def test_a_document_is_not_read_twice_at_once(database: Database) -> None:
    document, job, _ = await new_document(database)
    with pytest.raises(NotReady, match="still being read") as refused:
        await Documents(database).read_again(document, new_id("job"), new_id("rev"), upload("1" * 64))
    assert refused.value.jobs == (job,)


async def test_dropping_a_document_leaves_no_row(database: Database) -> None:
    documents, jobs = Documents(database), Jobs(database)
    document, job, _ = await new_document(database)
    await jobs.pages_read(job, [ReadPage(Page(1, 100, 100), 1)], None)
    await documents.mark_deleting(document)
    with pytest.raises(NotFound):
        await documents.get(document)
    assert await documents.deleting() == [(document, "default")]
    assert await documents.drop(document) == [job]
    async with database._engine.connect() as connection:
        for table in ("document", "job", "job_event", "page", "answer", "answer_document"):
            assert (await connection.exec_driver_sql(f"select count(*) from {table}")).scalar() == 0


async def test_many_writers_at_once_all_succeed_and_count_on_from_each_other(
    database: Database, tmp_path: Path
) -> None:
    """Through two engines, as two processes would: each event has the number after the one before it."""
    _, job, _ = await new_document(database, pages=60)
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'catalogue.sqlite'}")
    writers = [Jobs(database), Jobs(other)]
    async with anyio.create_task_group() as group:
        for number in range(1, 61):
            page = ReadPage(Page(number, 100, 100), 1)
            group.start_soon(writers[number % 2].pages_read, job, [page], None)
            group.start_soon(Documents(database).ensure_collection, f"c{number % 7}")
    await other.close()
    events = await Jobs(database).events(job, 0, 1000)
    assert [event.id for event in events] == list(range(1, len(events) + 1))
    assert events[-1].progress.pages_done == 60
    assert len({event.page for event in events} - {None}) == 60


async def test_what_a_writer_has_read_stays_true_until_it_has_written(database: Database, tmp_path: Path) -> None:
    """A transaction that reads, lets others have their turn, and then writes is neither refused nor overtaken."""
    document, _, _ = await new_document(database)
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'catalogue.sqlite'}")

    async def append(opened: Database) -> None:
        async with opened.session() as session:
            row = await session.get_one(DocumentRow, document)
            before = row.name
            await anyio.sleep(0.01)
            row.name = before + "+"

    async with anyio.create_task_group() as group:
        for n in range(10):
            group.start_soon(append, database if n % 2 else other)
    await other.close()
    assert (await Documents(database).get(document)).name == "report.pdf" + "+" * 10


async def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    document, _, _ = await new_document(database)
    async with database.session() as session:
        (await session.get_one(DocumentRow, document)).name = "unsaved.pdf"
        await session.flush()
        with anyio.fail_after(5):
            assert (await Documents(database).get(document)).name == "report.pdf"


async def test_unknown_things_are_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="There are none yet"):
        await Documents(database).require_collection("nothing")
    with pytest.raises(NotFound, match="no job 'job_x'"):
        await Jobs(database).events("job_x", 0, 10)
