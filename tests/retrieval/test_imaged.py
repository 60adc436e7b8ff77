"""The list of pages by an encoder's own rule: what comes of the store's answers, and in a real index, by wordspot with small
random weights, the same scores as over all vectors at once."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import numpy.typing as npt
import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import Page, TextSource
from retrieval import RetrievalSettings, Retriever, Scope, TextEncoder
from retrieval.imaged import SEEN, ImageList, ImageQuestion, KnownWords, image_list, image_queries
from retrieval.schema import PAGE, PATCHES, point_id
from retrieval.search import as_question, candidates
from retrieval.store.contract import Filter, Hit, Sparse
from retrieval.visual import WordspotEncoder
from retrieval.wordspot.scoring import matches, scores
from tests.retrieval.tiny_wordspot import CALIBRATION, save_tiny

Floats = npt.NDArray[np.float32]
Scenario = Callable[[Retriever], Awaitable[None]]

LINES = (
    "Timber exports fell",
    "Pilotage revenue rose by 4.5",
    "Wind turbines",
    "Harbour dues 1987",
    "Salt, grain and rye",
)


def rule(best: Floats) -> Floats:
    return scores(best, CALIBRATION)


def answered(best: Floats, most: int) -> list[list[Hit]]:
    """What a store brings of pages p0, p1, ...: of each word its best `most`."""
    orders = [np.argsort(-row, kind="stable")[:most] for row in best]
    return [[Hit(f"p{at}", float(row[at]), {}) for at in order] for row, order in zip(best, orders, strict=True)]


@given(st.integers(1, 6), st.integers(1, 12), st.integers(0, 999))
def test_pages_have_the_rules_scores_best_first(words: int, pages: int, seed: int) -> None:
    best = np.random.default_rng(seed).uniform(-0.2, 1, (words, pages)).astype(np.float32)
    question = ImageQuestion(np.zeros((words, 4), np.float32), rule=rule)
    hits = image_list(question, answered(best, pages)).hits
    expected = rule(best)
    assert {hit.id: hit.score for hit in hits} == pytest.approx({f"p{n}": expected[n] for n in range(pages)}, abs=1e-4)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    # What is brought once more of a part of the scope changes nothing.
    again = [[*found, *found[: pages // 2]] for found in answered(best, pages)]
    assert image_list(question, again).hits == hits


@given(st.integers(1, 5), st.integers(0, 10_000))
def test_a_word_that_is_alike_on_all_pages_changes_nothing(words: int, seed: int) -> None:
    best = np.random.default_rng(seed).uniform(-0.3, 1, (words, 7)).astype(np.float32)
    even = np.vstack([best, np.full((1, 7), 0.9, np.float32)])
    np.testing.assert_allclose(scores(even, CALIBRATION), scores(best, CALIBRATION), atol=1e-4)
    assert scores(best[:, :0], CALIBRATION).shape == (0,)


def test_a_page_that_a_full_list_lacks_counts_as_much_as_its_last() -> None:
    question = ImageQuestion(np.zeros((2, 4), np.float32), rule=lambda best: best.sum(axis=0))
    (query, _) = image_queries(question, Filter(), ("page",))
    first = [Hit(f"p{n}", 0.9 - n / 1e5, {}) for n in range(query.limit)]
    second = [Hit("other", 0.8, {}), *(Hit(f"p{n}", 0.7, {}) for n in range(query.limit - 1))]
    scored = {hit.id: hit.score for hit in image_list(question, [first, second]).hits}
    assert scored["other"] == pytest.approx(0.8 + first[-1].score)
    assert scored[first[-1].id] == pytest.approx(first[-1].score + 0.7)
    # A document that is asked about apart brings pages that were in neither.
    apart = [[*first, Hit("last", 0.1, {})], [*second, Hit("last", 0.6, {})]]
    assert {hit.id: hit.score for hit in image_list(question, apart).hits}["last"] == pytest.approx(0.7)


@given(st.integers(1, 200))
def test_a_long_question_brings_fewer_pages_of_each_word_and_one_payload(words: int) -> None:
    queries = image_queries(ImageQuestion(np.zeros((words, 4), np.float32), rule=rule), Filter(), ("page",))
    assert [query.payload for query in queries] == [("page",), *[False] * (words - 1)]
    assert len({query.limit for query in queries}) == 1
    assert SEEN <= queries[0].limit <= max(20_000 / words, 2 * SEEN)


def test_no_pages_are_no_hits() -> None:
    assert image_list(ImageQuestion(np.zeros((2, 4), np.float32), rule=rule), [[], []]) == ImageList([])


async def draw(page: Page, pixels: int) -> bytes:
    sheet = pymupdf.open().new_page(width=300, height=100)
    for line in range(page.number % 3 + 1):
        sheet.insert_text((20, 30 + 25 * line), LINES[(page.number + line) % len(LINES)], fontsize=12)
    return bytes(sheet.get_pixmap(dpi=100).tobytes("png"))


@pytest.fixture(scope="module")
def wordspot(tmp_path_factory: pytest.TempPathFactory) -> WordspotEncoder:
    return WordspotEncoder(save_tiny(tmp_path_factory.mktemp("wordspot") / "tiny.safetensors"), dtype="float32")


PAGES = {"long": 5, "short": 3}
"""Of two scans."""


@pytest.fixture(scope="module")
def served(
    encoder: TextEncoder, wordspot: WordspotEncoder, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Scenario], None]:
    """Runs a scenario over an index of two scans, which is made once."""
    folder = tmp_path_factory.mktemp("index")

    async def run(scenario: Scenario) -> None:
        room = Retriever(folder, RetrievalSettings(shard_inline=True), encoder=encoder, visual=wordspot)
        await room.start()
        try:
            await scenario(room)
        finally:
            await room.close()

    async def filled(room: Retriever) -> None:
        for document, count in PAGES.items():
            pages = [Page(number, 300, 100, str(number), TextSource.NONE) for number in range(1, count + 1)]
            assert (await room.add_pages("c", document, "r1", pages, draw=draw, visible=True)).unseen == {}

    asyncio.run(run(filled))
    return lambda scenario: asyncio.run(run(scenario))


async def stored(room: Retriever, documents: tuple[str, ...]) -> dict[str, Floats]:
    """The vectors of the pages, by their keys."""
    keys = [point_id(name, "r1", PAGE, number, 0) for name in documents for number in range(1, PAGES[name] + 1)]
    found = await room.store.retrieve("c", keys, vectors=(PATCHES,))
    return {point.id: np.asarray(point.vectors[PATCHES]) for point in found}


@pytest.mark.parametrize("documents", [("long",), ("short", "long")])
def test_the_service_ranks_as_the_rule_does_over_all_vectors_of_the_scope(
    served: Callable[[Scenario], None], wordspot: WordspotEncoder, documents: tuple[str, ...]
) -> None:
    text = "Which harbour had timber dues of 4.5 in 1987?"

    async def scenario(room: Retriever) -> None:
        scope = Scope("c", documents)
        pages = await stored(room, documents)
        (vectors,) = wordspot.encode_query([text])
        best = matches(vectors, list(pages.values()), CALIBRATION).best
        expected = scores(best, CALIBRATION)
        asked = as_question(text, room.encoder.encode_query([text])[0], ImageQuestion(vectors, 0.25, wordspot.rule))
        listed = (await candidates(room.store, asked, scope)).lists[PATCHES]
        assert dict(listed) == pytest.approx(dict(zip(pages, expected.tolist(), strict=True)), abs=5e-3)
        assert [score for _, score in listed] == sorted((score for _, score in listed), reverse=True)
        assert expected.max() > 0.1, "nothing to tell pages apart by"
        evidence = await room.search(text, scope)
        shown = {point_id(page.document, "r1", PAGE, page.number, 0): page.visual for page in evidence.pages}
        assert shown == pytest.approx(dict(listed), abs=1e-6)
        assert evidence.considered == {name: PAGES[name] for name in documents}

    served(scenario)


def test_a_question_without_words_is_asked_of_the_other_lists_alone(served: Callable[[Scenario], None]) -> None:
    async def scenario(room: Retriever) -> None:
        assert (await room.search("中文 — ?", Scope("c"))).pages == ()
        named = await room.search("第 page 2 — ?", Scope("c", ("short",)))
        assert named.pages[0].number == 2
        empty = await room.similarity("中文", "c", "long", "r1", 1)
        assert empty is not None
        assert empty.tokens.texts == ()
        assert not empty.maps.total.any()

    served(scenario)


def test_a_document_that_is_named_has_its_share_whatever_its_pages_score(
    served: Callable[[Scenario], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the other fills the list."""

    async def scenario(room: Retriever) -> None:
        monkeypatch.setattr("retrieval.search.SEEN", 1)
        evidence = await room.search("timber dues", Scope("c", ("long", "short")))
        assert {page.document for page in evidence.pages} == {"long", "short"}

    served(scenario)


@given(st.integers(1, 4), st.integers(1, 8), st.integers(1, 6), st.integers(0, 999))
def test_pages_whose_words_are_known_measure_those_that_are_seen(words: int, scans: int, texts: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    best = random.uniform(0, 1, (words, scans)).astype(np.float32)
    having = random.random((words, texts)) < 0.5
    token = Sparse(np.array([1], np.uint32), np.ones(1, np.float32))
    question = ImageQuestion(
        np.zeros((words, 4), np.float32), rule=rule, known=KnownWords((token,) * words, CALIBRATION.page.cosine(0.98))
    )
    looked_up = [[Hit(f"t{at}", 2.0, {}) for at in np.flatnonzero(row)] for row in having]
    found = image_list(question, [*answered(best, scans), *looked_up])
    assert sorted(hit.id for hit in found.hits) == sorted(f"p{at}" for at in range(scans)), "texts are not seen"
    known = np.where(having, CALIBRATION.page.cosine(0.98), np.median(best, axis=1, keepdims=True))[
        :, having.any(axis=0)
    ]
    expected = rule(np.concatenate([best, known], axis=1).astype(np.float32))
    assert {hit.id: hit.score for hit in found.hits} == pytest.approx(
        {f"p{at}": expected[at] for at in range(scans)}, abs=1e-3
    )
    assert found.top == pytest.approx(expected.max(), abs=1e-3)


@pytest.mark.parametrize("chance", [0.02, 0.5, 0.98])
def test_a_curve_gives_the_cosine_of_a_chance(chance: float) -> None:
    curve = CALIBRATION.page
    assert curve.chance(np.array([curve.cosine(chance)], np.float32))[0] == pytest.approx(chance, abs=1e-4)
