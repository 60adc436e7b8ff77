"""Charts and the group diagram, rasterised: their words stand in pixels only.

Each function takes width and height in points and returns PNG bytes at 200 dpi. Facts that stand in no text or table
of the report: the day-ahead prices, the revenue by customer, the punctuality by route, the cargo by kind, the energy
per pallet, the engagement scores, the carbon intensity, the holdings in the group diagram, the maturity of borrowings.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from . import accounts as ac
from . import style as st

matplotlib.use("Agg")
DPI = 200
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def setup() -> None:
    """Use the report's own sans in every chart."""
    for face in ("Sans", "Sans-Semi", "Sans-Bold"):
        font_manager.fontManager.addfont(str(st.FACES[face]))
    matplotlib.rcParams.update(
        {
            "font.family": "Source Sans Pro",
            "font.size": 8.5,
            "text.color": st.INK,
            "axes.edgecolor": st.RULE,
            "axes.labelcolor": st.GREY,
            "xtick.color": st.INK,
            "ytick.color": st.GREY,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
        }
    )


def _draw(width_pt: float, height_pt: float, paint: Callable[[Axes], None]) -> bytes:
    figure = Figure(figsize=(width_pt / 72, height_pt / 72), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    paint(axes)
    out = BytesIO()
    figure.savefig(out, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
    return out.getvalue()


def _grid(axes: Axes, axis: str = "y") -> None:
    axes.grid(axis=axis, color="#E3E9EA", linewidth=0.6)  # type: ignore[arg-type]
    axes.tick_params(length=0)


def power_price(width: float, height: float) -> bytes:
    """Line: average day-ahead price in the islands' zone, pounds a megawatt hour."""
    years, price = list(range(2018, 2025)), [52, 44, 36, 109, 187, 98, 71]

    def paint(axes: Axes) -> None:
        axes.plot(years, price, color=st.TEAL, linewidth=2.2, marker="o", markersize=5)
        axes.fill_between(years, price, color=st.TEAL, alpha=0.10)
        for x, y in zip(years, price, strict=True):
            shift = -10 if y == 109 else 0
            axes.annotate(f"£{y}", (x, y), (shift, 7), textcoords="offset points", ha="center", weight="semibold")
        axes.axhline(238, color=st.CORAL, linestyle=(0, (4, 3)), linewidth=1)
        axes.text(2017.9, 241, "Contract price, Rinn Sound: £238", color=st.CORAL, va="bottom")
        axes.set(ylim=(0, 275), ylabel="£ per MWh", xticks=years)
        _grid(axes)

    return _draw(width, height, paint)


def revenue_stack(width: float, height: float) -> bytes:
    """Stacked bars: revenue by segment over five years."""

    def paint(axes: Axes) -> None:
        base = np.zeros(len(ac.YEARS))
        for (name, values), tint in zip(ac.REVENUE.items(), st.SERIES, strict=False):
            heights = np.array(values) / 10
            axes.bar(ac.YEARS, heights, 0.62, bottom=base, color=tint, label=name, edgecolor="white", linewidth=0.6)
            for x, low, h in zip(ac.YEARS, base, heights, strict=True):
                shade = st.INK if tint == st.SAND or tint == st.GREEN else "white"
                axes.text(x, low + h / 2, f"{h:.1f}", ha="center", va="center", color=shade, fontsize=8)
            base += heights
        for x, total in zip(ac.YEARS, base, strict=True):
            axes.text(x, total + 3, f"{total:.1f}", ha="center", weight="bold", color=st.NAVY)
        axes.set(ylim=(0, 262), xticks=ac.YEARS, ylabel="£ million")
        axes.legend(loc="upper left", frameon=False, ncols=1, fontsize=8, handlelength=1, labelspacing=0.3)
        _grid(axes)

    return _draw(width, height, paint)


def _ring(width: float, height: float, parts: dict[str, int], centre: str, hole: float) -> bytes:
    def paint(axes: Axes) -> None:
        shown = axes.pie(
            list(parts.values()),
            startangle=90,
            counterclock=False,
            radius=1.0,
            colors=st.SERIES,
            wedgeprops={"width": 1 - hole, "edgecolor": "white", "linewidth": 1.4},
        )
        for wedge, (name, share) in zip(shown[0], parts.items(), strict=True):
            angle = np.deg2rad((wedge.theta1 + wedge.theta2) / 2)
            x, y = np.cos(angle), np.sin(angle)
            side = "left" if x >= 0 else "right"
            axes.text(1.17 * x, 1.2 * y, f"{name}\n{share}%", ha=side, va="center", fontsize=8.6, linespacing=1.1)
        if centre:
            axes.text(0, 0, centre, ha="center", va="center", fontsize=10.5, weight="semibold", color=st.NAVY)
        axes.set(xlim=(-2.0, 2.0), ylim=(-1.3, 1.3))

    return _draw(width, height, paint)


def customers(width: float, height: float) -> bytes:
    """Ring: revenue by kind of customer, 2024."""
    parts = {
        "Contracted\npower buyers": 39,
        "Power market": 3,
        "Ferry passengers": 18,
        "Fishing and\naquaculture": 15,
        "Public service\ncontracts": 14,
        "Freight\nand retail": 11,
    }
    return _ring(width, height, parts, "£230.2m", 0.56)


def cargo(width: float, height: float) -> bytes:
    """Pie: tonnage over the group's quays by kind of cargo, 2024."""
    parts = {
        "Fish and shellfish": 31,
        "Aggregates": 24,
        "Fuel": 17,
        "Turbine parts": 16,
        "Timber": 8,
        "Other": 4,
    }
    return _ring(width, height, parts, "", 0.0)


def monthly_output(width: float, height: float) -> bytes:
    """Two lines: tidal output by month, gigawatt hours."""

    def paint(axes: Axes) -> None:
        x = range(12)
        axes.plot(x, np.array(ac.MONTHLY_2024) / 10, color=st.TEAL, lw=2.3, marker="o", ms=4.5, label="2024")
        axes.plot(x, np.array(ac.MONTHLY_2023) / 10, color=st.SAND, lw=2, marker="s", ms=3.8, label="2023")
        for month in (2, 6, 9):
            value = ac.MONTHLY_2024[month] / 10
            axes.annotate(
                f"{value:.1f}", (month, value), (0, 8), textcoords="offset points", ha="center", weight="bold"
            )
        axes.axvspan(3.55, 6.45, color=st.PALE, zorder=0)
        axes.text(5, 47.6, "Cauldron Race:\none turbine ashore", ha="center", va="top", color=st.GREY)
        axes.set(ylim=(25, 48), ylabel="GWh")
        axes.set_xticks(list(x), MONTHS)
        axes.legend(loc="lower left", frameon=False, ncols=2)
        _grid(axes)

    return _draw(width, height, paint)


def _pairs(axes: Axes, names: list[str], old: list[float], new: list[float], labels: tuple[str, str], fmt: str) -> None:
    x = np.arange(len(names))
    for shift, values, tint, label in ((-0.19, old, st.SAND, labels[0]), (0.19, new, st.TEAL, labels[1])):
        bars = axes.bar(x + shift, values, 0.36, color=tint, label=label)
        axes.bar_label(bars, fmt=fmt, padding=2, fontsize=8.4)
    axes.set_xticks(x, names)
    _grid(axes)


def punctuality(width: float, height: float) -> bytes:
    """Grouped bars: sailings that left within ten minutes of the timetable, per cent."""
    names = ["Port Aurn –\nStromhaven", "Port Aurn –\nEilish Bay", "Stromhaven –\nTarrow", "Tarrow –\nNess of Quoy"]

    def paint(axes: Axes) -> None:
        _pairs(axes, names, [93.1, 90.4, 94.6, 88.2], [94.8, 84.7, 96.3, 89.5], ("2023", "2024"), "%.1f")
        axes.set(ylim=(70, 103), ylabel="% of sailings on time")
        axes.legend(loc="upper right", frameon=False, ncols=2, borderaxespad=0)

    return _draw(width, height, paint)


def pallet_energy(width: float, height: float) -> bytes:
    """Grouped bars: electricity for each pallet kept for a month, kilowatt hours."""

    def paint(axes: Axes) -> None:
        names = ["Port Aurn", "Stromhaven", "Eilish Bay"]
        _pairs(axes, names, [21.4, 24.9, 33.6], [18.7, 23.8, 26.1], ("2023", "2024"), "%.1f")
        axes.set(ylim=(0, 41), ylabel="kWh per pallet-month")
        axes.legend(loc="upper left", frameon=False, ncols=2)

    return _draw(width, height, paint)


def engagement(width: float, height: float) -> bytes:
    """Horizontal bars: engagement score of each division in the 2024 survey, out of 100."""
    scores = {
        "Head office": 79,
        "Cold Store & Logistics": 66,
        "Harbours": 74,
        "Island Ferries": 71,
        "Tidal Generation": 82,
    }

    def paint(axes: Axes) -> None:
        bars = axes.barh(list(scores), list(scores.values()), 0.58, color=st.TEAL)
        bars[1].set_color(st.CORAL)
        axes.bar_label(bars, padding=-17, weight="bold", color="white")
        axes.axvline(73, color=st.NAVY, linestyle=(0, (3, 3)), linewidth=0.9)
        axes.text(72.4, 4.62, "Group average 73", ha="right", fontsize=8.2, color=st.NAVY)
        axes.set(xlim=(40, 92), ylim=(-0.5, 5.0))
        axes.tick_params(axis="y", labelcolor=st.INK)
        _grid(axes, "x")

    return _draw(width, height, paint)


def carbon(width: float, height: float) -> bytes:
    """Line against target: kilograms of CO2 equivalent for each ferry passenger journey."""
    actual, target = [6.8, 6.6, 6.1, 5.9, 5.2], [6.8, 6.4, 6.0, 5.6, 5.2, 4.8, 4.4, 4.0]

    def paint(axes: Axes) -> None:
        axes.plot(range(2020, 2028), target, color=st.GREY, linestyle=(0, (4, 3)), lw=1.3, label="Path to 2027 target")
        axes.plot(ac.YEARS, actual, color=st.CORAL, lw=2.3, marker="o", ms=5, label="Actual")
        for x, y in zip(ac.YEARS, actual, strict=True):
            axes.annotate(f"{y}", (x, y), (0, 7), textcoords="offset points", ha="center", weight="bold")
        axes.annotate("4.0", (2027, 4.0), (0, 7), textcoords="offset points", ha="center", color=st.GREY)
        axes.set(ylim=(3, 8), xticks=list(range(2020, 2028)))
        axes.set_title("kg CO2e per passenger journey", loc="left", fontsize=8.5, color=st.GREY)
        axes.legend(loc="lower left", frameon=False)
        _grid(axes)

    return _draw(width, height, paint)


def maturity(width: float, height: float) -> bytes:
    """Bars: borrowings by the year in which they fall due, million pounds."""

    def paint(axes: Axes) -> None:
        values = [v / 10 for v in ac.MATURITY.values()]
        bars = axes.bar(list(ac.MATURITY), values, 0.6, color=st.NAVY)
        bars[4].set_color(st.CORAL)
        axes.bar_label(bars, fmt="%.1f", padding=2, weight="semibold")
        axes.set(ylim=(0, 70), ylabel="£ million")
        _grid(axes)

    return _draw(width, height, paint)


def _box(axes: Axes, x: float, y: float, title: str, line: str, fill: str, wide: float = 20.5) -> None:
    patch = FancyBboxPatch(
        (x - wide / 2, y - 5), wide, 10, boxstyle="round,pad=0,rounding_size=1.2", fc=fill, ec="none"
    )
    axes.add_patch(patch)
    dark = fill in (st.NAVY, st.TEAL)
    ink = "white" if dark else st.INK
    axes.text(x, y + 1.5, title, ha="center", va="center", color=ink, weight="semibold", fontsize=8.6)
    axes.text(x, y - 2.2, line, ha="center", va="center", color=ink, fontsize=7.8)


def group_structure(width: float, height: float) -> bytes:
    """Diagram: the parent, its four operating companies with the share held in each, and the companies below them."""
    tops = (
        (12.5, "Skerrivane Tidal Ltd", "100%"),
        (37.5, "Orris Island Ferries Ltd", "100%"),
        (62.5, "Aurn Harbours Ltd", "100%"),
        (87.5, "Coldhaven Stores Ltd", "85%"),
    )
    lows = (
        (12.5, "Skaill Narrows Power LLP", "60%"),
        (37.5, "Tarrow Slipway Ltd", "75%"),
        (62.5, "Aurn Pilotage Ltd", "51%"),
    )

    def paint(axes: Axes) -> None:
        line: dict[str, Any] = {"color": st.GREY, "linewidth": 1.0, "zorder": 0}
        axes.plot([50, 50], [52, 40], **line)
        axes.plot([12.5, 87.5], [40, 40], **line)
        for x, _, _ in tops:
            axes.plot([x, x], [40, 30], **line)
        for x, _, _ in lows:
            axes.plot([x, x], [30, 10], **line)
        _box(axes, 50, 54, "Skerrivane plc", "Parent company, listed", st.NAVY, 26)
        for x, name, share in tops:
            _box(axes, x, 30, name, f"{share} held", st.TEAL, 23)
        for x, name, share in lows:
            _box(axes, x, 9, name, f"{share} held", "#D7EBE6", 23)
        axes.set(xlim=(0, 100), ylim=(2, 61))
        axes.axis("off")

    return _draw(width, height, paint)
