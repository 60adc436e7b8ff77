"""Pages of running text, and slides."""

from typing import Any

from retrieval.wordspot.pen import Ease, Pen, Type, dressed, print_of, shades


def paragraphs(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    random = pen.random
    width, height = pen.image.size
    columns = random.choice([1, 1, 1, 2])
    gutter = random.uniform(1.2, 3) * 12 * pen.scale
    column = (width - gutter * (columns - 1)) / columns
    for number in range(columns):
        _column(pen, ease, ink, number * (column + gutter), column, height)


def _column(pen: Pen, ease: Ease, ink: int, left: float, width: float, height: int) -> None:
    random = pen.random
    y = random.uniform(-0.5, 1.0) * 12 * pen.scale
    while y < height:
        types = print_of(pen, ease.em(random))
        em = types[0].em
        leading = em * random.uniform(1.05, 1.6)
        style, space = random.random(), em * random.uniform(0.22, 0.4)
        indent = random.choice([0.0, 0.0, em, 2 * em])
        for _ in range(random.randint(1, 8)):
            y += leading
            if y - em > height:
                return
            end = left + width * (1 if random.random() < 0.8 else random.uniform(0.2, 1))
            _line(pen, types, ink, (left + indent, y, end), style, space)
        y += em * random.uniform(0, 0.8)


def _line(pen: Pen, types: list[Type], ink: int, at: tuple[float, float, float], style: float, space: float) -> None:
    x, y, end = at
    while x < end:
        type_ = types[1] if pen.random.random() < 0.08 else types[0]
        token = dressed(pen.source.token(pen.random), pen.random, style)
        if x + type_.width(token) > end and x > at[0]:
            return
        x = pen.write(x, y, token, type_, ink) + space


def slide(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    """Boxes of several colours with a few words each, shapes between them; none lies over words of another."""
    random = pen.random
    width, height = pen.image.size
    y = random.uniform(0, 8) * pen.scale
    while y < height:
        x, deepest = random.uniform(0, 20) * pen.scale, 0.0
        while x < width:
            room = (random.uniform(80, 260) * pen.scale, random.uniform(24, 90) * pen.scale)
            _box(pen, ease, (x, y, *room), ground, ink)
            x += room[0] + random.uniform(2, 20) * pen.scale
            deepest = max(deepest, room[1])
        y += deepest + random.uniform(2, 14) * pen.scale


def _box(pen: Pen, ease: Ease, box: tuple[float, float, float, float], ground: int, ink: int) -> None:
    random = pen.random
    x, y, width, height = box
    if random.random() < 0.15:
        if ease.varied and pen.source.grounds:
            pen.picture((x, y, x + width, y + height))
            return
        shape: Any = random.choice((pen.draw.ellipse, pen.draw.rectangle))
        shape((x, y, x + width, y + height), fill=random.randint(0, 255))
        return
    if random.random() < 0.5:
        ground, ink = shades(random, ease)
        pen.draw.rectangle((x, y, x + width, y + height), fill=ground)
    types = print_of(pen, ease.em(random))
    em, style = types[0].em, random.random()
    baseline = y + 1.05 * em
    while baseline + 0.25 * em < y + height:
        cursor = x + 0.3 * em
        for _ in range(random.randint(1, 5)):
            token = dressed(pen.source.token(random), random, style)
            if cursor + types[0].width(token) > x + width:
                break
            cursor = pen.write(cursor, baseline, token, types[0], ink) + 0.3 * em
        baseline += em * random.uniform(1.05, 1.5)
