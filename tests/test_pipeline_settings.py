"""Settings of the pipelines: their defaults, what is refused, and that the key is not shown."""

import pytest

from stratum_pipelines.settings import SETTINGS, read_pipeline_settings
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
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=name):
        read_pipeline_settings({name: value})


def test_lists_are_read_without_blanks_and_repetitions() -> None:
    settings = read_pipeline_settings({"STRATUM_SPORTS": " basketball_nba, icehockey_nhl,basketball_nba "})
    assert settings.sports == ("basketball_nba", "icehockey_nhl")
