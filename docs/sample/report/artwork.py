"""Vector artwork: the cover's sea, the band at chapter openings, and the process diagram of the business model."""

import math

from reportlab.pdfgen.canvas import Canvas

from . import style as st
from .sheet import HEIGHT, LEFT, MEASURE, RIGHT, WIDTH

Point = tuple[float, float]


def _swell(x: float, layer: int, amplitude: float) -> float:
    """Height of one wave layer at x: three sines with fixed phases, so the picture is the same on every run."""
    return amplitude * (
        math.sin(x / (83 + 17 * layer) + 1.7 * layer)
        + 0.45 * math.sin(x / (37 + 5 * layer) + 0.9 * layer)
        + 0.2 * math.sin(x / 19 + 2.3 * layer)
    )


def waves(canv: Canvas, x0: float, x1: float, floor: float, tops: list[tuple[float, str]], amplitude: float) -> None:
    """Filled wave layers from back to front; each is (mean height, colour)."""
    for layer, (top, fill) in enumerate(tops):
        path = canv.beginPath()
        path.moveTo(x0, floor)
        steps = 90
        for i in range(steps + 1):
            x = x0 + (x1 - x0) * i / steps
            path.lineTo(x, top + _swell(x, layer, amplitude))
        path.lineTo(x1, floor)
        path.close()
        canv.setFillColor(st.colour(fill))
        canv.drawPath(path, stroke=0, fill=1)


def mark(canv: Canvas, x: float, y: float, size: float, ink: str = "#FFFFFF") -> None:
    """The company's mark: a ring with two swells across it."""
    canv.saveState()
    canv.setStrokeColor(st.colour(ink))
    canv.setLineWidth(size * 0.07)
    canv.circle(x, y, size / 2, stroke=1, fill=0)
    for shift in (0.12, -0.14):
        path = canv.beginPath()
        for i in range(31):
            t = i / 30
            reach = size * 0.36
            point = (x - reach + 2 * reach * t, y + size * (shift + 0.08 * math.sin(2 * math.pi * t)))
            path.moveTo(*point) if i == 0 else path.lineTo(*point)
        canv.drawPath(path, stroke=1, fill=0)
    canv.restoreState()


def cover(canv: Canvas) -> None:
    """Full-bleed cover: evening sky, low sun, five layers of sea, turbine blades below the surface."""
    canv.linearGradient(0, HEIGHT, 0, HEIGHT * 0.38, (st.colour("#0B2B40"), st.colour("#E9B58C")), extend=True)
    canv.setFillColor(st.colour("#F6DDB4"))
    canv.circle(WIDTH * 0.70, HEIGHT * 0.475, 58, stroke=0, fill=1)
    layers = [(370.0, "#2F6F7E"), (322.0, "#1F5C70"), (272.0, "#164A60"), (216.0, "#103B50"), (150.0, "#0B2B40")]
    waves(canv, 0, WIDTH, 0, layers, 10)
    for x, y, radius in ((262, 112, 36), (352, 132, 46), (446, 104, 32), (528, 124, 40)):
        _turbine(canv, x, y, radius)
    mark(canv, LEFT + 19, HEIGHT - 84, 38)
    canv.setFillColor(st.colour("#FFFFFF"))
    canv.setFont("Sans-Semi", 19)
    canv.drawString(LEFT + 50, HEIGHT - 91, "Skerrivane plc")
    canv.setFont("Sans-Light", 46)
    canv.drawString(LEFT, HEIGHT - 228, "Power, passage")
    canv.drawString(LEFT, HEIGHT - 280, "and cold harbour")
    canv.setFillColor(st.colour(st.CORAL))
    canv.rect(LEFT, HEIGHT - 306, 64, 3.2, stroke=0, fill=1)
    canv.setFillColor(st.colour("#FFFFFF"))
    canv.setFont("Sans", 15)
    canv.drawString(LEFT, HEIGHT - 334, "Annual report and accounts 2024")
    canv.setFont("Sans", 9)
    canv.drawString(LEFT, 36, "For the year ended 31 December 2024")


def _turbine(canv: Canvas, x: float, y: float, radius: float) -> None:
    canv.saveState()
    canv.setStrokeColor(st.colour("#3E8494"))
    canv.setFillColor(st.colour("#3E8494"))
    canv.setLineWidth(1.8)
    canv.line(x, y, x, 0)
    for blade in range(3):
        angle = math.radians(90 + 120 * blade + x)
        canv.setLineWidth(2.6)
        canv.line(x, y, x + radius * math.cos(angle), y + radius * math.sin(angle))
    canv.circle(x, y, 3.6, stroke=0, fill=1)
    canv.restoreState()


def band(canv: Canvas, low: float, height: float) -> None:
    """A strip of sea across the text width, for chapter openings."""
    canv.saveState()
    clip = canv.beginPath()
    clip.rect(LEFT, low, MEASURE, height)
    canv.clipPath(clip, stroke=0, fill=0)
    canv.setFillColor(st.colour("#CFE5E2"))
    canv.rect(LEFT, low, MEASURE, height, stroke=0, fill=1)
    canv.setFillColor(st.colour("#F3D9AE"))
    canv.circle(RIGHT - 120, low + height * 0.52, height * 0.26, stroke=0, fill=1)
    tops = [(low + height * f, c) for f, c in ((0.56, "#7FBFB8"), (0.40, st.TEAL), (0.24, "#0C5668"), (0.10, st.NAVY))]
    waves(canv, LEFT, RIGHT, low, tops, height * 0.055)
    canv.restoreState()


def process(canv: Canvas, top: float, steps: list[tuple[str, list[str]]], height: float = 104) -> float:
    """Boxes joined by arrows from left to right; returns the y below them. Each step is a title and its lines."""
    gap = 20.0
    wide = (MEASURE - gap * (len(steps) - 1)) / len(steps)
    for i, (title, lines) in enumerate(steps):
        x = LEFT + i * (wide + gap)
        canv.setFillColor(st.colour(st.PALE))
        canv.roundRect(x, top - height, wide, height, 5, stroke=0, fill=1)
        canv.setFillColor(st.colour((st.NAVY, st.TEAL, st.TEAL, st.CORAL)[i % 4]))
        canv.roundRect(x, top - 27, wide, 27, 5, stroke=0, fill=1)
        canv.setFillColor(st.colour("#FFFFFF"))
        canv.setFont("Sans-Semi", 9.4)
        canv.drawCentredString(x + wide / 2, top - 18, title)
        canv.setFillColor(st.colour(st.INK))
        canv.setFont("Sans", 8.4)
        for k, line in enumerate(lines):
            canv.drawCentredString(x + wide / 2, top - 44 - 12.2 * k, line)
        if i + 1 < len(steps):
            _arrow(canv, x + wide + 3, top - height / 2, gap - 6)
    return top - height


def _arrow(canv: Canvas, x: float, y: float, length: float) -> None:
    canv.setFillColor(st.colour(st.GREY))
    path = canv.beginPath()
    points: list[Point] = [(x, y + 2), (x + length - 6, y + 2), (x + length - 6, y + 6), (x + length, y)]
    points += [(px, 2 * y - py) for px, py in reversed(points[:3])]
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    path.close()
    canv.drawPath(path, stroke=0, fill=1)
