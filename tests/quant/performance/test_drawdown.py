import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.performance.drawdown import drawdown_episodes, drawdowns_of


def test_falls_have_a_depth_a_length_and_a_recovery() -> None:
    found = drawdown_episodes([100, 80, 90, 80, 100, 120, 114, 130, 117])
    assert found.rows(named=True) == [
        {"peak": 0, "trough": 1, "recovered": 4, "depth": 0.2, "amount": 20, "length": 4, "recovery": 3},
        {"peak": 5, "trough": 6, "recovered": 7, "depth": 0.05, "amount": 6, "length": 2, "recovery": 1},
        {"peak": 7, "trough": 8, "recovered": None, "depth": 0.1, "amount": 13, "length": 1, "recovery": None},
    ]


def test_the_first_loss_counts_and_a_rise_is_no_fall() -> None:
    assert drawdown_episodes([100, 95])["depth"].to_list() == [0.05]
    for values in ([], [100], [100, 100, 101]):
        assert drawdown_episodes(values).is_empty()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_episodes_say_the_same_as_the_curve(values: list[int]) -> None:
    depths, found = drawdowns_of(values), drawdown_episodes(values)
    below = np.zeros(len(values), bool)
    for row in found.iter_rows(named=True):
        end = len(values) if row["recovered"] is None else row["recovered"]
        inside = slice(row["peak"] + 1, end)
        below[inside] = True
        assert depths[inside].max() == row["depth"] == depths[row["trough"]]
        assert row["trough"] == row["peak"] + 1 + int(np.argmin(values[inside]))
        assert values[row["peak"]] - values[row["trough"]] == row["amount"]
        if row["recovered"] is not None:
            assert values[end] >= values[row["peak"]]
    assert (below == (depths > 0)).all()
