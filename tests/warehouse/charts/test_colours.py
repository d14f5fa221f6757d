"""Colours: told apart by everybody, read on their ground, and few enough for a small file."""

import itertools

import numpy as np
import pytest

from warehouse.charts.encoding import as_png, nearest, ramp, rgb
from warehouse.charts.look import MOST_BYTES, PALETTES

# How people without one kind of cone see linear red, green and blue: Machado, Oliveira and Fernandes (2009), severity 1.
SEEN = {
    "all cones": np.eye(3),
    "no long cone": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no medium cone": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no short cone": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: np.ndarray) -> np.ndarray:
    share = colour / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear light, in which equal distances look about equally far."""
    ratio = TO_XYZ @ np.clip(light, 0, 1) / [0.9505, 1.0, 1.089]
    root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2."""
    light = sorted(float(TO_XYZ[1] @ linear(rgb(colour))) for colour in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


@pytest.mark.parametrize("eyes", SEEN)
@pytest.mark.parametrize("theme", PALETTES)
def test_won_and_lost_and_the_lines_are_told_apart_by_all_eyes(theme: str, eyes: str) -> None:
    palette = PALETTES[theme]
    # 2.3 is just seen side by side; 20 is seen at a glance.
    for pair in [(palette.gain, palette.loss), *itertools.combinations(palette.lines, 2)]:
        one, other = (lab(SEEN[eyes] @ linear(rgb(colour))) for colour in pair)
        assert np.linalg.norm(one - other) > 20, pair


@pytest.mark.parametrize("theme", PALETTES)
def test_letters_stand_out_from_their_ground(theme: str) -> None:
    palette = PALETTES[theme]
    assert contrast(palette.ink, palette.paper) > 7
    assert contrast(palette.quiet, palette.paper) > 4.5
    assert min(contrast(colour, palette.paper) for colour in (palette.gain, palette.loss, palette.line)) > 3


def test_the_colours_of_a_grid_go_from_lost_over_nothing_to_won() -> None:
    palette = PALETTES["light"]
    for place, colour in ((-1.0, palette.loss), (0.0, palette.neutral), (1.0, palette.gain)):
        assert ramp(palette, place).tolist() == rgb(colour).tolist()


def test_every_pixel_becomes_the_nearest_colour_there_is() -> None:
    chance = np.random.default_rng(7)
    colours = chance.integers(0, 256, (40, 3), np.uint8)
    picture = chance.integers(0, 256, (30, 50, 3), np.uint8)
    apart = ((picture[:, :, None, :].astype(int) - colours.astype(int)) ** 2).sum(axis=-1)
    assert (nearest(picture, colours) == apart.argmin(axis=-1)).all()


def test_no_picture_is_larger_than_it_may_be_not_even_noise() -> None:
    # 64 colours by chance are 6 bits a pixel, whatever the method: 1.1 MB.
    chance = np.random.default_rng(1)
    noise = chance.integers(0, 256, (64, 3), np.uint8)[chance.integers(0, 64, (1000, 1500))]
    assert len(as_png(noise, "light")) <= MOST_BYTES
