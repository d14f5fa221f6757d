"""Text on charts: whatever a name holds, it is shown as letters, never as a formula and never as a warning."""

import unicodedata
from functools import cache

MISSING = "\N{REPLACEMENT CHARACTER}"


@cache
def _glyphs() -> frozenset[int]:
    """The letters the font that comes with matplotlib has."""
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def lettered(text: str) -> str:
    r"""The text on one line, with a sign in place of letters the font does not have.

    >>> lettered("a\tb\n c")
    'a b c'
    """
    glyphs = _glyphs()
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(letter if ord(letter) in glyphs and letter.isprintable() else MISSING for letter in line)


def fitted(text: str, width: float, size: float, weight: str = "normal") -> str:
    """The text, cut with an ellipsis where it is wider than `width` (points) in letters of `size` points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    line = lettered(text)[:1000]
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)

    def is_wide(part: str) -> bool:
        # A dollar sign would begin a formula.
        path = TextPath((0, 0), part.replace("$", "S"), prop=font)
        return bool(len(path.vertices)) and float(path.vertices[:, 0].max()) > width

    if not is_wide(line):
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if is_wide(line[:middle].rstrip() + "…") else (middle, high)
    return line[:low].rstrip() + "…"
