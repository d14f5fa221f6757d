import polars as pl

from stratum_pipelines.quant.plausibility import mark
from tests.quant.plausibility.rows import judged, lines


def test_a_repaired_row_says_what_was_done_and_what_was_published() -> None:
    games = (
        (-2.5, -45.5, 45.0, 3.0, -155, 135),
        (-2.5, -3.0, 45.0, 45.5, -155, 135),
        (-2.5, -3.0, 45.0, 4.5, -155, 135),
    )
    marked = mark(pl.DataFrame({"game": ["swapped", "sound", "short"]}), lines(*games), judged(*games))
    columns = (
        "game",
        "close_spread",
        "published_close_spread",
        "close_total",
        "published_close_total",
        "is_repaired",
        "is_sound",
    )
    assert marked.select(columns).rows() == [
        ("swapped", -3.0, -45.5, 45.5, 3.0, True, False),
        ("sound", -3.0, -3.0, 45.5, 45.5, False, True),
        ("short", -3.0, -3.0, None, 4.5, False, False),
    ]
    assert marked["fault"].to_list() == ["close_swapped", "", "no_close_total"]
    assert marked["done"][0] == "Closing spread and total stood in each other's columns; put back."
    assert marked["done"][1] == ""
