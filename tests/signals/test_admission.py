"""Cooldown, budget and one voice per moment: kept in one place for every rule that declares them."""

from collections.abc import Callable

import pytest

from stratum_pipelines.board.advance import Rules, advance, blank_board
from stratum_pipelines.board.state import Board
from stratum_pipelines.signals.signal import Hit, Memory, Signal
from stratum_pipelines.signals.tape import Tape
from tests.build import MINUTE, NFL, NOON, answer, book, game, rules


def speaks(**parameters: object) -> Signal:
    """A rule that reports every spread whose consensus was written, toward home; it remembers nothing by itself."""

    def detect(tape: Tape, memory: Memory) -> list[Hit]:
        """Everything."""
        return [
            Hit(tape.n_past + i, m, 0, -3.0, -3.0, 0, ())
            for i in range(len(tape.updated))
            for m in range(len(tape.kinds))
            if tape.updated[i, m] and tape.kinds[m] == 1 and tape.value[tape.n_past + i, m, 0] == -3.0
        ]

    return Signal("SPEAKS", "1", "Speaks.", detect, parameters=parameters)


def answers(minutes: range, games: tuple[str, ...] = ("g1",)) -> list:
    return [
        answer(
            NOON + m * MINUTE,
            [
                game(
                    [book("fanduel", NOON + m * MINUTE, spread=(-3.0, -110 - m % 60, -110))],
                    event_id=event_id,
                    start=NOON + (3000 + 300 * i) * MINUTE,
                )
                for i, event_id in enumerate(games)
            ],
        )
        for m in minutes
    ]


def said(
    signal: Signal, polls: list, cut: Callable[[list], list[list]] = lambda polls: [polls]
) -> list[tuple[int, str]]:
    only = Rules(rules().reference, {signal.name: signal}, rules().providers)
    board = blank_board(NFL, only)
    rows = []
    for part in cut(polls):
        for found in advance(board, part, only):
            rows += found["signals"].select("detected_at", "event_id").rows()
        # What is remembered survives the night.
        board = Board.from_bytes(board.to_bytes())
    return [(at.hour * 60 + at.minute - 720, event_id) for at, event_id in rows]


@pytest.mark.parametrize("cut", [lambda polls: [polls], lambda polls: [[one] for one in polls]])
def test_a_cooldown_lets_one_pass_and_then_none_until_it_is_over(cut: Callable) -> None:
    heard = said(speaks(cooldown_minutes=10), answers(range(25)), cut)
    # The eleventh minute is the first that is more than ten after the last.
    assert [minute for minute, _ in heard] == [0, 11, 22]


def test_without_a_cooldown_everything_passes() -> None:
    assert len(said(speaks(), answers(range(25)))) == 25


def test_a_budget_counts_in_any_hour() -> None:
    heard = said(speaks(max_per_hour=2), answers(range(0, 130, 10)))
    assert [minute for minute, _ in heard] == [0, 10, 60, 70, 120]


def test_games_do_not_silence_each_other() -> None:
    heard = said(speaks(cooldown_minutes=100, max_per_hour=1), answers(range(3), games=("g1", "g2")))
    assert sorted(heard) == [(0, "g1"), (0, "g2")]


def test_one_moment_has_one_signal_per_outcome_and_places_are_cooled_apart() -> None:
    def detect(tape: Tape, memory: Memory) -> list[Hit]:
        """Two places, taken in turns, and every hit twice."""
        hits = []
        for i in range(len(tape.updated)):
            minute = int(tape.times[tape.n_past + i] - NOON) // MINUTE
            places = ((0,), (1,), (0, 1), (0, 1))[minute % 4]
            hits += [Hit(tape.n_past + i, 0, 0, -3.0, -3.0, 0, (), {"minute": minute}, places=places)] * 2
        return hits

    rule = Signal("TURNS", "1", "Turns.", detect, parameters={"cooldown_minutes": 2}, cooldown_places=2)
    # 0: the first place; 1: the second; 2: both are cooling; 3: the first is out of it, the second not, and that is
    # enough; 4: the first has begun anew; 5: the second.
    assert [minute for minute, _ in said(rule, answers(range(6)))] == [0, 1, 3, 5]


def test_one_thing_said_twice_at_one_moment_is_said_once() -> None:
    def detect(tape: Tape, memory: Memory) -> list[Hit]:
        """The same twice, and the other side of it."""
        return [
            Hit(tape.n_past + i, 0, outcome, -3.0, -3.0, 0, ())
            for i in range(len(tape.updated))
            for outcome in (0, 0, 1)
            if len(tape.kinds)
        ]

    assert (
        len(said(Signal("TWICE", "1", "Twice.", detect), answers(range(3)), lambda polls: [polls[:1], polls[1:]])) == 6
    )


def test_a_parameter_a_rule_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter cooldown_hours; it has cooldown_minutes"):
        speaks(cooldown_minutes=10).set(cooldown_hours=1)


def test_forgetting_old_games_keeps_what_was_said_of_the_others() -> None:
    rule = speaks(cooldown_minutes=100)
    only = Rules(rules().reference, {rule.name: rule}, rules().providers)
    board = blank_board(NFL, only)
    day = 24 * 60
    for part in (answers(range(1), ("g1", "gone")), answers(range(day + 1, day + 2), ("g1",))):
        for _ in advance(board, part, only):
            pass
    remembered = board.memory["SPEAKS"]["admitted"][:, 0, 0].tolist()
    assert remembered == [NOON + (day + 1) * MINUTE, NOON]
    board.forget()
    assert board.memory["SPEAKS"]["admitted"][:, 0, 0].tolist() == [NOON + (day + 1) * MINUTE]
