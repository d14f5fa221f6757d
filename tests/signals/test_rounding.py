import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.signals.rounding import rounded


@given(st.lists(st.floats(-1e7, 1e7) | st.floats(-2, 2), min_size=1), st.integers(0, 6))
def test_every_number_is_rounded_as_python_rounds_it(values: list[float], decimals: int) -> None:
    assert list(map(repr, rounded(np.array(values), decimals).tolist())) == [repr(round(v, decimals)) for v in values]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.integers(0, 6))
def test_so_is_what_lies_at_or_beside_a_tie(halves: list[int], decimals: int) -> None:
    ties = np.array(halves) / (2 * 10**decimals)
    near = np.concatenate([ties, np.nextafter(ties, np.inf), np.nextafter(ties, -np.inf)])
    assert rounded(near, decimals).tolist() == [round(v, decimals) for v in near.tolist()]


def test_what_is_no_number_stays_so_and_shapes_are_kept() -> None:
    found = rounded(np.array([[np.nan, np.inf], [-np.inf, 1e300]]), 3)
    assert np.isnan(found[0, 0]) and found.ravel()[1:].tolist() == [np.inf, -np.inf, 1e300]
