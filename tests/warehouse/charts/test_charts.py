"""Every chart: drawn from nothing, little, much and what is missing; the same bytes each time; nothing said that is not so."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
import pytest

from tests.conftest import REPOSITORY
from tests.warehouse.charts.drawn import (
    HOURS,
    MONTHS,
    WEEKDAYS,
    chunks,
    grid,
    moments,
    of_colour,
    pixels,
    rolling,
    size,
)
from warehouse.charts import (
    Look,
    drawdown_chart,
    equity_chart,
    hours_chart,
    months_chart,
    results_chart,
    rolling_chart,
)
from warehouse.charts.look import PALETTES

LIGHT = PALETTES["light"]
LOOK = Look("Equity", "a note", zone="America/New_York", width=480, height=300, scale=1)
Drawn = Callable[[Look], bytes]


def curve(balances: list[float | None]) -> list[Drawn]:
    rows = moments(balances)
    return [lambda look: equity_chart(rows, look), lambda look: drawdown_chart(rows, look)]


def months(profits: dict[str, dict[str, float | None]], counts: dict[str, dict[str, float | None]]) -> Drawn:
    return lambda look: months_chart(grid(MONTHS, profits), grid(MONTHS, counts), look)


def results(values: list[float | None]) -> Drawn:
    return lambda look: results_chart(pl.Series("profit", values, pl.Float64), look)


def windows(values: dict[int, list[float | None]]) -> Drawn:
    return lambda look: rolling_chart(rolling(values), look, unit="Return", is_share=True)


def week(cells: dict[str, dict[str, float | None]]) -> Drawn:
    rows = {day: cells.get(day, {}) for day in WEEKDAYS}
    return lambda look: hours_chart(grid(HOURS, rows), grid(HOURS, rows), look)


NOTHING = [
    *curve([]),
    months({}, {}),
    week({}),
    results([]),
    results([None, float("nan")]),
    windows({}),
    windows({30: [None, None]}),
]
LITTLE = [
    *curve([100_000]),
    *curve([100_000, 99_000]),
    *curve([100_000] * 3),
    *curve([100_000, None, 101_000, 90_000]),
    *curve([100_000, 0, -5_000, None, None]),
    *curve([100_000 - 1_000 * n for n in range(90)]),
    *curve([10**17, 9 * 10**18, 10**16]),
    months({"2025": {"may": -5}}, {"2025": {"may": 1}}),
    months({"2025": {"may": 8 * 10**18}}, {"2025": {"may": 1}}),
    week({"monday": {"23": 9 * 10**18}}),
    results([0, 0]),
    results([-1000] * 5),
    results([0.5]),
    results([9e18, -9e18]),
    results([-1000, None, float("nan"), 900]),
    windows({30: [0.0]}),
    windows({30: [None, 0.1, None, 0.2, 0.3], 90: [0.1], 365: [None]}),
]


@pytest.mark.parametrize("draw", NOTHING + LITTLE, ids=range(len(NOTHING + LITTLE)))
def test_every_chart_is_drawn_from_whatever_there_is(draw: Drawn) -> None:
    # Warnings are errors here: an axis without extent or a letter without a glyph would be one.
    made = draw(LOOK)
    assert made.startswith(b"\x89PNG") and len(made) < 100_000
    assert size(made)[0] == 480


@pytest.mark.parametrize("draw", NOTHING, ids=range(len(NOTHING)))
def test_where_nothing_was_closed_no_line_and_no_bar_is_drawn(draw: Drawn) -> None:
    made = draw(LOOK)
    assert not any(of_colour(made, colour).any() for colour in (LIGHT.gain, LIGHT.loss, LIGHT.line))
    words = pixels(made)[100:]
    assert (words != 255).any()  # it is said in words


def test_the_same_input_gives_the_same_bytes_in_any_thread_and_whatever_styles_are_set() -> None:
    import matplotlib as mpl

    first = equity_chart(moments([100_000, 105_000, 99_000]), LOOK)
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(lambda _: equity_chart(moments([100_000, 105_000, 99_000]), LOOK), range(8)))
    with mpl.rc_context(
        {"axes.facecolor": "red", "font.size": 30, "lines.antialiased": False, "timezone": "Asia/Tokyo"}
    ):
        styled = equity_chart(moments([100_000, 105_000, 99_000]), LOOK)
        assert mpl.rcParams["font.size"] == 30
    assert {first} == {*others, styled}


def test_another_process_draws_the_same_bytes() -> None:
    code = (
        "import hashlib; from tests.warehouse.charts.test_charts import *; "
        "print(hashlib.sha256(equity_chart(moments([100_000, 105_000, 99_000]), LOOK)).hexdigest())"
    )
    import hashlib

    told = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert told == hashlib.sha256(equity_chart(moments([100_000, 105_000, 99_000]), LOOK)).hexdigest()


def test_nothing_but_pixels_and_their_colours_is_inside() -> None:
    found = {name for name, _ in chunks(equity_chart(moments([100_000, 99_000]), LOOK))}
    assert found == {"IHDR", "PLTE", "IDAT", "IEND"}


def test_importing_charts_loads_no_drawing_library() -> None:
    code = "import sys, warehouse.charts; sys.exit('matplotlib' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.parametrize(
    "title",
    [
        "$x^2$ costs $5",
        "<script>alert(1)</script>",
        "naïve – 戦略 🏈",
        "a\nb\x00\tc",
        "W" * 5000,
        "",
        "\\frac{1}{0} %s {}",
    ],
)
def test_whatever_a_strategy_is_called_its_name_is_drawn_as_letters(title: str) -> None:
    look = Look(title, title, currency="$x_", width=480, height=300, scale=1)
    made = equity_chart(moments([100_000, 99_000]), look)
    right = pixels(made)[:60, -10:]
    assert (right == 255).all()  # what is too long is cut before the edge


def test_a_chart_is_as_large_as_asked_and_sharp_at_scale_2() -> None:
    assert size(equity_chart(moments([1, 2]), Look("", width=400, height=250, scale=1))) == (400, 250)
    assert size(equity_chart(moments([1, 2]), Look("", width=400, height=250, scale=2))) == (800, 500)


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 319},
        {"height": 199},
        {"width": 4000, "height": 2000},
        {"scale": 0},
        {"scale": 4},
        {"theme": "red"},
        {"zone": "Mars/Base"},
    ],
)
def test_a_look_that_cannot_be_drawn_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"Give|Known are"):
        Look("Equity", **wrong)


def test_a_spike_of_one_trade_in_a_million_is_seen_on_both_panels() -> None:
    # 10 % up for one closing among a million flat ones, and back.
    balance = np.full(1_000_000, 100_000)
    balance[499_999] = 110_000
    at = pl.Series(np.arange(1_000_000) * 60_000_000 + 1_700_000_000_000_000, dtype=pl.Int64)
    made = pl.DataFrame(
        {
            "at": at.cast(pl.Datetime("us", "UTC")),
            "balance": balance,
            "drawdown": np.where(at.to_numpy() > at[499_999], 1 / 11, 0.0),
        }
    )
    seen = of_colour(equity_chart(made, LOOK), LIGHT.line)
    column = seen.any(axis=1).nonzero()[0]
    assert column.max() - column.min() > 80  # pixels: from the foot of the panel to its head
    assert of_colour(drawdown_chart(made, LOOK), LIGHT.loss).any()


def test_losses_are_orange_and_gains_are_blue_and_never_both() -> None:
    lost, won = results([-1000, -500, -500])(LOOK), results([1000, 500, 500])(LOOK)
    assert of_colour(lost, LIGHT.loss).any() and not of_colour(lost, LIGHT.gain).any()
    assert of_colour(won, LIGHT.gain).any() and not of_colour(won, LIGHT.loss).any()


def test_what_came_out_even_is_neither_a_loss_nor_a_gain() -> None:
    even = results([0, 0, 0])(LOOK)
    assert of_colour(even, LIGHT.quiet).sum() > 500
    assert not of_colour(even, LIGHT.gain).any() and not of_colour(even, LIGHT.loss).any()


def test_a_month_without_trades_is_empty_and_one_that_came_out_even_is_not() -> None:
    nothing = {"2025": {"may": 1, "june": 0}}
    even = {"2025": {"may": 1, "june": 1}}
    profits: dict = {"2025": {"may": 500, "june": 0}}
    painted = [(pixels(months(profits, counts)(LOOK)) != 255).any(axis=-1).sum() for counts in (nothing, even)]
    assert painted[1] > painted[0] + 200


def test_deposits_are_marked_and_a_curve_without_them_has_no_marks() -> None:
    with_flow = equity_chart(moments([100_000, 150_000, 149_000], flows={1: 50_000}), LOOK)
    without = equity_chart(moments([100_000, 150_000, 149_000]), LOOK)
    assert of_colour(with_flow, LIGHT.quiet).sum() > of_colour(without, LIGHT.quiet).sum() + 50


def test_a_few_years_of_months_are_no_higher_than_they_need_and_many_fit() -> None:
    tall = Look("Months", width=480, height=600, scale=1)
    one = months({"2025": {"may": 5}}, {"2025": {"may": 1}})(tall)
    assert size(one) == (480, 200)
    years: dict = {str(year): {"may": 5} for year in range(1960, 2026)}
    assert size(months(years, {name: {"may": 1} for name in years})(tall)) == (480, 600)


def test_all_of_one_day_is_shown_by_its_hours() -> None:
    from warehouse.charts.scales import tick_texts

    def day(year: int, month: int) -> dt.datetime:
        return dt.datetime(year, month, 1, tzinfo=dt.UTC)

    noon = dt.datetime(2025, 9, 7, 12, tzinfo=dt.UTC)
    assert tick_texts([noon, noon + dt.timedelta(hours=6), noon + dt.timedelta(hours=12)]) == [
        "12:00\n7 Sep 2025",
        "18:00",
        "00:00\n8 Sep 2025",
    ]
    assert tick_texts([day(2024, 1), day(2026, 1)]) == ["2024", "2026"]
    assert tick_texts([day(2024, 11), day(2025, 1)]) == ["Nov\n2024", "Jan\n2025"]
    assert tick_texts([]) == []
