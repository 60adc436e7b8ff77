"""Strategic report, second part: the four divisions, each with its own tables and charts."""

from reportlab.platypus import Spacer, Table

from . import accounts as ac
from . import charts
from .sheet import COLUMN, MEASURE, Sheet, picture
from .style import SMALL, WIDE, prose
from .tables import caption, grid

TIDAL = """
^ Four arrays, fifty turbines, 150 megawatts. The tide turned up 1,412 times and found the machines able to run 93 per
cent of the time.

## Rinn Sound

The oldest array is also the best. Its twenty turbines stand in water so steady that the divers call it the corridor.
The first set of blades has now run for thirteen years; an inspection in June found them fit for another eight. The
two export cables were lifted and buried a metre deeper where trawlers cross them.

## Ola Firth

Fifteen turbines in two rows. In April the back row was turned by four degrees, because the wake of the front row had
been found to lie further east than the model said. The gain over the rest of the year was about 2 per cent.

## Cauldron Race

The wildest water and the most wear. A failed seal kept one turbine ashore for the whole of the early summer, and five
gearboxes were exchanged. Sand is the enemy: a cubic metre of water in the race carries eleven times as much of it as
in Rinn Sound.

## Skaill Narrows

Five turbines of a new pattern, each with blades that can be pitched. The builders handed over the array in February
after a trial that lasted six months. The second phase would put eight more on the northern side of the narrows.
"""


def tidal(s: Sheet) -> None:
    """Sites: capacity, output, load factor and availability with spanning headers, totals computed."""
    s.title("Tidal Generation", "Divisions")
    s.notes(
        [
            "First power in August 2023. The output of 2023 leaves out 3.1 GWh made during trials, which was "
            "given to the "
            "network operator without charge.",
            "Output as a share of what the array would make if it ran at full capacity in every hour of the year.",
        ]
    )
    s.columns(lambda: prose(TIDAL))
    head = [
        [
            "Site",
            "First power",
            "Capacity",
            "Output, GWh",
            "",
            "Load factor<super>2</super>, %",
            "",
            "Availability, %",
            "",
        ],
        ["", "", "MW", "2024", "2023", "2024", "2023", "2024", "2023"],
    ]
    body = []
    for name, (megawatts, first, out1, out0, able1, able0) in ac.SITES.items():
        mark = "<super>1</super>" if first == 2023 else ""
        row = [name + mark, str(first), f"{megawatts}", f"{out1 / 10:.1f}", f"{out0 / 10:.1f}"]
        body.append([*row, *_load(megawatts, out1, out0, first), able1, able0])
    power = sum(v[0] for v in ac.SITES.values())
    made = sum(v[2] for v in ac.SITES.values()), sum(v[3] for v in ac.SITES.values())
    total = ["All sites", "", f"{power}", f"{made[0] / 10:.1f}", f"{made[1] / 10:.1f}", *_load(power, *made, 2023)]
    body.append([*total, *(_weighted(k) for k in (4, 5))])
    spans = [(3, 0, 4, 0), (5, 0, 6, 0), (7, 0, 8, 0), (0, 0, 0, 1), (1, 0, 1, 1)]
    widths = [98, 56, 51, *[(MEASURE - 205) / 6] * 6]
    s.block(caption("Arrays and their output"), Spacer(0, 2), grid(head, body, widths, spans, bold=(-1,)), gap=18)
    s.block(caption("The machines, and how often they were lifted in 2024"), Spacer(0, 2), _machines())


def _machines() -> Table:
    head = [
        ["Site", "Turbines", "", "Water", "", "Lifts in 2024", "", ""],
        ["", "Number", "Rotor, m", "Depth, m", "Peak flow, m/s", "Planned", "Unplanned", "All"],
    ]
    sites = [
        ("Rinn Sound", 20, "16", "34", "2.9", 3, 1),
        ("Ola Firth", 15, "16", "38", "2.7", 2, 0),
        ("Cauldron Race", 10, "16", "31", "4.1", 5, 2),
        ("Skaill Narrows", 5, "18", "27", "3.2", 0, 1),
    ]
    body = [
        [n, str(k), r, d, f, str(p) if p else "–", str(u) if u else "–", str(p + u)] for n, k, r, d, f, p, u in sites
    ]
    planned, failed = sum(row[5] for row in sites), sum(row[6] for row in sites)
    body.append(
        ["All sites", str(sum(row[1] for row in sites)), "", "", "", str(planned), str(failed), str(planned + failed)]
    )
    spans = [(1, 0, 2, 0), (3, 0, 4, 0), (5, 0, 7, 0), (0, 0, 0, 1)]
    return grid(head, body, [98, *[(MEASURE - 98) / 7] * 7], spans, bold=(-1,))


def _load(megawatts: int, now: int, before: int, first: int) -> list[str]:
    factor = [f"{out * 100 / megawatts / hours:.1%}"[:-1] for out, hours in zip((now, before), ac.HOURS, strict=True)]
    return [factor[0], "–" if first == 2023 else factor[1]]


def _weighted(column: int) -> str:
    """Availability of all sites, weighted by capacity."""
    return f"{sum(v[0] * float(str(v[column])) for v in ac.SITES.values()) / sum(v[0] for v in ac.SITES.values()):.1f}"


TIDAL_TWO = """
Output was 470.4 gigawatt hours, 8.9 per cent more than in 2023. Without Skaill Narrows the increase would have been
2.4 per cent, which is what an average tide and somewhat better machines would lead one to expect. The chart shows the
year month by month.
"""

TIDAL_THREE = """
## Selling the power

Contracted buyers took 81 per cent of what we made. The average price of all power sold was £205 a megawatt hour, of
contracted power £236. For 96 hours, spread over the year, the market price was below nothing; the arrays ran all the
same, because the stores could take what they made.

## Looking after the machines

A turbine comes ashore once in five years. It takes a day of slack water to lift one and another to set it down, and
there are not many such days in winter. In 2024 we made fourteen lifts: ten that had been planned, five gearboxes
among them, and four that had not. The new barge, <i>Selkie</i>, can work in a current of 1.8 metres a second where
the old one had to stop at 1.1.

Marine growth costs us more than is commonly thought. Blades that have not been cleaned for two summers lose 4 per
cent of their output. We tried three coatings on the turbines of Ola Firth. The dullest of them, a silicone without
any copper, did best, and it will be used everywhere from 2025.

## Seals, porpoises and boats

Hydrophones at all four sites record every animal that passes within sixty metres. In 2024 they counted 8,415 passages
of harbour porpoises and 2,960 of seals. No collision was recorded. One creel boat lost its gear on the guard buoy at
Ola Firth; we bought the owner a new set and moved the buoy.

## Safety

There were two accidents with lost time among divers and riggers, against three in 2023. The division has now worked
611 days without injury at sea. Weather stopped work on 74 days, eleven more than the average of ten years.

## The contracts

Rinn Sound is contracted until 2034, Ola Firth until 2031 and Cauldron Race until 2036. The contract of Ola Firth,
whose price is the lowest of the three, may be ended by either side from 2029 with a year's notice. We have begun to
talk to its buyer, a chain of dairies, about what might follow.
"""


def tidal_months(s: Sheet) -> None:
    """Output month by month as a line chart, then two columns."""
    s.title("Tidal Generation: the year in months", "Divisions")
    s.block(*prose(TIDAL_TWO, WIDE), gap=6)
    s.block(
        caption("Output of all arrays by month", "GWh"), picture(charts.monthly_output(MEASURE, 178), MEASURE), gap=14
    )
    s.columns(lambda: prose(TIDAL_THREE))


FERRIES = """
^ More passengers than in any year since the count began, and a winter that we should like to forget.

The division carried 666,800 people and 199,400 vehicles. The route between Stromhaven and Tarrow, which has had a
morning sailing on Sundays since May, grew by 7.3 per cent. Eilish Bay lost passengers for the first time since 2020;
islanders who had to get to hospital were taken by the lifeboat on two nights, for which the crew was thanked in
person and the fuel was paid.

Fares rose by 3.9 per cent on 1 April. Islanders pay 40 per cent less than visitors, and children under twelve
nothing. The payment that we receive from the Northern Islands Transport Board rises with wages and fuel, but a year
late, which helped in 2024 as much as it had hurt in 2022.

We sold MV Orris Maid in August to a company that will use her as a floating workshop. She was 38 years old and had
carried three million people. Her place was taken by MV Skua, built in 2009, which can turn in her own length and
whose bow door fits every ramp of ours.

Catering, a matter on which everybody has an opinion, was brought back into our own hands in June. Sales of soup
doubled.
"""


def ferries(s: Sheet) -> None:
    """Routes: passengers and vehicles in two years, with change and totals; the fleet."""
    s.title("Island Ferries", "Divisions")
    s.notes(
        [
            "One sailing in eight was cancelled in February on this route, while MV Corran Light was in dry dock.",
            "The summer cruise runs from May to September and carries no vehicles.",
        ]
    )
    s.columns(lambda: prose(FERRIES))
    head = [
        ["Route", "Passengers, thousands", "", "", "Vehicles, thousands", "", "", "Sailings"],
        ["", "2024", "2023", "Change", "2024", "2023", "Change", "2024"],
    ]
    body = []
    for name, (p1, p0, v1, v0, sailings) in ac.ROUTES.items():
        mark = {"Port Aurn – Eilish Bay": "1", "Sea of Orris (summer)": "2"}.get(name, "")
        label = name + (f"<super>{mark}</super>" if mark else "")
        body.append([label, *_grown(p1, p0), *_grown(v1, v0), f"{sailings:,}"])
    sums = [sum(column) for column in zip(*ac.ROUTES.values(), strict=True)]
    body.append(["All routes", *_grown(sums[0], sums[1]), *_grown(sums[2], sums[3]), f"{sums[4]:,}"])
    spans = [(1, 0, 3, 0), (4, 0, 6, 0), (0, 0, 0, 1)]
    widths = [131, *[(MEASURE - 131) / 7] * 7]
    s.block(caption("Traffic by route"), Spacer(0, 2), grid(head, body, widths, spans, bold=(-1,)), gap=16)
    s.block(caption("The fleet at 31 December 2024"), Spacer(0, 2), _fleet())


def _fleet() -> Table:
    head = [
        ["Vessel", "Built", "Capacity", "", "Length", "Speed", "Usual route"],
        ["", "", "People", "Cars", "m", "knots", ""],
    ]
    body = [
        ["MV Corran Light", "2014", "420", "92", "89.6", "17.5", "Port Aurn – Eilish Bay"],
        ["MV Tarrow Pride", "2007", "280", "54", "71.2", "15.0", "Stromhaven – Tarrow"],
        ["MV Stromhaven", "2018", "450", "98", "92.4", "18.0", "Port Aurn – Stromhaven"],
        ["MV Skua", "2009", "190", "36", "58.0", "14.0", "Tarrow – Ness of Quoy"],
        ["MV Eider", "1999", "240", "46", "66.5", "14.5", "Relief"],
        ["MV Sea Pink", "2003", "140", "–", "34.1", "22.0", "Sea of Orris"],
    ]
    spans = [(2, 0, 3, 0), (0, 0, 0, 1), (1, 0, 1, 1), (6, 0, 6, 1)]
    return grid(head, body, [110, 50, 55, 50, 55, 50, MEASURE - 370], spans, left=(0, 6))


def _grown(now: int, before: int) -> list[str]:
    if not now:
        return ["–", "–", "–"]
    return [f"{now / 10:.1f}", f"{before / 10:.1f}", f"{(now / before - 1) * 100:+.1f}%".replace("-", "−")]


PUNCTUAL = """
A sailing is on time when the last rope is let go within ten minutes of the timetable. Fog, swell and the search for a
late lorry driver all count against us. The summer cruise is not counted, because its hour depends on the tide.
"""

PUNCTUAL_TWO = """
## Why ships are late

The commonest cause is the ship before. At Port Aurn two routes share the inner ramp, and a delay of a quarter of an
hour in the morning is still felt in the evening. From May 2025 the boat to Stromhaven will use the outer ramp, which
is to be strengthened at a cost of £0.9 million.

Weather stopped 214 sailings, fewer than the 263 of the year before. Another 96 were lost to mechanical faults, almost
all of them in February, and 31 because there was no crew: seven people in one cabin had the same influenza.

## What passengers said

In September 2,310 passengers told us what they had thought of their crossing. They liked the crews (94 per cent), the
view (93) and the soup (81). They disliked the queue for tickets and the chairs of MV Eider. Those who travel with a
wheelchair were asked separately, and said that the lift on MV Tarrow Pride is too often out of order. It is to be
replaced at her refit in November 2025.

## Fuel and the new ship

The fleet burned 9.84 million litres of marine gas oil. Slower crossings on summer evenings, when nobody is in haste,
saved some 210,000 litres. The hybrid vessel that has been ordered will run on batteries inside the harbours and on
the whole of the short crossing to Ness of Quoy; it will charge at Tarrow, overnight, from the tide.

## The agreement with the board

The Northern Islands Transport Board paid us £24.9 million for winter services. It may deduct one per cent for each
point by which punctuality on any route falls below 88 per cent. On one route it did so in 2024, for the first time;
the deduction was £0.2 million.

## Crew

We train our own officers. Nine cadets are at sea, four of them women, and two passed for mate in 2024. Each has a
berth for life if he or she wants it, and so far everybody has.
"""


def ferries_on_time(s: Sheet) -> None:
    """Punctuality by route as a bar chart, then two columns."""
    s.title("Island Ferries: keeping time", "Divisions")
    s.block(*prose(PUNCTUAL, WIDE), gap=6)
    s.block(
        caption("Sailings on time by route", "left within ten minutes of the timetable"),
        picture(charts.punctuality(MEASURE, 186), MEASURE),
        gap=14,
    )
    s.columns(lambda: prose(PUNCTUAL_TWO))


HARBOURS_LEAD = """
^ 1.42 million tonnes crossed our quays, 3 per cent more than in 2023, and for the first time more of it was going out
than coming in.
"""

HARBOURS = """
Aggregates went to the mainland for two road schemes that will be finished in 2025; we do not expect that traffic to
last. Turbine parts came in for ourselves and, for the first time, for a developer who is surveying the sound of
Hellya to the north of our own waters.
"""

HARBOURS_TWO = """
## Port Aurn

The inner basin was dredged to 7.5 metres in the spring, for the first time in eleven years. The 61,000 cubic metres
that were lifted now lie under the new lorry park. Pilots boarded 1,904 ships, none of which touched anything.

## Stromhaven

The slipway took 47 vessels. The chain that failed in October had been tested in April; all chains of its make have
been withdrawn.

## Eilish Bay

A second crane, bought from a yard that was closing, allows two boats to land at once. The harbour master, Magda
Skene, retired after 31 years and was given, at her own wish, the old crane's hook.
"""


def harbours(s: Sheet) -> None:
    """Cargo by kind (pie), results by port, dues by length of ship."""
    s.title("Harbours", "Divisions")
    s.notes(
        [
            "Dues rise each year with the cost of living, less half a point. The first two nights of shelter are "
            "free: 83 ships took them in 2024."
        ]
    )
    s.block(*prose(HARBOURS_LEAD), gap=2)
    s.beside(
        prose(HARBOURS),
        [caption("Cargo by kind, 2024", "share of tonnes"), picture(charts.cargo(258, 130), 258)],
        share=0.45,
        gap=2,
    )
    s.columns(lambda: prose(HARBOURS_TWO), gap=8)
    head = [
        ["Port", "Ship calls", "", "Cargo, thousand tonnes", "", "Berth days", "", "Revenue, £ million", ""],
        ["", *["2024", "2023"] * 4],
    ]
    ports = [
        ("Port Aurn", 3912, 3870, 884, 861, 6104, 5875, 221, 213),
        ("Stromhaven", 1787, 1741, 371, 369, 3310, 3168, 94, 91),
        ("Eilish Bay", 1046, 958, 165, 149, 1422, 1260, 37, 34),
    ]
    body = [[name, *(f"{v:,}" for v in row[:6]), *(ac.money(v) for v in row[6:])] for name, *row in ports]
    sums = [sum(column) for column in zip(*(row[1:] for row in ports), strict=True)]
    body.append(["All ports", *(f"{v:,}" for v in sums[:6]), *(ac.money(v) for v in sums[6:])])
    assert (sums[6], sums[7]) == (ac.REVENUE["Harbours"][-1], ac.REVENUE["Harbours"][-2])
    assert sums[2] == 1420
    spans = [(1, 0, 2, 0), (3, 0, 4, 0), (5, 0, 6, 0), (7, 0, 8, 0), (0, 0, 0, 1)]
    s.block(
        caption("The three ports"), Spacer(0, 2), grid(head, body, [75, *[(MEASURE - 75) / 8] * 8], spans, bold=(-1,))
    )
    dues = [
        ["Under 12 metres", "9.40", "8.10", "141", "Fishing boats with a licence: half"],
        ["12 to 24 metres", "21.60", "18.90", "388", "Fishing boats with a licence: half"],
        ["24 to 80 metres", "74.00", "66.50", "1,610", "First call in a month"],
        ["Over 80 metres", "168.00", "151.00", "4,150", "None"],
    ]
    head = [
        ["Length of ship", "£ for each berth day", "", "£ for a season", "Reduction"],
        ["", "April–Sept.", "Oct.–March", "", ""],
    ]
    s.block(
        caption("Harbour dues from 1 January 2025<super>1</super>", "without value added tax"),
        Spacer(0, 2),
        grid(
            head,
            dues,
            [100, 70, 70, 76, MEASURE - 316],
            [(1, 0, 2, 0), (0, 0, 0, 1), (3, 0, 3, 1), (4, 0, 4, 1)],
            left=(0, 4),
        ),
    )


COLD = """
^ Three stores, 21,400 pallet places, and one idea: make cold when power is cheap, and sell it when it is dear.

Revenue grew by 12.0 per cent and profit by a fifth. Nine tenths of the places were let on an average day. Shellfish
took the room that mackerel had left, and two supermarkets moved their stock of island fish from the mainland to Port
Aurn, where we can hold it at minus 24 degrees.

The ammonia plant at Eilish Bay replaced the last of the old refrigerant. It was to have been ready in April. The
compressors arrived in May, with drawings for another customer, and were running on 19 June. The plant cost £4.1
million.

Goods to the value of £58,000 were lost or spoiled, most of them on one evening in August when a door at Stromhaven
was left open for the sake of a forklift whose battery had run down across the sill.
"""

COLD_TWO = """
## Cold as a battery

A store that is full of frozen fish warms by one degree in about nine hours. That makes it a battery of a kind: by
cooling it further when the tide runs at night we move some 31 megawatt hours a day from dear hours to cheap ones. In
2024 this saved £0.7 million.

## Lorries

Twenty-two lorries carry the goods to the ferries. Four of them are electric and serve Stromhaven, where no road is
longer than eighteen miles. Their drivers do not wish to give them back.

## Coldhaven's other owners

Some part of every fish box, as a skipper put it, stays with the fishermen: their association holds the shares of
Coldhaven Stores that the group does not. Its dividend for 2024 was £0.4 million.
"""


def cold(s: Sheet) -> None:
    """The stores: energy per pallet (bars) and a table of the three stores."""
    s.title("Cold Store & Logistics", "Divisions")
    s.notes(
        ["Including 1,200 places at Port Aurn that were closed for the painting of the floor from 3 to 28 February."]
    )
    s.columns(lambda: prose(COLD))
    s.beside(
        [
            caption("Electricity for each pallet kept for a month"),
            picture(charts.pallet_energy(COLUMN, 190), COLUMN),
            *prose("Measured at the compressors, without lighting and lorries.", SMALL),
        ],
        prose(COLD_TWO),
        share=0.5,
    )
    head = [
        ["Store", "Opened", "Places", "Coldest", "Let on average, %", "", "Revenue, £ million", "", "People"],
        ["", "", "pallets", "°C", "2024", "2023", "2024", "2023", "2024"],
    ]
    stores = [
        ("Port Aurn", "1998", 11200, "−26", "91", "88", 171, 151, 118),
        ("Stromhaven", "2006", 6800, "−22", "87", "85", 96, 90, 81),
        ("Eilish Bay", "1989", 3400, "−24", "86", "80", 51, 43, 53),
    ]
    body = [[n, o, f"{p:,}", t, a, b, ac.money(x), ac.money(y), str(m)] for n, o, p, t, a, b, x, y, m in stores]
    total = [sum(row[k] for row in stores) for k in (2, 6, 7, 8)]  # type: ignore[misc]
    assert (total[0], total[1], total[2], total[3]) == (21400, 318, 284, sum(ac.STAFF["Cold Store & Logistics"][1]))
    body.append(
        ["All stores", "", f"{total[0]:,}", "", "89", "86", ac.money(total[1]), ac.money(total[2]), str(total[3])]
    )
    spans = [(4, 0, 5, 0), (6, 0, 7, 0), (0, 0, 0, 1), (1, 0, 1, 1)]
    s.block(
        caption("The stores<super>1</super>"),
        Spacer(0, 2),
        grid(head, body, [81, *[(MEASURE - 81) / 8] * 8], spans, bold=(-1,)),
    )
