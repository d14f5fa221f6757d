"""The compiled agreement against the same worked out market by market, by sorting and in plain steps: to the last bit."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.consensus import BY_MARKET, BY_OUTCOME, COUNTS, Agreement, agree
from stratum_pipelines.quant.one_number import moved_fair
from stratum_pipelines.quant.weighted import interquartile_range, ordered, weighted_median
from stratum_pipelines.reference.leagues import H2H, SPREADS, TOTALS
from tests.quant.test_consensus import market as market_of

LOWEST, HIGHEST = 0.6, 1.3

FIELDS = (*BY_OUTCOME, *BY_MARKET, *COUNTS, "best_book")


def market(seed: int, n: int, n_books: int) -> dict:
    """Random markets, in which one margin in five or so cannot be."""
    made = market_of(seed, n, n_books)
    margins = np.tile(np.array([LOWEST, HIGHEST])[None, :, None], (3, 1, n_books))
    return {**made, "panel": replace(made["panel"], margins=margins)}


@given(st.integers(0, 100_000), st.integers(1, 14))
def test_every_number_is_that_of_plain_steps(seed: int, n_books: int) -> None:
    given_ = market(seed, 6, n_books)
    found = agree(**given_)
    for row in range(6):
        for name, expected in plainly(given_, row, found.views.number[row]).items():
            np.testing.assert_array_equal(getattr(found, name)[row], expected, err_msg=f"{name} of {row}")


@given(st.integers(0, 100_000), st.integers(1, 14), st.integers(1, 5))
def test_what_is_remembered_of_a_market_changes_no_bit(seed: int, n_books: int, n_markets: int) -> None:
    given_ = market(seed, 30, n_books)
    markets = np.random.default_rng(seed).integers(0, n_markets, 30)
    same(agree(**given_), agree(**given_, markets=markets))


def test_ages_that_are_not_known_change_nothing_else() -> None:
    given_ = market(1, 30, 9)
    found = agree(**{**given_, "ages": None})
    assert np.isnan(found.age_median).all() and np.isnan(found.age_max).all()
    same(agree(**given_), found, but=("age_median", "age_max"))


def same(one: Agreement, other: Agreement, but: tuple[str, ...] = ()) -> None:
    for name in FIELDS:
        if name not in but:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for left, right in zip(one.views, other.views, strict=True):
        np.testing.assert_array_equal(left, right)


def plainly(given_: dict, row: int, number: float) -> dict[str, np.ndarray]:
    """What the books of one market agree on; `number` is the one they are compared at."""
    panel, league, kind = given_["panel"], given_["league"], int(given_["kinds"][row])
    width, n_outcomes = given_["prices"].shape[1], league.n_outcomes if kind == H2H else 2
    order = panel.ranks.argsort()
    groups, sharp, loud = panel.groups[order], panel.is_sharp[order], panel.loudness[order]
    prices, points = given_["prices"][row][:, order], given_["points"][row, 0, order]
    active, stale = given_["active"][row][:, order], given_["stale"][row][:, order]
    total = in_turn(1.0 / prices[:n_outcomes])
    odd = active[:n_outcomes].all(axis=0) & ((total < LOWEST) | (total > HIGHEST))
    fresh = active & ~stale & ~odd
    counted = fresh[:n_outcomes].all(axis=0)
    found = {name: np.full(width, np.nan) for name in BY_OUTCOME} | dict.fromkeys(BY_MARKET, np.nan)
    found |= {
        "n_books": counted.sum(),
        "n_groups": len(set(groups[counted])),
        "n_stale": (active & stale).any(axis=0).sum(),
        "n_sharp": (counted & sharp).sum(),
        "n_implausible": odd.sum(),
    }
    for o in range(width):
        if fresh[o].any():
            found["best_price"][o] = prices[o, fresh[o]].max()
    weights, implied = shared(counted, groups), 1.0 / prices
    total = in_turn(implied[:n_outcomes])
    fair = implied[:n_outcomes] / total
    if counted.any():
        found["price_median"][:n_outcomes] = [weighted_median(own, weights) for own in prices[:n_outcomes]]
        found["margin_median"] = weighted_median(total - 1.0, weights)
        ages = given_["ages"][row, order]
        found["age_median"], found["age_max"] = weighted_median(ages, weights), ages[counted].max()
    if counted.any() and kind != H2H:
        line = agreed(points, weights, counted, sharp, loud)
        side = np.array([1.0, -1.0 if kind == SPREADS else 1.0])
        for name, of in (("point_median", "median"), ("sharp_point", "sharp")):
            found[name][:2] = line[of] * side + 0.0
        for name in ("mad", "iqr"):
            found[f"point_{name}"][:2] = line[name]

    near = counted.copy()
    for b in np.flatnonzero(counted & (points != number)) if kind != H2H else ():
        fair[:, b] = brought(fair[:, b], points[b], number, kind, league)
        near[b] = not np.isnan(fair[0, b])
    found["n_at_number"] = near.sum()
    if near.any():
        weights = shared(near, groups)
        parts = [agreed(np.where(near, own, np.nan), weights, near, sharp, loud) for own in fair]
        for name, of in (("fair_prob", "median"), ("sharp_fair_prob", "sharp")):
            medians = np.array([part[of] for part in parts])
            found[name][:n_outcomes] = medians / in_turn(medians)
        for name in ("std", "mad", "iqr"):
            found[f"fair_prob_{name}"][:n_outcomes] = [part[name] for part in parts]
        if kind != H2H:
            found["fair_point"][:2] = number * side + 0.0
            heard = agreed(np.where(near, points, np.nan), weights, near, sharp, loud)
            found["point_mean"][:2], found["point_std"][:2] = heard["mean"] * side + 0.0, heard["std"]
    return found


def agreed(values: np.ndarray, weights: np.ndarray, counted: np.ndarray, sharp: np.ndarray, loud: np.ndarray) -> dict:
    """What books agree on in one value."""
    by_value = ordered(values, weights)
    median, whole = weighted_median(values, weights), in_turn(weights[counted])
    mean = in_turn((values * weights)[counted]) / whole
    if len(set(values[counted])) == 1:
        mean = values[counted][0]
    return {
        "median": median,
        "mean": mean,
        "std": np.sqrt(in_turn(((values - mean) * (values - mean) * weights)[counted]) / whole),
        "mad": weighted_median(np.abs(values - median), weights),
        "iqr": interquartile_range(by_value),
        "sharp": weighted_median(values, weights * loud) if (counted & sharp).any() else np.nan,
    }


def brought(fair: np.ndarray, at: float, to: float, kind: int, league) -> np.ndarray:
    """Both probabilities at another number."""
    if abs(to - at) > 0.25 * (league.margin_sd if kind == SPREADS else league.total_sd):
        return np.full(2, np.nan)
    side = 0 if kind == TOTALS or to < 0 or (to == 0 and at < 0) else 1
    sign = 1.0 - 2.0 * side
    here, there, own = np.array([sign * at]), np.array([sign * to]), np.array([fair[side]])
    moved = float(moved_fair(own, here, there, kind, np.array([side]), league)[0])
    return np.array([moved, 1.0 - moved] if side == 0 else [1.0 - moved, moved])


def shared(counted: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Every operator group weighs 1."""
    sizes = np.array([(counted & (groups == group)).sum() for group in groups])
    return np.where(counted, 1.0 / np.maximum(sizes, 1), 0.0)


def in_turn(values: np.ndarray) -> np.ndarray:
    """The sum, one after the other."""
    return values.cumsum(axis=0)[-1]
