"""What a chart is called, how large it is and in which colours it is drawn."""

from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

# A picture never has more pixels, and its file never more bytes.
MOST_PIXELS = 6_000_000
MOST_BYTES = 1_000_000
LEAST_WIDTH, LEAST_HEIGHT = 320, 200
LARGEST_SCALE = 3


@dataclass(frozen=True)
class Palette:
    """Colours that people with any kind of colour vision tell apart: blue is won, orange is lost, never green and red."""

    paper: str
    ink: str
    quiet: str
    grid: str
    line: str
    gain: str
    loss: str
    neutral: str
    lines: tuple[str, ...]


PALETTES = {
    "light": Palette(
        paper="#ffffff",
        ink="#1b2733",
        quiet="#5b6875",
        grid="#e6eaee",
        line="#17497d",
        gain="#0b66a8",
        loss="#c9560d",
        neutral="#f3f4f5",
        lines=("#4aa3df", "#c9560d", "#1b2733"),
    ),
    "dark": Palette(
        paper="#161b22",
        ink="#e8edf2",
        quiet="#9aa7b4",
        grid="#2c343d",
        line="#7cbcf0",
        gain="#57a9e8",
        loss="#f08a3c",
        neutral="#262d36",
        lines=("#57a9e8", "#f08a3c", "#e8edf2"),
    ),
}


@dataclass(frozen=True)
class Look:
    """How a chart is to look.

    `title` and `note` stand above it, the note smaller; they are cut where they do not fit. Money is in minor units of `currency`
    (ISO 4217). Days and hours are those of `zone`. `width` and `height` are in pixels of a page, `scale` how many pixels of the
    picture each has: 2 is sharp on good screens and on paper. Raises ValueError for an unknown zone and for a size outside the bounds.
    """

    title: str
    note: str = ""
    currency: str = "USD"
    zone: str = "UTC"
    theme: Literal["light", "dark"] = "light"
    width: int = 960
    height: int = 420
    scale: int = 2
    palette: Palette = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.theme not in PALETTES:
            raise ValueError(f"There is no theme {self.theme!r}. Known are: {', '.join(PALETTES)}.")
        try:
            ZoneInfo(self.zone)
        except (LookupError, ValueError, OSError) as error:
            raise ValueError(f"There is no time zone {self.zone!r}. Give one such as Europe/London.") from error
        if not 1 <= self.scale <= LARGEST_SCALE:
            raise ValueError(f"The scale of a chart is {self.scale}. Give 1 to {LARGEST_SCALE}.")
        pixels = self.width * self.height * self.scale**2
        if self.width < LEAST_WIDTH or self.height < LEAST_HEIGHT or pixels > MOST_PIXELS:
            raise ValueError(
                f"A chart of {self.width} x {self.height} at scale {self.scale} is not drawn. Give at least {LEAST_WIDTH} x "
                f"{LEAST_HEIGHT}, and at most {MOST_PIXELS:,} pixels: width x height x scale x scale."
            )
        object.__setattr__(self, "palette", PALETTES[self.theme])
