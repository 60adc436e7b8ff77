"""Labels that stand by themselves: on maps and plans, and in the boxes of flow charts."""

from retrieval.wordspot.pen import Ease, Pen, Type, print_of


def plan(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    """A map: areas, ways, dots, and labels of several sizes across them."""
    random = pen.random
    width, height = pen.image.size

    def point() -> tuple[float, float]:
        return random.uniform(-0.1, 1.1) * width, random.uniform(-0.3, 1.3) * height

    def shade(most: float) -> int:
        return int(ground + (ink - ground) * random.uniform(0.03, most))

    area = width * height / pen.scale**2 / 90_000
    for _ in range(random.randint(0, 5)):
        pen.draw.polygon([point() for _ in range(random.randint(3, 6))], fill=shade(0.3))
    for _ in range(random.randint(2, 9)):
        pen.draw.line([point() for _ in range(random.randint(2, 5))], fill=shade(0.6), width=random.randint(1, 4))
    types = [print_of(pen, ease.em(random))[0] for _ in range(3)]
    for _ in range(int(random.randint(25, 80) * area)):
        type_, (x, y) = random.choice(types), point()
        if random.random() < 0.5:
            dot = random.uniform(1, 3) * pen.scale
            pen.draw.ellipse((x - 2 * dot, y - dot, x, y + dot), fill=ink)
        text = " ".join(pen.source.token(random) for _ in range(random.choice((1, 1, 1, 2, 3))))
        style = random.random()
        text = text.upper() if style < 0.15 else text.title() if style < 0.6 else text
        pen.label(x + 0.3 * type_.em, y + 0.3 * type_.em, text, type_, ink)


def flow(pen: Pen, ease: Ease, ground: int, ink: int) -> None:
    """Boxes with a word or a few in their middle, and arrows between them."""
    random = pen.random
    width, height = pen.image.size
    pitch = (random.uniform(90, 200) * pen.scale, random.uniform(45, 110) * pen.scale)
    y = random.uniform(-0.5, 0.1) * pitch[1]
    while y < height:
        x = random.uniform(-0.5, 0.1) * pitch[0]
        types = print_of(pen, ease.em(random))
        while x < width:
            room = (pitch[0] * random.uniform(0.6, 0.95), pitch[1] * random.uniform(0.5, 0.9))
            middle = (x + room[0] / 2, y + room[1] / 2)
            pen.draw.line((*middle, middle[0] + pitch[0], middle[1]), fill=ink)
            if random.random() < 0.5:
                pen.draw.line((*middle, middle[0], middle[1] + pitch[1]), fill=ink)
            if random.random() < 0.8:
                _node(pen, types[0], (x, y, x + room[0], y + room[1]), (ground, ink))
            x += pitch[0]
        y += pitch[1]


def _node(pen: Pen, type_: Type, box: tuple[float, float, float, float], shades: tuple[int, int]) -> None:
    random, (ground, ink) = pen.random, shades
    fill = int(ground + (ink - ground) * random.choice((0.0, 0.1, 0.2, 0.85, 1.0)))
    written = ground if abs(fill - ink) < abs(fill - ground) else ink
    shape = random.random()
    if shape < 0.6:
        pen.draw.rectangle(box, fill=fill, outline=ink)
    elif shape < 0.85:
        pen.draw.rounded_rectangle(box, 6 * pen.scale, fill=fill, outline=ink)
    else:
        pen.draw.ellipse(box, fill=fill, outline=ink)
    lines = max(1, min(random.randint(1, 3), int((box[3] - box[1]) / (1.3 * type_.em))))
    for line in range(lines):
        text = ""
        for _ in range(random.randint(1, 3)):
            longer = f"{text} {pen.source.token(random)}".strip()
            text = longer if type_.width(longer) < 0.9 * (box[2] - box[0]) else text
        middle = (box[1] + box[3]) / 2 + (line - (lines - 1) / 2) * 1.2 * type_.em
        if text:
            pen.label((box[0] + box[2]) / 2, middle + 0.3 * type_.em, text, type_, written, 0.5)
