"""Whose trades a plan sees: real money never without a grant, whatever is asked and however it is added up."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from stratum_api.flags import Flags
from stratum_api.plans import find_plan, load_plans
from stratum_api.problems import NotFound, PlanInsufficient
from stratum_api.shown.trades import TRADE, ShownTrade
from stratum_api.tiers import Sight, veil_of
from tests.api.conftest import Api, problem
from tests.api.seeded_market import CANARY, YOUNG, YOUNG_NUMBER
from tests.api.seeded_trades import REAL, REAL_PROFIT, seed_trades

ANALYTICS = "/api/v1/analytics"
REAL_DIGITS = str(REAL_PROFIT)[-5:]
ASKED: dict[str, list[dict[str, Any]]] = {
    "getBuckets": [{"type": "hour"}, {"type": "month", "heatmap": "year"}],
    "getPerformance": [{}, {"window": ["30d", "all"]}, {"currency": "USD"}],
    "exportTrades": [{"format": form} for form in ("json", "csv")],
}


def readings(api: Api) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every endpoint about trades, as it can be asked."""
    for path, item in api.get("/docs/openapi.json").json()["paths"].items():
        if path.startswith(ANALYTICS) and "get" in item and "/shares" not in path:
            operation = item["get"]["operationId"]
            for asked in ASKED.get(operation, [{}]):
                yield operation, path, asked


def test_no_plan_learns_of_real_money_and_a_grant_shows_it(api: Api) -> None:
    seed_trades(api)
    reads = list(readings(api))
    assert len({operation for operation, _, _ in reads}) >= 7
    for plan in load_plans().values():
        key = api.key(plan.code, requests_per_minute=100_000)
        granted = api.key(plan.code, requests_per_minute=100_000, real_trades=True)
        for operation, path, asked in reads:
            answer, where = api.get(path, key, params=asked), f"{plan.code} {operation} {asked}"
            assert answer.status_code == (200 if plan.analytics else 403), f"{where}: {answer.text}"
            assert REAL not in answer.text and REAL_DIGITS not in answer.text, where
            for source in ("bot", "manual"):
                said = problem(api.get(path, key, params={**asked, "source": source}))
                assert (said["code"], said["feature"]) == (
                    "plan_insufficient",
                    "real_trades" if plan.analytics else "analytics",
                )
            # A filter by what only they have tells nothing either.
            by = api.get(path, key, params={**asked, "account": REAL})
            assert not plan.analytics or (by.status_code == 200 and REAL_DIGITS not in by.text), where
            shown = api.get(path, granted, params={**asked, "source": "bot"}).text
            # Shares of a balance and pictures hold no digits to look for.
            has_digits = operation not in ("getDrawdown", "getChart")
            assert not plan.analytics or not has_digits or REAL in shown or REAL_DIGITS in shown, where


def test_a_delayed_plan_that_was_granted_analytics_sees_late_and_redacted(api: Api) -> None:
    seed_trades(api)
    key = api.key("community", analytics=True, exports=True, requests_per_minute=100_000)
    for operation, path, asked in readings(api):
        answer = api.get(path, key, params=asked)
        assert answer.status_code == 200, f"{operation}: {answer.text}"
        for never in (YOUNG, str(YOUNG_NUMBER), CANARY, REAL, REAL_DIGITS):
            assert never not in answer.text, f"{operation} {asked}: {answer.text}"
    measures = api.get(f"{ANALYTICS}/metrics", key).json()["measures"]
    assert next(one["value"] for one in measures if one["measure"] == "n_trades") == 1
    (row,) = api.get(f"{ANALYTICS}/trades", key).json()["items"]
    assert (row["is_redacted"], row["profit"], row["stake"], row["signal_id"]) == (True, None, None, None)


def test_rows_of_a_source_that_is_not_shown_do_not_pass_the_veil_whoever_asked_for_them() -> None:
    now = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)
    sight = Sight.of(find_plan("enterprise"), Flags.read({}), now)
    granted = Sight.of(find_plan("enterprise").with_terms({"real_trades": True}), Flags.read({}), now)
    real = msgspec.structs.replace(TRADE, source="manual")
    veil, one = veil_of(list[ShownTrade]), veil_of(ShownTrade)
    assert veil.over([TRADE, real], sight) == [TRADE]
    assert veil.over([TRADE, real], granted) == [TRADE, real]
    assert one.over(TRADE, sight) == TRADE
    with pytest.raises(NotFound):
        one.over(real, sight)
    assert sight.check_sources(None) == ("paper", "backtest")
    assert granted.check_sources(["manual", "paper"]) == ("manual", "paper")
    with pytest.raises(PlanInsufficient, match="real money"):
        sight.check_sources(["paper", "bot"])
