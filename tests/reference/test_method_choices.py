"""Which method of removing a margin is used where."""

from typing import Any

import pytest

from stratum_pipelines.reference.devig import read_method_choices


def table(*choices: dict[str, Any], version: int = 3) -> dict[str, Any]:
    figures = {"n": 10, "overround": 1.05, "lowest": "power", "difference": -0.001, "t": -3.2}
    return {
        "version": version,
        "default": "multiplicative",
        "least_t": 3.0,
        "data": {"source": "somewhere", "n_files": 1, "n_matches": 10, "sha256": "ab"},
        "choices": [{"sport": "soccer", **choice, **figures} for choice in choices],
    }


def test_a_book_has_its_own_method_else_its_markets_else_the_default() -> None:
    choices = read_method_choices(
        table(
            {"market": "h2h", "book": "", "method": "power"},
            {"market": "h2h", "book": "pinnacle", "method": "odds_ratio"},
        )
    )
    assert choices.method("soccer", "h2h", "pinnacle") == "odds_ratio"
    assert choices.method("soccer", "h2h", "bet365") == "power"
    assert choices.method("soccer", "h2h") == "power"
    assert choices.method("soccer", "totals", "pinnacle") == "multiplicative"
    assert choices.method("basketball", "h2h") == "multiplicative"
    assert (choices.version, choices.source, choices.n_matches) == (3, "somewhere", 10)


def test_two_choices_in_one_place_are_refused() -> None:
    twice = {"market": "h2h", "book": "", "method": "power"}
    with pytest.raises(ValueError, match=r"devig\.toml chooses twice for soccer / h2h"):
        read_method_choices(table(twice, twice))


def test_a_version_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="versions count from 1"):
        read_method_choices(table(version=0))
