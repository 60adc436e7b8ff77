"""Several documents: the one that leads lends its pages weight, and each that a search names has its share."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import Page
from retrieval import Flaw, ModelMismatch, RetrievalSettings, Retriever, Scope, TextEncoder
from retrieval.fusion import DOCUMENT, ROUTED
from retrieval.routing import belonging, considered, dealt, lacking, routed_to
from retrieval.schema import ROUTE
from retrieval.store import Filter, Hit
from retrieval.verifying import Expected
from retrieval.wholes import assemble
from tests.retrieval.test_m2bert_encoder import checkpoint
from tests.retrieval.test_retriever import BREAD, REVENUE, TIDES, page, published
from tests.retrieval.test_succession import kept_in, silent

__all__ = ["checkpoint"]

Open = Callable[[], AbstractAsyncContextManager[Retriever]]
KEYS = [f"{document}{number}" for document in "abcd" for number in range(6)]
OF = {key: key[0] for key in KEYS}
RANKED = st.dictionaries(st.sampled_from(KEYS), st.floats(0, 3), min_size=1).map(
    lambda scores: sorted(scores.items(), key=lambda item: -item[1])
)


def test_a_document_is_judged_by_its_three_best_pages() -> None:
    likely = [("a0", 3.0), ("b0", 2.5), ("b1", 2.0), ("b2", 1.5), ("b3", 1.4), ("c0", 0.6)]
    told = belonging(likely, {**{key: OF[key] for key, _ in likely}, "c5": "c", "d0": "d"})
    assert told.strengths[DOCUMENT] == pytest.approx(
        {"a0": 0.5, "b0": 1.0, "b1": 1.0, "b2": 1.0, "b3": 1.0, "c0": 0.1, "c5": 0.1, "d0": 0.0}
    )


def test_within_one_document_and_of_nothing_there_is_nothing_to_tell() -> None:
    assert belonging([("a0", 3.0), ("a1", 1.0)], {"a0": "a", "a1": "a"}).strengths == {}
    assert belonging([("a0", 0.0), ("b0", 0.0)], {"a0": "a", "b0": "b"}).strengths == {}
    assert belonging([], {}).strengths == {}


@given(RANKED)
def test_the_pages_of_a_document_stay_in_their_order(ranked: list[tuple[str, float]]) -> None:
    documents = {key: OF[key] for key, _ in ranked}
    strengths = belonging(ranked, documents).strengths.get(DOCUMENT, {})
    assert all(0 <= strength <= 1 for strength in strengths.values())
    assert all(strengths[a] == strengths[b] for a in strengths for b in strengths if OF[a] == OF[b])


def test_only_documents_that_are_named_can_lack_a_share() -> None:
    held = {"a0": "a", "a1": "a", "a2": "a", "a3": "a", "a4": "a", "b0": "b"}
    assert lacking(Scope("c", ("a", "b", "z", "b")), held) == ("b", "z")
    assert lacking(Scope("c", ("b",)), held) == ()
    assert lacking(Scope("c"), held) == ()
    assert lacking(Scope("c", tuple(map(str, range(33)))), held) == ()


@given(RANKED, st.integers(1, 12), st.sets(st.sampled_from("abcd"), min_size=2))
def test_dealt_pages_are_ranked_and_as_many_as_asked_for(
    ranked: list[tuple[str, float]], pages: int, named: set[str]
) -> None:
    ranked = [one for one in ranked if OF[one[0]] in named]
    scope = Scope("c", tuple(sorted(named)))
    chosen = dealt(ranked, OF, scope, pages)
    assert len(chosen) == min(pages, len(ranked))
    assert chosen == [one for one in ranked if one in chosen]
    there = dict.fromkeys(OF[key] for key, _ in ranked)
    assert set(list(there)[: pages // 2]) <= {OF[key] for key, _ in chosen}
    assert dealt(ranked, OF, Scope("c"), pages) == ranked[:pages]
    assert considered(OF) == Counter(OF.values())


def report(name: str, count: int) -> list[Page]:
    return [
        page(number, f"{name} {number}: the tides of the {name} rise by {number} metres.") for number in range(1, count)
    ]


def test_every_document_that_a_search_names_is_looked_through_and_shown(retriever: Open) -> None:
    """One document fills all lists by itself; those that it is asked beside are not crowded out."""

    async def scenario() -> None:
        async with retriever() as room:
            await published(room, "elbe", *report("Elbe", 220))
            await published(room, "oder", *[page(n, f"Bread recipe {n}: knead the dough well.") for n in range(1, 9)])
            question = "How high do the tides of the Elbe rise?"
            everywhere = await room.search(question, Scope("c"))
            both = await room.search(question, Scope("c", ("elbe", "oder")))
        assert {hit.document for hit in everywhere.pages} == {"elbe"}
        assert set(both.considered) == {"elbe", "oder"}
        assert both.considered["oder"] >= 5
        assert Counter(hit.document for hit in both.pages) == {"elbe": 9, "oder": 1}
        assert both.pages[-1].document == "oder"
        assert sum(everywhere.considered.values()) >= len(everywhere.pages)

    asyncio.run(scenario())


def test_of_two_documents_alike_the_one_with_more_to_it_leads(retriever: Open) -> None:
    async def scenario() -> None:
        async with retriever() as room:
            lone = "The harbour tariff is set each year."
            await published(room, "once", page(1, lone), page(2, "Bread rises overnight."))
            await published(
                room,
                "often",
                page(1, lone),
                page(2, "Harbour tariffs are reviewed."),
                page(3, "The tariff of a harbour."),
            )
            found = (await room.search("What is the harbour tariff?", Scope("c"))).pages
        scores = {(hit.document, hit.number): hit.score for hit in found}
        assert scores["often", 1] > scores["once", 1]

    asyncio.run(scenario())


def whole(document: str, score: float) -> Hit:
    return Hit(f"{document}{score}", score, {"document": document})


def test_a_document_is_as_near_as_its_nearest_part() -> None:
    documents = {"a0": "a", "a1": "a", "b0": "b", "c0": "c", "d0": "d"}
    hits = [whole("a", 0.9), whole("z", 0.8), whole("c", 0.7), whole("a", 0.2), whole("b", 0.5)]
    strengths = routed_to(hits, documents).strengths[ROUTED]
    # d has no vector yet: it is taken for an average one.
    assert strengths == pytest.approx({"a0": 1.0, "a1": 1.0, "b0": 0.0, "c0": 0.5, "d0": 0.5})


@pytest.mark.parametrize("hits", [[], [("a", 0.9)], [("a", 0.5), ("b", 0.5)], [("y", 0.9), ("z", 0.1)]])
def test_one_document_or_documents_alike_tell_nothing(hits: list[tuple[str, float]]) -> None:
    assert routed_to([whole(*hit) for hit in hits], {"a0": "a", "b0": "b"}).strengths == {}


def test_sections_are_those_of_the_first_level_the_longest_of_them() -> None:
    def passage(page: int, ordinal: int, text: str, *section: str) -> dict[str, object]:
        return {"page": page, "ordinal": ordinal, "text": text, "section": list(section)}

    found = assemble(
        [
            passage(2, 1, "fourth", "Risks"),
            passage(1, 1, "second", "Business", "Sites"),
            passage(2, 0, "third", "Business"),
            passage(1, 0, "first"),
        ],
        2,
    )
    assert found.text == "first\nsecond\nthird\nfourth"
    assert found.sections == {"Business": "Business\nsecond\nthird", "Risks": "Risks\nfourth"}
    assert assemble([passage(1, 0, "all", "Report")], 1).sections == {}
    many = assemble([passage(n, 0, "x" * n, f"Part {n}") for n in range(1, 101)], 100)
    assert list(many.sections) == [f"Part {n}" for n in range(37, 101)]


def test_whole_documents_are_encoded_by_a_model_of_their_own(
    encoder: TextEncoder, checkpoint: Path, tmp_path: Path
) -> None:
    """Its weights are random: that its signal is there and counts is tested, not what it is worth."""

    async def opened(routing: str | None) -> Retriever:
        settings = RetrievalSettings(shard_inline=True, routing_model=routing)
        room = Retriever(tmp_path / "index", settings, encoder=encoder)
        await room.start()
        return room

    async def wholes(room: Retriever) -> dict[tuple[str, str], int]:
        found = [point for point in await room.points("c") if point.page == 0]
        return {(point.document, point.kind): point.pages for point in found if point.visible}

    async def scenario() -> None:
        read = {
            ("tides", "r1"): {n: page(n, TIDES) for n in (1, 2)},
            ("bread", "r1"): {1: page(1, BREAD), 2: page(2, REVENUE)},
        }
        room = await opened(None)
        await published(room, "tides", *read["tides", "r1"].values())
        await published(room, "bread", *read["bread", "r1"].values())
        plain = await room.search("What raises the tides?", Scope("c"))
        assert await wholes(room) == {}
        await room.close()

        room = await opened(str(checkpoint))
        with pytest.raises(ModelMismatch, match="no vectors of whole documents"):
            await room.search("tides", Scope("c"))
        await room.rebuild("c", kept_in(read), silent)
        assert await wholes(room) == {("tides", "document"): 2, ("bread", "document"): 2}
        await published(room, "late", page(1, REVENUE), page(2), revision="r7")
        assert (await wholes(room))["late", "document"] == 2
        ids = [stored.id for stored in await room.store.scroll("c", Filter(any_of={"kind": ("document",)}))]
        kept = await room.store.retrieve("c", ids, vectors=(ROUTE,), fields=("document",))
        assert {len(point.vectors[ROUTE]) for point in kept} == {16}  # type: ignore[arg-type]

        routed = await room.search("What raises the tides?", Scope("c"))
        assert {hit.document for hit in routed.pages} == {"tides", "bread", "late"}
        before = {(hit.document, hit.number): hit.score for hit in plain.pages}
        after = {(hit.document, hit.number): hit.score for hit in routed.pages}
        assert any(after[key] - before[key] > 0.1 for key in before)

        expected = [Expected(d, r, dict.fromkeys(pages, 1), True) for (d, r), pages in read.items()]
        known = {("tides", "r1"), ("bread", "r1"), ("late", "r7")}
        assert await room.verify("c", expected, known) == []
        await room.remove_points("c", ids)
        found = await room.verify("c", expected, known)
        assert [(finding.flaw, finding.document) for finding in found] == [
            (Flaw.UNROUTED, "tides"),
            (Flaw.UNROUTED, "bread"),
        ]
        await room.publish("c", "tides", "r1")
        assert [finding.document for finding in await room.verify("c", expected, known)] == ["bread"]
        await room.compact("c", silent)
        assert await wholes(room) == {("tides", "document"): 2}
        await room.remove("c", "tides")
        assert await wholes(room) == {}
        await room.close()

    asyncio.run(scenario())
