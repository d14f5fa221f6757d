"""The tear sheet: true figures, plain words about what is not known, and nothing that runs or is asked for from elsewhere."""

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import pytest

from stratum_pipelines.quant.performance import DEFINITIONS, Measure, Undefined
from stratum_pipelines.trading.chosen import Choice
from stratum_pipelines.trading.sheet import as_page, as_record, tear_sheet
from stratum_pipelines.trading.sheet import page as page_module
from stratum_pipelines.trading.sheet.words import NAMES, REASONS, standing, value_text, verdict
from tests.trading.made import bet, deposit, lake_of
from warehouse.charts import Look
from warehouse.lake import Lake

EVIL = "<script>alert('x')</script>\"&"
TINY = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (990).to_bytes(4, "big") + (400).to_bytes(4, "big")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No charts are drawn: those are tested by themselves."""
    for name in ("equity_chart", "months_chart", "results_chart", "rolling_chart", "hours_chart"):
        monkeypatch.setattr(f"stratum_pipelines.trading.sheet.pictures.{name}", _no_chart)


def _no_chart(*_: Any, **__: Any) -> bytes:
    return TINY


def record(lake: Lake, **asked: Any) -> dict[str, Any]:
    return as_record(tear_sheet(lake, Choice(**asked)))


def page(lake: Lake, **asked: Any) -> str:
    return as_page(tear_sheet(lake, Choice(**asked)))


def read(text: str) -> str:
    """What a person reads of the page."""
    body = text[text.index("<body>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def measure(found: dict[str, Any], name: str, basis: str = "") -> dict[str, Any]:
    (one,) = [row for row in found["measures"] if (row["measure"], row["basis"]) == (name, basis)]
    return one


def test_figures_are_those_of_the_closed_trades(tmp_path: Path) -> None:
    # 1,000.00 paid in. +9.10 and -10.00 on the first day, +9.10 on the third; one open, one void.
    trades = [
        bet(1, 910),
        bet(2, -1_000, exit_reason="loss"),
        bet(3, 910, day=2),
        bet(4, None, day=3),
        bet(5, 0, day=1, status="void", exit_reason="void"),
    ]
    found = record(lake_of(tmp_path, trades, [deposit(1, 100_000)]))
    assert found["statuses"] == {"closed": 3, "open": 1, "void": 1}
    assert measure(found, "net_profit")["value"] == 820
    assert measure(found, "yield_on_stake")["value"] == pytest.approx(820 / 3_000)
    assert found["starting_balance"] == 100_000 and found["starting_balance_origin"] == "paid_in"
    # The first two close at one moment: -0.90 of 1,000.00. Then +9.10 of 999.10.
    assert measure(found, "max_drawdown")["value"] == pytest.approx(0.0009)
    assert measure(found, "total_return")["value"] == pytest.approx(0.0082)
    assert found["drawdowns"][0]["length_days"] == pytest.approx(49 / 24)  # from the first entry to the last exit
    assert [row["profit"] for row in found["best"]] == [910, 910, -1_000]
    assert found["days"] == 2


def test_the_page_says_what_is_left_out_and_where_the_balance_comes_from(tmp_path: Path) -> None:
    text = read(
        page(lake_of(tmp_path, [bet(1, 910), bet(2, None, day=1), bet(3, 0, status="void", exit_reason="void")]))
    )
    assert "1 open, 10.00 USD staked: they have no result yet." in text
    assert "1 void: they never took place" in text
    assert "10,000.00 USD at the first entry is assumed, because nobody wrote down" in text
    assert "1 closed of 3" in text


@pytest.mark.parametrize(
    ("low", "value", "high", "said"),
    [
        (-50.0, 20.0, 90.0, "includes zero: this cannot be told apart from luck"),
        (10.0, 20.0, 30.0, "lies above zero. Who picks the best of many"),
        (-30.0, -20.0, -10.0, "lies below zero: it lost money"),
        (0.0, 20.0, 40.0, "includes zero"),
        (None, 20.0, None, "closed on one day, so there is no interval"),
        (None, None, None, "Nothing was closed"),
    ],
)
def test_the_verdict_goes_by_whether_the_interval_holds_zero(
    low: float | None, value: float | None, high: float | None, said: str
) -> None:
    mean = Measure("expectancy", value, Undefined.EMPTY if value is None else Undefined.DEFINED, 9, "", low, high)
    assert said in verdict(mean, 40, "USD", "real")
    assert "No money was at stake" not in verdict(mean, 40, "USD", "real")


def test_the_verdict_warns_of_few_days_and_of_prices_nobody_took() -> None:
    mean = Measure("expectancy", 20.0, Undefined.DEFINED, 9, "", 10.0, 30.0)
    assert "So few days make any interval rough." in verdict(mean, 29, "USD", "real")
    assert "So few days" not in verdict(mean, 30, "USD", "real")
    assert "each price could be had in full" in verdict(mean, 30, "USD", "paper")


def test_paper_real_and_a_mixture_are_told_in_large_letters(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, 5), bet(2, 5, source="manual"), bet(3, 5, source="bot", strategy="X")])
    assert 'class="badge paper">PAPER<' in page(lake, source="paper")
    assert 'class="badge real">REAL MONEY<' in page(lake, strategy="X")
    assert 'class="badge mixed">PAPER AND REAL MONEY, MIXED<' in page(lake)
    assert standing(["backtest"]) == ("BACKTEST", "backtest")


def test_whatever_names_hold_is_shown_and_never_runs(tmp_path: Path) -> None:
    names = dict.fromkeys(("account", "strategy", "strategy_version", "symbol", "market", "outcome", "bookmaker"), EVIL)
    text = page(lake_of(tmp_path, [bet(1, 5, **names), bet(2, -5, **names)]))
    assert "<script" not in text and "alert(&#x27;x&#x27;)" in text
    assert text.count(EVIL) == 0
    assert EVIL in html.unescape(text)


def test_nothing_is_asked_for_from_elsewhere_and_the_one_style_is_the_one_that_is_allowed(tmp_path: Path) -> None:
    text = page(lake_of(tmp_path, [bet(1, 5), bet(2, -5, day=1)]))
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text).group(1))  # type: ignore[union-attr]
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert "default-src 'none'" in policy and f"style-src 'sha256-{digest}'" in policy and "script" not in policy
    assert not re.search(r'\s(style|on\w+)="', text)
    assert not re.search(r"""(src|href|srcset)=["'](?!data:image/png;base64,)""", text)
    assert "url(" not in style and "@import" not in style and "http" not in text.replace("http-equiv", "")


def test_what_is_undefined_says_why_and_no_number_is_made_up(tmp_path: Path) -> None:
    text = read(page(lake_of(tmp_path, [bet(1, 910)])))
    assert "nothing was lost: there is nothing to divide by" in text
    assert "one observation alone: it wants at least two" in text
    assert "no window of 30 is full" in text and "1 day is stretched to a year here" in text
    assert not re.search(r"\b(nan|inf|None|null)\b", text)


@pytest.mark.parametrize("profit", [None, 0, -2_000_000, 9_000_000_000_000_000])
def test_a_page_is_made_of_whatever_there_is(tmp_path: Path, profit: int | None) -> None:
    # Nothing closed; all came out even; more lost than there was; more than a person has.
    trades = [bet(number, profit, day=number, exit_reason=None if profit is None else "win") for number in (1, 2, 3)]
    text = read(page(lake_of(tmp_path, trades)))
    assert not re.search(r"\b(nan|inf|None)\b", text)
    assert (profit != -2_000_000) or "nothing was left to earn a return on" in text


def test_positions_have_no_stake_and_no_time_to_a_start(tmp_path: Path) -> None:
    none = {"stake": None, "commence_at": None, "point": None, "market": "", "outcome": "", "bookmaker": ""}
    position = {"trade_type": "position", "direction": "buy", "symbol": "EURUSD", "volume": 0.1, **none}
    trades = [bet(n, n * 100 - 250, day=n, exit_reason="take_profit", **position) for n in range(1, 6)]
    text = read(page(lake_of(tmp_path, trades)))
    assert "EURUSD buy" in text and "0.1 lots" in text and "take profit" in text
    assert "positions have no stake" in text and "By time to the start" not in text


def test_the_same_trades_make_the_same_page_wherever_they_were_read(tmp_path: Path) -> None:
    trades = [bet(1, 910), bet(2, -1_000, day=1)]
    first = tear_sheet(lake_of(tmp_path / "a", trades), Choice())
    read_elsewhere = [trade | {"import_id": "f" * 32, "import_line": "7"} for trade in reversed(trades)]
    again = tear_sheet(lake_of(tmp_path / "b", read_elsewhere), Choice())
    assert first.fingerprint == again.fingerprint and as_page(first) == as_page(again)
    other = tear_sheet(lake_of(tmp_path / "c", [bet(1, 911), trades[1]]), Choice())
    assert other.fingerprint != first.fingerprint


def test_several_currencies_are_refused_and_one_can_be_chosen(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, 5), bet(2, 500, currency="JPY")])
    with pytest.raises(ValueError, match="JPY, USD. Measure one currency at a time: --currency JPY"):
        tear_sheet(lake, Choice())
    assert "+500 JPY" in read(page(lake, currency="JPY"))


def test_where_no_trade_fits_it_says_which_there_are(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [bet(1, 5), bet(2, 5, strategy="")])
    with pytest.raises(
        ValueError, match="No trade fits: strategy STEEM. There are trades of no strategy in paper; MOVE in paper"
    ):
        tear_sheet(lake, Choice(strategy="STEEM"))
    with pytest.raises(ValueError, match="There are no trades yet"):
        tear_sheet(Lake(tmp_path / "empty"), Choice())


def test_every_figure_and_every_reason_has_words() -> None:
    assert set(NAMES) == set(DEFINITIONS)
    assert set(REASONS) == set(Undefined) - {Undefined.DEFINED}


def test_values_are_told_in_their_unit() -> None:
    assert value_text(-123_456, "minor units", "USD") == "−1,234.56 USD"
    assert value_text(12.34, "minor units", "USD") == "0.12 USD"
    assert value_text(0.0523, "share", "USD") == "5.2 %"
    assert value_text(0.00523, "share a year", "USD") == "0.52 %"
    assert value_text(1234.0, "count", "USD") == "1,234"
    assert value_text(0.0123, "ratio", "USD") == "0.012"


def test_charts_are_asked_for_in_both_themes_and_sized_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Look] = []

    def noted(*arguments: Any, **_: Any) -> bytes:
        looks.append(arguments[-1])
        return TINY

    for name in ("equity_chart", "months_chart", "results_chart", "rolling_chart", "hours_chart"):
        monkeypatch.setattr(f"stratum_pipelines.trading.sheet.pictures.{name}", noted)
    text = page(lake_of(tmp_path, [bet(1, 5)]), zone="America/New_York")
    assert sorted(look.theme for look in looks) == ["dark"] * 5 + ["light"] * 5
    assert {look.zone for look in looks} == {"America/New_York"}
    assert text.count('width="990" height="400"') == 5 and text.count("<source") == 5
    assert all(alt for alt in re.findall(r'alt="([^"]*)"', text))


def test_the_style_stands_beside_the_page_and_is_read_once() -> None:
    assert page_module.STYLE.is_file() and "</style" not in page_module.STYLE.read_text()
