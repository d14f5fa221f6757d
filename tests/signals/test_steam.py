"""STEAM: how many groups, how far, how fast; and where it refuses to judge."""

import pytest

from tests.build import MINUTE, NOON, replay
from tests.signals.boards import GROUPS, found_by, poll

SECOND = 1_000_000


def spreads(line: float, moved: dict[str, float] | None = None) -> dict[str, dict]:
    return {key: {"spread": ((moved or {}).get(key, line), -110, -110)} for key in GROUPS}


def steam_of(movers: int, to: float = -4.5, every: int = MINUTE, **parameters: object) -> list[dict]:
    """Eight books at -4, polled ten times; then `movers` of them move one after the other, ten seconds apart."""
    answers = [poll(NOON + i * every, spreads(-4.0)) for i in range(10)]
    at = NOON + 10 * every
    names = GROUPS[:movers]
    seen = {key: at - (movers - i) * 10 * SECOND for i, key in enumerate(names)}
    answers.append(poll(at, spreads(-4.0, dict.fromkeys(names, to)), seen=seen))
    return found_by("STEAM", answers, **parameters)


@pytest.mark.parametrize(("movers", "signals"), [(3, 0), (4, 1), (8, 1)])
def test_four_groups_make_a_steam_and_three_do_not(movers: int, signals: int) -> None:
    found = steam_of(movers)
    assert len(found) == signals
    if signals:
        (steam,) = found
        assert (steam["outcome"], steam["direction"]) == ("Home", "home")
        assert (steam["from_value"], steam["to_value"], steam["move"]) == (-4.0, -4.5, -0.5)
        assert (steam["n_books"], steam["n_groups"]) == (movers, movers)
        assert steam["bookmakers"] == sorted(GROUPS[:movers])
        # From the first to the last mover, ten seconds each: less than a minute counts as one, 70 seconds as 70.
        assert steam["window_s"] == (movers - 1) * 10
        assert steam["velocity_per_min"] == pytest.approx(0.5 if movers == 4 else 0.5 * 60 / 70)
        assert steam["meta"]["book_move_median"] == 0.5
        assert steam["meta"]["feed_gap_s"] == 60


def test_twins_of_one_group_count_once() -> None:
    before = {key: {"spread": (-4.0, -110, -110)} for key in (*GROUPS, "lowvig", "betonlineag")}
    for movers, signals in ((("lowvig", "betonlineag", *GROUPS[:2]), 0), (("lowvig", "betonlineag", *GROUPS[:3]), 1)):
        after = before | {key: {"spread": (-4.5, -110, -110)} for key in movers}
        answers = [poll(NOON + i * MINUTE, before if i < 5 else after) for i in range(6)]
        assert len(found_by("STEAM", answers)) == signals


@pytest.mark.parametrize(
    ("market", "before", "after", "signals"),
    [
        ("total", (44.5, -110, -110), (45.0, -110, -110), 0),
        ("total", (44.5, -110, -110), (45.5, -110, -110), 1),
        # -110 / -110 is even; -118 / -102 is 0.5173 after the margin is gone, -122 / 102 is 0.5261.
        ("h2h", (-110, -110), (-118, -102), 0),
        ("h2h", (-110, -110), (-122, 102), 1),
    ],
)
def test_every_market_has_its_own_least_move(market: str, before: tuple, after: tuple, signals: int) -> None:
    answers = [poll(NOON + i * MINUTE, {key: {market: before if i < 4 else after} for key in GROUPS}) for i in range(5)]
    found = found_by("STEAM", answers)
    assert len(found) == signals
    if signals:
        assert found[0]["direction"] == ("over" if market == "total" else "home")


def test_moves_too_far_apart_are_no_steam_and_two_half_steps_of_a_book_add_up() -> None:
    def total_path(step_minutes: int) -> list:
        totals = {key: [44.5] * 12 for key in GROUPS}
        for i, key in enumerate(GROUPS[:4]):
            for minute in range(12):
                if minute >= 5 + i * step_minutes:
                    totals[key][minute] = 45.5
        return [
            poll(NOON + m * MINUTE, {key: {"total": (path[m], -110, -110)} for key, path in totals.items()})
            for m in range(12)
        ]

    # The window of three minutes is open at its far end: moves at 5, 6, 7 and 8 minutes do not all lie in it.
    assert len(found_by("STEAM", total_path(1))) == 0
    assert len(found_by("STEAM", total_path(1), window_minutes=4.0)) == 1
    assert len(found_by("STEAM", total_path(2), window_minutes=4.0)) == 0
    path = {0: 44.5, 1: 44.5, 2: 44.5, 3: 45.0, 4: 45.5}
    halves = [poll(NOON + m * MINUTE, {key: {"total": (t, -110, -110)} for key in GROUPS}) for m, t in path.items()]
    (steam,) = found_by("STEAM", halves)
    assert (steam["from_value"], steam["to_value"]) == (44.5, 45.5)


def test_a_book_that_turned_round_in_the_window_takes_its_move_back() -> None:
    def path(turns: bool) -> list:
        first = dict.fromkeys(GROUPS[:3], -4.5)
        second = {**first, **({GROUPS[0]: -4.0} if turns else {}), GROUPS[3]: -4.5}
        boards = [spreads(-4.0)] * 4 + [spreads(-4.0, first), spreads(-4.0, second)]
        return [poll(NOON + i * MINUTE, board) for i, board in enumerate(boards)]

    assert len(found_by("STEAM", path(turns=False))) == 1
    assert found_by("STEAM", path(turns=True)) == []


@pytest.mark.parametrize(("every_s", "is_silent"), [(60, False), (90, False), (91, True), (300, True)])
def test_a_feed_polled_more_slowly_than_half_the_window_is_not_judged_and_the_polls_say_so(
    every_s: int, is_silent: bool
) -> None:
    every = every_s * SECOND
    assert len(steam_of(8, every=every)) == (0 if is_silent else 1)
    polls = replay([poll(NOON + i * every, spreads(-4.0)) for i in range(12)])["polls"]
    assert polls["gap_p95_s"].to_list() == [None] + [float(every_s)] * 11
    # Before the second answer nothing is known of the feed.
    assert polls["silent_rules"].to_list() == [["STEAM"]] + [["STEAM"] if is_silent else []] * 11


def test_after_a_pause_what_moved_meanwhile_is_no_steam() -> None:
    # A minute apart for half an hour, then two hours of nothing: every book has moved, nobody knows how fast.
    quiet = [poll(NOON + i * MINUTE, spreads(-4.0)) for i in range(31)]
    late = poll(NOON + 150 * MINUTE, spreads(-5.0))
    assert found_by("STEAM", [*quiet, late]) == []
    soon = poll(NOON + 31 * MINUTE, spreads(-5.0))
    assert len(found_by("STEAM", [*quiet, soon])) == 1


def test_a_short_pause_leaves_the_rule_awake_and_what_moved_in_it_out() -> None:
    # Among 21 gaps one of ten minutes does not move the 95th percentile, but nobody knows when in it the books moved.
    quiet = [poll(NOON + i * MINUTE, spreads(-4.0)) for i in range(31)]
    moved = dict.fromkeys(GROUPS[:4], -4.5)
    assert replay([*quiet, poll(NOON + 40 * MINUTE, spreads(-4.0, moved))])["polls"]["silent_rules"].to_list()[-1] == []
    assert found_by("STEAM", [*quiet, poll(NOON + 40 * MINUTE, spreads(-4.0, moved))]) == []
    assert len(found_by("STEAM", [*quiet, poll(NOON + 31 * MINUTE, spreads(-4.0, moved))])) == 1


def test_one_long_gap_among_many_short_ones_does_not_silence_a_steam_long_after() -> None:
    times = [*range(10), *range(15, 50)]
    answers = [poll(NOON + m * MINUTE, spreads(-4.0 if m < 40 else -4.5)) for m in times]
    assert [row["detected_at"].minute for row in found_by("STEAM", answers)] == [40]


def test_the_same_direction_is_reported_again_after_the_cooldown_only() -> None:
    lines = {0: -4.0, 1: -4.0, 2: -4.5, 5: -5.0, 16: -5.0, 18: -5.5, 20: -5.0, 22: -4.5}
    answers = []
    for m in range(24):
        line = lines[max(at for at in lines if at <= m)]
        answers.append(poll(NOON + m * MINUTE, spreads(line)))
    found = found_by("STEAM", answers)
    # At 12:05 it is too soon; 12:18 is more than a quarter of an hour after 12:02. At 12:20 every book only takes back what it
    # did two minutes ago; at 12:22 they move on.
    assert [(row["detected_at"].minute, row["direction"]) for row in found] == [(2, "home"), (18, "home"), (22, "away")]
    assert [row["signal_id"] for row in found_by("STEAM", answers, one_by_one=True)] == [r["signal_id"] for r in found]


def test_a_steam_against_the_consensus_is_none() -> None:
    # Four books rise to a number the other four left meanwhile for a lower one: the median falls.
    before = {key: {"total": (44.5, -110, -110)} for key in GROUPS}
    after = {key: {"total": (45.5 if i < 4 else 40.0, -110, -110)} for i, key in enumerate(GROUPS)}
    answers = [poll(NOON + i * MINUTE, before) for i in range(5)] + [poll(NOON + 5 * MINUTE, after)]
    assert [row["direction"] for row in found_by("STEAM", answers)] == ["under"]
