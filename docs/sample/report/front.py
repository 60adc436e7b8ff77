"""Front matter: cover, contents, the year at a glance, the chair's letter."""

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Spacer

from . import accounts as ac
from . import artwork
from . import style as st
from .sheet import LEFT, MEASURE, RIGHT, Sheet
from .style import prose
from .tables import caption, grid

ABOUT = """
This report covers the year from 1 January to 31 December 2024 for Skerrivane plc and the companies that it controls.
Unless it is said otherwise, money is in millions of pounds sterling and percentages compare with 2023. A tidal year
has two springs and two neaps in each lunar month, so output is best compared with the same months of the year before.

Figures for passengers, cargo and energy have been taken from the group's own registers. They were not audited, except
where a note to the financial statements uses them.
"""

CHAIR = """
^ The sea was kinder to us in 2024 than the market was. Output rose to a record; the price of power that we sell
outside our contracts fell by more than a quarter. That we still earned more is the work of 1,180 people.

Revenue grew to £230.2 million and operating profit to £37.2 million. Each of our four divisions sold more than in the
year before, and three of them earned more. The ferries did not, and Tobias Renwick explains on page 4 why a single
dry-docking in February cost us as much as a poor summer would have done.

The board proposes a final dividend of 6.4 pence a share. With the interim dividend of 3.2 pence, the year's total
comes to 9.6 pence, an increase of 14 per cent. We have said before that dividends should follow cash rather than
hope, and the board looked hard at the cash flow statement before it settled on the figure.

> We are a company of narrow waters: everything we own lies within forty miles of the harbour office at Port Aurn.

Narrow waters have made us careful. When the first turbine went down in Rinn Sound in 2011, the fishermen's
association lent us its lease and its patience. An extract from that lease, as it was entered in the register, is
reproduced in this report because members ask for it every year. It will run long after most of us have retired, and
it obliges us to leave the bed of the sound as we found it.

Two directors joined us in May. Sunniva Drever has run fishing companies for thirty years and now chairs our Safety
Committee. Kofi Armitage came from a shipbroker and sits on the Audit Committee. James Pellworth will retire at the
annual general meeting after nine years; it was he who persuaded a sceptical board, in 2017, to buy the cold stores.

The board went to sea twice, in April with the crew of MV Stromhaven and in September with the divers at Cauldron
Race. Nobody who has watched a diver wait for slack water asks again why a lift takes two days. We came back with nine
suggestions, of which six were put to us by the same second engineer. Five of the six have been carried out.

In the coming year the board will decide whether to order the second phase of Skaill Narrows. The seabed is surveyed
and the cable has room. What is missing is a price. We will not build on a promise of one.

I thank our shareholders, four in ten of whom live on the islands, for their steady company.
"""


def cover(canv: Canvas) -> None:
    """Draw the cover."""
    artwork.cover(canv)


def contents(s: Sheet, entries: list[tuple[int, str, str, str]]) -> None:
    """The table of contents: `entries` are (level, title, printed label, bookmark), each line a link."""
    s.title("Contents")
    c = s.canv
    for level, title, label, key in entries:
        if level == 0:
            s.skip(6)
            c.setFont("Sans-Semi", 12)
            c.setFillColor(st.colour(st.TEAL))
            c.drawString(LEFT, s.y - 11, title)
            c.setStrokeColor(st.colour(st.GREEN))
            c.setLineWidth(0.8)
            c.line(LEFT, s.y - 16, RIGHT, s.y - 16)
            s.skip(18)
            continue
        c.setFont("Serif", 10)
        c.setFillColor(st.colour(st.INK))
        c.drawString(LEFT, s.y - 10, title)
        c.setFont("Sans-Semi", 9.6)
        c.drawRightString(RIGHT, s.y - 10, label)
        c.linkRect("", key, (LEFT, s.y - 13, RIGHT, s.y), relative=0, thickness=0)
        s.skip(13.4)
    s.skip(10)
    s.panel(prose("## About this report") + prose(ABOUT, st.SMALL))


def _tile(s: Sheet, x: float, width: float, figure: str, name: str, change: str) -> None:
    c = s.canv
    c.setFillColor(st.colour(st.PALE))
    c.rect(x, s.y - 84, width, 84, stroke=0, fill=1)
    c.setFillColor(st.colour(st.CORAL))
    c.rect(x, s.y - 2, width, 2, stroke=0, fill=1)
    c.setFillColor(st.colour(st.NAVY))
    c.setFont("Sans-Light", 25)
    c.drawString(x + 10, s.y - 34, figure)
    c.setFillColor(st.colour(st.INK))
    c.setFont("Sans-Semi", 9.2)
    c.drawString(x + 10, s.y - 54, name)
    c.setFillColor(st.colour(st.GREY))
    c.setFont("Sans", 8.2)
    c.drawString(x + 10, s.y - 69, change)


def glance(s: Sheet) -> None:
    """Key figures as tiles, the divisions as a table."""
    s.title("The year at a glance")
    revenue, profit = ac.REVENUE_PAIR, ac.PROFIT_PAIR
    tiles = [
        (f"£{ac.money(revenue[0])}m", "Revenue", f"2023: £{ac.money(revenue[1])}m"),
        (f"£{ac.money(profit[0])}m", "Operating profit", f"2023: £{ac.money(profit[1])}m"),
        (ac.EPS[0], "Earnings per share", f"2023: {ac.EPS[1]}"),
        (f"{sum(ac.MONTHLY_2024) / 10:.1f} GWh", "Tidal output", f"2023: {sum(ac.MONTHLY_2023) / 10:.1f} GWh"),
        (f"{sum(r[0] for r in ac.ROUTES.values()) / 10:.1f}k", "Ferry passengers", "2023: 650.8k"),
        ("9.6p", "Dividend for the year", "2023: 8.4p"),
    ]
    wide = (MEASURE - 2 * 12) / 3
    for start in (0, 3):
        for k, tile in enumerate(tiles[start : start + 3]):
            _tile(s, LEFT + k * (wide + 12), wide, *tile)
        s.skip(97)
    s.skip(6)
    s.columns(lambda: prose(GLANCE))
    s.skip(4)
    body = [
        [
            "Tidal Generation",
            "Four arrays of turbines on the seabed; power sold under contract and on the market",
            "Rinn Sound",
            "",
        ],
        ["Island Ferries", "Four year-round routes and one summer cruise, six vessels", "Port Aurn", ""],
        ["Harbours", "Quays, pilotage, a slipway and a marina at three ports", "Port Aurn", ""],
        [
            "Cold Store & Logistics",
            "Frozen and chilled storage for the fishing fleet and for retailers",
            "Stromhaven",
            "",
        ],
        ["Head office", "Treasury, engineering standards, company secretary", "Port Aurn", ""],
    ]
    for row in body:
        row[3] = str(sum(ac.STAFF[row[0]][1]))
    total = sum(sum(years[1]) for years in ac.STAFF.values())
    body.append(["Group", "", "", f"{total:,}"])
    head = [["Division", "What it does", "Main place", "People"]]
    s.block(
        caption("The divisions at the end of 2024", "people employed, including seasonal crew"),
        Spacer(0, 2),
        grid(head, body, [118, 246, 70, MEASURE - 434], bold=(-1,), left=(0, 1, 2)),
    )
    artwork.band(s.canv, s.floor - 4, s.y - s.floor - 4)


GLANCE = """
A wet, windless spring and a strong equinox gave the turbines their best March since the first array was laid. Output
passed 470 gigawatt hours for the first time. Skaill Narrows, which had run for only five months of 2023, worked a
full year.

The ferries carried more people than ever but on fewer good days: the unplanned dry-docking of MV Corran Light took
away the Eilish Bay route's larger vessel for nineteen days in February and March.

Harbours handled 1.42 million tonnes. In the cold stores the new ammonia plant at Eilish Bay came into service in
June, six weeks late and £0.3 million under its budget.
"""


def chair(s: Sheet) -> None:
    """The chair's letter, in one column."""
    s.title("A letter from the chair", "To the shareholders")
    s.block(*prose(CHAIR, st.WIDE), left=LEFT + 34, width=MEASURE - 68, gap=4)
    c = s.canv
    c.setFont("Sans-Semi", 10.5)
    c.setFillColor(st.colour(st.NAVY))
    c.drawString(LEFT + 34, s.y - 14, "Ingrid Halloran")
    c.setFont("Sans", 9)
    c.setFillColor(st.colour(st.GREY))
    c.drawString(LEFT + 34, s.y - 27, "Chair, 12 March 2025")
