import polars as pl
import pytest

from tests.build import MINUTE, NOON, answer, book, game, replay


def good(at: int = NOON) -> dict:
    return book("fanduel", at, h2h=(-145, 125), spread=(-3.0, -108, -112), total=(44.5, -110, -110))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (book("draftkings", NOON, h2h=(0, 130)), "impossible_price"),
        (book("draftkings", NOON, h2h=(1, 130)), "impossible_price"),
        (book("draftkings", NOON, h2h=(1_000_000_000, 130)), "impossible_price"),
        (book("draftkings", NOON, h2h=(-2147483648, 130)), "impossible_price"),
        (book("draftkings", NOON, spread=(99999.0, -110, -110)), "impossible_point"),
        (book("no_such_book", NOON, h2h=(-150, 130)), "unknown_bookmaker"),
    ],
)
def test_a_bad_quote_goes_to_quarantine_and_costs_no_other(bad: dict, reason: str) -> None:
    rows = replay([answer(NOON, [game([bad, good()])])])
    assert set(rows["quarantine"]["reason"]) == {reason}
    assert rows["odds_snapshots"].filter(pl.col("bookmaker") == "fanduel").height == 6
    assert rows["consensus"]["n_books"].max() == 1


def test_unknown_markets_and_outcomes_are_refused_once_per_answer_with_their_number() -> None:
    strange = book("draftkings", NOON, h2h=(-150, 130), spread=(-3.0, -110, -110))
    strange["markets"][0]["key"] = "player_points"
    strange["markets"][1]["outcomes"][0]["name"] = "Somebody Else"
    refused = replay([answer(NOON, [game([strange, good()])])])["quarantine"].sort("reason")
    assert refused["reason"].to_list() == ["unknown_market", "unknown_outcome"]
    assert "2 quotes were left out" in refused["detail"][0] and "1 quotes were left out" in refused["detail"][1]


def test_many_unknown_runners_are_one_row_with_their_number() -> None:
    strange = [book(key, NOON, h2h=(-150, 130)) for key in ("draftkings", "betmgm")]
    for one in strange:
        one["markets"][0]["outcomes"] = [{"name": f"Runner {i}", "price": 900} for i in range(24)]
    (row,) = replay([answer(NOON, [game([*strange, good()])])])["quarantine"].iter_rows(named=True)
    assert row["reason"] == "unknown_outcome"
    assert row["detail"] == (
        "24 outcomes are not known ('Runner 0', 'Runner 1', 'Runner 2', 'Runner 3', 'Runner 4', …); "
        "48 quotes were left out, the first in game game-1."
    )
    assert row["value"].startswith("Runner 0, Runner 1, ") and "Runner 23" in row["value"]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_sides_that_are_swapped_under_one_id_are_remarked_once_and_cost_nothing(one_by_one: bool) -> None:
    turns = [("Home", "Away"), ("Away", "Home"), ("Away", "Home"), ("Home", "Away")]
    answers = [
        answer(NOON + i * MINUTE, [game([good(NOON + i * MINUTE)], home=home, away=away)])
        for i, (home, away) in enumerate(turns)
    ]
    rows = replay(answers, one_by_one=one_by_one)
    assert rows["quarantine"]["reason"].to_list() == ["sides_swapped"] * 2
    assert [detail.partition(" is ")[2].partition(";")[0] for detail in rows["quarantine"]["detail"]] == [
        "now listed as Home at Away",
        "again listed as Away at Home",
    ]
    # The favourite is the home team throughout: quotes go by name, so nothing has moved.
    assert rows["odds_snapshots"].height == 6 and set(rows["events"]["event_id"]) == {"game-1"}
    assert rows["polls"]["n_quotes"].to_list() == [6] * 4


def test_a_missing_point_is_refused() -> None:
    pointless = book("draftkings", NOON, spread=(-3.0, -110, -110))
    del pointless["markets"][0]["outcomes"][0]["point"]
    rows = replay([answer(NOON, [game([pointless, good()])])])
    assert rows["quarantine"]["reason"].to_list() == ["missing_point"]
    # The other side stands, but half a market is no opinion.
    assert rows["odds_snapshots"].filter(pl.col("bookmaker") == "draftkings").height == 1
    assert rows["consensus"].filter(pl.col("market") == "spreads")["n_books"].to_list() == [1, 1]


def test_points_that_contradict_each_other_take_both_quotes_out() -> None:
    torn = book("draftkings", NOON, spread=(-3.0, -110, -110), total=(44.5, -110, -110))
    torn["markets"][0]["outcomes"][1]["point"] = 3.5
    torn["markets"][1]["outcomes"][1]["point"] = 45.5
    rows = replay([answer(NOON, [game([torn, good()])])])
    assert rows["quarantine"]["reason"].to_list() == ["points_disagree"] * 2
    assert "draftkings" not in rows["odds_snapshots"]["bookmaker"].to_list()


def test_a_renamed_team_goes_on_under_its_first_name_and_two_new_names_are_another_game() -> None:
    at = NOON + MINUTE
    renamed = book("fanduel", at, h2h=(-150, 125))
    renamed["markets"][0]["outcomes"][0]["name"] = "New Home"
    other = book("fanduel", at + MINUTE, h2h=(-150, 125))
    rows = replay(
        [
            answer(NOON, [game([good()])]),
            answer(at, [game([renamed], home="New Home")]),
            answer(at + MINUTE, [game([other], home="A", away="B")]),
        ]
    )
    assert rows["quarantine"]["reason"].to_list() == ["team_renamed", "teams_changed"]
    moved = rows["odds_snapshots"].filter(pl.col("received_at").to_physical() == at, ~pl.col("is_suspended"))
    assert moved.select("outcome", "side", "price_american").rows() == [("Home", "home", -150)]
    assert rows["polls"]["n_quotes"].to_list() == [6, 2, 0]


def test_a_book_time_later_than_the_receipt_is_clamped_and_counted() -> None:
    rows = replay([answer(NOON, [game([good(NOON + 5 * MINUTE)])])])
    assert rows["polls"]["n_clamped"].item() == 6
    assert set(rows["odds_snapshots"]["quoted_at"].to_physical()) == {NOON}


def test_a_re_issued_id_continues_the_game_and_a_doubleheader_does_not() -> None:
    rows = replay(
        [
            answer(NOON, [game([good()], event_id="old")]),
            answer(NOON + MINUTE, [game([good()], event_id="new")]),
            answer(
                NOON + 2 * MINUTE,
                [game([good()], event_id="new"), game([good()], event_id="second", start=NOON + 700 * MINUTE)],
            ),
        ]
    )
    links = rows["event_links"].select("provider_event_id", "event_id", "reason").rows()
    assert links == [
        ("old", "old", "first_seen"),
        ("new", "old", "teams_and_start"),
        ("second", "second", "first_seen"),
    ]
    assert rows["polls"]["n_suspended"].sum() == 0


def test_an_answer_that_is_not_later_is_refused_whole_and_stays_recomputable() -> None:
    rows = replay([answer(NOON, [game([good()])]), answer(NOON, [game([])]), answer(NOON - 1, [game([good()])])])
    assert rows["quarantine"]["reason"].to_list() == ["out_of_order"] * 2
    assert rows["polls"].height == 3
    assert rows["polls"]["n_suspended"].sum() == 0


def test_another_providers_game_is_linked_by_teams_and_start_or_by_a_persons_word() -> None:
    from dataclasses import replace

    from stratum_pipelines.board.advance import advance, blank_board
    from tests.build import NFL, rules

    first = answer(NOON, [game([good()])])
    same = replace(answer(NOON + MINUTE, [game([good()], event_id="theirs")]), provider="simulator")
    other = replace(answer(NOON + 2 * MINUTE, [game([good()], event_id="odd", home="H.")]), provider="simulator")
    for links, status in (({}, "unmatched_event"), ({("simulator", "odd"): "game-1"}, None)):
        known = replace(rules(), links=links)
        rows = next(advance(blank_board(NFL, known), [first, same, other], known))
        assert rows["quarantine"]["reason"].to_list() == ([status] if status else [])
        linked = dict(rows["event_links"].select("provider_event_id", "reason").iter_rows())
        assert linked == {"game-1": "first_seen", "theirs": "teams_and_start"} | ({} if status else {"odd": "manual"})
        assert set(rows["odds_snapshots"]["event_id"]) == {"game-1"}


def test_a_name_with_a_zero_byte_costs_its_game_and_no_other() -> None:
    rows = replay([answer(NOON, [game([good()], home="Ho\x00me"), game([good()], event_id="game-2", home="Home")])])
    assert rows["quarantine"]["reason"].to_list() == ["unusable_name"]
    assert rows["events"]["event_id"].to_list() == ["game-2"]
