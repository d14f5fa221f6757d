"""What follows from attempts for their endpoint: left alone for a while, tried with a single delivery, or disabled."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from stratum_api.dispatcher.settings import Rules
from stratum_api.dispatcher.verdicts import GONE, THROTTLE_S, Sent
from warehouse.database.webhooks import endpoints
from warehouse.database.webhooks.health import Health

MOST_DOUBLINGS = 30


def after(health: Health, attempts: Sequence[Sent], rules: Rules, now: dt.datetime) -> Health:
    """The health of an endpoint after more attempts, in the order they were answered.

    A success makes it well. With `breaker_failures` failures in a row the breaker opens: nothing is sent for `breaker_s`, twice as
    long each time the trial after it fails, `breaker_most_s` at most. An endpoint that throttles is left alone for as long as it asks.
    """
    for sent in attempts:
        if sent.is_delivered:
            health = Health(paced_until=health.paced_until)
            continue
        health = replace(
            health,
            n_failures=health.n_failures + 1,
            failing_since=health.failing_since or sent.attempted_at,
            # The pause that kept others from trying was as long as the trial.
            paused_until=None if sent.is_probe else health.paused_until,
        )
        if sent.is_throttled:
            asked_s = sent.retry_after_s(now)
            health = _paused(health, now, THROTTLE_S if asked_s is None else asked_s)
        # What was on its way when the breaker opened says nothing new; only the trial does.
        if sent.is_probe if health.is_open else health.n_failures >= rules.breaker_failures:
            wait_s = min(rules.breaker_s * 2.0 ** min(health.n_opened, MOST_DOUBLINGS), rules.breaker_most_s)
            health = _paused(replace(health, is_open=True, n_opened=health.n_opened + 1), now, wait_s)
    return health


def reason_to_disable(health: Health, attempts: Sequence[Sent], rules: Rules) -> str:
    """Why the endpoint has to be disabled now, empty where it need not be.

    It answered 410; or it failed `disable_failures` times in a row or more, and the last of them came `disable_after` or longer after
    the first.
    """
    if any(sent.status_code == GONE for sent in attempts):
        return endpoints.GONE
    if health.failing_since is None or health.n_failures < rules.disable_failures:
        return ""
    last = max(sent.attempted_at for sent in attempts)
    return endpoints.FAILING if last - health.failing_since >= rules.disable_after else ""


def _paused(health: Health, now: dt.datetime, seconds: float) -> Health:
    until = now + dt.timedelta(seconds=seconds)
    return replace(health, paused_until=max(health.paused_until or until, until))
