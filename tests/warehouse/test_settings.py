"""Settings: defaults, what is refused and how it is said, and that no password is ever shown."""

import dataclasses
from pathlib import Path

import pytest

from warehouse.errors import SettingInvalid
from warehouse.settings import (
    SETTINGS,
    Setting,
    example_environment,
    hide_secrets,
    name_driver,
    read_settings,
)

PORT = Setting("EXAMPLE_PORT", "8000", "The port.")
KEY = Setting("EXAMPLE_KEY", None, "The key of the feed.", is_secret=True)


def test_all_state_lies_under_one_folder_by_default() -> None:
    settings = read_settings({"STRATUM_HOME": "/srv/stratum"})
    assert settings.home == Path("/srv/stratum")
    assert settings.lake_url == "/srv/stratum/lake"
    assert settings.database_url == "sqlite:////srv/stratum/stratum.db"
    assert settings.allow_loopback is False


def test_without_any_setting_the_folder_is_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).home == tmp_path / ".stratum"


def test_each_part_can_be_moved_by_itself() -> None:
    moved = {"STRATUM_LAKE_URL": "s3://bucket/lake", "STRATUM_DATABASE_URL": "postgresql://stratum@db/stratum"}
    settings = read_settings(moved)
    assert settings.lake_url == "s3://bucket/lake"
    assert settings.database_url == "postgresql+psycopg://stratum@db/stratum"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_of_postgresql_means_psycopg_3(scheme: str) -> None:
    assert name_driver(f"{scheme}://u:p@h:5432/d") == "postgresql+psycopg://u:p@h:5432/d"


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/d", "hunter2", "sqlite://hunter2", "sqlite://", ""])
def test_another_database_is_refused_without_showing_what_was_typed(url: str) -> None:
    with pytest.raises(SettingInvalid, match="STRATUM_DATABASE_URL") as refusal:
        name_driver(url)
    assert "hunter2" not in str(refusal.value)


def test_no_password_is_shown() -> None:
    settings = read_settings(
        {
            "STRATUM_DATABASE_URL": "postgresql://stratum:hunter2@db/stratum?sslpassword=hunter2",
            "STRATUM_LAKE_URL": "s3://name:hunter2@bucket/lake",
        }
    )
    assert "hunter2" in settings.database_url
    for shown in (repr(settings), str(settings), f"{settings}"):
        assert "hunter2" not in shown
        assert "db/stratum" in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://:p@h/d", "postgresql://:***@h/d"),
        # Signs that belong quoted: @ : / ? # and a space, alone and together, and a password that looks like an address.
        ("postgresql://u:a@b:c@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:a@b@c@h:5432/d?x=1", "postgresql://u:***@h:5432/d?x=1"),
        ("postgresql://u:a b@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:a/b@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:a?b#c@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:a @ b/ c@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:x://y@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u:'a\"(b@h/d", "postgresql://u:***@h/d"),
        ("postgresql://me@corp:a b@h/d", "postgresql://me@corp:***@h/d"),
        ("postgresql://u:%40%20@h/d", "postgresql://u:***@h/d"),
        ("postgresql://u@h/d?password=a b&x=1", "postgresql://u@h/d?password=***&x=1"),
        ("s3://name:a b@bucket/lake", "s3://name:***@bucket/lake"),
        # In the middle of a sentence, and two of them.
        ("no answer of postgresql://u:a b@h/d at noon", "no answer of postgresql://u:***@h/d at noon"),
        (
            "from postgresql://u:a b@h/d to 'postgresql://v:c@d@i/e'",
            "from postgresql://u:***@h/d to 'postgresql://v:***@i/e'",
        ),
        ("http://127.0.0.1:3000 is up", "http://127.0.0.1:3000 is up"),
        ("postgresql://USER:PASSWORD@HOST/NAME, an @ as %40", "postgresql://USER:PASSWORD@HOST/NAME, an @ as %40"),
        ("https://h/p?apiKey=1&x=2", "https://h/p?apiKey=***&x=2"),
        ("sqlite:////srv/stratum.db", "sqlite:////srv/stratum.db"),
    ],
)
def test_what_is_hidden_and_what_stays(url: str, shown: str) -> None:
    assert hide_secrets(url) == shown


@pytest.mark.parametrize(
    "rest", ["u:hunter@two@h/d", "u:p/hunter@two@h/d", "u:hunter@two?x@h/d", "u@corp:hunter2@h/d", "u:a@hunter/b@h/d"]
)
def test_an_address_whose_host_cannot_be_told_from_its_password_is_refused(rest: str) -> None:
    # Taken as it stands, the end of the password would be looked up as a host, and named in an error.
    with pytest.raises(SettingInvalid, match="STRATUM_DATABASE_URL has more than one @.*%40") as refusal:
        name_driver(f"postgresql://{rest}")
    assert "hunter" not in str(refusal.value) and "two" not in str(refusal.value)


@pytest.mark.parametrize(
    "rest", ["u:p w@h/d", "h/d?user=me@x", "u:p@h/d?user=me@x&sslmode=require", "u@h/d", "/d?host=/run"]
)
def test_an_address_with_one_place_for_the_host_is_taken(rest: str) -> None:
    assert name_driver(f"postgresql://{rest}") == f"postgresql+psycopg://{rest}"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        read_settings({}).lake_url = "elsewhere"  # type: ignore[misc]


def test_a_required_setting_fails_by_name() -> None:
    with pytest.raises(SettingInvalid, match=r"EXAMPLE_KEY is not set\. The key of the feed\."):
        KEY.text({"EXAMPLE_KEY": "  "})


def test_a_wrong_value_is_named_with_what_it_must_be() -> None:
    with pytest.raises(SettingInvalid, match=r"EXAMPLE_PORT is 'eighty'.*a whole number"):
        PORT.whole({"EXAMPLE_PORT": "eighty"})
    with pytest.raises(SettingInvalid, match=r"EXAMPLE_PORT is '-1'.*0 or more"):
        PORT.whole({"EXAMPLE_PORT": "-1"})
    with pytest.raises(SettingInvalid, match="0 or more"):
        PORT.number({"EXAMPLE_PORT": "nan"})
    with pytest.raises(SettingInvalid, match="true or false"):
        PORT.flag({"EXAMPLE_PORT": "maybe"})
    with pytest.raises(SettingInvalid, match="one of a, b"):
        PORT.choice({"EXAMPLE_PORT": "c"}, ("a", "b"))


def test_the_wrong_value_of_a_secret_stays_out_of_the_message() -> None:
    with pytest.raises(SettingInvalid) as refusal:
        KEY.whole({"EXAMPLE_KEY": "hunter2"})
    assert "hunter2" not in str(refusal.value)


def test_values_are_read_in_their_types() -> None:
    assert PORT.whole({}) == 8000
    assert PORT.number({"EXAMPLE_PORT": "0.5"}) == 0.5
    assert [PORT.flag({"EXAMPLE_PORT": text}) for text in ("Yes", "off")] == [True, False]
    assert PORT.several({"EXAMPLE_PORT": " a, b,,a "}) == ("a", "b")


def test_every_setting_is_in_the_example_with_its_sentence() -> None:
    text = example_environment(SETTINGS)
    for setting in SETTINGS:
        assert f"# {setting.sentence}\n# {setting.name}=" in text
    assert "# STRATUM_LAKE_URL=STRATUM_HOME/lake\n" in text
