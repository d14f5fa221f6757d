"""A drawing as the bytes of a PNG of 256 colours, chosen beforehand: the same colours in every picture of a theme."""

import io
from functools import cache

import numpy as np
import numpy.typing as npt

from warehouse.charts.look import MOST_BYTES, PALETTES, Palette

Pixels = npt.NDArray[np.uint8]
Colour = npt.NDArray[np.float64]
# Between paper and a colour lie its edges and its tints; between lost and won the colours of a grid, with letters on them.
TINTS, RAMP, LETTERED = 10, 101, 24
BLENDS = (0.3, 0.6, 0.85)
AT_ONCE = 2048


def as_png(pixels: Pixels, theme: str) -> bytes:
    """The pixels (rows, columns, red green blue) as a PNG of at most `MOST_BYTES`; no text, time or resolution inside.

    A picture that is too large that way has half as many pixels across and down.
    """
    while True:
        made = _bytes(nearest(pixels, _colours(theme)), _colours(theme))
        if len(made) <= MOST_BYTES:
            return made
        pixels = pixels[::2, ::2]


def nearest(pixels: Pixels, colours: Pixels) -> Pixels:
    """For every pixel the place of the colour that is nearest to it, (rows, columns)."""
    red, green, blue = (pixels[..., part].astype(np.uint32) for part in range(3))
    codes = (red << 16) | (green << 8) | blue
    found = np.zeros(1 << 24, np.bool_)
    found[codes] = True
    used = np.flatnonzero(found)
    parts = np.stack([used >> 16, (used >> 8) & 255, used & 255], axis=1).astype(np.int32)
    place_of = np.zeros(1 << 24, np.uint8)
    for start in range(0, len(used), AT_ONCE):
        apart = parts[start : start + AT_ONCE, None, :] - colours.astype(np.int32)
        place_of[used[start : start + AT_ONCE]] = np.einsum("ijk,ijk->ij", apart, apart).argmin(axis=1)
    return place_of[codes]


@cache
def _colours(theme: str) -> Pixels:
    """The colours of a theme, (256, 3) or fewer; paper is the first."""
    palette = PALETTES[theme]
    paper, ink = rgb(palette.paper), rgb(palette.ink)
    own = (palette.ink, palette.quiet, palette.grid, palette.line, palette.gain, palette.loss, *palette.lines)
    colours = [paper]
    colours += [paper + (rgb(one) - paper) * step / TINTS for one in dict.fromkeys(own) for step in range(1, TINTS + 1)]
    colours += [ramp(palette, place) for place in np.linspace(-1, 1, RAMP)]
    for place in np.linspace(-1, 1, LETTERED):
        ground = ramp(palette, place)
        colours += [ground + (ink - ground) * share for share in BLENDS]
    return np.clip(np.round(colours), 0, 255).astype(np.uint8)[:256]


def ramp(palette: Palette, place: float) -> Colour:
    """The colour of a result from -1, lost, over 0 to 1, won, as red, green and blue up to 255."""
    middle, end = rgb(palette.neutral), rgb(palette.gain if place > 0 else palette.loss)
    return middle + (end - middle) * abs(place)


def rgb(colour: str) -> Colour:
    """`#rrggbb` as three numbers up to 255."""
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], np.float64)


def _bytes(places: Pixels, colours: Pixels) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    with Image.fromarray(places, mode="P") as picture:
        picture.putpalette(colours.tobytes())
        picture.save(file, format="png", optimize=True)
    return file.getvalue()
