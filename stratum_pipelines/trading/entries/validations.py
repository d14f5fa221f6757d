"""What was checked of a trade, or of the idea for one: rows of `validation_logs`."""

from typing import Any

from stratum_pipelines.providers.reading import identity
from stratum_pipelines.trading.entries.given import Fields, Given, figure, yes_or_no
from stratum_pipelines.trading.entries.reasons import MISSING_VALUE, Unfit

LONGEST_MESSAGE = 2_000


def validation_row(fields: Fields, given: Given, line: str) -> dict[str, Any]:
    """The row of a check, its time in UTC microseconds; raises Unfit when it cannot be one.

    `fields` are texts by column of `validation_logs`; its `trade_id` is the trade's id in the account, as tickets are, and
    `ticket` the id of the check itself.
    """
    checked_at = given.required_at(fields, "checked_at")
    check, message = given.text(fields, "check"), fields.get("message", "").strip()
    if not check:
        raise Unfit(MISSING_VALUE, "check is blank: the name of what was checked.")
    passed = fields.get("is_passed", "")
    if not passed.strip():
        raise Unfit(MISSING_VALUE, "is_passed is blank.")
    trade, setup_id = given.text(fields, "trade_id"), given.text(fields, "setup_id")
    about = given.text(fields, "ticket") or f"{trade}\x1f{setup_id}\x1f{check}"
    return {
        "validation_id": identity("account", given.account, str(checked_at), about),
        "account": given.account,
        "trade_id": given.id_of(trade) if trade else "",
        "setup_id": setup_id,
        "checked_at": checked_at,
        "check": check,
        "is_passed": yes_or_no(passed),
        "message": message[:LONGEST_MESSAGE],
        "figure": figure(given.number(fields, "figure")),
        "source": given.source,
        "import_id": given.import_id,
        "import_line": line,
    }
