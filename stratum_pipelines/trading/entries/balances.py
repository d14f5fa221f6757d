"""What an account was worth, and what came in and went out: rows of `equity_points`."""

from typing import Any

from stratum_pipelines.providers.reading import identity
from stratum_pipelines.trading.entries.given import Fields, Given, word_of
from stratum_pipelines.trading.entries.reasons import MISSING_VALUE, UNKNOWN_WORD, Unfit

KINDS = {"deposit": "deposit", "withdrawal": "withdrawal", "withdraw": "withdrawal", "balance": "balance"}


def balance_row(fields: Fields, given: Given, line: str) -> dict[str, Any]:
    """The row of an equity point, its time in UTC microseconds; raises Unfit when it cannot be one.

    `fields` are texts by column of `equity_points`, and `ticket`, its id in the account. A row with an amount is a deposit or,
    below 0, a withdrawal; one without is a balance.
    """
    currency = given.currency_of(fields)
    noted_at = given.required_at(fields, "noted_at")
    amount, balance, equity = (given.money(fields, name, currency) for name in ("amount", "balance", "equity"))
    said = fields.get("kind", "").strip()
    kind = word_of(KINDS, said)
    if said and kind is None:
        raise Unfit(UNKNOWN_WORD, f"The kind {said[:60]!r} is none of deposit, withdrawal and balance.", said)
    if kind is None:
        kind = "balance" if not amount else ("deposit" if amount > 0 else "withdrawal")
    if kind == "balance":
        amount = 0
        if balance is None and equity is None:
            raise Unfit(MISSING_VALUE, "Neither amount, balance nor equity is given.")
    elif not amount:
        raise Unfit(MISSING_VALUE, f"A {kind} needs an amount.")
    elif kind == "withdrawal":
        amount = -abs(amount)
    elif amount < 0:
        raise Unfit(UNKNOWN_WORD, "A deposit of less than nothing is a withdrawal.", fields["amount"])
    return {
        "equity_point_id": identity(
            "account", given.account, str(noted_at), kind, given.text(fields, "ticket") or f"{currency} {amount}"
        ),
        "account": given.account,
        "noted_at": noted_at,
        "kind": kind,
        "amount": amount,
        "balance": balance,
        "equity": equity,
        "currency": currency,
        "source": given.source,
        "import_id": given.import_id,
        "import_line": line,
    }
