"""The list of methods: each truly another, under one name and its aliases."""

import inspect
from itertools import combinations

import numpy as np
import pytest

from stratum_pipelines.quant.devig import IDENTITIES, METHODS, fair_probabilities, find_method
from tests.quant.devig.markets import NAMES, closings

# Far beyond rounding, far below what a bettor would notice.
DISTINCT = 1e-4


def furthest(one: str, other: str, n_outcomes: int) -> float:
    """The largest difference between two methods over ordinary books."""
    prices = closings(n_outcomes)
    a, b = (fair_probabilities(prices, name) for name in (one, other))
    both = a.priced & b.priced
    assert both.sum() > len(prices) / 2
    return float(np.abs(a.probabilities - b.probabilities)[both].max())


@pytest.mark.parametrize("n_outcomes", [2, 3, 8])
@pytest.mark.parametrize(("one", "other"), list(combinations(NAMES, 2)))
def test_every_two_methods_differ_except_where_it_is_declared(one: str, other: str, n_outcomes: int) -> None:
    same = {(identity.n_outcomes, frozenset((identity.method, identity.other))) for identity in IDENTITIES}
    distance = furthest(one, other, n_outcomes)
    if (n_outcomes, frozenset((one, other))) in same:
        assert distance <= 1e-12
    else:
        assert distance > DISTINCT


def test_there_are_nine_methods_and_one_identity() -> None:
    assert len(set(NAMES)) == len(METHODS) == 9
    assert [(i.method, i.other, i.n_outcomes) for i in IDENTITIES] == [("shin", "additive", 2)]


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("logarithmic", "odds_ratio"),
        ("differential_margin", "additive"),
        ("differential margin weighting", "additive"),
        ("goto", "standard_error"),
        ("JSD", "jensen_shannon"),
        ("balanced-book", "balanced_book"),
        ("Odds ratio", "odds_ratio"),
        ("basic", "multiplicative"),
    ],
)
def test_an_alias_means_the_method_it_is_another_name_of(alias: str, name: str) -> None:
    assert find_method(alias).name == name
    prices = closings(3, n=20)
    np.testing.assert_array_equal(
        fair_probabilities(prices, alias).probabilities, fair_probabilities(prices, name).probabilities
    )


def test_every_spelling_means_one_method() -> None:
    spellings = [spelling for method in METHODS for spelling in (method.name, *method.aliases)]
    assert len(spellings) == len(set(spellings))
    for method in METHODS:
        assert {find_method(spelling).name for spelling in (method.name, *method.aliases)} == {method.name}


def test_margin_in_proportion_to_the_odds_is_the_additive_method() -> None:
    # Buchdahl: fair odds = n d / (n - M d), M the margin.
    prices = closings(3)
    margin = (1 / prices).sum(axis=1, keepdims=True) - 1
    fair = (3 - margin * prices) / (3 * prices)
    found = fair_probabilities(prices, "differential_margin")
    np.testing.assert_allclose(found.probabilities[found.priced], fair[found.priced], rtol=0, atol=1e-14)


def test_a_constant_off_the_log_odds_is_the_odds_ratio_method() -> None:
    prices = closings(3)
    found = fair_probabilities(prices, "logarithmic").probabilities
    off = np.log((1 / prices) / (1 - 1 / prices)) - np.log(found / (1 - found))
    assert np.ptp(off, axis=1).max() < 1e-11


def test_an_unknown_method_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="Did you mean power") as refused:
        fair_probabilities([[2.0, 2.0]], "powr")
    assert all(name in str(refused.value) for name in NAMES)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_every_method_says_its_formula_its_source_and_an_example(method: object) -> None:
    text = inspect.getdoc(method.remove)  # type: ignore[attr-defined]
    assert text is not None
    assert "pᵢ" in text.splitlines()[0]
    assert "Worked example: " in text
    assert ">>> " in text
    assert method.source and method.title  # type: ignore[attr-defined]
