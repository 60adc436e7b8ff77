"""Indexes that are built anew beside the one that serves: with another model, or without what has been deleted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from ingest import Page
from retrieval import (
    Built,
    Draw,
    ModelChoice,
    ModelMismatch,
    RetrievalSettings,
    Retriever,
    Scope,
    StoreError,
    TextEncoder,
)
from retrieval.store import beside
from tests.retrieval.test_m2bert_encoder import checkpoint
from tests.retrieval.test_retriever import BREAD, REVENUE, TIDES, found, page, published

__all__ = ["checkpoint"]

Read = dict[tuple[str, str], dict[int, Page]]
Opened = Callable[..., AbstractAsyncContextManager[Retriever]]


@pytest.fixture
def opened(encoder: TextEncoder, tmp_path: Path) -> Opened:
    """A retriever on this test's folder, with the packaged encoder, or with one that is named."""

    @asynccontextmanager
    async def open_(name: str | None = None) -> AsyncIterator[Retriever]:
        chosen = RetrievalSettings(shard_inline=True)
        if name is not None:
            chosen = RetrievalSettings(shard_inline=True, encoder=name)
        room = Retriever(tmp_path / "index", chosen, encoder=None if name else encoder)
        await room.start()
        try:
            yield room
        finally:
            await room.close()

    return open_


class Shelf:
    """The pages as they were read, and what became of them."""

    draw: Draw | None = None

    def __init__(self, pages: dict[int, Page]) -> None:
        self._pages = pages

    async def page(self, number: int) -> Page | None:
        return self._pages.get(number)


def kept_in(read: Read) -> Callable[[str, str], AbstractAsyncContextManager[Shelf]]:
    @asynccontextmanager
    async def kept(document: str, revision: str) -> AsyncIterator[Shelf]:
        yield Shelf(read.get((document, revision), {}))

    return kept


def report(document: str, pages: int, revision: str = "r1") -> Read:
    texts = (TIDES, REVENUE, BREAD)
    return {(document, revision): {n: page(n, f"{texts[n % 3]} {document} number {n}.") for n in range(1, pages + 1)}}


async def filled(room: Retriever, read: Read) -> None:
    for (document, revision), pages in read.items():
        await published(room, document, *pages.values(), revision=revision)


async def silent(_: Built) -> None:
    return None


def test_with_another_model_while_documents_come_and_go(opened: Opened, checkpoint: Path, tmp_path: Path) -> None:
    told: list[Built] = []
    read = report("old", 30) | report("going", 4) | report("staying", 4)

    async def scenario() -> None:
        async with opened() as room:
            await filled(room, read)
            await room.add_pages("c", "half", "r1", [page(1, "Amber is fossil resin.")])
            read["half", "r1"] = {1: page(1, "Amber is fossil resin.")}

            async def tell(built: Built) -> None:
                told.append(built)
                assert {document for document, _ in await found(room, "How is bread made?")} <= {
                    "old",
                    "going",
                    "staying",
                    "new",
                }
                if len(told) == 5:
                    read.update(new := report("new", 3))
                    await filled(room, new)
                    await room.remove("c", "going")
                if len(told) == 20:
                    await room.publish("c", "half", "r1")

            choice = ModelChoice(encoder=str(checkpoint))
            replaced = await room.rebuild("c", kept_in(read), tell, choice)
            assert (replaced.pages, replaced.lost) == (38, {})
            assert replaced.passages >= 38
            built = {(point.document, point.page) for point in await room.points("c")}
            expected = {(d, n) for (d, _), pages in read.items() if d != "going" for n in pages}
            assert built == expected
            assert all(point.visible for point in await room.points("c"))
            about = await room.store.about("c")
            assert about is not None
            assert (about["name"], about["dimension"]) == (str(checkpoint), "16")
            assert await room.store.about(beside("c")) is None
            assert len(await found(room, "How is bread made?")) == 10
            # From now on everything is done with the new model, until the process ends.
            await published(room, "later", page(1, TIDES))
            assert ("later", 1) in await found(room, "What raises the tides?", "later")

        async with opened() as room:
            with pytest.raises(ModelMismatch, match="quire index rebuild"):
                await found(room, "tides")
        async with opened(str(checkpoint)) as room:
            assert ("later", 1) in await found(room, "What raises the tides?", "later")

    asyncio.run(scenario())
    assert {built.document for built in told} >= {"old", "staying", "half", "new"}
    assert [built.pages_done for built in told[:5]] == [1, 2, 3, 4, 5]


def test_what_was_cut_short_leaves_the_old_index_and_is_gone_on_with(opened: Opened, checkpoint: Path) -> None:
    read = report("d", 20)
    choice = ModelChoice(encoder=str(checkpoint))
    told: list[Built] = []

    class Cut(Exception):
        pass

    async def cut(built: Built) -> None:
        if built.pages_done == 11:
            raise Cut

    async def tell(built: Built) -> None:
        told.append(built)

    async def scenario() -> None:
        async with opened() as room:
            await filled(room, read)
            with pytest.raises(Cut):
                await room.rebuild("c", kept_in(read), cut, choice)
            assert len(await found(room, "How is bread made?")) == 10
        async with opened() as room:
            assert len(await found(room, "How is bread made?")) == 10
            await room.remove("c", "d")
            await filled(room, more := report("e", 2) | report("d", 20))
            replaced = await room.rebuild("c", kept_in(more), tell, choice)
            assert replaced.pages == 22
            # Pages 1 to 16 of `d` had been built, in two groups of eight; those of `e` and the last four had not.
            assert [(built.document, built.page) for built in told] == [
                *(("d", n) for n in range(17, 21)),
                ("e", 1),
                ("e", 2),
            ]
            assert (told[0].pages_done, told[0].pages_total) == (17, 22)

            with pytest.raises(Cut):
                await room.rebuild("c", kept_in(more), cut)
            await room.abandon("c")
            assert await room.store.about(beside("c")) is None
            assert len(await found(room, "How is bread made?")) == 10

    asyncio.run(scenario())


@pytest.mark.slow  # it loads three models
def test_after_the_settings_changed_the_old_index_serves_while_the_new_one_is_built(
    opened: Opened, checkpoint: Path
) -> None:
    read = report("d", 12)
    during: list[int] = []

    async def scenario() -> None:
        async with opened() as room:
            await filled(room, read)
        async with opened(str(checkpoint)) as room:
            with pytest.raises(ModelMismatch):
                await found(room, "tides")

            async def tell(_: Built) -> None:
                during.append(len(await found(room, "How is bread made?")))

            await room.rebuild("c", kept_in(read), tell)
            assert len(await found(room, "How is bread made?")) == 10
            await published(room, "e", page(1, TIDES))
            with pytest.raises(StoreError, match="no index"):
                await room.rebuild("none", kept_in(read), silent)

    asyncio.run(scenario())
    assert during == [10] * 12


def test_a_page_of_which_nothing_is_left_is_told_and_left_out(opened: Opened) -> None:
    read = report("d", 3)
    told: list[Built] = []

    async def scenario() -> None:
        async with opened() as room:
            await filled(room, read)
            del read["d", "r1"][2]

            async def tell(built: Built) -> None:
                told.append(built)

            replaced = await room.rebuild("c", kept_in(read), tell)
            assert (replaced.pages, list(replaced.lost)) == (2, [("d", "r1", 2)])
            assert {point.page for point in await room.points("c")} == {1, 3}

    asyncio.run(scenario())
    assert [(built.page, built.failed, built.remark) for built in told] == [
        (1, False, None),
        (2, True, "What was read of it is gone."),
        (3, False, None),
    ]


def test_a_compact_index_is_the_same_in_less_space(opened: Opened) -> None:
    async def scenario() -> None:
        async with opened() as room:
            for number in range(4):
                await filled(room, report(f"d{number}", 12))
            await room.add_pages("c", "half", "r1", [page(1, TIDES)])
            for number in range(3):
                await room.remove("c", f"d{number}")
            before, answers = await room.points("c"), await room.search("How is bread made?", Scope("c"))
            replaced = await room.compact("c", silent)
            assert (replaced.pages, replaced.lost) == (13, {})
            assert replaced.bytes_before is not None
            assert replaced.bytes_after is not None
            assert replaced.bytes_after < replaced.bytes_before
            assert await room.store.size("c") == replaced.bytes_after
            key = lambda point: point.id  # noqa: E731
            assert sorted(await room.points("c"), key=key) == sorted(before, key=key)
            again = await room.search("How is bread made?", Scope("c"))
            assert [hit.number for hit in again.pages] == [hit.number for hit in answers.pages]
            assert [hit.score for hit in again.pages] == pytest.approx([hit.score for hit in answers.pages], abs=1e-3)
            await filled(room, report("new", 2))
            assert await room.count("c", document="new") > 2

    asyncio.run(scenario())
