"""Financial statements and notes, five-year summary, information for shareholders. All totals come from `accounts`."""

from reportlab.platypus import Paragraph, Spacer, Table

from . import accounts as ac
from . import artwork, charts
from . import style as st
from .accounts import Pair, money, pair_sum
from .sheet import COLUMN, MEASURE, Sheet, picture
from .style import SMALL, prose
from .tables import caption, grid


def _rows(parts: dict[str, Pair], notes: dict[str, str] | None = None) -> list[list[str]]:
    return [[name, (notes or {}).get(name, ""), money(now), money(before)] for name, (now, before) in parts.items()]


def _line(name: str, values: Pair, note: str = "") -> list[str]:
    return [name, note, money(values[0]), money(values[1])]


def _statement(body: list[list[str]], bold: list[int], when: str = "Year ended 31 December") -> Table:
    head = [["", "Note", when, ""], ["£ million", "", "2024", "2023"]]
    widths = [MEASURE - 206, 46, 80, 80]
    return grid(head, body, widths, [(2, 0, 3, 0), (1, 0, 1, 1)], bold=bold)


INCOME = """
The results of both years come from continuing operations. There was no other comprehensive income in either year, so
profit for the year is also total comprehensive income. Operating profit includes a gain of £0.8 million on the sale
of MV Orris Maid, shown under port dues, insurance and other.

Average shares in issue were 84.0 million in both years and there were no instruments that could dilute them.
"""

INCOME_TWO = """
## Basis of preparation

The statements have been drawn up under international accounting standards as adopted in the United Kingdom, at
historical cost. They are shown in millions of pounds to one decimal. The directors approved them on 12 March 2025.

## Judgement and estimate

Two figures rest on judgement more than others do: the decommissioning provision, which depends on what it will cost
to lift a turbine in the 2040s, and the life of the turbines, which the directors put at 25 years. A life of 22 years
would have raised the charge for depreciation by £2.4 million.

## Revenue

Power is recognised when it is delivered to the grid, fares when the voyage is made, dues for each day at the berth
and storage by the week. No revenue is recognised before the customer has what was paid for.

## Going concern

The group had £45.0 million of undrawn credit at the end of the year. The directors have a reasonable expectation that
it can go on for at least twelve months from the day on which these statements were approved.
"""


def income(s: Sheet) -> None:
    """Income statement."""
    s.title("Consolidated income statement", "Financial statements")
    owners = [["Shareholders of Skerrivane plc", "", *(money(v) for v in ac.OWNERS)]]
    body = [
        _line("Revenue", ac.REVENUE_PAIR, "1"),
        *_rows(ac.COSTS, {"Staff costs": "2"}),
        _line("Operating profit", ac.PROFIT_PAIR, "1"),
        _line("Finance income", ac.FINANCE_INCOME),
        _line("Finance cost", ac.FINANCE_COST),
        _line("Profit before tax", ac.PRE_TAX),
        _line("Tax", ac.TAX, "3"),
        _line("Profit for the year", ac.NET),
        *owners,
        _line("Non-controlling interests", ac.MINORITY),
        ["Earnings per share, basic and diluted", "", *ac.EPS],
    ]
    s.block(_statement(body, [0, 6, 9, 11, 14]), gap=10)
    s.block(*prose(INCOME, SMALL), gap=14)
    s.columns(lambda: prose(INCOME_TWO))


BALANCE = """
The statements on pages 20 to 24 were approved by the board on 12 March 2025 and signed on its behalf by Tobias
Renwick, chief executive, and Meera Castellane, finance director. Registered number of the company: OI 000417.
"""


def balance(s: Sheet) -> None:
    """Balance sheet."""
    s.title("Consolidated balance sheet", "Financial statements")
    long, short, debts, equity = (pair_sum(x) for x in (ac.ASSETS_LONG, ac.ASSETS_SHORT, ac.DEBTS, ac.EQUITY))
    total: Pair = (long[0] + short[0], long[1] + short[1])
    net: Pair = (total[0] - debts[0], total[1] - debts[1])
    body = [
        *_rows(ac.ASSETS_LONG, {"Property, plant and equipment": "4"}),
        _line("Non-current assets", long),
        *_rows(ac.ASSETS_SHORT),
        _line("Current assets", short),
        _line("Total assets", total),
        *_rows(ac.DEBTS, {"Borrowings": "5", "Decommissioning provision": "6"}),
        _line("Total liabilities", debts),
        _line("Net assets", net),
        *_rows(ac.EQUITY),
        _line("Total equity", equity),
    ]
    table = _statement(body, [3, 7, 8, 14, 15, 20], "At 31 December")
    s.block(table, gap=10)
    s.block(*prose(BALANCE, SMALL), gap=14)
    s.columns(lambda: prose(BALANCE_TWO))


BALANCE_TWO = """
## What lies behind the figures

Property, plant and equipment grew by £23.9 million, chiefly turbines. Two nacelles that are held as spares are shown
among them and not among inventories, because they will serve for more than a year.

Receivables include £9.2 million due from the Northern Islands Transport Board, which was paid on 6 January 2025. The
oldest debt that has not been written down is 71 days old.

Goodwill arose from the purchase of the cold stores in 2017. It would be written down if the places let fell below 74
per cent for two years together.

## Capital

There are 84.0 million shares of 25 pence each. The company holds none of its own. The board means to keep net debt
between two and a half and three times earnings before interest, tax and depreciation; at the end of the year it was
£203.1 million.
"""


def cash(s: Sheet) -> None:
    """Cash flow statement."""
    s.title("Consolidated cash flow statement", "Financial statements")
    parts = [ac.flow(x) for x in (ac.CASH_OPERATING, ac.CASH_INVESTING, ac.CASH_FINANCING)]
    change: Pair = (sum(p[0] for p in parts), sum(p[1] for p in parts))
    body = [
        *_rows(ac.CASH_OPERATING, {"Operating profit": "1", "Tax paid": "3"}),
        _line("Net cash from operating activities", parts[0]),
        *_rows(ac.CASH_INVESTING, {"Purchase of property, plant and equipment": "4"}),
        _line("Net cash used in investing activities", parts[1]),
        *_rows(ac.CASH_FINANCING, {"Loans drawn": "5", "Loans repaid": "5"}),
        _line("Net cash used in financing activities", parts[2]),
        _line("Change in cash and cash equivalents", change),
        _line("Cash at the beginning of the year", ac.OPENING_CASH),
        _line("Cash at the end of the year", ac.ASSETS_SHORT["Cash and cash equivalents"]),
    ]
    s.block(_statement(body, [5, 9, 16, 17, 19]), gap=14)
    debt = [
        ["Borrowings", *_debt("Borrowings")],
        ["Lease liabilities", *_debt("Lease liabilities")],
        ["Less cash", *(money(-v) for v in ac.ASSETS_SHORT["Cash and cash equivalents"]), money(21)],
        ["Net debt", *(money(v) for v in ac.NET_DEBT), money(ac.NET_DEBT[0] - ac.NET_DEBT[1])],
    ]
    times = [f"{d / e:.2f}" for d, e in zip(ac.NET_DEBT, ac.EBITDA_PAIR, strict=True)]
    debt.append(["Times earnings before interest, tax and depreciation", *times, ""])
    head = [["£ million", "2024", "2023", "Change"]]
    s.block(
        caption("Net debt at 31 December"),
        Spacer(0, 2),
        grid(head, debt, [MEASURE - 240, 80, 80, 80], bold=(3,)),
        gap=14,
    )
    s.columns(lambda: prose(CASH))


def _debt(name: str) -> list[str]:
    now, before = ac.DEBTS[name]
    return [money(now), money(before), money(now - before)]


CASH = """
Cash from operations was £7.3 million more than was spent on ships, turbines and buildings. Interest and dividends
took £17.8 million; the difference was met by new loans, by the sale of a ship and from cash in hand.

A change of one point in the base rate would alter the interest paid in a year by about £0.4 million. Of the cash at
the end of the year £2.6 million is held in trust for passengers who have paid in advance.
"""


def notes_one(s: Sheet) -> None:
    """Notes 1 to 3: segments in two years, staff, tax."""
    s.title("Notes to the financial statements", "Financial statements")
    s.notes(
        [
            "Sales between divisions are made at the price that an outside customer would pay. They were £6.8 "
            "million in "
            "2024, of which £5.1 million was power for the cold stores, and £6.1 million in 2023; revenue is "
            "shown without them.",
            "Including £0.3 million for a survey of turbine noise that was claimed in both 2022 and 2023 and has "
            "now been agreed.",
        ]
    )
    for column, year in ((0, "2024"), (1, "2023")):
        name = f"Note 1. Segments: year ended 31 December {year}"
        s.block(caption(name + ("<super>1</super>" if not column else "")), Spacer(0, 2), _segments(column), gap=13)
    staff = [
        ["Wages and salaries", money(584), money(541)],
        ["Social security", money(66), money(61)],
        ["Pensions", money(52), money(47)],
        ["Share-based pay", money(12), money(11)],
    ]
    total = ac.COSTS["Staff costs"]
    staff.append(["Staff costs", money(-total[0]), money(-total[1])])
    assert -total[0] == 584 + 66 + 52 + 12
    assert -total[1] == 541 + 61 + 47 + 11
    tax = [
        ["Profit at 25.0% (2023: 23.5%)", money(71), money(55)],
        ["Allowances for research<super>2</super>", money(-11), money(-5)],
        ["Costs not allowed", money(4), money(3)],
        ["Tax charge", money(-ac.TAX[0]), money(-ac.TAX[1])],
    ]
    assert -ac.TAX[0] == 71 - 11 + 4
    assert -ac.TAX[1] == 55 - 5 + 3
    wide = [COLUMN - 96, 48, 48]
    s.beside(
        [caption("Note 2. Staff costs"), Spacer(0, 2), grid([["£ million", "2024", "2023"]], staff, wide, bold=(-1,))],
        [caption("Note 3. Tax"), Spacer(0, 2), grid([["£ million", "2024", "2023"]], tax, wide, bold=(-1,))],
    )
    s.block(*prose(NOTE_TEXT))


NOTE_TEXT = """
The pension cost is almost wholly for a scheme of defined contributions, to which the group adds 9 per cent of pay. A
small scheme of defined benefits, closed in 2004, has 41 members and was in surplus by £0.6 million, which is not
recognised because the group could not draw on it.
"""


def _segments(column: int) -> Table:
    year = -1 - column
    head = [
        ["£ million", "Results", "", "", "Capital", "", "Return on"],
        ["", "Revenue", "Depreciation", "Operating profit", "Expenditure", "Assets", "assets"],
    ]
    assets = {
        "Tidal Generation": (2962, 2801),
        "Island Ferries": (1024, 968),
        "Harbours": (702, 671),
        "Cold Store & Logistics": (349, 338),
    }
    total = tuple(pair_sum(ac.ASSETS_LONG)[k] + pair_sum(ac.ASSETS_SHORT)[k] for k in (0, 1))
    assets["Central costs"] = (
        total[0] - sum(v[0] for v in assets.values()),
        total[1] - sum(v[1] for v in assets.values()),
    )
    body = []
    for name, profit in ac.OPERATING_PROFIT.items():
        revenue = ac.REVENUE[name][year] if name in ac.REVENUE else 0
        own = assets[name][column]
        share = f"{profit[year] / own:.1%}" if revenue else "–"
        cells = (revenue, ac.DEPRECIATION[name][column], profit[year], ac.CAPEX[name][column], own)
        body.append([name, *(money(v) for v in cells), share])
    sums = (ac.REVENUE_PAIR, ac.DEPRECIATION_PAIR, ac.PROFIT_PAIR, ac.CAPEX_PAIR, total)
    share = f"{ac.PROFIT_PAIR[column] / total[column]:.1%}"
    body.append(["Group", *(money(v[column]) for v in sums), share])
    spans = [(1, 0, 3, 0), (4, 0, 5, 0), (0, 0, 0, 1)]
    return grid(head, body, [126, *[(MEASURE - 126) / 6] * 6], spans, bold=(-1,))


BORROWINGS = """
The loan that falls due in 2029 was raised from an insurer in 2014 to pay for Ola Firth and bears interest at 4.35 per
cent. The bank loans bear interest at between 1.4 and 1.9 points above the base rate, of which the group has exchanged
the greater part for fixed rates. The average cost of all loans was 4.7 per cent.
"""

NOTES_TWO = """
## Note 6. Decommissioning

The group must take away its turbines when their leases end. The provision of £16.7 million is the present value of
£39.5 million, to be spent between 2036 and 2053. The bonds that the new licensing act demands are expected to amount
to £11.0 million, of which £4.0 million is due in 2026.

## Note 7. Claims

A fish farmer at Eilish Bay claims £2.3 million for salmon that died in September 2023, which he puts down to
dredging. No provision has been made: the dredger was at another port on the day<super>2</super>. The hearing is set
for 20 October 2025.

## Note 8. Promises to buy

Contracts for £21.4 million of property, plant and equipment had been signed but not carried out at the end of the
year, £16.9 million of it for the hybrid vessel.

## Note 9. After the year's end

On 3 February 2025 the group sold a field behind the harbour at Tarrow to the islands' council for £0.5 million.
Houses for nine families will be built on it.
"""


def notes_two(s: Sheet) -> None:
    """Notes 4 to 9: plant, borrowings by maturity (image), provisions and claims."""
    s.title("Notes, continued", "Financial statements")
    s.notes(
        [
            "MV Orris Maid, sold for £3.2 million on 22 August 2024; she stood in the books at £2.4 million.",
            "The log of the dredger <i>Ebb Star</i> shows her at Stromhaven from 4 to 29 September 2023.",
        ]
    )
    head = [
        ["£ million", "Opening", "Changes in 2024", "", "", "Closing"],
        ["", "1 January", "Additions", "Disposals<super>1</super>", "Depreciation", "31 December"],
    ]
    body = [[name, *(money(v) for v in row), money(sum(row))] for name, row in ac.PLANT.items()]
    sums = [sum(column) for column in zip(*ac.PLANT.values(), strict=True)]
    body.append(["All property, plant and equipment", *(money(v) for v in sums), money(sum(sums))])
    table = grid(head, body, [162, *[(MEASURE - 162) / 5] * 5], [(2, 0, 4, 0), (0, 0, 0, 1)], bold=(-1,))
    s.block(caption("Note 4. Property, plant and equipment", "net book value"), Spacer(0, 2), table, gap=16)
    s.beside(
        [
            caption("Note 5. Borrowings by the year in which they fall due", "£ million"),
            picture(charts.maturity(COLUMN + 30, 168), COLUMN + 30),
        ],
        [Spacer(0, 16), *prose(BORROWINGS)],
        share=(COLUMN + 30) / (2 * COLUMN),
    )
    s.columns(lambda: prose(NOTES_TWO))


def five_years(s: Sheet) -> None:
    """Five-year summary and glossary."""
    s.title("Five-year summary and glossary", "Other information")
    s.notes(["Without the special dividend of 4.0 pence that was paid in June 2022 from the sale of the coal quay."])
    years = [str(y) for y in ac.YEARS]
    head = [["", "Unit", "Year ended 31 December", "", "", "", ""], ["", "", *years]]
    body = [[name, "£m", *(money(v) for v in row)] for name, row in ac.REVENUE.items()]
    body.append(["Group revenue", "£m", *(money(v) for v in ac.GROUP_REVENUE)])
    body.append(["Operating profit", "£m", *(money(v) for v in ac.GROUP_PROFIT)])
    margins = [f"{p / r:.1%}" for p, r in zip(ac.GROUP_PROFIT, ac.GROUP_REVENUE, strict=True)]
    body += [
        ["Operating margin", "%", *(m[:-1] for m in margins)],
        ["Capital expenditure", "£m", "31.0", "36.4", "44.2", "49.7", "58.4"],
        ["Net debt", "£m", "164.9", "171.3", "180.2", "191.7", "203.1"],
        ["Dividend per share<super>1</super>", "pence", "4.0", "5.2", "7.2", "8.4", "9.6"],
        ["Tidal output", "GWh", "361.7", "374.0", "409.5", "431.8", "470.4"],
        ["Ferry passengers", "thousands", "318.4", "447.9", "612.6", "650.8", "666.8"],
        ["Cargo", "thousand tonnes", "1,208", "1,263", "1,341", "1,379", "1,420"],
        ["People at year end", "head count", "1,012", "1,048", "1,096", "1,130", "1,180"],
    ]
    spans = [(2, 0, 6, 0), (0, 0, 0, 1), (1, 0, 1, 1)]
    s.block(_wide(head, body, spans), gap=18)
    s.columns(lambda: prose(GLOSSARY))


def _wide(head: list[list[str]], body: list[list[str]], spans: list[tuple[int, int, int, int]]) -> Table:
    return grid(head, body, [140, 80, *[(MEASURE - 220) / 5] * 5], spans, bold=(4,), left=(0, 1))


GLOSSARY = """
## Words used in this report

<b>Array.</b> A group of turbines that share one cable to the shore.

<b>Availability.</b> The share of hours in which a turbine was able to run, whether or not there was water enough to
turn it.

<b>Base rate.</b> The rate at which the central bank lends, on the day in question.

<b>Berth day.</b> One ship at one place on a quay for any part of a day between midnight and midnight.

<b>Contract price.</b> The price, fixed in advance and raised each year with consumer prices, at which a buyer takes a
stated share of an array's output.

<b>Day-ahead market.</b> The auction, held at noon, in which power for each hour of the next day is bought and sold.

<b>Load factor.</b> What was made, as a share of what would have been made at full capacity in every hour.

<b>Lost time.</b> An accident after which the person could not come back for the next shift.

<b>Nacelle.</b> The part of a turbine that is lifted: gearbox, generator and seals in one casing. It weighs 140
tonnes.

<b>Neap.</b> The smallest tides of the fortnight, when the moon is at the half; a spring tide in our waters runs more
than twice as fast.

<b>Pallet place.</b> Room for one pallet, 1.2 by 1.0 metres and 1.8 metres high, for one month.

<b>Peak flow.</b> The speed of the water, averaged over ten minutes, at the height of the hub on the greatest tide of
the year.

<b>Return on assets.</b> Operating profit of the year as a share of the assets of the division at its end.

<b>Slack water.</b> The time, seldom more than forty minutes, in which the stream turns and divers may go down.
"""

HOLDERS = """
## Annual general meeting

The meeting will be held in the old sail loft at Port Aurn on Thursday 15 May 2025 at 11 in the morning. The boat from
Stromhaven will wait. Shareholders who cannot come may send questions to the secretary until 8 May, and the answers
will be read out with the name of whoever asked.

## Dividend

The final dividend of 6.4 pence, if it is agreed to, will be paid on 6 June 2025 to those on the register on 9 May.
Shareholders who live on the islands may take it in ferry tickets at a tenth more than its worth; 214 did so last
year.

## Share price

The price of a share was 268 pence on the first day of the year and 311 pence on the last. The highest was 324 pence,
on 18 October, and the lowest 251 pence, on 27 February.

## The register

Questions about a holding, a change of address or a lost certificate should go to the registrar, Northlight
Registrars, 2 Rope Walk, Port Aurn. The office is open from ten to four, except on the day of the regatta.
"""


def holders(s: Sheet) -> None:
    """Calendar, holders by size, addresses; a closing band of sea."""
    s.title("Information for shareholders", "Other information")
    calendar = [
        ["9 May 2025", "Register closes for the final dividend"],
        ["15 May 2025", "Annual general meeting"],
        ["6 June 2025", "Final dividend paid"],
        ["4 September 2025", "Results for the half year"],
        ["7 November 2025", "Interim dividend paid"],
    ]
    sizes = [
        ("1 to 1,000", 3106, 1.4),
        ("1,001 to 10,000", 1288, 4.9),
        ("10,001 to 100,000", 214, 7.3),
        ("100,001 to 1,000,000", 47, 18.6),
        ("Over 1,000,000", 16, 51.8),
    ]
    body = [[n, f"{h:,}", f"{m:.1f}", f"{m / ac.SHARES_M:.1%}"] for n, h, m in sizes]
    people, shares = sum(h for _, h, _ in sizes), sum(m for *_, m in sizes)
    assert abs(shares - ac.SHARES_M) < 1e-9
    body.append(["All holders", f"{people:,}", f"{shares:.1f}", "100.0%"])
    s.columns(lambda: prose(HOLDERS), gap=16)
    head = [["Size of holding", "Holders", "Shares held", ""], ["shares", "", "million", "share of all"]]
    s.block(
        caption("Shareholders at 31 December 2024"),
        Spacer(0, 2),
        grid(head, body, [MEASURE - 270, 90, 90, 90], [(2, 0, 3, 0), (1, 0, 1, 1)], bold=(-1,)),
        gap=18,
    )
    s.beside(
        [caption("Calendar"), Spacer(0, 2), grid([["Date", "Event"]], calendar, [84, COLUMN - 84], left=(0, 1))],
        [
            Paragraph("Addresses", st.CAPTION),
            *prose("<b>Registered office</b><br/>Skerrivane plc, 1 Coal Quay, Port Aurn, Orris Islands", SMALL),
            Spacer(0, 6),
            *prose("<b>Company secretary</b><br/>Elspeth Marr, secretary@skerrivane.example", SMALL),
            Spacer(0, 6),
            *prose("<b>Auditor</b><br/>Thrale Osborne LLP, 9 Customs Brae, Port Aurn", SMALL),
            Spacer(0, 6),
            *prose(
                "<b>A note to readers of this file</b><br/>Skerrivane plc does not exist. The company, its "
                "people, places and "
                "figures were invented to have a report on which software can be tried.",
                SMALL,
            ),
        ],
        gap=18,
    )
    artwork.band(s.canv, s.floor, min(s.y - s.floor, 150))
