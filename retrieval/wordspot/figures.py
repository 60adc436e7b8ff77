"""Figures to print: numbers, amounts, shares, dates; and codes, addresses, telephone numbers."""

from collections.abc import Callable
from functools import partial
from random import Random

from retrieval.wordspot.alphabet import LETTERS

_MONTHS = "January February March April May June July August September October November December".split()
_DOMAINS = "com org net de fr co.uk gov edu io info".split()
_UNITS = "% kg km GB MB ms mm cm °C kWh MW bn m k x pp bps hrs".split()


def figure(random: Random) -> str:
    """A number, amount, share, year or date."""
    return random.choice(_FIGURES)(random)


def code(random: Random) -> str:
    """A code, version, telephone number, or address of a person or page."""
    return random.choice(_CODES)(random)


def _digits(random: Random, least: int, most: int) -> str:
    return "".join(random.choices("0123456789", k=random.randint(least, most)))


def _grouped(random: Random) -> str:
    text = f"{random.randint(1_000, 10 ** random.randint(4, 9)):,}"
    return text if random.random() < 0.8 else text.replace(",", random.choice(". "[:1] + "'"))


def _decimal(random: Random) -> str:
    return f"{random.randint(0, 10 ** random.randint(1, 4))}.{_digits(random, 1, 3)}"


def _amount(random: Random) -> str:
    return random.choice("$$$€£") + random.choice((_grouped, _decimal))(random)


def _share(random: Random) -> str:
    return random.choice((str(random.randint(0, 100)), _decimal(random))) + random.choice(["%", "%", "%", *_UNITS])


def _date(random: Random) -> str:
    day, month, year = random.randint(1, 28), random.randint(1, 12), random.randint(1950, 2040)
    forms = (f"{day:02}/{month:02}/{year}", f"{year}-{month:02}-{day:02}", f"{day}.{month}.{year}", f"{month}/{day}")
    return random.choice((*forms, f"{day}{_MONTHS[month - 1][:3]}{year}", f"Q{1 + month // 4}", f"FY{year % 100:02}"))


def _year(random: Random) -> str:
    year = random.randint(1900, 2040)
    return random.choice([f"{year}", f"{year}", f"({year})", f"{year}-{year + 1}"])


def _whole(random: Random) -> str:
    return str(random.randint(0, 10 ** random.randint(1, 6)))


def _negative(random: Random) -> str:
    number = random.choice((_grouped, _decimal))(random)
    return random.choice((f"({number})", f"-{number}", f"+{number}"))


def _capital(random: Random, count: int) -> str:
    return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=count))


def _part(random: Random) -> str:
    return _capital(random, random.randint(1, 4)) + random.choice(["", "-", "/", "."]) + _digits(random, 1, 6)


def _mixed(random: Random) -> str:
    text = "".join(random.choices(LETTERS, k=random.randint(4, 10)))
    return text if random.random() < 0.5 else text.upper()


def _version(random: Random) -> str:
    return "v" * (random.random() < 0.5) + ".".join(_digits(random, 1, 2) for _ in range(random.randint(2, 4)))


def _name(random: Random) -> str:
    return "".join(random.choices("aaeeiioubcdfghklmnprstvw", k=random.randint(3, 9)))


def _mail(random: Random) -> str:
    return f"{_name(random)}@{_name(random)}.{random.choice(_DOMAINS)}"


def _web(random: Random) -> str:
    return random.choice(("www.", "https://", "")) + f"{_name(random)}.{random.choice(_DOMAINS)}"


def _telephone(random: Random) -> str:
    return random.choice("-. "[:2]).join((_digits(random, 3, 3), _digits(random, 3, 3), _digits(random, 4, 4)))


_FIGURES = (_grouped, _grouped, _decimal, _amount, _share, _share, _date, _year, _year, _whole, _whole, _negative)
_CODES = (_part, _part, _mixed, _mixed, _version, _mail, _web, _telephone, partial(_capital, count=3))
_SUMS: tuple[Callable[[Random], str], ...] = (
    lambda random: f"{random.randint(1, 10 ** random.randint(2, 7)):,}",
    lambda random: f"{random.randint(1, 10 ** random.randint(2, 6)):,}.{random.randint(0, 99):02}",
    lambda random: f"({random.randint(1, 10 ** random.randint(2, 6)):,})",
    lambda random: f"{random.choice('$€£')}{random.randint(1, 10 ** random.randint(2, 7)):,}",
    lambda random: f"{random.randint(1, 10 ** random.randint(2, 7)):,}".replace(",", "."),
    lambda random: (
        f"{random.choice('$$€')}{random.randint(1, 999)}.{random.randint(0, 9)}{random.choice(['m', 'bn', 'k'])}"
    ),
    lambda random: f"{random.randint(0, 99)}.{random.randint(0, 99):02}%",
    lambda random: f"{random.randint(0, 100)}%",
    lambda random: f"{random.randint(0, 9)}.{random.randint(0, 999):03}",
)
"""Ways in which a column, an axis or a statement writes its figures."""

_MOMENTS: tuple[Callable[[Random], str], ...] = (
    lambda random: f"{random.randint(0, 23)}:{random.randint(0, 59):02}",
    lambda random: f"{random.randint(1, 31)}/{random.randint(1, 12)}/{random.randint(0, 99):02}",
    lambda random: f"{random.randint(1, 31):02}-{random.choice(_MONTHS)[:3]}-{random.randint(1970, 2035)}",
    lambda random: f"{random.randint(1, 31)}{random.choice(('st', 'nd', 'rd', 'th'))}",
    lambda random: f"{random.randint(1, 12):02}.{random.randint(1, 31):02}.{random.randint(1970, 2035)}",
    lambda random: f"{random.choice(_MONTHS)[:3]}-{random.randint(0, 99):02}",
    lambda random: f"{random.randint(1900, 2040)}/{random.randint(0, 99):02}",
    lambda random: f"'{random.randint(0, 99):02}",
)


def more(random: Random) -> str:
    """A figure of any kind, those of statements and calendars too."""
    chance = random.random()
    if chance < 0.4:
        return figure(random)
    return random.choice(_SUMS if chance < 0.8 else _MOMENTS)(random)


def alike(random: Random) -> Callable[[], str]:
    """What makes figures that are written in one way, as those of a column or an axis."""
    return partial(random.choice(_SUMS), random)
