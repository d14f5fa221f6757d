"""Which endpoints a message is for, and what their bodies look like."""

import datetime as dt
import json
from typing import Any

import pytest

from stratum_api.dispatcher.directory import Recipient
from stratum_api.dispatcher.envelope import batch, batch_id, envelope
from stratum_api.dispatcher.filters import Filters
from stratum_api.dispatcher.matching import match
from warehouse.database import Endpoint
from warehouse.database.outbox import Message
from warehouse.database.webhooks import EndpointTerms

NOW = dt.datetime(2026, 1, 4, 12, tzinfo=dt.UTC)
TYPES = ("signal.detected", "signal.clv_finalized", "system.limit_alert", "system.webhook_disabled")


def recipient(account: str = "acc_1", filters: Filters | None = None, **terms: Any) -> Recipient:
    wanted = EndpointTerms(**{"url": "https://x.test", "event_types": TYPES, **terms})
    return Recipient(Endpoint("we_1", account, wanted, "", NOW, NOW, NOW), filters or Filters(), None)


def message(i: int = 1, topic: str = "signal.detected", at: dt.datetime = NOW, **payload: Any) -> Message:
    return Message(
        i, f"{i:032x}", topic, "s", json.dumps({"signal_id": f"s{i}", "event_id": f"g{i % 2}", **payload}), at
    )


def n(one: Recipient, *messages: Message) -> int:
    return len(match(messages, [one]))


def test_an_endpoint_gets_the_types_it_asks_for_from_when_it_was_enabled() -> None:
    one = recipient(event_types=("signal.detected",))
    assert n(one, message(), message(2, "signal.clv_finalized")) == 1
    assert n(one, message(at=NOW - dt.timedelta(microseconds=1))) == 0


@pytest.mark.parametrize(
    ("filters", "payload", "passes"),
    [
        ({"sport_keys": ["nfl", "nba"]}, {"sport_key": "nba"}, True),
        ({"sport_keys": ["nfl"]}, {"sport_key": "nba"}, False),
        ({"signal_types": ["STEAM"]}, {"signal_type": "STEAM"}, True),
        ({"signal_types": ["STEAM"]}, {"signal_type": "MOVE"}, False),
        ({"markets": ["h2h"]}, {"market": "spreads"}, False),
        ({"min_score": 60}, {"composite_score": 60}, True),
        ({"min_score": 60}, {"composite_score": 59.9}, False),
        ({"min_score": 60}, {"composite_score": None}, False),
        ({"min_score": 60, "markets": ["h2h"]}, {"composite_score": 90, "market": "totals"}, False),
        ({}, {}, True),
    ],
)
def test_every_condition_of_a_filter_has_to_hold(filters: dict, payload: dict, passes: bool) -> None:
    one = recipient(filters=Filters(**filters))
    for topic in ("signal.detected", "signal.clv_finalized"):
        assert n(one, message(1, topic, **payload)) == passes


def test_filters_do_not_keep_notices_about_the_account_away() -> None:
    one = recipient(filters=Filters(sport_keys=["nfl"], min_score=99))
    assert n(one, message(1, "system.limit_alert", account_id="acc_1")) == 1


def test_what_is_about_an_account_goes_to_that_account_alone() -> None:
    for topic in ("system.limit_alert", "system.webhook_disabled"):
        assert n(recipient(), message(1, topic, account_id="acc_1")) == 1
        assert n(recipient(), message(1, topic, account_id="acc_2")) == 0


def test_a_test_goes_to_its_endpoint_alone_and_whatever_it_asks_for() -> None:
    one = recipient(event_types=("signal.detected",))
    assert n(one, message(1, "webhook.test", account_id="acc_1", endpoint_id="we_1")) == 1
    assert n(one, message(1, "webhook.test", account_id="acc_1", endpoint_id="we_2")) == 0
    assert n(one, message(1, "webhook.test", account_id="acc_2", endpoint_id="we_1")) == 0


def test_order_is_kept_by_game_and_where_there_is_none_by_type() -> None:
    found = match(
        [message(1), message(2), message(3, "system.limit_alert", account_id="acc_1", event_id=None)],
        [recipient(is_ordered=True)],
    )
    assert [one.ordering_key for one in found] == ["g1", "g0", "system.limit_alert"]
    assert match([message()], [recipient()])[0].ordering_key == ""
    assert {
        one.ordering_key for one in match([message(1), message(2)], [recipient(is_ordered=True, batch_size=2)])
    } == {"all"}


def test_a_batch_holds_neighbours_of_one_type_up_to_its_size() -> None:
    messages = [message(i) for i in range(5)] + [message(5, "signal.clv_finalized"), message(6)]
    found = match(messages, [recipient(batch_size=2)])
    assert [[int(one, 16) for one in made.outbox_ids] for made in found] == [[0, 1], [2, 3], [4], [5], [6]]
    assert found[0].webhook_id == batch_id(found[0].outbox_ids) and found[2].webhook_id == found[2].outbox_ids[0]
    assert found == match(messages, [recipient(batch_size=2)]), "the same messages always have the same ids"


def test_no_body_reaches_twenty_thousand_bytes() -> None:
    long = [message(i, text="x" * 6_000) for i in range(10)]
    found = match(long, [recipient(batch_size=100)])
    by_id = {one.outbox_id: one for one in long}
    assert [len(one.outbox_ids) for one in found] == [3, 3, 3, 1]
    for one in found:
        body = batch(one.webhook_id, NOW, [envelope(by_id[name]) for name in one.outbox_ids])
        assert len(body) < 20_000 and json.loads(body)["type"] == "batch"


def test_a_payload_that_is_too_long_is_cut_down_to_what_identifies_it() -> None:
    head = len(envelope(message(text="")))
    fits = message(text="x" * (19_999 - head))
    assert len(envelope(fits)) == 19_999 and "is_truncated" not in json.loads(envelope(fits))["data"]
    cut = json.loads(envelope(message(text="x" * (20_000 - head))))
    assert cut["data"] == {"signal_id": "s1", "is_truncated": True}
    assert (cut["type"], cut["version"], cut["id"], cut["timestamp"]) == (
        "signal.detected",
        1,
        f"{1:032x}",
        "2026-01-04T12:00:00.000000Z",
    )
