"""How a phone sees a paper: turned, blurred, shadowed, with moire of a screen, and stored as a small JPEG.

Five levels, each harder in every respect; the figures of each are in LEVELS.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from random import Random

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardship:
    """What is done to the picture of a page."""

    width: int  # dots across the page
    turn: float  # at most so many degrees to either side
    blur: float  # radius in dots
    shadow: float  # darkest part, share of the light taken away
    moire: float  # height of the waves, grey levels
    noise: float  # standard deviation, grey levels
    quality: int  # of the JPEG


LEVELS = {
    "scan": Hardship(width=1600, turn=0.4, blur=0.0, shadow=0.0, moire=0, noise=2, quality=85),
    "photo1": Hardship(width=1400, turn=2, blur=0.5, shadow=0.15, moire=0, noise=4, quality=75),
    "photo2": Hardship(width=1200, turn=5, blur=0.8, shadow=0.3, moire=4, noise=6, quality=60),
    "photo3": Hardship(width=1000, turn=8, blur=1.1, shadow=0.45, moire=10, noise=8, quality=45),
    "photo4": Hardship(width=850, turn=12, blur=1.4, shadow=0.6, moire=18, noise=11, quality=30),
}


def draw(pdf: bytes, *, width: int) -> Image.Image:
    """This function will draw the first page of a PDF, `width` dots across."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        picture = page.render(scale=width / page.get_width()).to_pil().convert("RGB")
        page.close()
    finally:
        document.close()
    assert isinstance(picture, Image.Image)
    return picture


def photograph(pdf: bytes, *, level: str, random: Random) -> bytes:
    """This function will return the first page of a PDF as a phone would take it, a JPEG."""
    how = LEVELS[level]
    return spoil(draw(pdf, width=how.width), how=how, random=random)


def spoil(page: Image.Image, *, how: Hardship, random: Random) -> bytes:
    """This function will do to a picture what a phone does, and return it as a JPEG."""
    chance = np.random.default_rng(random.randrange(2**32))
    desk = Image.new("RGB", (int(page.width * 1.08), int(page.height * 1.06)), (196, 188, 176))
    desk.paste(page, ((desk.width - page.width) // 2, (desk.height - page.height) // 2))
    turned = desk.rotate(
        random.uniform(-how.turn, how.turn),
        resample=Image.Resampling.BICUBIC,
        expand=True,
        fillcolor=(196, 188, 176),
    )
    if how.blur:
        turned = turned.filter(ImageFilter.GaussianBlur(how.blur))
    light = np.asarray(turned, dtype=np.float32)
    high, wide = light.shape[:2]
    down, across = np.mgrid[0:high, 0:wide].astype(np.float32)
    slope = random.uniform(0, 2 * np.pi)
    ramp = (np.cos(slope) * across / wide + np.sin(slope) * down / high + 1.42) / 2.84
    light *= (1 - how.shadow * ramp)[:, :, None]
    if how.moire:
        wave = random.uniform(3.5, 6)
        lean = random.uniform(0.1, 0.5)
        light += (how.moire * np.sin(2 * np.pi * (across * np.cos(lean) + down * np.sin(lean)) / wave))[
            :, :, None
        ]
    light += chance.normal(0, how.noise, light.shape[:2])[:, :, None]
    out = BytesIO()
    Image.fromarray(np.clip(light, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=how.quality)
    return out.getvalue()
