"""People, environment, risks, group structure, the board, remuneration."""

from reportlab.platypus import Spacer

from . import accounts as ac
from . import charts
from .sheet import COLUMN, MEASURE, Sheet, picture
from .style import SMALL, WIDE, prose
from .tables import caption, grid

PEOPLE = """
^ At the end of the year 1,180 people worked for us, one in twelve of all islanders of working age.

Fifty more than a year ago, eighteen of them in the turbine crews. Women hold 33 per cent of all posts and 29 per cent
of those in charge of others. Sick leave fell to 3.1 per cent of working days.

In October we asked everybody the same forty questions. Eighty-one people in a hundred answered. The turbine crews are
the happiest with their work; the stores, where shifts were changed twice while the new plant was late, are plainly
not. A rota made by the shifts themselves has been on trial there since January 2025.
"""

PEOPLE_TWO = """
## Talking to one another

Isobel Thorne sits on the board for the staff and holds an open hour at each site twice a year. What she hears is put
to the board without names. In 2024 the shifts of the stores and the price of the canteen took up most of it.

## Learning

Each employee spent 3.4 days in training, most of it in the simulator that we share with the college at Port Aurn.
Thirty-one apprentices were with us at the year's end, and of the twelve who finished eleven stayed. The twelfth plays
the fiddle for a living.

## Pay between women and men

The median hourly pay of women was 6.2 per cent below that of men, against 7.5 per cent in 2023. Two thirds of the
difference comes from sea pay, because four in five of those who spend the night aboard are men.
"""


def people(s: Sheet) -> None:
    """Head count by division and sex over two years; engagement scores as a chart."""
    s.title("Our people", "Responsibility")
    s.notes(
        [
            "Including 64 seasonal crew, who are counted in the year in which they sailed, whether or not they "
            "were aboard in December."
        ]
    )
    s.columns(lambda: prose(PEOPLE))
    head = [
        ["Division", "31 December 2024", "", "", "31 December 2023", "", "", "Change"],
        ["", "Men", "Women", "All", "Men", "Women", "All", ""],
    ]
    body = []
    for name, (old, new) in ac.STAFF.items():
        mark = "<super>1</super>" if name == "Island Ferries" else ""
        body.append(_heads(name + mark, new, old))
    totals = [tuple(sum(years[y][k] for years in ac.STAFF.values()) for k in (0, 1)) for y in (1, 0)]
    body.append(_heads("Group", totals[0], totals[1]))
    spans = [(1, 0, 3, 0), (4, 0, 6, 0), (0, 0, 0, 1), (7, 0, 7, 1)]
    table = grid(head, body, [128, *[(MEASURE - 128) / 7] * 7], spans, bold=(-1,))
    s.block(caption("People by division", "head count"), Spacer(0, 2), table, gap=16)
    s.beside(
        [
            caption("Engagement score by division, 2024", "out of 100"),
            picture(charts.engagement(COLUMN, 216), COLUMN),
            *prose("Mean of forty answers, October 2024.", SMALL),
        ],
        prose(PEOPLE_TWO),
    )


def _heads(name: str, new: tuple[int, ...], old: tuple[int, ...]) -> list[str]:
    change = f"{sum(new) - sum(old):+d}"
    return [name, *map(str, new), f"{sum(new):,}", *map(str, old), f"{sum(old):,}", change]


GREEN = """
^ We make four times the electricity that the islands use, and yet our ships still burn oil. That is the account in
one sentence.

Emissions under our own control fell by 5.1 per cent, chiefly because the fleet steamed more slowly and because the
last refrigerant with a high warming potential was taken out of Eilish Bay. What we buy rose, on account of the two
nacelles and the steel of the slipway. The emissions of goods bought are an estimate from what was spent.

Our target is to bring the emissions for each passenger journey down to 4.0 kilograms by 2027. The chart shows that we
have come back to the path after two years above it. The hybrid vessel will do more than everything else together.
"""

GREEN_TWO = """
## The seabed

Every second year the bed around each turbine is filmed along the same lines. In 2024 it was the turn of Rinn Sound.
Kelp has come back on the cable's route and the scour pits are no deeper than in 2022. The films can be had from the
library at Port Aurn.

## Water and waste

The harbours took 388 tonnes of old nets from boats, without charge; 301 tonnes were sent to be made into carpet.
There was one spill, of forty litres of hydraulic oil, at the slipway on 22 May.
"""


def environment(s: Sheet) -> None:
    """Greenhouse gases by scope with footnotes; emissions for each journey as a line."""
    s.title("Environment", "Responsibility")
    s.notes(
        [
            "Leaks are reckoned from the gas that was bought to top up the plant. The figure for 2023 was "
            "restated after "
            "one bottle had been found to be counted twice; it was 2.3 thousand tonnes before.",
            "Reckoned by place, at the average of the islands' grid. By contract the figure is nil, because the "
            "stores take tidal power.",
        ]
    )
    s.columns(lambda: prose(GREEN))
    head = [
        ["Scope", "Source", "Thousand tonnes CO<sub>2</sub>e", "", "", "Change on 2023"],
        ["", "", "2022", "2023", "2024", ""],
    ]
    gas = [
        ("1  Direct", "Ships", 286, 281, 268),
        ("", "Lorries and plant", 34, 33, 33),
        ("", "Refrigerants<super>1</super>", 24, 19, 15),
        ("2  Power bought", "Electricity<super>2</super>", 21, 20, 19),
        ("3  Others", "Goods bought", 189, 172, 196),
        ("", "Travel and freight", 42, 45, 44),
    ]
    body = [[a, b, *(f"{v / 10:.1f}" for v in v3), _step(v3[1], v3[2])] for a, b, *v3 in gas]
    own = [sum(row[k] for row in gas[:3]) for k in (2, 3, 4)]  # type: ignore[misc]
    body.insert(3, ["", "Scope 1 in all", *(f"{v / 10:.1f}" for v in own), _step(own[1], own[2])])
    sums = [sum(row[k] for row in gas) for k in (2, 3, 4)]  # type: ignore[misc]
    body.append(["All scopes", "", *(f"{v / 10:.1f}" for v in sums), _step(sums[1], sums[2])])
    spans = [(2, 0, 4, 0), (0, 0, 0, 1), (1, 0, 1, 1), (5, 0, 5, 1), (0, 2, 0, 4), (0, 7, 0, 8)]
    table = grid(head, body, [100, 140, 55, 55, 55, MEASURE - 405], spans, bold=(3, -1), left=(0, 1))
    s.block(caption("Greenhouse gases"), Spacer(0, 2), table, gap=16)
    s.beside(
        [caption("Emissions for each ferry passenger's journey"), picture(charts.carbon(COLUMN, 182), COLUMN)],
        prose(GREEN_TWO),
    )


def _step(before: int, now: int) -> str:
    return "–" if now == before else f"{(now / before - 1) * 100:+.1f}%".replace("-", "−")


RISKS = """
The board looks at the register of risks four times a year. Likelihood and effect are judged from 1 (low) to 5 (high)
after the measures in the fourth column have been taken; their product is the score. A score of 12 or more goes to the
board at every meeting.
"""

RISKS_TWO = """
## New on the register

A failure of the steering of a ship through an attack on its computers was added in June, after the navigation of two
ships in the North Sea had been led astray. Every vessel of ours can be steered without a computer, and every master
has to show it twice a year.

## Taken off

The withdrawal of the government's guarantee for the removal bond was taken off in December, when the guarantee became
law.

## Watched, but not yet on the register

Three matters may grow into risks. The mainland's grid company has asked for leave to charge the islands' exports by
distance. Warm summers bring jellyfish in numbers that once, in August, stopped the cooling water of a ship for an
hour. And one of the two makers of our turbines has been put up for sale by its owner.

## How we judge

Each division scores its own risks, and another division checks the scores. In 2024 the checkers raised eleven scores
and lowered two. The internal auditor, who reports to the Audit Committee, tests a third of the measures every year by
turning up without notice.

## Viability

The directors have looked at the five years to December 2029, the year in which the largest part of the group's loans
falls due. They tried four bad cases and one very bad one, in which both export cables of Rinn Sound fail in January
and cannot be mended before June. In that case net debt would rise to 3.6 times earnings before depreciation, under
the limit of 4.0 that the lenders have set. The directors expect the group to be able to go on with its business and
to meet its debts.
"""


def risks(s: Sheet) -> None:
    """The register of risks as a table of words."""
    s.title("Principal risks", "Responsibility")
    s.block(*prose(RISKS, WIDE), gap=6)
    head = [
        ["Risk", "What could happen", "", "What we do about it", "Likely", "Effect", "Score"],
        ["", "Cause", "Result", "", "1–5", "1–5", ""],
    ]
    body = [
        [
            "Turbine failure",
            "Seal or gearbox fails before its time",
            "Lost output, lifting costs",
            "Two spare nacelles, yearly lift plan",
            "4",
            "3",
            "12",
        ],
        [
            "Export cable",
            "Trawl or anchor",
            "An array silent for months",
            "Burial, guard boats, insurance for 12 months' income",
            "2",
            "5",
            "10",
        ],
        [
            "Power price",
            "Low prices when contracts end",
            "Lower revenue after 2031",
            "Long contracts, use of own cold stores",
            "3",
            "4",
            "12",
        ],
        [
            "Ship out of service",
            "Mechanical fault",
            "Refunds, deductions",
            "Relief vessel, refit by appointment",
            "3",
            "3",
            "9",
        ],
        [
            "Serious accident",
            "Work aloft, afloat, under water",
            "Injury or death",
            "Permit to work, chain withdrawn, Safety Committee",
            "2",
            "5",
            "10",
        ],
        [
            "Interest rates",
            "Base rate rises by two points",
            "£0.7 million a year",
            "82 per cent of loans at a fixed rate",
            "3",
            "2",
            "6",
        ],
        ["Quota cuts", "Fewer fish to land", "Dues and storage fall", "Shellfish, salmon, aggregates", "4", "2", "8"],
        [
            "Attack on computers",
            "False position or locked systems",
            "Stop of sailings",
            "Separate networks, drills twice a year",
            "2",
            "4",
            "8",
        ],
    ]
    spans = [(1, 0, 2, 0), (0, 0, 0, 1), (3, 0, 3, 1), (6, 0, 6, 1)]
    table = grid(head, body, [78, 94, 88, MEASURE - 366, 34, 34, 38], spans, left=(0, 1, 2, 3))
    s.block(caption("Register of risks at 31 December 2024"), Spacer(0, 2), table, gap=16)
    s.columns(lambda: prose(RISKS_TWO))


STRUCTURE = """
Skerrivane plc is the parent. It employs the people at the head office and nobody else, owns the shares of the
operating companies, and borrows on behalf of all of them. The diagram shows what it holds, and what they hold in
turn.
"""

STRUCTURE_TWO = """
## How decisions are taken

The board keeps ten matters to itself, among them the budget, any contract for the sale of power that is longer than
five years, any spending above £2 million and the closing of a route. Everything else is for the chief executive, who
meets the heads of the divisions each Tuesday at seven, before the first boat.

Each operating company has a board of its own with at least one member from outside the group. Where others hold
shares, they name directors in proportion, and the group does not use its votes to carry a question of safety against
them.

## Those who hold shares with us

Skaill Narrows Power is a partnership with the islands' community trust, which put in its own money and receives its
own dividend. The pilots hold the rest of Aurn Pilotage, as pilots have since 1890. The slipway at Tarrow was paid for
in part by the boat owners who use it.

## Engineering standards

A small office at Port Aurn decides what kind of shackle may be used where. It has eleven people and, since October,
the power to stop work at any site without asking anybody. It has used it twice.

## Lenders

Three banks and one insurer lend to the parent. They look to two ratios: net debt against earnings before interest,
tax and depreciation, which must stay under 4.0, and earnings against interest, which must stay over 3.0. At the end
of the year the first stood at 2.8 and the second at 7.5.
"""


def structure(s: Sheet) -> None:
    """The group diagram as an image, then how it is run."""
    s.title("How the group is built", "Governance")
    s.block(*prose(STRUCTURE, WIDE), gap=6)
    s.block(
        caption("Group companies and the shares held at 31 December 2024"),
        picture(charts.group_structure(MEASURE, 212), MEASURE),
        gap=14,
    )
    s.columns(lambda: prose(STRUCTURE_TWO))


BOARD = """
## Membership

The board has nine members: the chair, three executives and five directors from outside. Sunniva Drever and Kofi
Armitage were appointed on 16 May. Meera Castellane, who has been finance director since 2019, will become deputy
chief executive on 1 July 2025 and keep her present duties until a successor is found.

## What the board did

It met eight times, twice at sea. It spent a day at each division, chose the supplier of the hybrid vessel, and
declined two offers for the marina. In November an outside reviewer, Dr Livia Brandt, sat through a meeting and found
that the papers were too long. They have been cut to sixty pages.

## Audit Committee

The committee, led by Ruth Okonedo-Flett, met five times. It looked longest at the decommissioning provision and at
the value of goodwill in the cold stores. It proposes that Thrale Osborne LLP be appointed again; the work will be put
out to tender no later than 2030.

## Safety Committee

Formed in June. It visited Stromhaven the week after the accident of 3 October and asked for the withdrawal of the
chain, which was done within a day. It goes to sea before it goes to table.

## Pay Committee

Its work is told on page 18. James Pellworth's place as its leader will be taken by Isobel Thorne after the annual
general meeting.

## Nomination

Two searches were made, both with the help of an adviser who has no other tie to the group. Of the nine members four
are women. The committee would like the next director to have worked in retail, since a growing part of what we sell
is sold to shops.
"""


def board(s: Sheet) -> None:
    """Attendance at board and committees."""
    s.title("The board and its committees", "Governance")
    s.notes(
        [
            "Appointed on 16 May 2024; five board meetings were held after that day.",
            "Missed the meeting of 9 July to give evidence to the inquiry into the islands' cables.",
        ]
    )
    head = [
        ["Director", "Role", "Joined", "Meetings attended, of those that could be", "", "", ""],
        ["", "", "", "Board", "Audit", "Pay", "Safety"],
    ]
    body = [
        ["Ingrid Halloran", "Chair", "2018", "8 / 8", "–", "4 / 4", "–"],
        ["Tobias Renwick", "Chief executive", "2016", "8 / 8", "–", "–", "3 / 3"],
        ["Meera Castellane", "Finance director", "2019", "8 / 8", "–", "–", "–"],
        ["Anders Lyle<super>2</super>", "Operations director", "2020", "7 / 8", "–", "–", "3 / 3"],
        ["Ruth Okonedo-Flett", "Independent", "2019", "8 / 8", "5 / 5", "–", "–"],
        ["James Pellworth", "Independent", "2016", "7 / 8", "4 / 5", "4 / 4", "–"],
        ["Isobel Thorne", "Independent, staff", "2021", "8 / 8", "–", "4 / 4", "3 / 3"],
        ["Sunniva Drever<super>1</super>", "Independent", "2024", "5 / 5", "–", "–", "3 / 3"],
        ["Kofi Armitage<super>1</super>", "Independent", "2024", "5 / 5", "3 / 3", "–", "–"],
    ]
    spans = [(3, 0, 6, 0), (0, 0, 0, 1), (1, 0, 1, 1), (2, 0, 2, 1)]
    table = grid(head, body, [120, 112, 48, *[(MEASURE - 280) / 4] * 4], spans, left=(0, 1))
    s.block(caption("Attendance in 2024"), Spacer(0, 2), table, gap=16)
    s.columns(lambda: prose(BOARD))


PAY = """
The pay of the executive directors has three parts: a salary, a bonus for the year of up to 90 per cent of salary, of
which one third is kept in shares for three years, and an award of shares that depends on five years' results. Half of
the bonus is for profit, a quarter for safety and a quarter for the passengers' verdict. The last of these paid
nothing, for the second year running.
"""

PAY_TWO = """
## What the committee decided

Salaries of the executive directors rose by 3.5 per cent, two points less than those of everybody else. After the
accident at the slipway the committee cut the safety part of the bonus to nil for the chief executive and the
operations director. They had asked for that before it was proposed.

The award of shares made in 2020 came due. Total return to shareholders stood in the second quarter of the companies
with which we are compared, and 58 per cent of the shares were released.

## Chief executive and everybody else

The chief executive's total pay was 17 times that of the employee in the middle. The ratio was 18 in the year before.

## The year to come

No change of policy is proposed. The committee intends to give the passengers' verdict a larger share of the bonus,
one third in place of one quarter, until it moves.

## Fees

The fee of the chair was £148,000 and that of the other directors £49,000, with £9,000 more for leading a committee.
Fees were last changed in 2022. They will be looked at again in 2026. No director receives a pension from the company
for a seat on the board alone.
"""


def pay(s: Sheet) -> None:
    """Executive pay: spanning header over two years, totals computed."""
    s.title("Remuneration report", "Governance")
    s.notes(
        [
            "Before tax, as earned for the year, whether or not it was paid before 31 December.",
            "Including £22,000 for a house at Port Aurn that went with the post until 30 June 2024.",
            "Mr Lyle gave up £15,000 of his bonus for 2023 to the relief fund of the lifeboat.",
        ]
    )
    s.block(*prose(PAY, WIDE), gap=6)
    pay_rows = {
        "Tobias Renwick": ((462, 446), (137, 188), (214, 171), (46, 45)),
        "Meera Castellane": ((338, 327), (131, 141), (151, 120), (34, 33)),
        "Anders Lyle": ((315, 304), (94, 116), (140, 112), (54, 53)),
    }
    head = [
        ["£'000<super>1</super>", "Salary", "", "Bonus", "", "Shares", "", "Pension and other", "", "Total", ""],
        ["", *["2024", "2023"] * 5],
    ]
    marks = {"Anders Lyle": "<super>2, 3</super>"}
    body, sums = [], [0] * 10
    for name, parts in pay_rows.items():
        flat = [v for part in parts for v in part]
        flat += [sum(part[0] for part in parts), sum(part[1] for part in parts)]
        sums = [a + b for a, b in zip(sums, flat, strict=True)]
        body.append([name + marks.get(name, ""), *map(str, flat)])
    body.append(["Executive directors", *(f"{v:,}" for v in sums)])
    spans = [(1, 0, 2, 0), (3, 0, 4, 0), (5, 0, 6, 0), (7, 0, 8, 0), (9, 0, 10, 0), (0, 0, 0, 1)]
    table = grid(head, body, [107, *[(MEASURE - 107) / 10] * 10], spans, bold=(-1,))
    s.block(caption("Pay of the executive directors"), Spacer(0, 2), table, gap=16)
    bonus = [
        ["Profit before tax", "50", "£25.0m", "£30.0m", "£28.3m", "66"],
        ["Accidents with lost time", "25", "9", "4", "7", "40"],
        ["Content passengers", "25", "80%", "85%", "78%", "–"],
    ]
    head = [
        ["Measure", "Weight, %", "Scale", "", "Result", "Earned, % of part"],
        ["", "", "Nothing below", "All at", "2024", ""],
    ]
    spans = [(2, 0, 3, 0), (0, 0, 0, 1), (1, 0, 1, 1), (5, 0, 5, 1)]
    table = grid(head, bonus, [140, 60, 78, 70, 60, MEASURE - 408], spans)
    s.block(caption("The bonus for 2024 as measured, before the committee's decision"), Spacer(0, 2), table, gap=16)
    s.columns(lambda: prose(PAY_TWO))
