"""Charts: bars, columns, lines and pies with their axes, gridlines, legends and value labels."""

from collections.abc import Callable
from math import cos, pi, sin
from random import Random

from msgspec import Struct

from retrieval.wordspot.figures import alike
from retrieval.wordspot.pen import Ease, Pen, Type, print_of

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class _Frame(Struct, frozen=True):
    """Where a chart's bars or lines go, in pixels of the canvas, and what it is printed with."""

    left: float
    top: float
    right: float
    bottom: float
    type_: Type
    ground: int
    ink: int

    def x(self, share: float) -> float:
        return self.left + share * (self.right - self.left)

    def y(self, share: float) -> float:
        return self.bottom - share * (self.bottom - self.top)


def chart(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    """Charts side by side, of which the patch may show a part."""
    random = pen.random
    width, height = pen.image.size
    y = random.uniform(-70, 4) * pen.scale
    while y < height:
        x, tall = random.uniform(-100, 4) * pen.scale, random.uniform(100, 230) * pen.scale
        while x < width:
            wide = random.uniform(170, 420) * pen.scale
            _one(pen, ease, (x, y, x + wide, y + tall), (ground, ink))
            x += wide
        y += tall


def _one(pen: Pen, ease: Ease, box: tuple[float, float, float, float], shades: tuple[int, int]) -> None:
    random, (left, top, right, bottom) = pen.random, box
    ground, ink = shades
    heading, type_ = print_of(pen, ease.em(random))
    em = type_.em
    if random.random() < 0.6:
        top += 1.3 * em
        pen.label(left + 2 * em, top, _words(pen, 5), heading, ink)
    if random.random() < 0.4:
        top += 1.4 * em
        _legend(pen, type_, left + 2 * em, top, right, shades)
    side = random.uniform(2, 6) * em
    frame = _Frame(left + side, top + 1.4 * em, right - em, bottom - 2 * em, type_, ground, ink)
    if frame.right - frame.left < 5 * em or frame.bottom - frame.top < 3 * em:
        return
    kinds: tuple[Callable[[Pen, _Frame], None], ...] = (_columns, _columns, _bars, _lines, _pie)
    random.choice(kinds)(pen, frame)
    if random.random() < 0.3:
        pen.turned(left, frame.y(0.1), _words(pen, 3), type_, ink)


def _words(pen: Pen, most: int) -> str:
    return " ".join(pen.source.token(pen.random) for _ in range(pen.random.randint(1, most)))


def _fill(random: Random, frame: _Frame) -> int:
    """A shade that stands out from the ground, or hardly does."""
    return int(frame.ground + (frame.ink - frame.ground) * random.uniform(0.15, 1.0))


def _against(fill: int) -> int:
    return 255 if fill < 120 else 0


def _legend(pen: Pen, type_: Type, x: float, y: float, end: float, shades: tuple[int, int]) -> None:
    ground, ink = shades
    for _ in range(pen.random.randint(2, 5)):
        text, em = _words(pen, 2), type_.em
        if x + type_.width(text) + em > end:
            return
        fill = int(ground + (ink - ground) * pen.random.uniform(0.2, 1))
        pen.draw.rectangle((x, y - 0.6 * em, x + 0.6 * em, y), fill=fill)
        pen.label(x + 0.9 * em, y, text, type_, ink)
        x += type_.width(text) + 2.2 * em


def _ticks(random: Random, count: int) -> list[str]:
    """Figures at even distances, written alike."""
    step = random.choice((1, 2, 2.5, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 5000))
    first = random.choice((0, 0, 0, 1, -2)) * step
    before, after = random.choice(
        (("", ""), ("", ""), ("", "%"), ("$", ""), ("€", ""), ("", "k"), ("$", "bn"), ("", "M"))
    )
    places = 1 if step == 2.5 else random.choice((0, 0, 0, 1))
    return [f"{before}{first + step * index:,.{places}f}{after}" for index in range(count)]


def _names(pen: Pen, count: int) -> list[str]:
    """What stands below columns: years, months, quarters or words."""
    random, first = pen.random, pen.random.randint(1980, 2028)
    chance = random.random()
    if chance < 0.35:
        return [str(first + index) for index in range(count)]
    if chance < 0.45:
        return [f"'{(first + index) % 100:02}" for index in range(count)]
    if chance < 0.55:
        return [_MONTHS[index % 12] for index in range(count)]
    if chance < 0.65:
        return [f"Q{1 + index % 4}" for index in range(count)]
    return [pen.source.token(random) for _ in range(count)]


def _axes(pen: Pen, frame: _Frame) -> None:
    """Lines, and the figures to the left."""
    random, em = pen.random, frame.type_.em
    ticks = _ticks(random, random.randint(3, 7))
    faint = int(frame.ground + (frame.ink - frame.ground) * random.uniform(0.1, 0.5))
    grid = random.random() < 0.6
    for index, text in enumerate(ticks):
        y = frame.y(index / (len(ticks) - 1))
        if grid:
            pen.draw.line((frame.left, y, frame.right, y), fill=faint)
        pen.label(frame.left - 0.4 * em, y + 0.33 * em, text, frame.type_, frame.ink, 1.0)
    if random.random() < 0.7:
        pen.draw.line((frame.left, frame.top, frame.left, frame.bottom), fill=frame.ink)
        pen.draw.line((frame.left, frame.bottom, frame.right, frame.bottom), fill=frame.ink)


def _columns(pen: Pen, frame: _Frame) -> None:
    random, em = pen.random, frame.type_.em
    _axes(pen, frame)
    count, series = random.randint(3, 12), random.choice((1, 1, 1, 2, 3))
    fills = [_fill(random, frame) for _ in range(series)]
    write, values, inside = alike(random), random.random() < 0.6, random.random() < 0.3
    for index, name in enumerate(_names(pen, count)):
        for number, fill in enumerate(fills):
            left = frame.x((index + 0.15 + 0.7 * number / series) / count)
            right = frame.x((index + 0.15 + 0.7 * (number + 1) / series) / count)
            top = frame.y(random.uniform(0.05, 0.95))
            pen.draw.rectangle((left, top, right, frame.bottom), fill=fill)
            if values and inside and frame.bottom - top > 1.5 * em:
                pen.label(
                    (left + right) / 2,
                    top + 1.1 * em,
                    _short(write, frame, right - left),
                    frame.type_,
                    _against(fill),
                    0.5,
                )
            elif values:
                pen.label((left + right) / 2, top - 0.25 * em, write(), frame.type_, frame.ink, 0.5)
        pen.label(frame.x((index + 0.5) / count), frame.bottom + 1.1 * em, name, frame.type_, frame.ink, 0.5)


def _short(write: Callable[[], str], frame: _Frame, room: float) -> str:
    """A figure that has room within a bar, or nothing."""
    text = write()
    return text if frame.type_.width(text) < room else ""


def _bars(pen: Pen, frame: _Frame) -> None:
    random, em = pen.random, frame.type_.em
    count = max(1, min(random.randint(3, 12), int((frame.bottom - frame.top) / (1.2 * em))))
    write, fill, inside = alike(random), _fill(random, frame), random.random() < 0.3
    for index in range(count):
        top, bottom = frame.y((index + 0.85) / count), frame.y((index + 0.15) / count)
        end, base = frame.x(random.uniform(0.02, 0.85)), (top + bottom) / 2 + 0.33 * em
        pen.draw.rectangle((frame.left, top, end, bottom), fill=fill)
        pen.label(frame.left - 0.4 * em, base, _words(pen, 3), frame.type_, frame.ink, 1.0)
        text = write()
        if inside and bottom - top > em and frame.type_.width(text) + em < end - frame.left:
            pen.label(end - 0.3 * em, base, text, frame.type_, _against(fill), 1.0)
        else:
            pen.label(end + 0.3 * em, base, text, frame.type_, frame.ink)


def _lines(pen: Pen, frame: _Frame) -> None:
    random, em = pen.random, frame.type_.em
    _axes(pen, frame)
    count, write = random.randint(4, 14), alike(random)
    for _ in range(random.randint(1, 4)):
        shares = [random.random()]
        for _ in range(count - 1):
            shares.append(min(1.0, max(0.0, shares[-1] + random.uniform(-0.25, 0.25))))
        points = [(frame.x((index + 0.5) / count), frame.y(share)) for index, share in enumerate(shares)]
        fill = _fill(random, frame)
        pen.draw.line(points, fill=fill, width=max(1, round(random.uniform(0.7, 3) * pen.scale)))
        if random.random() < 0.5:
            for x, y in points:
                pen.draw.ellipse(
                    (x - 2 * pen.scale, y - 2 * pen.scale, x + 2 * pen.scale, y + 2 * pen.scale), fill=fill
                )
        if random.random() < 0.5:
            for x, y in points:
                pen.label(x, y - 0.5 * em, write(), frame.type_, frame.ink, 0.5)
        elif random.random() < 0.5:
            pen.label(points[-1][0] + 0.4 * em, points[-1][1], _words(pen, 2), frame.type_, frame.ink)
    for index, name in enumerate(_names(pen, count)):
        pen.label(frame.x((index + 0.5) / count), frame.bottom + 1.1 * em, name, frame.type_, frame.ink, 0.5)


def _pie(pen: Pen, frame: _Frame) -> None:
    random, em = pen.random, frame.type_.em
    radius = 0.5 * min(frame.right - frame.left, frame.bottom - frame.top)
    x, y = frame.x(0.4), frame.y(0.5)
    shares = [random.uniform(0.3, 1.5) for _ in range(random.randint(2, 7))]
    angle, whole, inner = random.uniform(0, 360), sum(shares), random.choice((0.0, 0.0, 0.5))
    box = (x - radius, y - radius, x + radius, y + radius)
    labels: list[tuple[float, int, float]] = []
    for share in shares:
        turn = 360 * share / whole
        fill = _fill(random, frame)
        pen.draw.pieslice(box, angle, angle + turn, fill=fill, outline=frame.ground)
        labels.append(((angle + turn / 2) * pi / 180, fill, share / whole))
        angle += turn
    if inner:
        hole = inner * radius
        pen.draw.ellipse((x - hole, y - hole, x + hole, y + hole), fill=frame.ground)
    within, named = random.random() < 0.5, random.random() < 0.5
    for middle, fill, share in labels:
        text = f"{100 * share:.{random.choice((0, 0, 1))}f}%"
        if within and frame.type_.width(text) < 0.6 * radius:
            at, ink = 0.72 * radius, _against(fill)
            pen.label(x + at * cos(middle), y + at * sin(middle) + 0.33 * em, text, frame.type_, ink, 0.5)
        if named or not within:
            outside = f"{_words(pen, 2)} {text}" if named and not within else _words(pen, 2) if named else text
            at, align = radius + 0.5 * em, 0.0 if cos(middle) > 0 else 1.0
            pen.label(x + at * cos(middle), y + at * sin(middle) + 0.33 * em, outside, frame.type_, frame.ink, align)
