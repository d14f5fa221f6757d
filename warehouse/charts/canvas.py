"""The sheet a chart is drawn on, and its bytes: the same for the same drawing, with nothing about when or by what."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from warehouse.charts.encoding import as_png
from warehouse.charts.lettering import fitted, lettered
from warehouse.charts.look import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTS = 100  # pixels of a page to an inch of matplotlib's
TITLE, NOTE, LETTERS = 12.5, 9.5, 9.0
MARGIN = 14  # pixels of a page
WIDE = 720  # pixels of a page: there three things stand side by side
# Above the axes at their right end: nothing that is drawn lies under it.
LEGEND: dict[str, Any] = {"frameon": False, "loc": "lower right", "bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
# Styles are global in matplotlib: one chart at a time is drawn, in its own, whatever a file of settings on this machine says.
_ALONE = RLock()


class Canvas:
    """A figure with its heading, ready for axes."""

    def __init__(self, look: Look) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine

        self.look = look
        size = (look.width / DOTS, look.height / DOTS)
        self.figure: Figure = Figure(figsize=size, dpi=DOTS * look.scale, facecolor=look.palette.paper)
        FigureCanvasAgg(self.figure)
        below, pad = self._heading(), MARGIN / DOTS / 2
        room = (0.0, 0.0, 1.0, 1.0 - below / look.height)
        self.figure.set_layout_engine(ConstrainedLayoutEngine(w_pad=pad, h_pad=pad, rect=room))

    def axes(self, rows: int = 1, heights: tuple[float, ...] = (1.0,)) -> list["Axes"]:
        """Axes one below the other that share what lies across."""
        grid = self.figure.add_gridspec(rows, 1, height_ratios=heights)
        made: list[Axes] = []
        for row in range(rows):
            made.append(self.figure.add_subplot(grid[row, 0], sharex=made[0] if made else None))
            self._dress(made[-1])
        return made

    def say(self, axes: "Axes", text: str) -> None:
        """Words in place of a drawing."""
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        place: dict[str, Any] = {"ha": "center", "va": "center", "transform": axes.transAxes}
        axes.text(
            0.5, 0.5, lettered(text), fontsize=LETTERS + 2, color=self.look.palette.quiet, parse_math=False, **place
        )

    def tell(self, axes: "Axes", text: str) -> None:
        """A line above the axes, at its right end."""
        place: dict[str, Any] = {"ha": "right", "va": "bottom", "transform": axes.transAxes, "parse_math": False}
        axes.text(1.0, 1.02, lettered(text), fontsize=LETTERS, color=self.look.palette.ink, **place)

    def name(self, axes: "Axes", across: str = "", up: str = "") -> None:
        """Names of what runs across and up, with their units."""
        for axis, text in ((axes.xaxis, across), (axes.yaxis, up)):
            axis.set_label_text(lettered(text), fontsize=LETTERS, color=self.look.palette.quiet, parse_math=False)

    def png(self) -> bytes:
        """The picture."""
        import numpy as np

        self.figure.canvas.draw()
        # Without the alpha channel: paper is never transparent.
        return as_png(np.asarray(self.figure.canvas.buffer_rgba())[..., :3], self.look.theme)  # type: ignore[attr-defined]

    def _heading(self) -> float:
        """Write title and note; how many pixels of a page they take."""
        look, wide = self.look, (self.look.width - 2 * MARGIN) / DOTS * 72
        at = float(MARGIN - 2)
        for text, size, weight, colour in (
            (look.title, TITLE, "bold", look.palette.ink),
            (look.note, NOTE, "normal", look.palette.quiet),
        ):
            if not text:
                continue
            place: dict[str, Any] = {"x": MARGIN / look.width, "y": 1 - at / look.height, "ha": "left", "va": "top"}
            shown = fitted(text, wide, size, weight)
            self.figure.text(s=shown, fontsize=size, fontweight=weight, color=colour, parse_math=False, **place)
            at += size * 1.45 * DOTS / 72
        return at

    def _dress(self, axes: "Axes") -> None:
        palette = self.look.palette
        axes.set_facecolor(palette.paper)
        axes.grid(color=palette.grid, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=LETTERS, colors=palette.quiet, length=0)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(palette.quiet)
            spine.set_linewidth(0.8)


@contextmanager
def drawing(look: Look) -> Iterator[Canvas]:
    """A canvas while nothing else of ours is drawn, under the styles that matplotlib comes with."""
    import matplotlib as mpl

    plain: Any = {
        name: value for name, value in mpl.rcParamsDefault.items() if name not in ("backend", "backend_fallback")
    }
    with _ALONE, mpl.rc_context(plain):
        yield Canvas(look)
