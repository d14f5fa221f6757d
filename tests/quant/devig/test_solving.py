"""The search for a parameter converges whatever the curve, and says so when it does not."""

import numpy as np

from stratum_pipelines.quant.devig.solving import MOST_STEPS, guess, settle, solve
from stratum_pipelines.quant.odds import Floats


def test_newtons_steps_on_shins_curve_rise_to_the_solution_from_the_left() -> None:
    # The proof in `shin`: the sum is convex and falling in u, so from the left no step passes the solution.
    prices = np.array([2.0, 3.2, 4.0, 9.0, 20.0])
    shares = prices**-2.0 / (1 / prices).sum()
    u, steps = -0.5, []
    for _ in range(40):
        roots = np.sqrt(u * u + shares * (2 * u + 1))
        u += ((roots - u).sum() - 1) / (len(prices) - ((u + shares) / roots).sum())
        steps.append(u)
    rises = np.diff(steps)
    assert (rises >= -1e-16).all()
    assert abs(rises[8:]).max() < 1e-15
    gaps = abs(np.array(steps[:7]) - steps[-1])
    # Digits double: each gap is below a multiple of the square of the one before.
    assert (gaps[1:] <= 8 * gaps[:-1] ** 2 + 1e-16).all()


def test_a_curve_on_which_newtons_method_runs_away_is_solved_all_the_same() -> None:
    # On an arc tangent Newton's steps diverge from every point far from the solution, which is 3 here (and 1000 below).
    def family(x: Floats, centre: Floats) -> tuple[Floats, Floats]:
        away = x - centre
        return 0.5 - np.arctan(away) / np.pi, -1 / np.pi / (1 + away**2)

    centre = np.array([[3.0, 1000.0, -1e6]])
    seen: list[int] = []

    def watched(x: Floats, data: Floats) -> tuple[Floats, Floats]:
        seen.append(len(x))
        return family(x, data)

    low, high = np.full(3, -1e9), np.full(3, 1e9)
    found = solve(watched, (centre,), np.full(3, 0.5), np.full(3, 5e8), low, high)
    np.testing.assert_allclose(found, 0.5, rtol=0, atol=1e-9)
    assert len(seen) < 2 * 95  # a bracket of 2e9 down to 1e-19, every other step


def test_a_curve_on_which_newtons_method_crawls_is_halved_instead() -> None:
    # From the left of exp(690 - 50 x) = 0.5 every step of Newton's is 1/50; the solution lies at 13.8, 690 steps away.
    def family(x: Floats, data: Floats) -> tuple[Floats, Floats]:
        fair = np.exp(690.0 - 50.0 * x) * np.ones_like(data)
        return fair, -50.0 * fair

    with np.errstate(all="ignore"):  # far to the right everything is 0, the slope too
        found = solve(family, (np.zeros((1, 1)),), np.full(1, 0.5), np.zeros(1), np.zeros(1), np.full(1, 1000.0))
    assert found.ravel().tolist() == [0.5]


def test_what_never_settles_is_not_a_number_and_ends() -> None:
    steps = []

    def step(number: int, state: tuple[Floats, ...], data: tuple[Floats, ...]) -> object:
        steps.append(number)
        return data[0], data[0][0] > 0.5, state

    found = settle(step, (np.zeros(2),), (np.array([[0.9, 0.1], [0.1, 0.9]]),))  # type: ignore[arg-type]
    assert found[:, 0].tolist() == [0.9, 0.1]
    assert np.isnan(found[:, 1]).all()
    assert len(steps) == MOST_STEPS


def test_a_guess_is_exact_for_a_hyperbola_and_at_most_doubles_newtons_step() -> None:
    # f(x) = 1 / (1 + x) - 1/2 at x = 0: 1/2, slope -1, bend 2. Halley's step solves a hyperbola exactly: 1.
    one = np.ones(1)
    assert guess(0.5 * one, -one, 2 * one).tolist() == [1.0]
    assert guess(0.5 * one, -one, 1e9 * one).tolist() == [1.0]
