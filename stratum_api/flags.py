"""Which parts of the API are on. Each has a flag; staging mode switches all of them on together."""

from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.settings import Setting

STAGING_MODE = Setting(
    "STRATUM_API_STAGING_MODE",
    "false",
    "Whether every part is on whatever its own flag says, to try all of them together before production.",
)


@dataclass(frozen=True)
class Flag:
    """A part of the API that can be switched on or off, and the setting that does."""

    name: str
    setting: Setting


FLAGS = (
    Flag(
        "anonymous",
        Setting(
            "STRATUM_API_ENABLE_ANONYMOUS",
            "true",
            "Whether requests without a key are answered where an endpoint is public.",
        ),
    ),
    Flag(
        "key_management",
        Setting(
            "STRATUM_API_ENABLE_KEY_MANAGEMENT",
            "true",
            "Whether an account may issue, rotate and revoke its own keys by endpoint.",
        ),
    ),
    Flag(
        "public_structural_core",
        Setting(
            "STRATUM_API_ENABLE_PUBLIC_STRUCTURAL_CORE",
            "true",
            "Whether plans that are redacted see signals of the structural core only.",
        ),
    ),
    Flag(
        "exports", Setting("STRATUM_API_ENABLE_EXPORTS", "true", "Whether plans that include exports may fetch them.")
    ),
    Flag(
        "shares",
        Setting(
            "STRATUM_API_ENABLE_SHARES",
            "true",
            "Whether plans that include analytics may share figures by links, and whether those links open.",
        ),
    ),
    Flag("stream", Setting("STRATUM_API_ENABLE_STREAM", "true", "Whether plans that include the stream may open one.")),
    Flag(
        "webhooks",
        Setting(
            "STRATUM_API_ENABLE_WEBHOOKS",
            "false",
            "Whether accounts may register webhooks, which the dispatcher has to be running for.",
        ),
    ),
    Flag(
        "limit_alerts",
        Setting(
            "STRATUM_API_ENABLE_LIMIT_ALERTS",
            "true",
            "Whether an account near its soft limit is noted in the outbox as system.limit_alert.",
        ),
    ),
)


@dataclass(frozen=True)
class Flags:
    """What is on."""

    is_staging: bool
    on: frozenset[str]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Flags":
        """The flags of an environment. Raises SettingInvalid by name."""
        is_staging = STAGING_MODE.flag(environ)
        named = {flag.name: flag.setting.flag(environ) for flag in FLAGS}
        return cls(is_staging, frozenset(name for name, is_on in named.items() if is_on or is_staging))

    def __contains__(self, name: str) -> bool:
        return name in self.on

    def shown(self) -> dict[str, bool]:
        """Every flag and whether it is on, by name."""
        return {"staging_mode": self.is_staging} | {flag.name: flag.name in self.on for flag in FLAGS}


def flag_settings() -> tuple[Setting, ...]:
    """The settings of all flags."""
    return tuple(flag.setting for flag in FLAGS)
