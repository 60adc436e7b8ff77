"""Every figure of the made-up company, with the sums checked as this module loads.

Money is kept in whole tenths of a million pounds (int), so that rows add up exactly as printed; `money` formats it.
Other units are stated beside each table. Totals are computed, and `check` asserts that the statements tie to each
other: the balance sheet balances, cash moves as the cash flow says, equity rolls forward.
"""

YEARS = (2020, 2021, 2022, 2023, 2024)
SEGMENTS = ("Tidal Generation", "Island Ferries", "Harbours", "Cold Store & Logistics")

# £0.1m, in the order of YEARS
REVENUE: dict[str, tuple[int, ...]] = {
    "Tidal Generation": (584, 639, 772, 846, 963),
    "Island Ferries": (412, 448, 581, 637, 669),
    "Harbours": (275, 290, 314, 338, 352),
    "Cold Store & Logistics": (196, 223, 257, 284, 318),
}
OPERATING_PROFIT: dict[str, tuple[int, ...]] = {
    "Tidal Generation": (141, 159, 208, 224, 275),
    "Island Ferries": (-26, 9, 42, 51, 43),
    "Harbours": (61, 64, 70, 77, 81),
    "Cold Store & Logistics": (19, 24, 22, 30, 36),
    "Central costs": (-50, -52, -56, -60, -63),
}

# The remaining dictionaries hold (2024, 2023), £0.1m.
Pair = tuple[int, int]
DEPRECIATION: dict[str, Pair] = {
    "Tidal Generation": (189, 172),
    "Island Ferries": (91, 86),
    "Harbours": (46, 44),
    "Cold Store & Logistics": (29, 27),
    "Central costs": (7, 6),
}
CAPEX: dict[str, Pair] = {
    "Tidal Generation": (317, 225),
    "Island Ferries": (142, 158),
    "Harbours": (69, 56),
    "Cold Store & Logistics": (48, 51),
    "Central costs": (8, 7),
}


def money(value: int, blank_zero: bool = True) -> str:
    """Tenths of a million pounds as text: 2302 -> "230.2", -63 -> "(6.3)", 0 -> an en dash."""
    if value == 0 and blank_zero:
        return "–"
    text = f"{abs(value) / 10:,.1f}"
    return f"({text})" if value < 0 else text


def pair_sum(rows: dict[str, Pair]) -> Pair:
    """Column totals of a two-year dictionary."""
    return sum(v[0] for v in rows.values()), sum(v[1] for v in rows.values())


GROUP_REVENUE: tuple[int, ...] = tuple(sum(column) for column in zip(*REVENUE.values(), strict=True))
GROUP_PROFIT: tuple[int, ...] = tuple(sum(column) for column in zip(*OPERATING_PROFIT.values(), strict=True))
REVENUE_PAIR: Pair = (GROUP_REVENUE[-1], GROUP_REVENUE[-2])
PROFIT_PAIR: Pair = (GROUP_PROFIT[-1], GROUP_PROFIT[-2])
DEPRECIATION_PAIR = pair_sum(DEPRECIATION)
CAPEX_PAIR = pair_sum(CAPEX)
EBITDA_PAIR: Pair = (PROFIT_PAIR[0] + DEPRECIATION_PAIR[0], PROFIT_PAIR[1] + DEPRECIATION_PAIR[1])


def _rest(total: Pair, parts: dict[str, Pair]) -> Pair:
    got = pair_sum(parts)
    return total[0] - got[0], total[1] - got[1]


# Operating costs by nature; "Other" is what remains, so the statement foots by construction.
COSTS: dict[str, Pair] = {
    "Staff costs": (-714, -660),
    "Fuel and energy": (-316, -319),
    "Repairs and maintenance": (-289, -258),
    "Depreciation": (-DEPRECIATION_PAIR[0], -DEPRECIATION_PAIR[1]),
}
COSTS["Port dues, insurance and other"] = _rest(
    (PROFIT_PAIR[0] - REVENUE_PAIR[0], PROFIT_PAIR[1] - REVENUE_PAIR[1]), COSTS
)
FINANCE_INCOME: Pair = (9, 5)
FINANCE_COST: Pair = (-98, -91)
TAX: Pair = (-64, -53)
PRE_TAX: Pair = (PROFIT_PAIR[0] + 9 - 98, PROFIT_PAIR[1] + 5 - 91)
NET: Pair = (PRE_TAX[0] + TAX[0], PRE_TAX[1] + TAX[1])
MINORITY: Pair = (16, 13)
OWNERS: Pair = (NET[0] - MINORITY[0], NET[1] - MINORITY[1])
SHARES_M = 84.0
EPS = tuple(f"{owners / 10 / SHARES_M * 100:.1f}p" for owners in OWNERS)

CASH_OPERATING: dict[str, Pair] = {
    "Operating profit": PROFIT_PAIR,
    "Depreciation": DEPRECIATION_PAIR,
    "Gain on sale of vessel": (-8, 0),
    "Change in working capital and provisions": (-13, 14),
    "Tax paid": (-56, -47),
}
CASH_INVESTING: dict[str, Pair] = {
    "Purchase of property, plant and equipment": (-CAPEX_PAIR[0], -CAPEX_PAIR[1]),
    "Proceeds from sale of vessel": (32, 0),
    "Interest received": FINANCE_INCOME,
}
CASH_FINANCING: dict[str, Pair] = {
    "Loans drawn": (240, 120),
    "Loans repaid": (-155, -110),
    "Principal of leases": (-42, -39),
    "Interest paid": (-96, -89),
    "Dividends to shareholders": (-74, -65),
    "Dividends to non-controlling interests": (-8, -6),
}
OPENING_CASH: Pair = (264, 321)

ASSETS_LONG: dict[str, Pair] = {
    "Property, plant and equipment": (4265, 4026),
    "Right-of-use assets": (198, 189),
    "Goodwill": (120, 120),
}
ASSETS_SHORT: dict[str, Pair] = {
    "Inventories": (71, 66),
    "Trade and other receivables": (339, 312),
    "Cash and cash equivalents": (243, 264),
}
DEBTS: dict[str, Pair] = {
    "Borrowings": (2070, 1985),
    "Lease liabilities": (204, 196),
    "Trade and other payables": (321, 304),
    "Current and deferred tax": (257, 249),
    "Decommissioning provision": (167, 163),
}
EQUITY: dict[str, Pair] = {
    "Share capital": (210, 210),
    "Share premium": (483, 483),
    "Retained earnings": (1404, 1275),
    "Non-controlling interests": (120, 112),
}
NET_DEBT: Pair = (2070 + 204 - 243, 1985 + 196 - 264)

# Movement of property, plant and equipment in 2024, £0.1m: opening, additions, disposals, depreciation
PLANT: dict[str, tuple[int, int, int, int]] = {
    "Turbines and subsea cables": (2318, 317, 0, -183),
    "Vessels": (871, 142, -24, -79),
    "Quays and buildings": (597, 69, 0, -32),
    "Cold stores and other": (240, 56, 0, -27),
}
# Borrowings by the year in which they fall due, £0.1m
MATURITY: dict[str, int] = {"2025": 180, "2026": 225, "2027": 410, "2028": 155, "2029": 600, "2030+": 500}

# site: (capacity MW, first power, output GWh x10 2024, 2023, availability % 2024, 2023)
SITES: dict[str, tuple[int, int, int, int, str, str]] = {
    "Rinn Sound": (60, 2011, 1939, 1912, "95.1", "94.6"),
    "Ola Firth": (45, 2015, 1447, 1399, "93.8", "92.2"),
    "Cauldron Race": (30, 2019, 882, 856, "88.4", "87.9"),
    "Skaill Narrows": (15, 2023, 436, 151, "91.7", "90.3"),
}
HOURS: Pair = (366 * 24, 365 * 24)
# Output by month, GWh x10
MONTHLY_2024 = (436, 421, 449, 412, 371, 338, 329, 352, 408, 431, 389, 368)
MONTHLY_2023 = (389, 362, 394, 361, 331, 303, 296, 331, 386, 412, 385, 368)

# route: (passengers '000 x10 2024, 2023, vehicles '000 x10 2024, 2023, sailings 2024)
ROUTES: dict[str, tuple[int, int, int, int, int]] = {
    "Port Aurn – Stromhaven": (3124, 3046, 982, 941, 2912),
    "Port Aurn – Eilish Bay": (1877, 1921, 604, 612, 2184),
    "Stromhaven – Tarrow": (968, 902, 311, 287, 1820),
    "Tarrow – Ness of Quoy": (413, 398, 97, 92, 1456),
    "Sea of Orris (summer)": (286, 241, 0, 0, 188),
}

# division: ((men, women) at the end of 2023, the same at the end of 2024)
STAFF: dict[str, tuple[tuple[int, int], ...]] = {
    "Tidal Generation": ((164, 58), (171, 69)),
    "Island Ferries": ((318, 121), (322, 129)),
    "Harbours": ((121, 34), (119, 38)),
    "Cold Store & Logistics": ((143, 96), (149, 103)),
    "Head office": ((31, 44), (33, 47)),
}


def flow(rows: dict[str, Pair]) -> Pair:
    """Net flow of one part of the cash flow statement."""
    return pair_sum(rows)


def check() -> None:
    """Assert that the statements tie to each other; a wrong figure above stops the build here."""
    parts = (flow(CASH_OPERATING), flow(CASH_INVESTING), flow(CASH_FINANCING))
    for year, closing in enumerate(ASSETS_SHORT["Cash and cash equivalents"]):
        assert OPENING_CASH[year] + sum(part[year] for part in parts) == closing, "cash"
        assets = pair_sum(ASSETS_LONG)[year] + pair_sum(ASSETS_SHORT)[year]
        assert assets - pair_sum(DEBTS)[year] == pair_sum(EQUITY)[year], "balance sheet"
        assert REVENUE_PAIR[year] + pair_sum(COSTS)[year] == PROFIT_PAIR[year], "costs"
    assert pair_sum(EQUITY)[0] - pair_sum(EQUITY)[1] == NET[0] - 74 - 8, "equity"
    opening, additions, disposals, wear = (sum(column) for column in zip(*PLANT.values(), strict=True))
    assert (opening, additions) == (4026, CAPEX_PAIR[0]), "plant"
    assert opening + additions + disposals + wear == 4265, "plant closing"
    assert DEPRECIATION_PAIR[0] + wear == 41, "right-of-use depreciation"
    assert sum(MATURITY.values()) == 2070, "maturity"
    assert sum(MONTHLY_2024) == sum(s[2] for s in SITES.values()), "output 2024"
    assert sum(MONTHLY_2023) == sum(s[3] for s in SITES.values()), "output 2023"


check()
