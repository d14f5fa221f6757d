"""Every book by the method chosen for it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.quant.devig import METHODS, fair_probabilities
from stratum_pipelines.quant.devig.by_book import MarginMethods, margin_methods
from stratum_pipelines.reference import MethodChoice, load_method_choices
from stratum_pipelines.reference.devig import MethodChoices
from stratum_pipelines.reference.leagues import H2H, SPREADS

NAMES = tuple(method.name for method in METHODS)
KINDS = np.array([H2H, SPREADS, H2H, SPREADS])


def choices(default: str = "multiplicative", **chosen: str) -> MethodChoices:
    """Choices for soccer; "market_book" names the place, "market_" every book of the market."""
    made = [
        MethodChoice("soccer", *place.split("_", 1), method, 100, 1.05, method, -0.1, -4.0)
        for place, method in chosen.items()
    ]
    return MethodChoices(1, default, 3.0, "test", 1, 100, "", tuple(made))


def prices(seed: int, n_books: int = 3) -> np.ndarray:
    """Four markets of two or three outcomes (as KINDS say) at some books, with a few holes."""
    random = np.random.default_rng(seed)
    found = random.uniform(1.3, 6, (4, 3, n_books))
    found[random.random(found.shape) < 0.1] = np.nan
    found[KINDS == SPREADS, 2] = np.nan
    return found


N_OUTCOMES = np.where(KINDS == H2H, 3, 2)


@given(st.integers(0, 1000), st.sampled_from(NAMES))
def test_one_method_for_all_gives_what_the_method_gives(seed: int, name: str) -> None:
    methods, given_ = margin_methods(choices(name), "soccer", ("a", "b", "c"), 3), prices(seed)
    fair, total = methods.remove(given_, KINDS, N_OUTCOMES)
    for book in range(3):
        found = fair_probabilities(given_[:, :, book], name, n_outcomes=N_OUTCOMES)
        np.testing.assert_array_equal(fair[:, :, book], found.probabilities)
        priced = ~np.isnan(found.overround)
        np.testing.assert_array_equal(total[priced, book], found.overround[priced])


def test_every_book_has_the_method_chosen_for_it() -> None:
    chosen = choices(h2h_a="shin", h2h_="power", spreads_b="additive")
    methods = margin_methods(chosen, "soccer", ("a", "b"), 3)
    given_ = prices(1)
    fair, _ = methods.remove(given_, KINDS, N_OUTCOMES)
    expected = {H2H: ("shin", "power", "multiplicative"), SPREADS: ("multiplicative", "additive", "multiplicative")}
    for kind, names in expected.items():
        for book, name in enumerate(names):
            mine = kind == KINDS
            found = fair_probabilities(given_[mine, :, book], name, n_outcomes=N_OUTCOMES[mine])
            np.testing.assert_array_equal(fair[mine, :, book], found.probabilities)


def test_rows_of_single_books_are_worked_out_as_the_columns_are() -> None:
    methods, given_ = margin_methods(choices(h2h_b="odds_ratio"), "soccer", ("a", "b", "c"), 3), prices(2)
    fair, _ = methods.remove(given_, KINDS, N_OUTCOMES)
    row, book = np.array([0, 2, 3, 0]), np.array([1, 1, 0, 2])
    single, _ = methods.remove(given_[row, :, book][:, :, None], KINDS[row], N_OUTCOMES[row], book[:, None])
    np.testing.assert_array_equal(single[:, :, 0], fair[row, :, book])


def test_prices_a_method_does_not_fit_are_not_a_number_and_keep_their_overround() -> None:
    # They imply 1.099 together: a third of the 0.099 off an outcome implied at 0.009 leaves less than nothing.
    steep = np.array([[[1 / 0.99], [1 / 0.009], [1 / 0.1]]])
    one = MarginMethods(("additive",), np.zeros((3, 1), np.int64))
    fair, total = one.remove(steep, np.array([H2H]), np.array([3]))
    assert np.isnan(fair).all() and total[0, 0] == pytest.approx(1.099)


def test_a_market_names_the_methods_of_the_books_that_count() -> None:
    methods = margin_methods(choices(h2h_a="shin", h2h_b="power"), "soccer", ("a", "b"), 3)
    counted = np.array([[True, False, False], [True, True, False], [True, True, True], [False] * 3])
    kinds = np.full(4, H2H)
    words, codes = methods.named(counted, kinds)
    assert [words[code] for code in codes] == [
        "shin",
        "power+shin",
        "multiplicative+power+shin",
        "multiplicative+power+shin",
    ]
    words, codes = margin_methods(choices(), "soccer", ("a",), 1).named(counted[:, :1], kinds)
    assert words == ["multiplicative"] and codes.tolist() == [0] * 4


def test_what_ships_is_one_method_everywhere() -> None:
    assert margin_methods(load_method_choices(), "soccer", ("pinnacle", "bet365"), 8).names == ("multiplicative",)
