"""Medians, sums and votes with a row per book, against the same worked out market by market."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.book_rows import (
    absolute_deviations,
    interquartile_ranges,
    mean_and_deviation,
    medians,
    most_quoted,
    quantiles,
    ranked,
    shares,
)
from stratum_pipelines.quant.weighted import (
    absolute_deviation,
    interquartile_range,
    ordered,
    weighted_median,
    weighted_quantile,
)

GROUPS = st.lists(st.integers(0, 4), min_size=1, max_size=8)


@st.composite
def markets(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values (B, N) from few numbers, so that ties are common; which books count; their groups."""
    groups = np.array(draw(GROUPS))
    shape = len(groups), draw(st.integers(0, 4))
    cells = shape[0] * shape[1]
    values = draw(st.lists(st.integers(-6, 6).map(lambda n: n / 2), min_size=cells, max_size=cells))
    counted = draw(st.lists(st.booleans(), min_size=cells, max_size=cells))
    return np.array(values, np.float64).reshape(shape), np.array(counted, np.bool_).reshape(shape), groups


@given(markets())
def test_every_group_that_counts_weighs_one(market: tuple) -> None:
    _, counted, groups = market
    found = shares(counted, groups)
    for m in range(counted.shape[1]):
        here = {int(group) for group, counts in zip(groups, counted[:, m], strict=True) if counts}
        assert found.n_groups[m] == len(here)
        for group in here:
            own = (groups == group) & counted[:, m]
            assert found.weights[own, m].tolist() == [1 / own.sum()] * own.sum()
            # Whole numbers: a group's parts are the same for every group, to the last one.
            assert int(found.parts[own, m].sum()) * len(here) == int(found.parts[:, m].sum())
    assert not found.weights[~counted].any() and not found.parts[~counted].any()


@given(markets(), st.sampled_from([0.25, 0.5, 0.75]))
def test_quantiles_are_those_of_sorting_each_market(market: tuple, share: float) -> None:
    values, counted, groups = market
    found = shares(counted, groups)
    values = np.where(counted, values, np.nan)
    both = np.stack([values, values * 3 + 1])
    by_rank = ranked(both, found.parts)
    loud = found.weights * np.linspace(1.0, 2.5, len(groups))[:, None]
    for i, own in enumerate(both):
        by_sorting = ordered(own.T, found.weights.T)
        middle = weighted_median(own.T, found.weights.T)
        for ours, theirs in (
            (quantiles(by_rank, share), weighted_quantile(by_sorting, share)),
            # Weights need not be whole numbers.
            (quantiles(ranked(both, found.weights), share), weighted_quantile(by_sorting, share)),
            (quantiles(ranked(both, loud), share), weighted_quantile(ordered(own.T, loud.T), share)),
            (interquartile_ranges(by_rank), interquartile_range(by_sorting)),
            (
                absolute_deviations(by_rank, medians(both, found.parts)),
                absolute_deviation(own.T, found.weights.T, middle),
            ),
        ):
            assert np.array_equal(ours[i], theirs, equal_nan=True)


def test_many_groups_and_large_ones_are_counted_in_full() -> None:
    # Seven states of one brand: parts of 420, more than a byte holds; and 128 books that each stand alone.
    groups = np.array([0] * 7 + [1, 2])
    values = np.array([[1.0]] * 7 + [[2.0], [3.0]])
    everyone = np.ones(values.shape, np.bool_)
    assert medians(values[None], shares(everyone, groups).parts).tolist() == [[2.0]]
    alone = np.arange(128)
    found = shares(np.ones((128, 1), np.bool_), alone)
    assert found.n_groups.tolist() == [128] and medians(alone[None, :, None] * 1.0, found.parts).tolist() == [[63.5]]


@given(markets())
def test_means_and_spreads_are_the_weighted_ones(market: tuple) -> None:
    values, counted, groups = market
    weights = shares(counted, groups).weights
    mean, spread = mean_and_deviation(values, weights)
    for m in range(values.shape[1]):
        if not counted[:, m].any():
            assert np.isnan(mean[m]) and np.isnan(spread[m])
            continue
        expected = np.average(values[:, m], weights=weights[:, m])
        variance = np.average((values[:, m] - expected) ** 2, weights=weights[:, m])
        assert mean[m] == pytest.approx(expected, abs=1e-12) and spread[m] == pytest.approx(variance**0.5, abs=1e-9)


@given(markets(), st.integers(0, 7))
def test_a_book_that_does_not_count_changes_no_bit_wherever_it_stands(market: tuple, place: int) -> None:
    values, counted, groups = market
    place = min(place, len(groups))
    wider = (
        np.insert(values, place, 99.0, axis=0),
        np.insert(counted, place, False, axis=0),
        np.insert(groups, place, 0),
    )
    for a, b in zip(worked_out(values, counted, groups), worked_out(*wider), strict=True):
        assert np.array_equal(a, b, equal_nan=True)


def worked_out(values: np.ndarray, counted: np.ndarray, groups: np.ndarray) -> list[np.ndarray]:
    """Everything there is to know of these markets."""
    found = shares(counted, groups)
    middle = medians(values[None], found.parts)[0]
    mean_and_std = mean_and_deviation(values, found.weights)
    return [middle, *mean_and_std, *most_quoted(values, found.parts, middle)]
