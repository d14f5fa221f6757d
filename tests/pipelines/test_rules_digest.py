"""What decides a day's rows is in the digest of its rules: a change of any of it makes computed days out of date."""

from dataclasses import replace

import pytest

from stratum_pipelines import days
from stratum_pipelines.days import rules_digest
from stratum_pipelines.signals import find_signals, signals_in_force
from tests.build import NFL, rules


def test_a_parameter_that_is_set_makes_days_out_of_date() -> None:
    usual = rules()
    slower = replace(usual, signals=signals_in_force((("STEAM", "window_minutes", 5.0),)))
    assert rules_digest(usual, NFL) == rules_digest(rules(), NFL) != rules_digest(slower, NFL)


def test_a_rule_that_is_off_decides_nothing_and_on_it_does() -> None:
    quiet = replace(rules(), signals=signals_in_force((("LIVE_SHOCK", "watchlist", ("*",)),)))
    assert rules_digest(quiet, NFL) == rules_digest(rules(), NFL)
    on = replace(rules(), signals=signals_in_force((("LIVE_SHOCK", "enabled", True),)))
    assert rules_digest(on, NFL) != rules_digest(rules(), NFL)


def test_regimes_decide_rows_where_they_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    off, on = rules_digest(rules(), NFL), rules_digest(replace(rules(), regimes=True), NFL)
    assert off != on
    monkeypatch.setattr(days, "REGIMES_VERSION", "other")
    assert rules_digest(replace(rules(), regimes=True), NFL) != on
    assert rules_digest(rules(), NFL) == off


def test_the_weights_of_the_composite_have_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    before = rules_digest(rules(), NFL)
    monkeypatch.setattr(days, "COMPOSITE_VERSION", "other")
    assert rules_digest(rules(), NFL) != before


def test_the_chosen_methods_and_the_weights_of_books_decide_rows_too() -> None:
    usual = rules()
    other = replace(usual, methods=replace(usual.methods, default="power"))
    louder = replace(usual, book_weights=replace(usual.book_weights, version=2, sharp=5.0))
    assert len({rules_digest(known, NFL) for known in (usual, other, louder)}) == 3


def test_every_rule_that_can_be_switched_off_is_off_by_default() -> None:
    assert {name for name, signal in find_signals().items() if "enabled" in signal.parameters} == {"LIVE_SHOCK"}
    assert set(find_signals()) - set(signals_in_force()) == {"LIVE_SHOCK"}
