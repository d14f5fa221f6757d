"""Notices about webhooks themselves, as others are told them: contents of messages, not tables of the lake."""

from warehouse.tables.table import Table, count, text, time


class WebhookTests(Table):
    """One message per test that was asked for."""

    name = "webhook_tests"
    layer = "system"
    key = ("test_id",)

    test_id = text("The test.")
    account_id = text("The account that asked.")
    endpoint_id = text("The endpoint it goes to.")
    asked_at = time("When it was asked for.")


class DisabledWebhooks(Table):
    """One notice per time an endpoint was disabled because it could not be delivered to."""

    name = "disabled_webhooks"
    layer = "system"
    key = ("endpoint_id", "disabled_at")

    endpoint_id = text("The endpoint.")
    account_id = text("The account it belongs to.")
    reason = text("Why: it answered 410, or it failed for too long.", one_of=("gone", "failing"))
    n_failures = count("Attempts in a row that failed.")
    failing_since = time("When the first of them was made.")
    disabled_at = time("When it was disabled.")
