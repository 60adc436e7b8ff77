"""Several documents: the one that leads lends its pages weight, and each that a search names has its share."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import Page
from retrieval import Retriever, Scope
from retrieval.fusion import DOCUMENT
from retrieval.routing import belonging, considered, dealt, lacking
from tests.retrieval.test_retriever import page, published

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
