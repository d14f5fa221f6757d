"""Charts by endpoint: a picture of each kind, the same for the same trades, kept by whoever asked, never larger than said."""

import struct
from typing import Any

import httpx
import pytest

from stratum_api.analytics import TradeBook
from tests.api.conftest import Api, problem
from tests.api.traded import DAY, NOON, put, trade, worked_week

CHART = "/api/v1/analytics/chart.png"


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake is looked at for every question."""
    monkeypatch.setitem(TradeBook.__init__.__kwdefaults__, "fresh_s", 0.0)


def picture(api: Api, key: str, **asked: Any) -> httpx.Response:
    answer = api.get(CHART, key, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png" and answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    return answer


def size(answer: httpx.Response) -> tuple[int, int]:
    """Width and height as the picture says."""
    width, height = struct.unpack(">II", answer.content[16:24])
    return width, height


def test_every_kind_is_a_picture_of_the_size_asked_for_and_no_two_are_the_same(api: Api) -> None:
    worked_week(api.service.lake)
    key, seen = api.key(), set()
    for kind in ("equity", "drawdown", "months", "hours", "results", "rolling"):
        answer = picture(api, key, kind=kind, width=480, height=300, scale=1)
        assert size(answer)[0] == 480, kind
        seen.add(answer.content)
    assert len(seen) == 6
    assert picture(api, key, theme="dark").content != picture(api, key).content
    assert size(picture(api, key)) == (1920, 840)


def test_a_picture_that_is_known_is_not_sent_again_until_the_trades_change(api: Api) -> None:
    worked_week(api.service.lake)
    key = api.key()
    first = picture(api, key)
    assert first.headers["cache-control"] == "private, max-age=60"
    tag = first.headers["etag"]
    again = api.get(CHART, key, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    put(api.service.lake, trade(9, NOON + 9 * DAY, 777))
    assert api.get(CHART, key, headers={"If-None-Match": tag}).status_code == 200


def test_no_picture_is_larger_than_said_and_none_is_drawn_without_analytics(api: Api) -> None:
    key = api.key()
    assert "pixels" in problem(api.get(CHART, key, params={"width": 2400, "height": 1600, "scale": 2}))["detail"]
    for asked in ({"width": 10}, {"scale": 4}, {"kind": "pie"}, {"theme": "green"}):
        assert problem(api.get(CHART, key, params=asked))["code"] == "parameter_invalid"
    assert problem(api.get(CHART, api.key("community")))["feature"] == "analytics"
    said = problem(api.get(CHART, api.key("community", analytics=True), params={"kind": "results"}))
    assert (said["code"], said["feature"]) == ("plan_insufficient", "kind")
    assert len(picture(api, key).content) < 1_000_000  # without trades it says so
