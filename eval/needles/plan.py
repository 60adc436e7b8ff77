"""What is asked, and which facts stand on which page: everything but the drawing."""

from collections import Counter
from collections.abc import Sequence
from itertools import cycle, pairwise, product
from random import Random

from msgspec import Struct

from eval.needles.facts import CARRIERS, COUNTS, MEASURES, NUMBERS, Fact, Invention

DEPTHS = 5
"""Parts that a document is divided in, for where a fact stands."""
SCOPES = (2, 4)
"""Facts that a question over several pages needs."""
ON_A_PAGE = 5
"""Planted blocks that a page has room for."""
KINDS = {"lookup": 9, "negative": 4, "sum": 1, "compare": 1, "rank": 1, "list": 1, "thread": 2, "conflict": 1}
"""Kinds of questions, and how many of each in twenty."""


class Planted(Struct, frozen=True):
    """Something on a page. `text` is the sentence; `mark`: the words that carry the fact; `fact`: for carriers that draw the
    value apart from a sentence. `needle`: the question it is gold for, None for what only distracts."""

    page: int
    carrier: str
    text: str
    mark: str
    fact: Fact | None = None
    needle: int | None = None


class Asked(Struct, frozen=True):
    """A question, by its place in the document's list."""

    text: str
    answer: str
    format: str
    axes: dict[str, str]


class Plan(Struct, frozen=True):
    """One document."""

    pages: int
    asked: tuple[Asked, ...]
    planted: tuple[Planted, ...]


class Planner:
    """Plans one document of `pages` pages, a question at a time."""

    def __init__(self, pages: int, random: Random) -> None:
        self.pages = pages
        self.random = random
        self.invent = Invention(random)
        self.asked: list[Asked] = []
        self.planted: list[Planted] = []
        self._room: Counter[int] = Counter()
        self._carriers = cycle(random.sample(CARRIERS, len(CARRIERS)))
        places = list(product(CARRIERS, range(DEPTHS)))
        self._places = cycle(random.sample(places, len(places)))
        self._scopes = cycle(SCOPES)

    def add(self, kind: str) -> None:
        """One more question of this kind, with its facts and what distracts from them."""
        getattr(self, f"_{kind}")()

    def plan(self) -> Plan:
        """What has been planned."""
        return Plan(self.pages, tuple(self.asked), tuple(self.planted))

    def _lookup(self) -> None:
        carrier, depth = next(self._places)
        fact = self._fact(carrier)
        page = self._page(depth)
        self._plant(fact, carrier, page, gold=True)
        self._distract(fact)
        axes = {"kind": "lookup", "carrier": carrier, "scope": "1", "depth": self._depth(page)}
        self._ask(_question(fact), fact.plain, _format(fact), axes)

    def _negative(self) -> None:
        """The site and the measure are there, for other years."""
        asked, *told = self.invent.years(4)
        site, measure = self.invent.site(), self.random.choice(MEASURES)
        for year in told:
            self._plant(self.invent.fact(site, measure, year), self._texture(), self._page())
        missing = Fact(site, measure, asked, "", "")
        self._ask(_question(missing), "Not answerable", "None", {"kind": "negative"})

    def _sum(self) -> None:
        facts = self._several("sum", next(self._scopes))
        names = _and([fact.site for fact in facts])
        text = (
            f"What is the sum of the {facts[0].measure.name} of {names} in {facts[0].year}, in {facts[0].measure.unit}?"
        )
        self._finish(text, str(sum(int(fact.plain) for fact in facts)), "Int")

    def _compare(self) -> None:
        facts = self._several("compare", 2)
        text = f"Which had the higher {facts[0].measure.name} in {facts[0].year}, {_or([fact.site for fact in facts])}?"
        self._finish(text, max(facts, key=lambda fact: float(fact.plain)).site, "Str")

    def _rank(self) -> None:
        """Order is asked for by one place in it: scorers of lists sort them."""
        facts = self._several("rank", max(SCOPES))
        text = f"Of {_and([fact.site for fact in facts])}, which had the second highest {facts[0].measure.name} in {facts[0].year}?"
        ordered = sorted(facts, key=lambda fact: float(fact.plain), reverse=True)
        self._finish(text, ordered[1].site, "Str")

    def _list(self) -> None:
        """All sites that share a code, each on a page of its own."""
        carrier, scope = self._carrier(), next(self._scopes)
        measure, year = MEASURES[-1], self.invent.years(1)[0]
        value = self.invent.value(measure)
        facts = [Fact(self.invent.site(), measure, year, *value) for _ in range(scope)]
        for fact, page in zip(facts, self._pages(scope), strict=True):
            self._plant(fact, carrier, page, gold=True)
        axes = {"kind": "list", "carrier": carrier, "scope": str(scope)}
        text = f"List all sites whose permit code in {year} was {value[0]}."
        self._ask(text, repr(sorted(fact.site for fact in facts)), "List", axes)

    def _thread(self) -> None:
        """A chain of references, forward through the pages or backward."""
        hops = next(self._scopes)
        fact = self._fact("body")
        pages = sorted(self._pages(hops + 1))
        direction = self.random.choice(("forward", "backward"))
        names = [self.invent.reference() for _ in range(hops)]
        texts = [f"The {fact.measure.name} of {fact.site} in {fact.year} is recorded under {names[0]}."]
        texts += [f"The record {name} has been moved to {later}." for name, later in pairwise(names)]
        texts.append(f"The record {names[-1]} reads {fact.words}.")
        for text, page in zip(texts, pages if direction == "forward" else pages[::-1], strict=True):
            self._put(Planted(page, "body", text, text, None, len(self.asked)))
        axes = {"kind": f"thread, {direction}", "scope": str(hops + 1)}
        self._ask(_question(fact), fact.plain, _format(fact), axes)

    def _conflict(self) -> None:
        """The text says one thing and a chart another."""
        measure, year = self.random.choice(NUMBERS), self.invent.years(1)[0]
        site = self.invent.site()
        facts = [self.invent.fact(site, measure, year) for _ in range(2)]
        for fact, carrier, page in zip(facts, ("body", "chart"), self._pages(2), strict=True):
            self._plant(fact, carrier, page, gold=True)
        self._ask(_question(facts[0]), repr([fact.plain for fact in facts]), "List", {"kind": "conflict", "scope": "2"})

    def _several(self, kind: str, scope: int) -> list[Fact]:
        """Facts of one measure and year, each on a page of its own, by one carrier. `_finish` asks about them."""
        carrier = self._carrier()
        measure = self.random.choice(COUNTS if kind == "sum" else NUMBERS)
        year = self.invent.years(1)[0]
        facts = [self.invent.fact(self.invent.site(), measure, year) for _ in range(scope)]
        for fact, page in zip(facts, self._pages(scope), strict=True):
            self._plant(fact, carrier, page, gold=True)
            self._plant(self.invent.fact(fact.site, measure, year + 1), self._texture(), self._page())
        self._axes = {"kind": kind, "carrier": carrier, "scope": str(scope)}
        return facts

    def _finish(self, text: str, answer: str, format: str) -> None:
        self._ask(text, answer, format, self._axes)

    def _ask(self, text: str, answer: str, format: str, axes: dict[str, str]) -> None:
        self.asked.append(Asked(text, answer, format, {**axes, "length": str(self.pages)}))

    def _distract(self, fact: Fact) -> None:
        """The same site in other years, and one of nearly the same name in the same year."""
        for year in [year for year in self.invent.years(3) if year != fact.year][:2]:
            self._plant(self.invent.fact(fact.site, fact.measure, year), self._texture(), self._page())
        twin = self.invent.fact(self.invent.twin(fact.site), fact.measure, fact.year)
        self._plant(twin, self._texture(), self._page())

    def _fact(self, carrier: str) -> Fact:
        measure = self.random.choice(NUMBERS if carrier == "chart" else MEASURES)
        return self.invent.fact(self.invent.site(), measure, self.invent.years(1)[0])

    def _carrier(self) -> str:
        return next(self._carriers)

    def _texture(self) -> str:
        """A carrier of what distracts: mostly text, so that pages stay pages."""
        return self.random.choice(("body", "body", "body", "table", "footnote"))

    def _plant(self, fact: Fact, carrier: str, page: int, *, gold: bool = False) -> None:
        # A chart shows a number's height; a code in one would be none.
        drawn = "table" if carrier == "chart" and fact.measure.codes else carrier
        self._put(Planted(page, drawn, fact.sentence, fact.value, fact, len(self.asked) if gold else None))

    def _put(self, planted: Planted) -> None:
        self._room[planted.page] += 1
        self.planted.append(planted)

    def _page(self, depth: int | None = None) -> int:
        """A page with room: in this part of the document, else anywhere near it."""
        if depth is None:
            wanted = self.random.randint(1, self.pages)
        else:
            low, high = (self.pages * part // DEPTHS for part in (depth, depth + 1))
            wanted = self.random.randint(low + 1, max(low + 1, high))
        near = sorted(range(1, self.pages + 1), key=lambda page: abs(page - wanted))
        return next((page for page in near if self._room[page] < ON_A_PAGE), wanted)

    def _pages(self, count: int) -> list[int]:
        """Different pages with room, in any order."""
        free = [page for page in range(1, self.pages + 1) if self._room[page] < ON_A_PAGE]
        chosen = free if len(free) >= count else list(range(1, self.pages + 1))
        return self.random.sample(chosen, count)

    def _depth(self, page: int) -> str:
        part = min(DEPTHS - 1, (page - 1) * DEPTHS // self.pages)
        return f"{100 * part // DEPTHS}-{100 * (part + 1) // DEPTHS} %"


def kinds(count: int, random: Random) -> list[str]:
    """So many kinds of questions in the proportions of `KINDS`, shuffled."""
    all_ = [kind for kind, times in KINDS.items() for _ in range(times)]
    chosen = [kind for _ in range(count // len(all_)) for kind in all_]
    chosen += random.sample(all_, count % len(all_))
    return random.sample(chosen, len(chosen))


def _question(fact: Fact) -> str:
    unit = f", in {fact.measure.unit}" if fact.measure.unit else ""
    return f"What was the {fact.measure.name} of {fact.site} in {fact.year}{unit}?"


def _format(fact: Fact) -> str:
    return "Str" if fact.measure.codes else "Float" if fact.measure.places else "Int"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _or(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
