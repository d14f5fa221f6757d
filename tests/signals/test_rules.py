import json

import polars as pl
import pytest

from stratum_pipelines.quant.key_numbers import score_table
from stratum_pipelines.reference import load_reference
from stratum_pipelines.signals.severity import mass_crossed
from tests.build import MINUTE, NFL, NOON, answer, book, game, replay

KEYS = ["draftkings", "fanduel", "betmgm", "bovada", "betus"]


def board(at: int, **quotes: object) -> list[dict]:
    return [game([book(key, at, **quotes) for key in KEYS])]


def found(rows: dict[str, pl.DataFrame], name: str) -> pl.DataFrame:
    return rows["signals"].filter(pl.col("signal_type") == name).sort("detected_at")


def test_half_a_point_of_spread_toward_the_home_team_is_a_move() -> None:
    rows = replay(
        [
            answer(NOON, board(NOON, spread=(-4.0, -110, -110))),
            answer(NOON + 10 * MINUTE, board(NOON + 10 * MINUTE, spread=(-4.5, -110, -110))),
        ]
    )
    move = found(rows, "MOVE").row(0, named=True)
    assert (move["outcome"], move["direction"], move["from_value"], move["to_value"], move["move"]) == (
        "Home",
        "home",
        -4.0,
        -4.5,
        -0.5,
    )
    assert (move["n_books"], move["n_groups"], move["window_s"]) == (5, 5, 600.0)
    assert move["velocity_per_min"] == pytest.approx(0.05)
    assert (move["entry_point"], move["entry_price_decimal"]) == (-4.5, pytest.approx(1 + 100 / 110))
    assert move["entry_bookmaker"] == "betmgm"  # all offer the same: the first by name
    # One step of size is 50 / 4, a step in ten minutes is half of full speed, five groups of eight.
    assert json.loads(move["meta"])["strength"] == {"size": 12.5, "speed": 12.5, "breadth": 15.625}
    assert move["strength_score"] == 41
    assert move["minutes_to_start"] == 590.0 and move["time_bucket"] == "6-24h"


def test_the_away_side_reads_its_own_points() -> None:
    rows = replay(
        [
            answer(NOON, board(NOON, spread=(-4.5, -110, -110))),
            answer(NOON + MINUTE, board(NOON, spread=(-4.0, -110, -110))),
        ]
    )
    move = found(rows, "MOVE").row(0, named=True)
    assert (move["direction"], move["from_value"], move["to_value"], move["move"]) == ("away", 4.5, 4.0, -0.5)


@pytest.mark.parametrize(("to", "signals"), [(45.0, 0), (45.5, 1), (43.5, 1)])
def test_a_total_must_move_a_whole_point(to: float, signals: int) -> None:
    rows = replay(
        [
            answer(NOON, board(NOON, total=(44.5, -110, -110))),
            answer(NOON + MINUTE, board(NOON, total=(to, -110, -110))),
        ]
    )
    moves = found(rows, "MOVE")
    assert moves.height == signals
    if signals:
        assert moves["direction"].item() == ("over" if to > 44.5 else "under")


def test_h2h_moves_by_fair_probability() -> None:
    rows = replay([answer(NOON, board(NOON, h2h=(-110, -110))), answer(NOON + MINUTE, board(NOON, h2h=(-130, 110)))])
    move = found(rows, "MOVE").row(0, named=True)
    # -130 implies 0.5652, +110 implies 0.4762: 0.5652 / 1.0414 = 0.5427, up from 0.5.
    assert move["to_value"] == pytest.approx(0.5427, abs=5e-5)
    assert move["from_value"] == pytest.approx(0.5)
    assert move["entry_point"] is None


def test_every_step_is_reported_once_and_slow_drift_is_none() -> None:
    points = [-4.0, -4.5, -4.5, -5.0, -5.0]
    rows = replay([answer(NOON + i * 5 * MINUTE, board(NOON, spread=(p, -110, -110))) for i, p in enumerate(points)])
    assert found(rows, "MOVE").select("from_value", "to_value").rows() == [(-4.0, -4.5), (-4.5, -5.0)]
    drift = [
        answer(NOON + i * 40 * MINUTE, board(NOON + i * 40 * MINUTE, h2h=(-110 - 2 * i, -110 + 2 * min(i, 5))))
        for i in range(6)
    ]
    assert found(replay(drift), "MOVE").is_empty()


@pytest.mark.parametrize(
    ("path", "crossings"),
    [
        ([-2.5, -3.0], [(-2.5, -3.0)]),
        ([-3.0, -3.5], []),
        ([-2.5, -3.5], [(-2.5, -3.5)]),
        ([-3.0, -2.5], [(3.0, 2.5)]),
        ([1.0, -1.0], []),
        ([2.5, 3.0], [(-2.5, -3.0)]),
    ],
)
def test_a_key_number_is_crossed_where_the_handicap_reaches_or_leaves_it(path: list[float], crossings: list) -> None:
    rows = replay([answer(NOON + i * MINUTE, board(NOON, spread=(p, -110, -110))) for i, p in enumerate(path)])
    got = found(rows, "KEY_CROSS")
    if path == [2.5, 3.0]:
        assert got.select("direction", "from_value", "to_value").rows() == [("away", -2.5, -3.0)]
    else:
        assert got.select("from_value", "to_value").rows() == crossings
    assert set(got["display_type"]) <= {"STRUCTURAL THRESHOLD EVENT"}


def test_the_same_crossing_is_reported_once_an_hour() -> None:
    points = [-2.5, -3.0, -2.5, -3.0]
    rows = replay([answer(NOON + i * MINUTE, board(NOON, spread=(p, -110, -110))) for i, p in enumerate(points)])
    assert found(rows, "KEY_CROSS")["direction"].to_list() == ["home", "away"]
    apart = replay(
        [
            answer(NOON + i * 61 * MINUTE, board(NOON + i * 61 * MINUTE, spread=(p, -110, -110)))
            for i, p in enumerate(points)
        ]
    )
    assert found(apart, "KEY_CROSS")["direction"].to_list() == ["home", "away", "home"]


def test_a_market_that_keeps_crossing_is_reported_again_after_an_hour() -> None:
    path = [(0, -2.5), (1, -3.0), (30, -2.5), (41, -3.0), (70, -2.5), (81, -3.0)]
    rows = replay([answer(NOON + m * MINUTE, board(NOON + m * MINUTE, spread=(p, -110, -110))) for m, p in path])
    reported = found(rows, "KEY_CROSS")["detected_at"].to_physical().to_list()
    # Toward home at minute 1 and, 80 minutes later, 81; toward away at minute 30, and 70 is too soon.
    assert reported == [NOON + m * MINUTE for m in (1, 30, 81)]


@pytest.mark.parametrize(
    ("path", "keys", "more_than"),
    [
        # Half of the games that end on 3; all of them; those on 3 and half of those on 4; all on 6 and 7.
        ([-2.5, -3.0], [3.0], 0.0),
        ([-2.5, -3.5], [3.0], 0.03),
        ([-2.5, -4.0], [3.0], 0.04),
        ([-5.5, -7.5], [6.0, 7.0], 0.06),
    ],
)
def test_a_crossing_is_as_severe_as_games_end_between_the_two_numbers(path: list, keys: list, more_than: float) -> None:
    rows = replay([answer(NOON + i * MINUTE, board(NOON, spread=(p, -110, -110))) for i, p in enumerate(path)])
    meta = json.loads(found(rows, "KEY_CROSS")["meta"].item())
    assert sorted(meta["key_numbers"]) == keys
    expected = float(score_table(load_reference().leagues[NFL], "spreads").mass_crossed(*path))
    assert meta["severity"] == pytest.approx(expected, abs=1e-6) and expected > more_than
    turned = replay([answer(NOON + i * MINUTE, board(NOON, spread=(-p, -110, -110))) for i, p in enumerate(path)])
    assert json.loads(found(turned, "KEY_CROSS")["meta"].item())["severity"] == pytest.approx(
        meta["severity"], abs=1e-6
    )


def test_half_a_point_onto_a_key_number_and_half_a_point_off_it_are_a_whole_point_across() -> None:
    nfl = load_reference().leagues[NFL]
    onto, off, across = (mass_crossed(nfl, *path) for path in ((-2.5, -3.0), (-3.0, -3.5), (-2.5, -3.5)))
    assert onto == pytest.approx(across / 2, rel=0.03) and off == pytest.approx(across / 2, rel=0.03)
    # Nothing is crossed where nothing moves, and it does not matter which way.
    assert mass_crossed(nfl, -3.0, -3.0) == 0.0
    assert mass_crossed(nfl, -3.5, -2.5) == pytest.approx(across, abs=1e-12)


@pytest.mark.parametrize(
    ("movers", "signals"),
    [
        (["draftkings", "fanduel"], 0),
        (["draftkings", "fanduel", "betmgm"], 1),
        (["lowvig", "betonlineag", "fanduel"], 0),
    ],
)
def test_three_groups_must_move_the_same_way(movers: list[str], signals: int) -> None:
    everyone = sorted({*KEYS, *movers})
    at = NOON + 4 * MINUTE
    before = [game([book(key, NOON, spread=(-4.0, -110, -110)) for key in everyone])]
    after = [game([book(key, at, spread=(-4.5 if key in movers else -4.0, -110, -110)) for key in everyone])]
    synced = found(replay([answer(NOON, before), answer(at, after)]), "MULTIBOOK_SYNC")
    assert synced.height == signals
    if signals:
        assert synced["bookmakers"].to_list() == [sorted(movers)]
        assert synced["direction"].item() == "home"


@pytest.mark.parametrize(("minutes", "signals"), [(2, 1), (3, 0)])
def test_books_move_together_within_five_minutes_by_their_own_clocks(minutes: int, signals: int) -> None:
    # The first book moved at its minute 0, the others follow `minutes` apart; one answer each.
    answers = [answer(NOON, board(NOON, spread=(-4.0, -110, -110)))]
    for i in range(3):
        at = NOON + (10 + i * minutes) * MINUTE
        books = [
            book(k, at if n == i else NOON + 10 * MINUTE, spread=(-4.5 if n <= i else -4.0, -110, -110))
            for n, k in enumerate(KEYS)
        ]
        answers.append(answer(at, [game(books)]))
    assert found(replay(answers), "MULTIBOOK_SYNC").height == signals


def test_nothing_is_signalled_once_the_game_has_begun() -> None:
    start = NOON + 5 * MINUTE
    first = [game([book(k, NOON, spread=(-2.0, -110, -110)) for k in KEYS], start=start)]
    second = [game([book(k, start, spread=(-9.0, -110, -110)) for k in KEYS], start=start)]
    assert replay([answer(NOON, first), answer(start, second)])["signals"].is_empty()


def test_the_entry_is_the_best_number_for_its_price_and_never_a_stale_quote() -> None:
    at = NOON + 40 * MINUTE
    before = [game([book(k, NOON, spread=(-4.0, -110, -110)) for k in KEYS])]
    after = [book(k, at, spread=(-5.0, -110, -110)) for k in KEYS[:3]]
    after += [book("bovada", at, spread=(-4.5, -112, -108)), book("betus", NOON, spread=(-4.0, -110, -110))]
    move = found(replay([answer(NOON, before), answer(at, [game(after)])]), "MOVE").row(0, named=True)
    # Half a point on -4.5 is worth more than two cents; betus still shows -4 but was last seen 40 minutes ago.
    assert (move["entry_bookmaker"], move["entry_point"]) == ("bovada", -4.5)
