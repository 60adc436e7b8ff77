"""Strategic report, first part: what the company does, its markets, its strategy, the chief executive's review."""

from reportlab.platypus import Spacer

from . import accounts as ac
from . import artwork, charts
from .sheet import COLUMN, LEFT, MEASURE, Sheet, picture
from .style import SMALL, WIDE, prose
from .tables import caption, grid

MODEL = """
^ Skerrivane turns moving water into electricity, and uses harbours, ships and cold rooms to make the same water worth
living beside.

The company began in 1921 as a ferry, a coal quay and eleven shareholders. It bought its first harbour in 1958, laid
its first turbines in 2011 and entered the cold chain in 2017. What ties the parts together is a small set of shared
things: tugs and divers that serve turbines in the morning and quays in the afternoon, a control room at Port Aurn
that watches both the arrays and the ships, and cold stores that buy power when the tide is running hard and nobody
else wants it.
"""

MODEL_TWO = """
## Power at the turn of the tide

A tide can be foretold for a century but it does not keep office hours. About a third of what the arrays make arrives
at night. We sell the larger part under long contracts at a price fixed for fifteen years, and the rest on the
day-ahead market. In hours when the market pays less than £20 a megawatt hour we send the power to our own
compressors: the stores are cooled four degrees below what they need, and then coast through the expensive evening.

## Ships that pay their way

Ferries seldom make much money. They bring people to the harbours, whose dues do, and they carry turbine parts on
their vehicle decks in winter when there are few cars. The Northern Islands Transport Board pays us to sail in months
when no ferry could cover its costs; that agreement runs until March 2028.

## A harbour is a promise

Three ports, nine quays and one slipway wide enough for the supply boats. We publish our dues each October and have
kept that date, war and weather notwithstanding, since 1958. Two thirds of all landings on the islands cross our
quays.

## Cold

Fish is worth most when somebody can wait to sell it. Our stores hold 21,400 pallets at three sites and let the fleet,
which used to sell on the day it landed, choose its week.
"""


def model(s: Sheet) -> None:
    """What the company does, with the process diagram."""
    artwork.band(s.canv, s.y - 74, 80)
    s.skip(92)
    s.title("What we do", "Strategic report")
    s.block(*prose(MODEL, WIDE), gap=6)
    s.block(caption("How value is made, from tide to table"), gap=2)
    steps = [
        ("Harvest", ["150 MW of turbines", "in four tidal races", "470 GWh in 2024"]),
        ("Carry", ["Six vessels,", "five routes,", "8,560 sailings"]),
        ("Land", ["Three ports,", "nine quays,", "one slipway"]),
        ("Keep", ["21,400 pallets", "at three stores,", "cooled by the tide"]),
    ]
    s.y = artwork.process(s.canv, s.y, steps, 84) - 16
    s.columns(lambda: prose(MODEL_TWO))


MARKETS = """
## Power

The islands are a pricing zone of their own, joined to the mainland by two cables of 220 megawatts together. When both
cables are whole, the islands' price follows the mainland's. When one is out, as happened for 41 days in the autumn of
2022, power is trapped and the price falls at night and soars on windless days. The zone's average price has now
fallen for two years from its peak.

For Skerrivane the market price matters less than it seems. Contracts for the first three arrays fix the price of
about four fifths of their output, and they rise each April with consumer prices. The market matters most at Skaill
Narrows, which sells a third of its power there until its own contract reaches full volume in April 2026.

## Travel

The islands have 23,700 people, a number that has hardly moved for a generation, and they had 171,000 visitors in
2024. Visitors are staying longer: 5.2 nights on average against 4.6 five years ago. Two airlines fly to Port Aurn.
Their seats were cut by a tenth in April when one of them gave up its evening flight, and a part of that traffic came
to us.

## Landings

Quotas for whitefish were raised by 6 per cent and those for mackerel cut by 11 per cent. Shellfish, which have no
quota, made up the difference in value if not in weight. The number of boats registered on the islands fell from 164
to 159, but the boats that came were larger, and it is length that dues are reckoned by.

## Cold storage

Two supermarkets now ask that island fish be held at minus 24 degrees rather than minus 18. Only our Port Aurn store
could do that at the beginning of 2024. A competitor on the mainland has announced a store of 30,000 pallets for 2027;
we expect it to compete for salmon rather than for shellfish, whose owners want to see it often.

## What regulators are doing

A new marine licensing act came into force on 1 July. It shortens the time in which an objection may be lodged from 90
days to 42, and it demands a bond for the removal of every structure on the seabed. The first bonds are due in 2026;
our estimate for them is given with the decommissioning provision on page 24.
"""


def markets(s: Sheet) -> None:
    """Markets, in two columns under a line chart."""
    s.title("Our markets", "Strategic report")
    s.block(
        caption("Average day-ahead price in the islands' zone"),
        picture(charts.power_price(MEASURE, 158), MEASURE),
        *prose("Source: the zone's settlement agent. Simple average of all half hours in the year.", SMALL),
        gap=12,
    )
    s.columns(lambda: prose(MARKETS))


STRATEGY = """
In 2022 the board set four aims for the five years to 2027 and tied two measures to each. The table shows where we
stand. Five of the eight are on the path. The cost of a megawatt hour has slipped back, and the two measures that a
passenger would ask about have not improved.
"""

STRATEGY_TWO = """
## What we did in 2024

- Brought Skaill Narrows to full power and handed it from the builders to the operators on 14 February.
- Replaced the gearboxes of five turbines at Cauldron Race, where the sand wears them faster than anywhere else.
- Ordered one hybrid vessel for the Tarrow routes, to be delivered in the spring of 2026 at a price of £18.6 million.
- Opened the ammonia plant at Eilish Bay, so that no store of ours now uses a refrigerant with a high warming
potential.
- Taught 46 fishermen to dive, a course that has paid for itself in shorter waits for repair.

## What we did not do

We had meant to choose a supplier for the electronic ticket by Christmas. Three offers were made, none of them would
work without a telephone signal, and half the crossing to Ness of Quoy has none. The search has been opened again.

The sale of the old ice works at Stromhaven fell through for the second time. It is carried at nothing in the balance
sheet.

## What comes next

The second phase of Skaill Narrows would add 24 megawatts. It needs a contract at a price of £150 or more in the money
of 2024; the next auction is in September 2025. In harbours, the deep-water berth at Port Aurn is designed but will
not be begun before half its dues are underwritten. In the stores, the racks at Stromhaven will be made mobile, which
adds 1,900 pallets without a new wall.
"""


def strategy(s: Sheet) -> None:
    """Aims and measures: a table with row and column spans."""
    s.title("Strategy and progress", "Strategic report")
    s.notes(
        [
            "Share of hours in which a turbine was able to run, weighted by capacity. Planned maintenance counts "
            "against it.",
            "Passengers who call their last crossing good or very good, from a survey of 2,310 people each September.",
        ]
    )
    s.block(*prose(STRATEGY, WIDE), gap=6)
    head = [
        ["Aim", "Measure", "Unit", "Result", "", "", "Target", "On path"],
        ["", "", "", "2022", "2023", "2024", "2027", ""],
    ]
    body = [
        [
            "Make more of every tide",
            "Availability of turbines<super>1</super>",
            "%",
            "90.8",
            "92.1",
            "93.0",
            "95.0",
            "Yes",
        ],
        ["", "Cash cost of a megawatt hour", "£", "109", "104", "106", "95", "No"],
        ["Sail when we say", "Sailings on time, all routes", "%", "92.4", "91.9", "91.6", "95.0", "No"],
        ["", "Content passengers<super>2</super>", "%", "78", "78", "78", "85", "No"],
        ["Fill the quays", "Berths taken", "%", "61", "64", "68", "72", "Yes"],
        ["", "Dues for each berth day", "£", "402", "418", "431", "450", "Yes"],
        ["Keep the cold", "Pallet places let", "%", "83", "86", "89", "90", "Yes"],
        ["", "Lost or spoiled goods", "£'000", "141", "96", "58", "50", "Yes"],
    ]
    spans = [(3, 0, 5, 0), (0, 0, 0, 1), (1, 0, 1, 1), (2, 0, 2, 1), (7, 0, 7, 1)] + [
        (0, r, 0, r + 1) for r in (2, 4, 6, 8)
    ]
    widths = [96, 142, 40, 42, 42, 42, 46, MEASURE - 450]
    s.block(caption("Aims and measures"), Spacer(0, 2), grid(head, body, widths, spans, left=(0, 1, 2)), gap=16)
    s.columns(lambda: prose(STRATEGY_TWO))


REVIEW = """
^ We earned more from the tide and a little less from the ships. The difference is what this review is about.

## A record that was nearly missed

In July I thought that we would end the year below 2023. One of ten turbines at Cauldron Race was ashore from May
until the first days of August, because a seal that had been certified for ten years had failed in its fifth. The
maker has paid for the seal and, after some correspondence, for the vessel that lifted it. Then came an autumn of
great tides. By the end of October the lost output had been made good.

The lesson is written into our spares: we now keep two complete nacelles at Port Aurn instead of one. They cost £1.1
million each to buy and rather less than that, each month, not to have.

## Nineteen days in February

On 9 February the crew of MV Corran Light heard a knock that should not have been there. The stern bearing had worn
through. The vessel was out of service for nineteen days, MV Eider took her place with half the vehicle deck, and
1,100 vehicles that had been booked could not be carried. We paid every one of those customers back without being
asked. The repair, the charter of a freight barge and the refunds together cost £1.9 million, which is more than the
whole fall in the division's profit.

Would I do it the same way again? The refunds, yes. The charter, no: the barge waited for weather on eleven of its
sixteen days.

> A spare part is dear until the day on which it is not there.

## People

We took on 128 people and lost 78, of whom 21 retired. The wage agreement signed in March runs for two years and
raised pay by 5.5 per cent in 2024; it will raise it by 3.5 per cent in 2025. For the first time the agreement covers
the cold stores, whose people had been paid under terms that they brought with them in 2017.

One man was badly hurt. A rigger at the Stromhaven slipway lost two fingers on 3 October when a chain was let go. The
report of the inquiry, which he helped to write, has gone to every site, and chain of that kind is no longer used.

## Prices and costs

Fuel cost us less than in 2023 although we burned more of it. Insurance did not: the premium for the arrays rose by a
fifth after two claims by other operators in other seas. Interest on our loans is fixed for 82 per cent of what we
owe, and the rest follows the base rate.

## Power for ourselves

In June we began to charge our own lorries and stores the price of the hour, as if they were strangers. Managers who
had never looked at a tide table now have one on the wall. The stores moved a fifth of their demand within eight
weeks, and the saving is shown in the results of that division, where it was earned, and not in those of the turbines.

## Two old promises

I wrote a year ago that the pier at Ness of Quoy would have a roof by the winter. It has one. I also wrote that the
accounts would be closed by the middle of February, and they were not: the new reporting system was ready in August, a
quarter later than its supplier had said, and the first close with it took nineteen working days instead of twelve.

## The year ahead

Trading since January has been as we planned. The turbines will have a quiet year, in which only Ola Firth is due for
a major overhaul. MV Tarrow Pride goes to dry dock in November, by appointment this time. We expect capital
expenditure of between £46 million and £50 million, and net debt that is lower at the end of the year than at its
beginning.
"""


def review(s: Sheet) -> None:
    """The chief executive's review, two columns."""
    s.title("Chief executive's review", "Strategic report")
    s.columns(lambda: prose(REVIEW), gap=8)
    s.block(
        *prose("<b>Tobias Renwick</b>, chief executive, 12 March 2025", SMALL), left=LEFT + COLUMN + 20, width=COLUMN
    )


PERFORMANCE = """
Revenue rose by 9.4 per cent. Tidal Generation gave more than half of the increase, from a full year at Skaill Narrows
and from the indexation of contracts in April; Cold Store & Logistics, the smallest division, grew by 12.0 per cent
and the Harbours by 4.1 per cent.
"""

PERFORMANCE_TWO = """
## Profit

The group's operating margin was 16.2 per cent against 15.3 per cent. Tidal Generation earned 28.6 pence of every
pound that it sold. The Ferries' margin fell from 8.0 to 6.4 per cent. Central costs rose by £0.3 million, the whole
of it the price of the new reporting system.

## Who pays us

The ring shows who stood behind each pound. Power buyers under contract are five in number, and the largest of them,
the islands' water authority, signed for a further ten years in June.
"""


def performance(s: Sheet) -> None:
    """Revenue by segment (bars), who pays (ring), profit by segment (table)."""
    s.title("Financial performance", "Strategic report")
    s.block(*prose(PERFORMANCE, WIDE), gap=6)
    s.block(
        caption("Revenue by division, 2020 to 2024", "£ million"),
        picture(charts.revenue_stack(MEASURE, 172), MEASURE),
        gap=14,
    )
    s.beside(
        [caption("Group revenue by kind of customer, 2024"), picture(charts.customers(262, 158), 262)],
        prose(PERFORMANCE_TWO),
        share=0.555,
    )
    head = [
        ["£ million", "Revenue", "", "", "Operating profit", "", "", "Margin", ""],
        ["", "2024", "2023", "Change", "2024", "2023", "Change", "2024", "2023"],
    ]
    body = []
    for name in ac.OPERATING_PROFIT:
        now, before = ac.OPERATING_PROFIT[name][-1], ac.OPERATING_PROFIT[name][-2]
        sales = ac.REVENUE.get(name, (0, 0, 0, 0, 0))
        body.append(
            [
                name,
                *_triple(sales[-1], sales[-2]),
                *_triple(now, before),
                _margin(now, sales[-1]),
                _margin(before, sales[-2]),
            ]
        )
    (r1, r0), (p1, p0) = ac.REVENUE_PAIR, ac.PROFIT_PAIR
    body.append(["Group", *_triple(r1, r0), *_triple(p1, p0), _margin(p1, r1), _margin(p0, r0)])
    spans = [(1, 0, 3, 0), (4, 0, 6, 0), (7, 0, 8, 0), (0, 0, 0, 1)]
    widths = [MEASURE - 8 * 46, *[46.0] * 8]
    s.block(
        caption("Revenue, profit and margin by division"), Spacer(0, 2), grid(head, body, widths, spans, bold=(-1,))
    )


def _triple(now: int, before: int) -> list[str]:
    return [ac.money(now), ac.money(before), ac.money(now - before)]


def _margin(profit: int, sales: int) -> str:
    return f"{profit / sales:.1%}" if sales else "–"
