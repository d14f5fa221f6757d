"""Settings: what each is called, what it is by default, and one sentence on what it does.

`Setting` is the declaration every package uses; `read_settings` makes the frozen object of this one. Importing this
module reads nothing: entry points pass the environment in.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from warehouse.errors import SettingInvalid

YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True)
class Setting:
    """One setting: its name in the environment, its default as text, and the sentence that documents it.

    A default of None means there is none: reading the setting without a value fails by name. `default_shown` replaces
    the default in documents where it is computed from another setting. The value of a secret is never shown.
    """

    name: str
    default: str | None
    sentence: str
    is_secret: bool = False
    default_shown: str = ""

    def text(self, environ: Mapping[str, str]) -> str:
        """The value as text, without surrounding space; the default where the value is missing or blank."""
        value = environ.get(self.name, "").strip() or self.default
        if value is None:
            raise SettingInvalid(f"{self.name} is not set. {self.sentence}")
        return value

    def whole(self, environ: Mapping[str, str], *, at_least: int = 0, at_most: float = float("inf")) -> int:
        """The value as a whole number within bounds."""
        value = self.text(environ)
        try:
            number = int(value)
        except ValueError:
            raise self.invalid(value, "a whole number") from None
        self._bound(number, at_least, at_most, value)
        return number

    def number(self, environ: Mapping[str, str], *, at_least: float = 0.0, at_most: float = float("inf")) -> float:
        """The value as a finite number within bounds."""
        value = self.text(environ)
        try:
            number = float(value)
        except ValueError:
            raise self.invalid(value, "a number") from None
        self._bound(number, at_least, at_most, value)
        return number

    def _bound(self, number: float, at_least: float, at_most: float, value: str) -> None:
        if not at_least <= number < float("inf"):
            raise self.invalid(value, f"{at_least:g} or more")
        if number > at_most:
            raise self.invalid(value, f"{at_most:.15g} or less")

    def flag(self, environ: Mapping[str, str]) -> bool:
        """The value as yes or no."""
        value = self.text(environ)
        if value.lower() not in YES + NO:
            raise self.invalid(value, "true or false")
        return value.lower() in YES

    def choice(self, environ: Mapping[str, str], allowed: Collection[str]) -> str:
        """The value, one of those allowed."""
        value = self.text(environ)
        if value not in allowed:
            raise self.invalid(value, f"one of {', '.join(allowed)}")
        return value

    def several(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """The values of a list separated by commas, without blanks and repetitions."""
        parts = (part.strip() for part in self.text(environ).split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def several_numbers(self, environ: Mapping[str, str]) -> tuple[float, ...]:
        """The finite numbers of a list separated by commas, in its order, repetitions included."""
        text = self.text(environ)
        try:
            numbers = tuple(float(part) for part in text.split(",") if part.strip())
        except ValueError:
            raise self.invalid(text, "numbers, separated by commas") from None
        if not all(isfinite(number) for number in numbers):
            raise self.invalid(text, "finite numbers, separated by commas")
        return numbers

    def invalid(self, value: str, wanted: str) -> SettingInvalid:
        """The error that says what the setting must be; the value of a secret stays out of it."""
        shown = "has a value that" if self.is_secret else f"is {hide_secrets(value)!r}, which"
        return SettingInvalid(f"{self.name} {shown} cannot be used: it must be {wanted}. {self.sentence}")


HOME = Setting("STRATUM_HOME", ".stratum", "The folder that holds all state: lake, database and Dagster's own files.")
LAKE_URL = Setting(
    "STRATUM_LAKE_URL",
    "",
    "Where the Parquet lake lies: a folder, or the URL of an object store such as s3://bucket/lake.",
    default_shown="STRATUM_HOME/lake",
)
DATABASE_URL = Setting(
    "STRATUM_DATABASE_URL",
    "",
    "The database: sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME in production.",
    is_secret=True,
    default_shown="sqlite:///STRATUM_HOME/stratum.db",
)
ALLOW_LOOPBACK = Setting(
    "STRATUM_ALLOW_LOOPBACK",
    "false",
    "Whether requests to the outside may reach servers on this machine, over plain http as well; for tests only.",
)
REGIMES = Setting(
    "STRATUM_REGIMES",
    "off",
    "Whether the regime of every market is followed and told to its signals: on or off. Changing it makes every computed day out "
    "of date.",
)

SETTINGS: tuple[Setting, ...] = (HOME, LAKE_URL, DATABASE_URL, ALLOW_LOOPBACK)


@dataclass(frozen=True, repr=False)
class Settings:
    """The settings of the warehouse. Its repr shows no password."""

    home: Path
    lake_url: str
    database_url: str
    allow_loopback: bool = False
    regimes: bool = False

    def __repr__(self) -> str:
        return (
            f"Settings(home={str(self.home)!r}, lake_url={hide_secrets(self.lake_url)!r}, "
            f"database_url={hide_secrets(self.database_url)!r}, allow_loopback={self.allow_loopback}, regimes={self.regimes})"
        )


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings of the warehouse from an environment, checked; paths are absolute."""
    home = Path(HOME.text(environ)).expanduser().absolute()
    database_url = DATABASE_URL.text(environ) or f"sqlite:///{home / 'stratum.db'}"
    return Settings(
        home=home,
        lake_url=LAKE_URL.text(environ) or str(home / "lake"),
        database_url=name_driver(database_url),
        allow_loopback=ALLOW_LOOPBACK.flag(environ),
        regimes=REGIMES.flag(environ),
    )


def name_driver(url: str) -> str:
    """The database URL with the driver we use spelled out: psycopg 3 for PostgreSQL.

    Examples:
        >>> name_driver("postgresql://stratum@db/stratum")
        'postgresql+psycopg://stratum@db/stratum'
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"):
        if "@" in _QUERY.sub("", rest).partition("@")[2]:
            # Everything behind the first @ would be taken for the host, and shown as one.
            raise SettingInvalid(
                f"{DATABASE_URL.name} has more than one @: write those in the name and password as %40 (and : / ? as %3A %2F %3F)."
            )
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite" and rest.startswith("/"):
        return url
    # Only the scheme is shown: whatever else was typed may be a password.
    shown = f"starts with {scheme!r}" if separator else "has no scheme"
    raise SettingInvalid(
        f"{DATABASE_URL.name} {shown}: it must be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
    )


_QUERY = re.compile(r"\?\w+=[^&]*(?:&\w+=[^&]*)*$")
# A password ends at the last @ before the next address, whatever signs it holds: text that is hidden too much does no harm.
# PASSWORD itself stands in our own messages, which say how to write an address.
_PASSWORD = re.compile(r"(?<=://)(?P<user>[^/:\s]*):(?!PASSWORD@)(?:(?![\s\"'(]\w[\w+.-]*://).)*@")
_SECRET_PARAMETER = re.compile(
    r"(?i)(?P<name>[?&][\w-]*(?:(?P<password>password|passwd)|secret|token|key)[\w-]*=)(?(password)[^&\"']*|[^&\s]*)"
)


def hide_secrets(text: str) -> str:
    """The text with *** in place of every password and secret parameter of the addresses in it.

    Examples:
        >>> hide_secrets("postgresql://stratum:hunter2@db/stratum?sslmode=require")
        'postgresql://stratum:***@db/stratum?sslmode=require'
        >>> hide_secrets("no answer of postgresql://stratum:a b@c/d@db:5432/stratum")
        'no answer of postgresql://stratum:***@db:5432/stratum'
    """
    return _SECRET_PARAMETER.sub(r"\g<name>***", _PASSWORD.sub(r"\g<user>:***@", text))


def example_environment(settings: Iterable[Setting]) -> str:
    """The text of an .env.example: every setting with its sentence, commented out at its default."""
    blocks = []
    for setting in settings:
        default = setting.default_shown or setting.default or ""
        blocks.append(f"# {setting.sentence}\n# {setting.name}={default}\n")
    return "\n".join(blocks)
