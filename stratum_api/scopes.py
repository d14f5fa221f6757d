"""Scopes: what a single key may be used for, within what its account's plan includes."""

from collections.abc import Sequence

from warehouse.errors import OperationInvalid

INTEL_READ = "intel:read"
INTEL_EXPORT = "intel:export"
STREAM_READ = "stream:read"
ACCOUNT_READ = "account:read"
KEYS_MANAGE = "keys:manage"
WEBHOOKS_MANAGE = "webhooks:manage"
SHARES_MANAGE = "shares:manage"

SCOPES: dict[str, str] = {
    INTEL_READ: "Read signals, consensus, games, books and closing-line value.",
    INTEL_EXPORT: "Fetch exports.",
    STREAM_READ: "Open the stream.",
    ACCOUNT_READ: "Read the account, its entitlement, its keys and its usage.",
    KEYS_MANAGE: "Issue, rotate and revoke keys of the account.",
    WEBHOOKS_MANAGE: "Register, change and test webhooks of the account.",
    SHARES_MANAGE: "Make, list and revoke links that show what came of trades to whoever has them.",
}
# What a key gets when nobody says otherwise: it can read everything and change nothing.
USUAL = (INTEL_READ, INTEL_EXPORT, STREAM_READ, ACCOUNT_READ)


def checked_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    """The scopes in their usual order, without repetitions. Raises OperationInvalid for an unknown one, and for none."""
    for scope in scopes:
        if scope not in SCOPES:
            raise OperationInvalid(f"There is no scope {scope!r}. Scopes are {', '.join(SCOPES)}.", "scopes")
    if not scopes:
        raise OperationInvalid("A key needs at least one scope.", "scopes")
    return tuple(scope for scope in SCOPES if scope in scopes)
