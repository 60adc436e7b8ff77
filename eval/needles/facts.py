"""Invented facts: sites with made-up names, what is measured of them, and values that no model can know."""

from itertools import count
from random import Random

from msgspec import Struct

CARRIERS = ("body", "table", "chart", "raster", "stamp", "footnote", "tiny")
"""Where a fact stands: a sentence of the text, a cell, a bar's label, words that are pixels, a turned stamp, a footnote, print
of 6 points."""
YEARS = tuple(range(2009, 2025))


class Measure(Struct, frozen=True):
    """Something that is measured each year. `places`: decimals; `codes`: the value is a code and not a number."""

    name: str
    unit: str
    low: float = 0
    high: float = 0
    places: int = 0
    codes: bool = False


MEASURES = (
    Measure("annual output", "tonnes", 1_000, 99_000),
    Measure("head count", "people", 12, 4_900),
    Measure("storage capacity", "cubic metres", 500, 80_000),
    Measure("energy use", "megawatt hours", 100, 60_000),
    Measure("mean inlet temperature", "degrees Celsius", 4, 40, 2),
    Measure("share of recycled water", "percent", 5, 95, 2),
    Measure("permit code", "", codes=True),
)
NUMBERS = tuple(measure for measure in MEASURES if not measure.codes)
COUNTS = tuple(measure for measure in NUMBERS if not measure.places)

_HEADS = "Kar Ott Vel Hals Brim Tor Ulv Sten Myr Fal Gri Nord Es Lun Rav Skor Tind Var Ask Holt".split()
_TAILS = "vik erby mund tor sund gard holm fell by stad nes lund mark ros dal eng".split()
_KINDS = "Mill Depot Works Foundry Harbour Quarry Plant Yard".split()
_SIDES = ("North", "South", "East", "West")


class Fact(Struct, frozen=True):
    """One value of one site in one year. `value` as it is printed, `plain` as it is asked for."""

    site: str
    measure: Measure
    year: int
    value: str
    plain: str

    @property
    def words(self) -> str:
        """The value with its unit."""
        return f"{self.value} {self.measure.unit}".strip()

    @property
    def sentence(self) -> str:
        """The fact as the text says it."""
        return f"In {self.year} the {self.measure.name} of {self.site} was {self.words}."


class Invention:
    """Draws names and values that have not been drawn before, in an order that the seed fixes."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._names: set[str] = set()
        self._values: set[str] = set()

    def site(self) -> str:
        """A new site; longer names where the short ones get rare."""
        for tails in count(10):
            stem = self._pick(_HEADS) + "".join(self._pick(_TAILS) for _ in range(tails // 10))
            if (name := f"{stem} {self._pick(_KINDS)}") not in self._names:
                self._names.add(name)
                return name
        raise AssertionError("there are ever longer names")

    def twin(self, site: str) -> str:
        """A site that is easily taken for this one."""
        return f"{site} {self._pick(_SIDES)}"

    def value(self, measure: Measure) -> tuple[str, str]:
        """A new value, as printed (thousands with commas) and plain; beyond the usual range where that is used up."""
        for tries in count(50):
            plain = self._draw(measure, tries // 50)
            if plain not in self._values:
                self._values.add(plain)
                return (plain if measure.codes else f"{float(plain):,.{measure.places}f}"), plain
        raise AssertionError("the range grows without end")

    def fact(self, site: str, measure: Measure, year: int) -> Fact:
        """A new value for the site."""
        return Fact(site, measure, year, *self.value(measure))

    def reference(self) -> str:
        """A new reference, such as R-4F7A0."""
        while (name := f"R-{self.random.randrange(16**5):05X}") in self._names:
            pass
        self._names.add(name)
        return name

    def years(self, count: int) -> list[int]:
        """Different years."""
        return self.random.sample(YEARS, count)

    def _draw(self, measure: Measure, stretch: int) -> str:
        if measure.codes:
            return f"{self.random.randrange(16**4):04X}-{self.random.randrange(16**4):04X}"
        return f"{self.random.uniform(measure.low, measure.high * stretch):.{measure.places}f}"

    def _pick(self, choices: list[str] | tuple[str, ...]) -> str:
        return self.random.choice(choices)
