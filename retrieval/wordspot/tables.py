"""Tables, statements of account and forms."""

from itertools import pairwise

from retrieval.wordspot.figures import alike, figure, more
from retrieval.wordspot.pen import Ease, Pen, Type, print_of


def table(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    random = pen.random
    width, height = pen.image.size
    types = print_of(pen, ease.em(random))
    em = types[0].em
    pitch, y = em * random.uniform(1.15, 2.2), random.uniform(0, em)
    columns = random.randint(2, 6)
    edges = [0.0, *sorted(width * (0.2 + 0.8 * random.random()) for _ in range(columns - 1)), float(width)]
    rules, bands = random.random() < 0.5, random.random() < 0.4
    row = 0
    while y < height:
        shown, paper = (ground, ink) if row == 0 and bands else (ink, ground)
        if bands and (row == 0 or row % 2):
            paper = paper if row == 0 else int(ground + (ink - ground) * 0.12)
            pen.draw.rectangle((0, y, width, y + pitch), fill=paper)
        if rules:
            pen.draw.line((0, y, width, y), fill=int((ink + ground) / 2), width=max(1, round(pen.scale)))
        _row(pen, types[row == 0], edges, y + pitch / 2 + 0.3 * em, shown)
        y += pitch
        row += 1
    if rules and random.random() < 0.5:
        for edge in edges[1:-1]:
            pen.draw.line((edge, 0, edge, height), fill=int((ink + ground) / 2), width=max(1, round(pen.scale)))


def _row(pen: Pen, type_: Type, edges: list[float], baseline: float, ink: int) -> None:
    random = pen.random
    for column, (left, right) in enumerate(pairwise(edges)):
        room = right - left - 0.6 * type_.em
        tokens: list[str] = []
        for _ in range(random.randint(1, 4) if column == 0 else 1):
            token = pen.source.token(random) if column == 0 or random.random() < 0.25 else figure(random)
            if type_.width(" ".join([*tokens, token])) < room:
                tokens.append(token)
        x = left + 0.3 * type_.em
        if column and random.random() < 0.7:
            x = right - 0.3 * type_.em - type_.width(" ".join(tokens))
        for token in tokens:
            x = pen.write(x, baseline, token, type_, ink) + type_.width(" ")


def statement(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    """Lines of an account: what it is, leaders now and then, and columns of figures written alike."""
    random = pen.random
    width, height = pen.image.size
    left = random.uniform(-0.3, 0.02) * width
    y = random.uniform(0, 10) * pen.scale
    while y < height:
        types = print_of(pen, ease.em(random))
        em, write = types[0].em, alike(random)
        pitch, room = em * random.uniform(1.1, 1.8), em * random.uniform(4.5, 8)
        columns = max(1, int(random.uniform(0.3, 0.9) * width / room))
        leaders = random.random() < 0.3
        for row in range(random.randint(3, 14)):
            y += pitch
            total = random.random() < 0.15
            _account(pen, types[total], ink, (left, width - columns * room, y), leaders=leaders)
            for column in range(columns):
                if random.random() < 0.92:
                    text = _year_of(row, column) if row == 0 else write()
                    pen.label(width - (columns - 1 - column) * room - 0.4 * em, y, text, types[total], ink, 1.0)
                if total:
                    end = width - (columns - 1 - column) * room
                    pen.draw.line((end - 0.8 * room, y - em, end - 0.3 * em, y - em), fill=ink)
        y += em


def _year_of(row: int, column: int) -> str:
    return str(2024 - column)


def _account(pen: Pen, type_: Type, ink: int, at: tuple[float, float, float], *, leaders: bool) -> None:
    x, end, y = at
    for _ in range(pen.random.randint(1, 5)):
        token = pen.source.token(pen.random)
        if x + type_.width(token) > end - type_.em:
            break
        x = pen.write(x, y, token, type_, ink) + type_.width(" ")
    while leaders and x < end - type_.em:
        pen.draw.text((x, y), ".", fill=ink, font=type_.font, anchor="ls")
        x += type_.width(".") * 2


def form(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    """Fields with what was written into them, in print of its own, on lines, in boxes and combs, a little askew."""
    random = pen.random
    width, height = pen.image.size
    labels, typed = print_of(pen, ease.em(random))
    typed = pen.font(pen.source.face(random), ease.em(random))
    rule = int(ground + (ink - ground) * random.uniform(0.2, 1))
    pitch = max(labels.em, typed.em) * random.uniform(1.5, 2.6)
    y = random.uniform(0.2, 1) * pitch
    while y < height + labels.em:
        x = random.uniform(-40, 20) * pen.scale
        while x < width:
            x = _field(pen, (labels, typed), (ink, rule), x, y) + random.uniform(1, 4) * labels.em
        y += pitch


def _field(pen: Pen, types: tuple[Type, Type], shades: tuple[int, int], x: float, y: float) -> float:
    """One field from x on; where it ends."""
    random, (labels, typed), (ink, rule) = pen.random, types, shades
    if random.random() < 0.2:
        side = 0.7 * labels.em
        pen.draw.rectangle((x, y - side, x + side, y), outline=rule)
        if random.random() < 0.4:
            pen.draw.line((x, y - side, x + side, y), fill=ink)
        x += 1.2 * labels.em
    for _ in range(random.randint(1, 3)):
        x = pen.write(x, y, pen.source.token(random), labels, ink) + labels.width(" ")
    room = typed.em * random.uniform(3, 12)
    if random.random() < 0.5:
        pen.draw.line((x, y + 0.15 * typed.em, x + room, y + 0.15 * typed.em), fill=rule)
    elif random.random() < 0.6:
        pen.draw.rectangle((x, y - typed.em, x + room, y + 0.4 * typed.em), outline=rule)
    end, base = x + room, y + random.uniform(-0.12, 0.12) * typed.em
    x += 0.4 * typed.em
    while random.random() < 0.8:
        token = more(random) if random.random() < 0.5 else pen.source.token(random)
        if x + typed.width(token) > end:
            break
        x = pen.write(x, base, token, typed, ink) + typed.width(" ")
    return end
