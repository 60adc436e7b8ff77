"""Two "scanned" pages: typeset with Pillow, then aged, blurred, turned and saved as grey JPEG. No text layer.

Everything that they say about rent, term and area of the lease, and about materiality and the signing of the audit,
stands on these pages only. Randomness has a fixed seed.
"""

import math
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from . import style as st

SIZE = (1240, 1754)  # A4 at 150 dpi
SCALE = 2  # set at twice the size, so that letters are smooth before they are worn
TYPEWRITER = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "cmtt10.ttf"

LEASE = """\
                                        Lease No. 4417/B

REGISTER OF SEABED LEASES            Volume XII, folio 209
NORTHERN FORESHORE COMMISSION

EXTRACT, certified a true copy of the entry

THIS LEASE is made the ninth day of November 1987
BETWEEN the Commissioners of the Northern Foreshore
(hereinafter "the Lessors") of the one part and the
Orris Fishermen's Mutual Association Limited
(hereinafter "the Lessees") of the other part.

1.  The Lessors let to the Lessees ALL THAT area of the
    seabed known as RINN SOUND, being 312 hectares or
    thereby, as shown edged red upon the plan annexed.

2.  The term shall be sixty-five years from the first
    day of February 1988.

3.  The yearly rent shall be 12,750 pounds, payable by
    equal portions at Candlemas and Lammas, and shall
    be reviewed upon every seventh anniversary.

4.  The Lessees shall keep open at all states of the
    tide a fairway of not less than 180 metres breadth
    for vessels bound to or from Stromhaven.

5.  The Lessees may assign the whole of this Lease with
    the consent in writing of the Lessors, such consent
    not to be withheld save for good cause.

6.  At the end of the term the Lessees shall remove all
    works above the natural bed within eighteen months.

Signed at Port Aurn, before these witnesses:

    Magnus Isbister, harbour master
    Edith Corrigall, schoolteacher
"""

LETTER = """\
# Independent auditor's letter to the members of Skerrivane plc

We have audited the financial statements of Skerrivane plc and its subsidiaries for the year ended 31 December 2024,
which comprise the income statement, the balance sheet, the cash flow statement and the notes.

## Opinion

In our opinion the financial statements give a true and fair view of the state of the group's affairs at 31 December
2024 and of its profit for the year then ended, and have been properly prepared.

## Materiality

We set materiality for the group as a whole at £1.42 million, which is 5.0 per cent of profit before tax. We agreed
to report to the Audit Committee every misstatement above £71,000. We found three, and none was left uncorrected.

## Key audit matter: decommissioning provision

The provision rests on the cost of lifting the turbines at Rinn Sound and on a discount rate of 4.1 per cent. We
engaged a marine salvage surveyor, who dived at the site in October, and we find the estimate to be at the prudent
end of an acceptable range.

## Scope

We visited nine of the group's fourteen places of business. They account for 93 per cent of revenue and 96 per cent
of total assets. The work was done by a team of eleven.

## Other matters

This is our fourth year as auditor. We have provided no services other than the audit. We have nothing to report
with regard to the directors' statement on going concern.
"""


def _paper(shade: int) -> Image.Image:
    return Image.new("L", (SIZE[0] * SCALE, SIZE[1] * SCALE), shade)


def _face(path: Path, points: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), round(points * SCALE * 150 / 72), layout_engine=ImageFont.Layout.BASIC)


def _scrawl(draw: ImageDraw.ImageDraw, x: float, y: float, width: float, seed: int) -> None:
    """A signature: a pen stroke of summed sines, thicker on the way down."""
    rng = np.random.default_rng(seed)
    phases, rates = rng.uniform(0, 6.28, 4), rng.uniform(9, 34, 4)
    last = (x, y)
    for i in range(1, 360):
        t = i / 360
        lift = sum(math.sin(r * t + p) * a for r, p, a in zip(rates, phases, (46, 30, 18, 9), strict=True))
        spot = (x + width * (t + 0.035 * math.sin(21 * t)), y - lift * (1.25 - t))
        draw.line([last, spot], fill=52, width=8 if spot[1] > last[1] else 5)
        last = spot


def _stamp(page: Image.Image, at: tuple[int, int], lines: list[str], turn: float) -> None:
    """A round rubber stamp, pale and turned."""
    side = 460
    seal = Image.new("L", (side, side), 255)
    draw = ImageDraw.Draw(seal)
    draw.ellipse((12, 12, side - 12, side - 12), outline=120, width=9)
    draw.ellipse((38, 38, side - 38, side - 38), outline=135, width=4)
    for k, line in enumerate(lines):
        face = _face(st.FACES["Sans-Bold"], 10.5)
        draw.text((side / 2, side / 2 + (k - (len(lines) - 1) / 2) * 62), line, font=face, fill=118, anchor="mm")
    seal = seal.rotate(turn, fillcolor=255, resample=Image.Resampling.BICUBIC)
    page.paste(Image.new("L", seal.size, 112), at, Image.eval(seal, lambda v: 255 - v))


def _worn(page: Image.Image, angle: float, seed: int, quality: int) -> bytes:
    """Scan it: shrink, blur, turn, uneven light, speckle, grain; grey JPEG bytes."""
    rng = np.random.default_rng(seed)
    small = page.resize(SIZE, Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.85))
    turned = small.rotate(angle, resample=Image.Resampling.BICUBIC, fillcolor=196)
    light = np.asarray(turned, dtype=np.float64)
    x, y = np.meshgrid(np.linspace(0, 1, SIZE[0]), np.linspace(0, 1, SIZE[1]))
    light = light * (0.975 - 0.075 * x * y) + 12 * (1 - np.minimum(1, 14 * x))
    coarse = rng.normal(0, 9, (SIZE[1] // 30 + 1, SIZE[0] // 30 + 1)).clip(-25, 25) + 128
    blotches = Image.fromarray(coarse.astype(np.uint8)).resize(SIZE, Image.Resampling.BICUBIC)
    light += (np.asarray(blotches, dtype=np.float64) - 128) * 0.28
    light += rng.normal(0, 6.0, light.shape)
    for _ in range(240):
        cx, cy, r = int(rng.integers(2, SIZE[0] - 4)), int(rng.integers(2, SIZE[1] - 4)), int(rng.integers(1, 3))
        light[cy : cy + r, cx : cx + r] -= rng.uniform(40, 120)
    out = BytesIO()
    Image.fromarray(light.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def lease() -> bytes:
    """The extract from the register of seabed leases (typewritten, 1987), turned by 0.8 degrees."""
    page = _paper(222)
    draw = ImageDraw.Draw(page)
    face = _face(TYPEWRITER, 13.2)
    x, y = 300, 330
    for line in LEASE.splitlines():
        draw.text((x, y), line, font=face, fill=46)
        y += 66
    _scrawl(draw, x + 1180, y + 20, 520, 4)
    draw.text((x + 1180, y + 110), "Keeper of the Register", font=_face(TYPEWRITER, 11), fill=60)
    _stamp(page, (x + 20, y + 10), ["NORTHERN", "FORESHORE", "REGISTER"], 11)
    draw.line((110, 200, 110, 3300), fill=176, width=3)
    return _worn(page, 0.8, 17, 58)


def _wrap(draw: ImageDraw.ImageDraw, text: str, face: ImageFont.FreeTypeFont, width: float) -> list[str]:
    lines = [""]
    for word in text.split():
        trial = f"{lines[-1]} {word}".strip()
        if draw.textlength(trial, font=face) <= width:
            lines[-1] = trial
        else:
            lines.append(word)
    return lines


def _set(draw: ImageDraw.ImageDraw, x: float, y: float, line: str, face: ImageFont.FreeTypeFont) -> None:
    """One line word by word, because Pillow's basic layout kerns some letters into the space that follows."""
    for word in line.split():
        draw.text((x, y), word, font=face, fill=44)
        x += draw.textlength(word, font=face) + draw.textlength(" ", font=face)


def letter() -> bytes:
    """The auditor's signed letter, turned by -1.3 degrees."""
    page = _paper(228)
    draw = ImageDraw.Draw(page)
    x, y, width = 290, 270, SIZE[0] * SCALE - 580
    draw.text((x, y), "THRALE OSBORNE LLP", font=_face(st.FACES["Sans-Bold"], 17), fill=40)
    draw.text((x, y + 90), "Chartered accountants and statutory auditors", font=_face(st.FACES["Sans"], 10), fill=70)
    draw.text((x, y + 138), "9 Customs Brae, Port Aurn", font=_face(st.FACES["Sans"], 10), fill=70)
    draw.line((x, y + 215, x + width, y + 215), fill=90, width=4)
    y += 290
    faces = {"b": ("Serif-Bold", 15), "h": ("Serif-Bold", 12.6), "p": ("Serif", 12.2)}
    for text in LETTER.split("\n\n"):
        kind = "h" if text.startswith("## ") else "b" if text.startswith("# ") else "p"
        name, size = faces[kind]
        face = _face(st.FACES[name], size)
        y += 26 if kind == "h" else 0
        for line in _wrap(draw, text.lstrip("# "), face, width):
            _set(draw, x, y, line, face)
            y += 68 if kind == "b" else 62
        y += {"b": 34, "h": 8, "p": 24}[kind]
    _scrawl(draw, x + 20, y + 110, 620, 9)
    face = _face(st.FACES["Serif"], 12.2)
    closing = (
        "Henrietta Quayle, senior statutory auditor",
        "for and on behalf of Thrale Osborne LLP",
        "Port Aurn, 11 March 2025",
    )
    for k, line in enumerate(closing):
        draw.text((x, y + 240 + 62 * k), line, font=face, fill=44)
    _stamp(page, (x + 1400, y + 20), ["RECEIVED", "14 MAR 2025", "SECRETARY"], -9)
    return _worn(page, -1.3, 29, 55)
