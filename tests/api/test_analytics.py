"""Analytics: curves and figures of trades as worked by hand, as of a moment, by filters, and fresh when the lake changes."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stratum_api.analytics import TradeBook
from tests.api.conftest import Api, problem
from tests.api.traded import DAY, HOUR, NOON, note, put, trade, worked_week

ANALYTICS = "/api/v1/analytics"
AT = [(NOON + n * DAY).isoformat().replace("+00:00", "Z") for n in range(5)]


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lake is looked at for every question."""
    monkeypatch.setitem(TradeBook.__init__.__kwdefaults__, "fresh_s", 0.0)


def ask(api: Api, what: str, key: str = "", **asked: Any) -> httpx.Response:
    return api.get(f"{ANALYTICS}/{what}", key or api.key(), params=asked)


def found(api: Api, what: str, key: str = "", **asked: Any) -> dict[str, Any]:
    answer = ask(api, what, key, **asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def balances(answer: dict[str, Any]) -> list[int]:
    return [point["balance"] for point in answer["points"]]


def measure(answer: dict[str, Any], name: str, basis: str = "", window: str = "all") -> dict[str, Any]:
    (one,) = [
        one for one in answer["measures"] if (one["measure"], one["basis"], one["window"]) == (name, basis, window)
    ]
    return one


def test_the_curve_is_the_one_worked_by_hand(api: Api) -> None:
    worked_week(api.service.lake)
    answer = found(api, "equity")
    assert balances(answer) == [100_000, 110_000, 99_000, 104_500, 115_500, 103_950]
    assert (answer["starting_balance"], answer["starting_balance_from"]) == (100_000, "equity_points")
    assert (answer["currency"], answer["n_trades"], answer["n_points"]) == ("USD", 5, 6)
    assert [point["at"] for point in answer["points"]][1:] == AT
    assert answer["points"][-1]["total_return"] == pytest.approx(0.0395, abs=1e-12)


def test_falls_are_told_with_depth_length_and_recovery(api: Api) -> None:
    worked_week(api.service.lake)
    answer = found(api, "drawdown")
    # 110,000 to 99,000 is a tenth, made good by 115,500 three days after the peak; 115,500 to 103,950 is a tenth and open.
    assert [point["drawdown"] for point in answer["points"]] == pytest.approx([0, 0, 0.1, 0.05, 0, 0.1])
    first, second = answer["episodes"]
    assert (first["peak_at"], first["trough_at"], first["recovered_at"]) == (AT[0], AT[1], AT[3])
    assert (first["length_days"], first["recovery_days"], first["depth"]) == (3.0, 2.0, pytest.approx(0.1))
    assert (second["recovered_at"], second["recovery_days"], second["length_days"]) == (None, None, 1.0)
    assert found(api, "drawdown", episodes=1)["episodes"] == [first]


def test_figures_come_with_unit_reason_and_definition_and_money_is_whole(api: Api) -> None:
    worked_week(api.service.lake)
    answer = found(api, "metrics")
    assert measure(answer, "net_profit")["value"] == 3950
    assert isinstance(measure(answer, "net_profit")["value"], int)
    assert measure(answer, "recovery_factor")["value"] == pytest.approx(3950 / 11_550)
    assert measure(answer, "profit_factor")["value"] == pytest.approx(26_500 / 22_550)
    assert measure(answer, "expectancy")["value"] == 790 and isinstance(measure(answer, "expectancy")["low"], int)
    bases = {one["basis"] for one in answer["measures"] if one["measure"] == "sharpe"}
    assert bases == {"trading_days", "calendar_days", "betting_days"}
    assert all(one["definition"] and one["unit"] for one in answer["measures"])
    one_basis = found(api, "metrics", basis="betting_days")["measures"]
    assert {one["basis"] for one in one_basis} == {"", "betting_days"}


def test_a_figure_that_has_no_value_says_why(api: Api) -> None:
    put(api.service.lake, trade(1, NOON, 500))
    answer = found(api, "metrics")
    assert (measure(answer, "profit_factor")["value"], measure(answer, "profit_factor")["reason"]) == (
        None,
        "no_losses",
    )
    assert measure(answer, "sharpe", "trading_days")["reason"] == "one_observation"


def test_a_window_is_of_its_own_trades_and_of_the_balance_they_began_with(api: Api) -> None:
    worked_week(api.service.lake)
    put(api.service.lake, trade(9, NOON + 100 * DAY, 10_395))
    until = (NOON + 101 * DAY).isoformat()
    answer = found(api, "metrics", window=["30d", "all"], until=until)
    assert measure(answer, "n_trades", window="30d")["value"] == 1
    assert measure(answer, "n_trades", window="all")["value"] == 6
    # 10,395 on the 103,950 that were there by then; and as much where the balance of the beginning is named.
    assert measure(answer, "total_return", window="30d")["value"] == pytest.approx(0.1)
    named = found(api, "metrics", window="30d", until=until, starting_balance=100_000)
    assert measure(named, "total_return", window="30d")["value"] == pytest.approx(0.1)
    assert answer["n_trades"] == 6


def test_a_day_of_a_zone_is_a_day_of_that_zone(api: Api) -> None:
    # 23:30 and 00:30 in UTC are one evening in New York, and two days in London.
    late = dt.datetime(2025, 1, 6, 23, 30, tzinfo=dt.UTC)
    put(api.service.lake, trade(1, late, 1000), trade(2, late + HOUR, -500))
    n = {
        zone: measure(found(api, "metrics", zone=zone), "sharpe", "betting_days")["n"]
        for zone in ("America/New_York", "Europe/London")
    }
    assert n == {"America/New_York": 1, "Europe/London": 2}


def test_nothing_that_ended_or_was_recorded_after_a_moment_is_in_what_was_known_then(api: Api) -> None:
    lake = api.service.lake
    put(lake, trade(1, NOON, 100), trade(2, NOON + DAY, 200), trade(3, NOON, 400, recorded_at=NOON + 2 * DAY))
    seen = {n: balances(found(api, "equity", as_of=AT[n], starting_balance=1000))[-1] for n in range(3)}
    assert seen == {0: 1100, 1: 1300, 2: 1700}
    ahead = dt.datetime.now(dt.UTC) + HOUR
    put(lake, trade(4, ahead, 10_000), {**trade(5, NOON, None, status="open"), "exit_at": None})
    assert balances(found(api, "equity", starting_balance=1000))[-1] == 1700


def test_a_trade_that_comes_later_is_in_the_next_answer(api: Api) -> None:
    lake, key = api.service.lake, api.key()
    put(lake, trade(1, NOON, 100))
    assert found(api, "equity", key)["n_trades"] == 1
    put(lake, trade(2, NOON + DAY, 100))
    assert found(api, "equity", key)["n_trades"] == 2
    put(lake, trade(2, NOON + DAY, 300))
    assert balances(found(api, "equity", key, starting_balance=1000))[-1] == 1400


def test_filters_choose_and_since_and_until_bound_the_exit(api: Api) -> None:
    lake = api.service.lake
    put(
        lake,
        trade(1, NOON, 1, account="a one"),
        trade(2, NOON + DAY, 10, strategy="key"),
        trade(3, NOON + 2 * DAY, 100, symbol="EURUSD"),
        trade(4, NOON + 3 * DAY, 1000, source="backtest"),
    )
    asked: list[tuple[dict[str, Any], int]] = [
        ({}, 1111),
        ({"account": "a one"}, 1),
        ({"strategy": "key"}, 10),
        ({"symbol": "EURUSD"}, 100),
        ({"source": "backtest"}, 1000),
        ({"source": ["paper", "backtest"]}, 1111),
        ({"since": AT[1]}, 1110),
        ({"until": AT[1]}, 11),
        ({"since": AT[1], "until": AT[2]}, 110),
        ({"account": "nobody"}, 0),
    ]
    for filters, profit in asked:
        answer = found(api, "metrics", **filters)
        assert measure(answer, "net_profit")["value"] == profit, filters


def test_without_trades_there_is_no_curve_and_every_figure_says_so(api: Api) -> None:
    assert (found(api, "equity")["points"], found(api, "drawdown")["episodes"]) == ([], [])
    answer = found(api, "metrics")
    assert (answer["currency"], measure(answer, "win_rate")["reason"]) == ("", "empty")


def test_mixed_currencies_have_no_sum(api: Api) -> None:
    put(api.service.lake, trade(1, NOON, 100), trade(2, NOON, 100, currency="EUR"))
    said = problem(ask(api, "equity"))
    assert said["code"] == "parameter_invalid" and "EUR, USD" in said["detail"]
    assert found(api, "equity", currency="EUR")["currency"] == "EUR"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"zone": "../etc/passwd"}, "zone"),
        ({"starting_balance": "0"}, "starting_balance"),
        ({"risk_free_rate": "nan"}, "risk_free_rate"),
        ({"points": "3"}, "points"),
        ({"window": "7d"}, "window"),
        ({"since": "2999-01-01T00:00:00Z"}, "future"),
        ({"curency": "USD"}, "no such parameter"),
    ],
)
def test_what_cannot_be_used_is_said_by_its_name(api: Api, asked: dict[str, str], says: str) -> None:
    said = problem(ask(api, "metrics" if "window" in asked else "equity", **asked))
    assert said["code"] == "parameter_invalid" and says in said["detail"]


def test_deposits_move_the_balance_and_are_no_return(api: Api) -> None:
    lake = api.service.lake
    worked_week(lake)
    note(lake, 1, NOON + 2 * DAY + HOUR, "deposit", amount=50_000)
    answer = found(api, "equity")
    # 104,500 and 50,000 more; then 11,000 on 154,500.
    assert balances(answer) == [100_000, 110_000, 99_000, 104_500, 154_500, 165_500, 153_950]
    assert answer["points"][4]["total_return"] == answer["points"][3]["total_return"]
    late = found(api, "equity", since=AT[3])
    assert (late["starting_balance"], balances(late)) == (154_500, [154_500, 165_500, 153_950])
    assert answer["n_points"] == 7


def test_a_thinned_curve_keeps_its_ends_its_highest_and_its_lowest(api: Api) -> None:
    profits = [100] * 300
    profits[100], profits[200] = 50_000, -90_000
    put(api.service.lake, *(trade(n, NOON + n * HOUR, profit) for n, profit in enumerate(profits)))
    whole = balances(found(api, "equity", starting_balance=100_000))
    few = balances(found(api, "equity", starting_balance=100_000, points=10))
    assert (len(whole), len(few)) == (301, 10)
    assert (few[0], few[-1], max(few), min(few)) == (whole[0], whole[-1], max(whole), min(whole))


def test_what_does_not_fit_into_memory_is_read_from_the_lake_and_gives_the_same(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked_week(api.service.lake)
    key = api.key()
    held = {what: found(api, what, key, until=AT[4]) for what in ("equity", "drawdown", "metrics")}
    monkeypatch.setattr(api.service.analyses.book, "most", 4)
    put(api.service.lake, trade(9, dt.datetime.now(dt.UTC) - HOUR, 1))
    for what, answer in held.items():
        read = found(api, what, key, until=AT[4])
        assert {**read, "as_of": ""} == {**answer, "as_of": ""}
    assert api.service.analyses.book._last.held is None


def test_a_community_sees_nothing_and_a_scope_is_needed(start_api: Callable[..., Api]) -> None:
    api = start_api()
    said = problem(ask(api, "equity", api.key("community")))
    assert (said["code"], said["feature"]) == ("plan_insufficient", "analytics")
    assert problem(ask(api, "equity", api.key("pro", "account:read")))["scope"] == "intel:read"
    assert problem(api.get(f"{ANALYTICS}/equity"))["code"] == "key_missing"
    assert ask(api, "equity", api.key("pro_infra")).headers["x-usage-used"] == "1"


def test_a_plan_reaches_back_as_far_as_its_history(api: Api) -> None:
    now = dt.datetime.now(dt.UTC)
    put(api.service.lake, trade(1, now - 400 * DAY, 100), trade(2, now - 300 * DAY, 10))
    assert found(api, "equity", api.key("pro"))["n_trades"] == 1
    assert found(api, "equity", api.key("pro_infra"))["n_trades"] == 2
    said = problem(ask(api, "equity", api.key("pro"), since=(now - 399 * DAY).isoformat()))
    assert said["feature"] == "history_days"
