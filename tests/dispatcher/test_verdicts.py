"""What follows from an attempt: for its delivery by the table of waits, for its endpoint by failures in a row."""

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pytest

from stratum_api.dispatcher.breaker import after, reason_to_disable
from stratum_api.dispatcher.lane import Lane, Load
from stratum_api.dispatcher.pace import allowance, paced
from stratum_api.dispatcher.settings import Rules
from stratum_api.dispatcher.verdicts import Sent, judge, message_gone
from warehouse.database.webhooks.health import WELL, Health
from warehouse.database.webhooks.queue import Claim
from warehouse.errors import CertificateRefused, OutboundError, RedirectRefused, RequestRefused, TimedOut, Unreachable
from warehouse.outbound import Posted

NOW = dt.datetime(2026, 1, 4, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
RULES = Rules()


def claim(n_attempts: int = 0) -> Claim:
    return Claim(1, 1, "id", "we_one", ("id",), n_attempts, NOW, NOW + 90 * SECOND)


def sent(status: int | None = 200, *, n_attempts: int = 0, at: dt.datetime = NOW, **more: Any) -> Sent:
    headers, body = more.pop("headers", {}), more.pop("body", b"")
    answer = None if status is None else Posted(status, headers, body)
    error = more.pop("error", TimedOut("late") if status is None else None)
    return Sent(claim(n_attempts), at, more.pop("latency_ms", 0.0), answer, error, **more)


class Highest(random.Random):
    def uniform(self, _least: float, most: float) -> float:
        return most


class Lowest(random.Random):
    def uniform(self, least: float, _most: float) -> float:
        return least


@pytest.mark.parametrize(("status", "state"), [(200, "delivered"), (204, "delivered"), (299, "delivered"), (300, "pending"),
                                               (199, "pending"), (400, "pending"), (410, "pending"), (500, "pending")])  # fmt: skip
def test_only_2xx_is_success(status: int, state: str) -> None:
    found = judge(sent(status), RULES, random.Random(1))
    assert (found.state, found.status_code, found.error) == (state, status, "" if state == "delivered" else "status")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (TimedOut("x"), "timeout"),
        (Unreachable("x"), "unreachable"),
        (CertificateRefused("x"), "certificate"),
        (RequestRefused("x"), "address_refused"),
        (RedirectRefused("x", 302), "redirect"),
    ],
)
def test_what_is_no_answer_is_named_in_a_word(error: OutboundError, word: str) -> None:
    found = judge(sent(None, error=error), RULES, random.Random(1))
    assert (found.state, found.error, found.response_excerpt) == ("pending", word, "")
    assert found.status_code == (302 if word == "redirect" else None)


def test_there_are_ten_attempts_and_their_waits_are_those_of_the_table() -> None:
    assert len(RULES.retry_s) + 1 == 10
    # 5 s + 5 min + 30 min + 2 h + 5 h + 10 h + 14 h + 20 h + 24 h = 75 h 35 min 5 s, a little more than three days.
    assert sum(RULES.retry_s) == 75 * 3600 + 35 * 60 + 5
    for k, wait_s in enumerate(RULES.retry_s):
        longest = judge(sent(500, n_attempts=k), RULES, Highest())
        assert (longest.state, longest.next_attempt_at) == ("pending", NOW + dt.timedelta(seconds=2 * wait_s))
        assert judge(sent(500, n_attempts=k), RULES, Lowest()).next_attempt_at == NOW
    assert judge(sent(500, n_attempts=9), RULES, Highest()).state == "dead"


def test_a_wait_is_drawn_evenly_between_its_bounds() -> None:
    draw = random.Random(7)
    waits = [(judge(sent(500), RULES, draw).next_attempt_at - NOW).total_seconds() for _ in range(2000)]
    assert 0 <= min(waits) < 0.1 and 9.9 < max(waits) <= 10
    assert abs(sum(waits) / len(waits) - 5) < 0.3


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("Sun, 04 Jan 2026 12:01:00 GMT", 60), ("999999999", 86_400), ("0", 0), ("-5", 0), ("soon", 0), ("", 0),
     ("Sun, 04 Jan 2026 11:00:00 GMT", 0), ("9" * 400, 0), ("Sun, 04 Jan 2026 12:01:00 +" + "9" * 20, 0),
     ("Sun, 04 Jan 2026 12:01:00 -" + "9" * 20, 0), ("Fri, 31 Dec 9999 23:59:59 -2359", 86_400), ("٣", 3), ("²", 0)],
)  # fmt: skip
def test_the_receiver_may_ask_for_more_patience_and_not_for_less(text: str, seconds: int) -> None:
    found = judge(sent(503, headers={"retry-after": text}), RULES, Lowest())
    assert found.next_attempt_at == NOW + seconds * SECOND
    later = judge(sent(503, headers={"retry-after": text}), RULES, Highest())
    assert later.next_attempt_at == NOW + max(seconds, 10) * SECOND


def test_the_log_keeps_two_kilobytes_of_an_answer_as_text() -> None:
    found = judge(sent(500, body=b"a\x00b\xff\x1b" + "é".encode() * 3000), RULES, random.Random(1))
    assert found.response_excerpt.startswith("a�b��éé")
    assert len(found.response_excerpt.encode()) <= 2048
    assert "\x00" not in found.response_excerpt


def test_a_message_that_was_pruned_ends_its_delivery() -> None:
    found = message_gone(claim(), NOW)
    assert (found.state, found.error, found.status_code) == ("dead", "message_gone", None)


# -- endpoints


def fail(n: int, health: Health = WELL, **more: Any) -> Health:
    return after(health, [sent(500, **more)] * n, RULES, NOW)


def test_the_breaker_opens_at_the_fifth_failure_in_a_row_and_not_before() -> None:
    assert fail(4) == Health(n_failures=4, failing_since=NOW)
    assert fail(5) == Health(5, NOW, True, 1, NOW + 15 * SECOND)
    assert after(fail(4), [sent(200), sent(500)], RULES, NOW) == Health(n_failures=1, failing_since=NOW)


def test_what_was_on_its_way_when_the_breaker_opened_does_not_open_it_further() -> None:
    assert fail(20) == Health(20, NOW, True, 1, NOW + 15 * SECOND)


def test_a_failed_trial_doubles_the_pause_and_a_good_one_ends_it() -> None:
    health, at = fail(5), NOW
    for pause in (30, 60, 120, 240, 480, 600, 600):
        at += 3600 * SECOND
        trying = replace(health, paused_until=at + 30 * SECOND)  # others are kept away while it is made
        health = after(trying, [sent(500, at=at, is_probe=True)], RULES, at)
        assert health.paused_until == at + pause * SECOND
    assert after(health, [sent(200, is_probe=True)], RULES, at) == WELL
    forever = replace(health, n_opened=10_000)
    assert after(forever, [sent(500, is_probe=True)], RULES, NOW).paused_until == NOW + 600 * SECOND


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_endpoint_that_throttles_is_left_alone_for_as_long_as_it_asks(status: int) -> None:
    asked = after(WELL, [sent(status, headers={"retry-after": "40"})], RULES, NOW)
    assert (asked.paused_until, asked.is_open) == (NOW + 40 * SECOND, False)
    assert after(WELL, [sent(status)], RULES, NOW).paused_until == NOW + 5 * SECOND
    assert after(WELL, [sent(500, headers={"retry-after": "40"})], RULES, NOW).paused_until is None


def test_an_endpoint_is_disabled_at_the_threshold_and_not_one_below() -> None:
    last = NOW + dt.timedelta(days=3)

    def reason(n_failures: int, at: dt.datetime) -> str:
        health = Health(n_failures, NOW, True, 5)
        return reason_to_disable(health, [sent(500, at=at)], RULES)

    assert reason(20, last) == "failing"
    assert reason(19, last) == ""
    assert reason(20, last - SECOND) == ""
    assert reason_to_disable(WELL, [sent(200)], RULES) == ""
    assert reason_to_disable(Health(1, NOW), [sent(410)], RULES) == "gone"


# -- lanes and rates


def test_a_lane_sends_as_many_at_once_as_its_endpoint_bears() -> None:
    lane = Lane(4)
    lane.waiting.extend(Load(claim(), b"") for _ in range(9))
    assert [lane.next() is not None for _ in range(5)] == [True] * 4 + [False]
    lane.note(sent(429))
    assert (lane.allowed, lane.n_sending, lane.next()) == (1, 3, None)
    for _ in range(3):
        lane.note(sent(200))
    assert lane.allowed == 4
    assert lane.next() is not None
    lane.note(sent(None))
    assert lane.allowed == 2
    assert len(lane.empty()) == 4 and lane.take_room(4) == 6 and lane.is_idle


def test_as_much_is_claimed_ahead_as_goes_out_and_no_more_than_a_claim_can_hold() -> None:
    lane = Lane(20)
    assert lane.take_room(20) == 50
    for delivered, room in ((10, 50), (60, 120), (1000, 500), (0, 50)):
        for _ in range(delivered):
            lane.n_sending += 1
            lane.note(sent(200))
        assert lane.take_room(20) == room
    lane.waiting.extend(Load(claim(), b"") for _ in range(45))
    assert lane.take_room(20) == 5


def test_a_rate_lets_through_what_was_not_used_for_a_second_and_no_more() -> None:
    assert allowance(WELL, 10.0, NOW) == 10
    used = paced(WELL, 10.0, 10, NOW)
    assert allowance(used, 10.0, NOW) == 0
    assert allowance(used, 10.0, NOW + 0.25 * SECOND) == 2
    assert allowance(used, 10.0, NOW + 60 * SECOND) == 10
    # One in four seconds: one at once, and the next after four.
    slow = paced(WELL, 0.25, 1, NOW)
    assert (
        allowance(WELL, 0.25, NOW),
        allowance(slow, 0.25, NOW + 3.9 * SECOND),
        allowance(slow, 0.25, NOW + 4 * SECOND),
    ) == (1, 0, 1)


def test_a_rate_goes_on_when_the_clock_was_set_back() -> None:
    used = paced(WELL, 10.0, 10, NOW)
    back = NOW - dt.timedelta(hours=1)
    assert allowance(used, 10.0, back) == 0
    assert allowance(paced(used, 10.0, 1, back), 10.0, back + SECOND) == 9
