"""Settings of the pipelines: their defaults, what is refused, and that the key is not shown."""

import pytest

from stratum_pipelines.budget.credits import Allowance
from stratum_pipelines.paper_terms import PaperTerms, read_paper_terms
from stratum_pipelines.settings import SETTINGS, read_final_after, read_overrides, read_pipeline_settings, rule_settings
from stratum_pipelines.signals import find_signals, signals_in_force
from warehouse.errors import SettingInvalid


def test_the_defaults_are_those_that_are_promised() -> None:
    settings = read_pipeline_settings({})
    assert (settings.http_timeout_s, settings.retry_attempts, settings.retry_backoff_s, settings.max_events) == (
        25,
        3,
        0.5,
        40,
    )
    assert not settings.api_key
    assert settings.allowance == Allowance(reserve=25, per_month=None, reset_day=1)


def test_what_may_be_spent_is_read_from_the_settings() -> None:
    environment = {
        "STRATUM_CREDIT_RESERVE": "100",
        "STRATUM_CREDITS_PER_MONTH": "20000",
        "STRATUM_CREDIT_RESET_DAY": "31",
    }
    assert read_pipeline_settings(environment).allowance == Allowance(100, 20_000, 31)


def test_what_is_followed_is_read_with_its_weight() -> None:
    assert read_pipeline_settings({}).followed == {}
    environment = {"STRATUM_FOLLOWED": "basketball_nba=2, Boston Celtics = 0.5"}
    assert read_pipeline_settings(environment).followed == {"basketball_nba": 2.0, "Boston Celtics": 0.5}


def test_the_key_is_shown_nowhere() -> None:
    settings = read_pipeline_settings({"ODDS_API_KEY": "hunter2"})
    assert settings.required_key() == "hunter2"
    assert "hunter2" not in repr(settings)
    assert [setting.name for setting in SETTINGS if setting.is_secret] == ["ODDS_API_KEY"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ODDS_API_HTTP_TIMEOUT_SECONDS", "soon"),
        ("ODDS_API_HTTP_TIMEOUT_SECONDS", "0"),
        ("ODDS_API_RETRY_ATTEMPTS", "0"),
        ("ODDS_API_MAX_EVENTS_PER_CYCLE", "-1"),
        ("ODDS_API_REGIONS", "us,mars"),
        ("ODDS_API_REGIONS", ","),
        ("ODDS_API_ODDS_FORMAT", "fractional"),
        ("STRATUM_SPORTS", "quidditch"),
        ("STRATUM_POLL_SECONDS", "0"),
        ("STRATUM_SIMULATOR_SEED", "-1"),
        ("STRATUM_CREDIT_RESERVE", "-1"),
        ("STRATUM_CREDITS_PER_MONTH", "many"),
        ("STRATUM_CREDIT_RESET_DAY", "0"),
        ("STRATUM_CREDIT_RESET_DAY", "32"),
        ("STRATUM_FOLLOWED", "basketball_nba"),
        ("STRATUM_FOLLOWED", "=3"),
        ("STRATUM_FOLLOWED", "Boston=-1"),
        ("STRATUM_FOLLOWED", "Boston=nan"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        read_pipeline_settings({name: value})


@pytest.mark.parametrize(
    ("name", "most", "too_much"),
    [
        ("LIVE_SHOCK_MAX_PER_HOUR", "60", "1000000000"),
        ("LIVE_SHOCK_MIN_MOVE", "0.99", "1"),
        ("DISLOCATION_MIN_GAP", "0.25", "0.26"),
        ("DISLOCATION_MIN_EDGE", "0.15", "0.16"),
        ("EXCHANGE_DIVERGENCE_MIN_GAP", "0.25", "0.3"),
        ("MOVE_COOLDOWN_MINUTES", "1440", "1441"),
    ],
)
def test_a_rule_that_could_never_speak_or_not_be_held_in_memory_is_refused(name: str, most: str, too_much: str) -> None:
    assert [value for _, _, value in read_overrides({name: most})] in ([float(most)], [])
    with pytest.raises(SettingInvalid, match=f"{name} is '{too_much}'.* or less"):
        read_overrides({name: too_much})


def test_closes_become_final_within_a_week() -> None:
    assert read_final_after({"STRATUM_FINAL_AFTER_MINUTES": "10080"}).days == 7
    for value in ("10081", "1e300"):
        with pytest.raises(SettingInvalid, match="10080 or less"):
            read_final_after({"STRATUM_FINAL_AFTER_MINUTES": value})


def test_lists_are_read_without_blanks_and_repetitions() -> None:
    settings = read_pipeline_settings({"STRATUM_SPORTS": " basketball_nba, icehockey_nhl,basketball_nba "})
    assert settings.sports == ("basketball_nba", "icehockey_nhl")


def test_the_defaults_of_the_signal_rules_are_those_that_are_promised() -> None:
    defaults = {setting.name: setting.default for setting in rule_settings()}
    promised = {
        "STEAM_WINDOW_MINUTES": "3",
        "STEAM_MIN_BOOKS": "4",
        "STEAM_MIN_MOVE_SPREAD": "0.5",
        "STEAM_MIN_MOVE_TOTAL": "1",
        "LIVE_SHOCK_ENABLED": "false",
        "LIVE_SHOCK_WATCHLIST": "",
    }
    assert promised.items() <= defaults.items()
    assert read_overrides({}) == ()
    assert read_overrides({name: default or "" for name, default in defaults.items()}) == ()


def test_a_parameter_that_is_set_reaches_its_rule_in_its_own_type() -> None:
    environment = {
        "STEAM_WINDOW_MINUTES": "2.5",
        "STEAM_MIN_BOOKS": "6",
        "LIVE_SHOCK_ENABLED": "yes",
        "LIVE_SHOCK_WATCHLIST": " game-1, Home,game-1",
    }
    signals = signals_in_force(read_overrides(environment))
    assert (signals["STEAM"].parameters["window_minutes"], signals["STEAM"].parameters["min_books"]) == (2.5, 6)
    assert signals["LIVE_SHOCK"].parameters["watchlist"] == ("game-1", "Home")
    # The declaration itself stays as it is.
    assert find_signals()["STEAM"].parameters["min_books"] == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STEAM_WINDOW_MINUTES", "16"),
        ("STEAM_WINDOW_MINUTES", "0"),
        ("STEAM_MIN_BOOKS", "2.5"),
        ("STEAM_MIN_BOOKS", "1"),
        ("STEAM_MIN_MOVE_TOTAL", "-1"),
        ("DISLOCATION_MIN_Z", "high"),
        ("LIVE_SHOCK_ENABLED", "perhaps"),
        ("LIVE_SHOCK_WINDOW_MINUTES", "31"),
    ],
)
def test_a_parameter_a_rule_cannot_work_with_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        read_overrides({name: value})


def test_paper_bets_are_on_with_small_stakes_and_their_terms_are_checked() -> None:
    assert read_paper_terms({}) == PaperTerms(is_on=True, stake=1_000, balance=1_000_000, currency="USD")
    environment = {"STRATUM_PAPER_BETS": "off", "STRATUM_PAPER_STAKE": "250", "STRATUM_PAPER_CURRENCY": "EUR"}
    assert read_paper_terms(environment) == PaperTerms(is_on=False, stake=250, currency="EUR")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRATUM_PAPER_BETS", "maybe"),
        ("STRATUM_PAPER_STAKE", "0"),
        ("STRATUM_PAPER_STAKE", "10.50"),
        ("STRATUM_PAPER_BALANCE", "0"),
        ("STRATUM_PAPER_CURRENCY", "dollars"),
    ],
)
def test_terms_of_paper_bets_that_cannot_be_are_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        read_paper_terms({name: value})
