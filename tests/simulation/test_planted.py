"""What the truth says was planted is there to be seen in the bytes, and nowhere else."""

import datetime as dt

import polars as pl
import pytest

from stratum_pipelines.simulation import KINDS, NOTHING_PLANTED, Simulation, truth_frame
from tests.simulation.asked import (
    DAY,
    EPL,
    HOUR,
    MINUTE,
    MLB,
    NBA,
    NFL,
    SECOND,
    books,
    events,
    implied,
    moment,
    only,
    planted,
    quote,
)


def start_text(at: int) -> str:
    return dt.datetime.fromtimestamp(at // SECOND, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_quiet_market_has_nothing_to_tell() -> None:
    assert Simulation(2, rates=NOTHING_PLANTED).truth(DAY) == []


def test_a_busy_fortnight_has_something_of_every_kind() -> None:
    simulation = Simulation(2, [NFL, MLB])
    truth = simulation.truth(DAY, DAY + dt.timedelta(days=13))
    assert {one.kind for one in truth} == set(KINDS)
    assert all(one.started_at <= one.ended_at for one in truth)
    frame = truth_frame(truth)
    assert frame.height == len(truth)
    assert frame["started_at"].is_sorted()
    assert frame.schema["books"] == pl.List(pl.String)


@pytest.mark.parametrize(("sport_key", "market"), [(NFL, "spreads"), (NBA, "totals"), (MLB, "h2h")])
def test_a_steam_move_takes_four_books_or_more_its_way_within_three_minutes(sport_key: str, market: str) -> None:
    simulation = Simulation(2, [sport_key], rates=only(steam=1.5))
    moves = [one for one in planted(simulation, "steam", days=2) if one.market == market]
    assert moves
    for move in moves:
        before = events(simulation, sport_key, move.started_at)[move.event_id]
        after = events(simulation, sport_key, move.started_at + 3 * MINUTE)[move.event_id]
        assert sum(moved_toward(before, after, key, market, move.direction) for key in move.books) >= 4
        at_last = events(simulation, sport_key, move.ended_at)[move.event_id]
        changes = [moved_toward(before, at_last, key, market, move.direction) for key in move.books]
        assert sum(changes) >= 0.8 * len(changes)


def moved_toward(before: dict, after: dict, book: str, market: str, side: str) -> bool:
    one, other = quote(before, book, market), quote(after, book, market)
    if one is None or other is None:
        return False
    if market == "h2h":
        shares = [
            implied(sides[side][0]) / sum(implied(price) for price, _ in sides.values()) for sides in (one, other)
        ]
        return shares[1] - shares[0] > 0.01
    change = other[side][1] - one[side][1]
    # A team that is backed has to give more; over is backed when the total rises.
    return change < 0 if market == "spreads" or side == "under" else change > 0


def test_a_steam_move_is_in_the_fair_line_by_its_size_and_not_before() -> None:
    simulation = Simulation(2, [NFL], rates=only(steam=1.0))
    for move in planted(simulation, "steam", days=2):
        before = simulation.latent(move.event_id, move.started_at - 20 * SECOND)
        at_start = simulation.latent(move.event_id, move.started_at)
        after = simulation.latent(move.event_id, move.started_at + MINUTE)
        lines = [
            {"spreads": -line.home_point, "totals": line.total}.get(move.market, line.probabilities["home"])
            for line in (before, at_start, after)
        ]
        sign = 1 if move.direction in ("home", "over") else -1
        assert sign * (lines[2] - lines[1]) == pytest.approx(move.size, rel=0.25)
        assert abs(lines[1] - lines[0]) < 0.2 * move.size


@pytest.mark.parametrize(("sport_key", "market"), [(NFL, "h2h"), (NBA, "totals")])
def test_an_exchange_that_leads_has_moved_before_the_others_and_they_follow(sport_key: str, market: str) -> None:
    simulation = Simulation(2, [sport_key], rates=only(steam=1.5, lead=1.0))
    leads = [one for one in planted(simulation, "lead", days=4) if one.market == market]
    steams = {(one.event_id, one.market, one.started_at): one for one in planted(simulation, "steam", days=4)}
    assert leads
    for lead in leads:
        assert lead.books == ("betfair_ex_uk",)
        assert 10 * MINUTE <= lead.ended_at - lead.started_at < 20 * MINUTE
        steam = steams[lead.event_id, lead.market, lead.ended_at]
        assert (steam.direction, steam.size) == (lead.direction, lead.size)
        before, during, after = (
            events(simulation, sport_key, at)[lead.event_id]
            for at in (lead.started_at - SECOND, lead.ended_at - SECOND, steam.ended_at)
        )
        assert moved_toward(before, during, "betfair_ex_uk", market, lead.direction)
        followers = [key for key in steam.books if key != "betfair_ex_uk"]
        assert sum(moved_toward(before, during, key, market, lead.direction) for key in followers) <= 2
        assert sum(moved_toward(during, after, key, market, lead.direction) for key in followers) >= 0.8 * len(
            followers
        )


def test_without_a_lead_and_without_exchanges_nobody_leads() -> None:
    usual = Simulation(2, [NFL], rates=only(steam=1.5))
    retail = Simulation(2, [NFL], rates=only(steam=1.5, lead=1.0), books=["draftkings", "fanduel"])
    for simulation in (usual, retail):
        assert not [one for one in simulation.truth(DAY) if one.kind == "lead"]


def test_a_crossed_key_number_is_crossed_by_the_sharpest_book() -> None:
    simulation = Simulation(2, [NFL], rates=only(key_cross=1.0))
    for cross in planted(simulation, "key_cross", days=3):
        points = []
        for at in (cross.started_at - MINUTE, cross.ended_at + MINUTE):
            sides = quote(events(simulation, NFL, at)[cross.event_id], "pinnacle", "spreads")
            assert sides is not None
            points.append(sides["home"][1])
        low, high = sorted(points)
        crossed = [key for k in (3, 7, 10, 6) for key in (k, -k) if low <= key <= high]
        assert crossed, points
        assert (points[1] < points[0]) == (cross.direction == "home")


def test_a_stale_book_stands_still_while_the_others_go_on() -> None:
    simulation = Simulation(2, [NBA], rates=only(stale=1.0))
    for stale in planted(simulation, "stale", days=2):
        (key,) = stale.books
        moments = range(stale.started_at, stale.ended_at, 10 * MINUTE)
        seen = [books(events(simulation, NBA, at)[stale.event_id]) for at in moments]
        assert len({str(entry[key]) for entry in seen}) == 1
        assert len({entry["pinnacle"]["last_update"] for entry in seen}) == len(seen) or key == "pinnacle"
        later = books(events(simulation, NBA, stale.ended_at)[stale.event_id])
        assert later[key]["last_update"] > seen[-1][key]["last_update"]


def test_a_pulled_market_is_absent_and_comes_back() -> None:
    simulation = Simulation(2, [MLB], rates=only(pulled=1.0))
    pulled = planted(simulation, "pulled")
    assert {len(one.books) == 1 for one in pulled} == {True, False}
    for one in pulled:
        before, during, after = (
            events(simulation, MLB, at)[one.event_id]
            for at in (one.started_at - SECOND, (one.started_at + one.ended_at) // 2, one.ended_at)
        )
        for key in one.books:
            assert quote(before, key, one.market) is not None
            assert quote(during, key, one.market) is None
            assert quote(after, key, one.market) is not None
        others = {book["key"] for book in before["bookmakers"] if quote(before, book["key"], one.market)} - set(
            one.books
        )
        assert all(quote(during, key, one.market) for key in others)


@pytest.mark.parametrize("market", ["spreads", "totals"])
def test_an_outlier_offers_its_side_a_better_number_than_every_other_book(market: str) -> None:
    simulation = Simulation(2, [NFL], rates=only(outlier=1.0))
    found = [one for one in planted(simulation, "outlier", days=9) if one.market == market]
    assert {one.direction for one in found} == ({"over", "under"} if market == "totals" else {"home", "away"})
    for one in found:
        (key,) = one.books
        event = events(simulation, NFL, one.started_at + 5 * MINUTE)[one.event_id]
        # For who takes over a low total is better; for every other side a high number.
        sign = -1 if one.direction == "over" else 1
        numbers = {
            book: sign * sides[one.direction][1] for book in books(event) if (sides := quote(event, book, market))
        }
        odd = numbers.pop(key)
        assert odd > max(numbers.values())


def test_a_missing_book_is_in_no_event_of_the_answer() -> None:
    simulation = Simulation(2, [EPL], rates=only(missing=6.0))
    shown = 0
    for one in planted(simulation, "missing"):
        (key,) = one.books
        during = events(simulation, EPL, one.started_at)
        assert all(key not in books(event) for event in during.values())
        shown += any(key in books(event) for event in events(simulation, EPL, one.started_at - SECOND).values())
    assert shown


def test_a_moved_start_is_shown_from_its_announcement_on() -> None:
    simulation = Simulation(2, [NBA], rates=only(reschedule=1.0))
    for one in planted(simulation, "reschedule"):
        before, after = (
            events(simulation, NBA, one.started_at + shift)[one.event_id]["commence_time"]
            for shift in (-SECOND, SECOND)
        )
        moved = dt.datetime.fromisoformat(after) - dt.datetime.fromisoformat(before)
        assert moved.total_seconds() == one.size
        assert abs(one.size) >= 30 * 60


def test_the_true_start_is_shown_some_minutes_after_the_game_began() -> None:
    simulation = Simulation(2, [NBA], rates=only(true_start=1.0))
    for one in planted(simulation, "true_start"):
        before, after = (
            events(simulation, NBA, one.started_at + shift)[one.event_id]["commence_time"]
            for shift in (-SECOND, SECOND)
        )
        assert before < after < start_text(one.started_at)
        assert 240 <= one.size < 480


def test_a_postponed_game_vanishes_and_has_no_score() -> None:
    simulation = Simulation(2, [MLB], rates=only(postponed=0.5))
    for one in planted(simulation, "postponed"):
        assert one.event_id in events(simulation, MLB, one.started_at - SECOND)
        assert one.event_id not in events(simulation, MLB, one.started_at)
        assert one.event_id not in events(simulation, MLB, one.started_at + 6 * HOUR)
    results = simulation.results(DAY, DAY + dt.timedelta(days=1)).filter(status="postponed")
    assert results.height
    assert results["home_score"].null_count() == results.height


def test_a_reissued_game_goes_on_under_a_new_id_with_the_same_teams_and_start() -> None:
    simulation = Simulation(2, [NBA], rates=only(reissued=1.0))
    for one in planted(simulation, "reissued"):
        before, after = (events(simulation, NBA, one.started_at + shift) for shift in (-SECOND, 0))
        game = before[one.event_id]
        assert one.event_id not in after
        (again,) = [e for e in after.values() if e["home_team"] == game["home_team"] and e["id"] not in before]
        assert (again["away_team"], again["commence_time"]) == (game["away_team"], game["commence_time"])
        assert simulation.latent(again["id"], one.started_at).home_point == pytest.approx(
            simulation.latent(one.event_id, one.started_at).home_point
        )


def test_an_unknown_game_has_no_fair_line() -> None:
    with pytest.raises(KeyError, match="No simulated game nobody"):
        Simulation(2, [NBA]).latent("nobody", moment(12))
