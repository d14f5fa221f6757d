"""Every fault does what it says, and the reader of the feed sees it."""

from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from stratum_pipelines.providers import reasons
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.providers.simulator import PROVIDER
from stratum_pipelines.reference import load_reference
from stratum_pipelines.simulation import NOTHING_PLANTED, FaultPlan, Simulation
from tests.simulation.asked import EPL, MINUTE, NBA, moment

KINDS = list(FaultPlan(0).probabilities())
SIMULATION = Simulation(6, [NBA, EPL], games_per_day=2, rates=NOTHING_PLANTED)
ANSWERS = [SIMULATION.answer(NBA, moment(14) + i * 5 * MINUTE) for i in range(12)]


def spoilt(kind: str, answers: list[Answer] = ANSWERS) -> list[Answer]:
    return list(FaultPlan(1, **{kind: 1.0}).spoil(answers))


def test_no_fault_changes_nothing() -> None:
    assert list(FaultPlan(1).spoil(ANSWERS)) == ANSWERS


def test_a_plan_is_the_same_again_and_another_seed_gives_another() -> None:
    one, same, other = FaultPlan.everything(1, 0.5), FaultPlan.everything(1, 0.5), FaultPlan.everything(2, 0.5)
    assert list(one.spoil(ANSWERS)) == list(same.spoil(ANSWERS))
    assert [one.kind_for(answer) for answer in ANSWERS] != [other.kind_for(answer) for answer in ANSWERS]


def test_every_kind_comes_about_as_often_as_asked_for() -> None:
    plan = FaultPlan.everything(3, 0.6)
    answers = [replace(ANSWERS[0], received_at=i) for i in range(4000)]
    counts = Counter(plan.kind_for(answer) for answer in answers)
    assert set(counts) == {None, *KINDS}
    assert 0.37 < counts[None] / 4000 < 0.43
    # 0.05 each: 200 expected of 4000, standard deviation 14.
    assert all(140 < counts[kind] < 260 for kind in KINDS)


def test_nothing_is_lost_whatever_goes_wrong() -> None:
    both = [
        answer
        for pair in zip(ANSWERS, (SIMULATION.answer(EPL, a.received_at + 1) for a in ANSWERS), strict=True)
        for answer in pair
    ]
    delivered = list(FaultPlan.everything(5, 0.9).spoil(both))
    assert {(a.sport_key, a.received_at) for a in delivered} == {(a.sport_key, a.received_at) for a in both}


def test_a_duplicated_answer_comes_twice_as_it_is() -> None:
    delivered = spoilt("duplicated")
    assert delivered == [answer for answer in ANSWERS for _ in (1, 2)]


def test_a_swapped_answer_comes_after_the_next_one() -> None:
    delivered = spoilt("swapped")
    assert delivered == [ANSWERS[i] for pair in range(0, 12, 2) for i in (pair + 1, pair)]


def test_a_late_answer_carries_an_older_body_of_its_sport() -> None:
    bodies = [answer.body for answer in ANSWERS]
    delivered = spoilt("late")
    assert delivered[0] == ANSWERS[0]
    for i, answer in enumerate(delivered[1:], 1):
        assert answer.received_at == ANSWERS[i].received_at
        assert answer.body in bodies[max(0, i - 4) : i]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("html", reasons.HTML_BODY),
        ("too_many_requests", reasons.HTTP_STATUS),
        ("server_error", reasons.HTTP_STATUS),
        ("truncated", reasons.TRUNCATED_JSON),
    ],
)
def test_a_broken_answer_is_refused_whole_and_suspends_nothing(kind: str, reason: str) -> None:
    for answer in spoilt(kind):
        reading = PROVIDER.read(answer)
        assert not reading.is_complete
        assert not reading.games
        assert {refusal.reason for refusal in reading.refusals} == {reason}


def test_refused_answers_carry_the_status_of_the_refusal() -> None:
    assert {(a.status_code, a.is_complete) for a in spoilt("too_many_requests")} == {(429, False)}
    assert {(a.status_code, a.is_complete) for a in spoilt("server_error")} == {(500, False)}


def test_an_empty_list_is_complete_and_lists_nothing() -> None:
    for answer in spoilt("empty_list"):
        reading = PROVIDER.read(answer)
        assert reading.is_complete
        assert not reading.games


def test_a_bad_price_is_one_quote_and_costs_no_other() -> None:
    for before, answer in zip(ANSWERS, spoilt("bad_price"), strict=True):
        was, now = (sorted(prices(a), key=str) for a in (before, answer))
        assert len(was) == len(now)
        changed = Counter(map(str, now)) - Counter(map(str, was))
        assert changed.total() == 1
        assert len(PROVIDER.read(answer).event) >= len(was) - 1


def prices(answer: Answer) -> list[object]:
    return [
        outcome["price"]
        for event in msgspec.json.decode(answer.body)
        for book in event["bookmakers"]
        for market in book["markets"]
        for outcome in market["outcomes"]
    ]


def test_an_unknown_book_stands_beside_the_known_ones() -> None:
    for before, answer in zip(ANSWERS, spoilt("unknown_book"), strict=True):
        extra = set(PROVIDER.read(answer).bookmaker) - set(PROVIDER.read(before).bookmaker)
        assert len(extra) == 1
        assert load_reference().book(extra.pop()) is None


def test_a_renamed_team_keeps_its_game_and_its_quotes() -> None:
    for before, answer in zip(ANSWERS, spoilt("renamed_team"), strict=True):
        was, now = PROVIDER.read(before), PROVIDER.read(answer)
        assert [game.event_id for game in was.games] == [game.event_id for game in now.games]
        names = {name for game in now.games for name in (game.home_team, game.away_team)}
        assert len(names - {name for game in was.games for name in (game.home_team, game.away_team)}) == 1
        assert set(now.outcome) <= names | {"Over", "Under"}


def test_a_duplicated_event_is_listed_twice() -> None:
    for answer in spoilt("duplicated_event"):
        assert {refusal.reason for refusal in PROVIDER.read(answer).refusals} == {reasons.DUPLICATE_EVENT}


@pytest.mark.parametrize("given", [{"html": 0.7, "late": 0.4}, {"html": -0.1}])
def test_probabilities_that_are_none_are_refused(given: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="sum to 1 at the most"):
        FaultPlan(1, **given)
