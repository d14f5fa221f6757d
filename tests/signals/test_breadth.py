"""How many must stand behind a MOVE or a KEY_CROSS, and how often the same story is told."""

import pytest

from stratum_pipelines.providers.reading import Answer
from tests.build import MINUTE, NOON
from tests.signals.boards import GROUPS, found_by, poll


def spreads(at: int, lines: dict[str, float]) -> Answer:
    """An answer in which every book quotes its own spread at even prices."""
    return poll(NOON + at * MINUTE, {key: {"spread": (line, -110, -110)} for key, line in lines.items()})


def everyone(at: int, line: float, keys: tuple[str, ...] = GROUPS) -> Answer:
    return spreads(at, dict.fromkeys(keys, line))


@pytest.mark.parametrize("name", ["MOVE", "KEY_CROSS"])
@pytest.mark.parametrize(
    ("before", "after", "books"),
    [
        # Three groups, two of which moved: the least that is a market's move.
        ((-2.5, -2.5, -2.5), (-3.5, -3.5, -2.5), ["draftkings", "fanduel"]),
        # The book in the middle alone carries the median across.
        ((-2.5, -2.5, -3.5), (-3.5, -2.5, -3.5), None),
        # Two groups that agree are two books.
        ((-2.5, -2.5), (-3.5, -3.5), None),
        ((-2.5,), (-7.5,), None),
        # They were enough before and are not now; they are enough now and were not before.
        ((-2.5, -2.5, -2.5), (-3.5, -3.5), None),
        ((-2.5, -2.5), (-3.5, -3.5, -3.5), None),
    ],
)
def test_three_groups_agree_on_both_ends_and_two_moved(
    name: str, before: tuple[float, ...], after: tuple[float, ...], books: list[str] | None
) -> None:
    answers = [spreads(at, dict(zip(GROUPS, lines, strict=False))) for at, lines in ((0, before), (5, after))]
    assert [row["bookmakers"] for row in found_by(name, answers)] == ([books] if books else [])


@pytest.mark.parametrize("name", ["MOVE", "KEY_CROSS"])
def test_twins_are_one_group(name: str) -> None:
    trio = ("lowvig", "betonlineag", "fanduel")
    assert found_by(name, [everyone(0, -2.5, trio), everyone(5, -3.5, trio)]) == []
    assert len(found_by(name, [everyone(0, -2.5, trio), everyone(5, -3.5, trio)], min_books=2)) == 1


@pytest.mark.parametrize("name", ["MOVE", "KEY_CROSS"])
def test_a_median_that_books_shift_by_leaving_has_not_moved(name: str) -> None:
    stay, gone = dict.fromkeys(GROUPS[4:], -7.5), dict.fromkeys(GROUPS[:4], -2.5)
    # With all eight the median is -5, with the last four -7.5; nobody changed a line.
    assert found_by(name, [spreads(0, stay | gone), spreads(5, stay)]) == []


def test_one_book_that_hovers_over_a_key_number_crosses_nothing_and_a_second_does() -> None:
    # Nine books: five give 2.5 and four give 3, or the other way round.
    lines = dict(zip((*GROUPS, "pinnacle"), [-2.5] * 5 + [-3.0] * 4, strict=True))
    hovering = [spreads(5 * i, lines | {"draftkings": -3.0 if i % 2 else -2.5}) for i in range(4)]
    assert found_by("KEY_CROSS", hovering) == []
    back = spreads(20, lines)
    # fanduel goes to -3 ten minutes after draftkings did: the median is there already, and only comes back by both.
    both = [spreads(25, lines | {"fanduel": -3.0})]
    (row,) = found_by("KEY_CROSS", [*hovering, back, *both])
    assert (row["bookmakers"], row["n_groups"], row["window_s"]) == (["draftkings", "fanduel"], 2, 300.0)
    assert not row["is_structural_core"]


def test_who_moved_within_half_an_hour_stands_behind_a_crossing() -> None:
    before = dict.fromkeys(GROUPS[:3], -2.5)
    for minutes, crossings in ((29, 1), (31, 0)):
        answers = [
            spreads(0, before),
            spreads(1, before | {"draftkings": -3.0}),
            spreads(1 + minutes, before | {"draftkings": -3.0, "fanduel": -3.0}),
        ]
        assert len(found_by("KEY_CROSS", answers)) == crossings


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("name", ["MOVE", "MULTIBOOK_SYNC"])
def test_a_line_that_swings_is_told_once_in_half_an_hour_and_side(name: str, one_by_one: bool) -> None:
    swings = [everyone(7 * i, -3.5 if i % 2 else -4.5) for i in range(10)]
    told = [
        ((row["detected_at"].minute + 60 * row["detected_at"].hour - 720), row["direction"])
        for row in found_by(name, swings, one_by_one=one_by_one)
    ]
    # Toward away at 7, 21, 35, 49 and 63, toward home at 14, 28, 42 and 56: more than half an hour after the first are 49 and 56.
    assert told == [(7, "away"), (14, "home"), (49, "away"), (56, "home")]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_step_beyond_the_last_one_is_told_at_once_and_half_a_step_is_not(one_by_one: bool) -> None:
    # To -4.5: told. Back to -4: told for away. To -4.75: the last for home was -4.5, a quarter less. To -5: half a point.
    path = {0: -4.0, 5: -4.5, 10: -4.0, 15: -4.75, 20: -5.0}
    told = found_by("MOVE", [everyone(at, line) for at, line in path.items()], one_by_one=one_by_one)
    assert [(row["direction"], row["from_value"], row["to_value"]) for row in told] == [
        ("home", -4.0, -4.5),
        ("away", 4.5, 4.0),
        ("home", -4.0, -5.0),
    ]


def test_probabilities_and_totals_go_beyond_upward_and_unders_downward() -> None:
    for market, path, direction in (
        ("h2h", ((-110, -110), (-130, 110), (-110, -110), (-130, 110), (-150, 130)), "home"),
        ("total", ((44.5, -110, -110), (45.5, -110, -110), (44.5, -110, -110), (45.5, -110, -110), (46.5, -110, -110)), "over"),
        ("total", ((44.5, -110, -110), (43.5, -110, -110), (44.5, -110, -110), (43.5, -110, -110), (42.5, -110, -110)), "under"),
    ):  # fmt: skip
        answers = [
            poll(NOON + 5 * i * MINUTE, {key: {market: quote} for key in GROUPS}) for i, quote in enumerate(path)
        ]
        told = [row["detected_at"].minute for row in found_by("MOVE", answers) if row["direction"] == direction]
        assert told == [5, 20]
