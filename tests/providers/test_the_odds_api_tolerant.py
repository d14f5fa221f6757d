"""Answers that are not clean: the good part is kept, the bad part refused with its reason, and nothing is ever raised."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stratum_pipelines.providers import reasons
from stratum_pipelines.providers.reading import Answer, Reading
from stratum_pipelines.providers.the_odds_api_reader import read, read_clean
from stratum_pipelines.providers.the_odds_api_tolerant import read_tolerantly
from tests.providers import feed


def reasons_of(reading: Reading) -> list[str]:
    return [refusal.reason for refusal in reading.refusals]


def assert_equal(left: Reading, right: Reading) -> None:
    for name in (
        "is_complete",
        "odds_format",
        "games",
        "event",
        "bookmaker",
        "market",
        "outcome",
        "description",
        "refusals",
    ):
        assert getattr(left, name) == getattr(right, name), name
    for name in ("price", "point", "quoted_at"):
        assert getattr(left, name).dtype == getattr(right, name).dtype, name
        assert np.array_equal(getattr(left, name), getattr(right, name), equal_nan=name != "quoted_at"), name


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", reasons.EMPTY_BODY),
        (b"  \n", reasons.EMPTY_BODY),
        (b"<!DOCTYPE html><html><body>Bad gateway</body></html>", reasons.HTML_BODY),
        (b'[{"id": "game_1", "bookmakers": [', reasons.TRUNCATED_JSON),
        (b'[{"price": -', reasons.TRUNCATED_JSON),
        (b'[{"price": 1.', reasons.TRUNCATED_JSON),
        (b'[{"price": 1e\n', reasons.TRUNCATED_JSON),
        (b'[{"price": -1.5e+', reasons.TRUNCATED_JSON),
        (b'[{"price": 15', reasons.TRUNCATED_JSON),
        (b'[{"price": -}, 1', reasons.NOT_JSON),
        (b'[{"price": 01}]', reasons.NOT_JSON),
        (b"\xff\xfe\x00nonsense", reasons.NOT_JSON),
        (b'{"message": "Unknown sport", "error_code": "UNKNOWN_SPORT"}', reasons.PROVIDER_ERROR),
        (b'{"timestamp": "2025-10-09T08:53:20Z"}', reasons.NOT_A_LIST),
        (b"42", reasons.NOT_A_LIST),
        (b'{"data": null}', reasons.NOT_A_LIST),
        (b"[" * 100_000, reasons.NOT_JSON),
    ],
)
def test_a_body_without_odds_suspends_nothing_and_says_why(body: bytes, reason: str) -> None:
    reading = read(feed.answer(body))
    assert reasons_of(reading) == [reason]
    assert not reading.is_complete
    assert not reading.games


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 503])
def test_a_failed_request_is_not_read_even_if_its_body_looks_fine(status: int) -> None:
    reading = read(feed.answer([feed.plain_event()], status_code=status))
    assert reasons_of(reading) == [reasons.HTTP_STATUS]
    assert str(status) in reading.refusals[0].detail
    assert not reading.is_complete
    assert not reading.event


def bent(where: tuple[Any, ...], value: object) -> list[dict[str, Any]]:
    """Two games, with one value of the first replaced; `...` removes it."""
    document = [feed.plain_event("game_1"), feed.plain_event("game_2")]
    inner: Any = document
    for step in where[:-1]:
        inner = inner[step]
    if value is ...:
        del inner[where[-1]]
    else:
        inner[where[-1]] = value
    return document


BOOKS = (0, "bookmakers")
MARKETS = (*BOOKS, 0, "markets")
OUTCOMES = (*MARKETS, 1, "outcomes")


@pytest.mark.parametrize(
    ("where", "value", "reason", "n_quotes", "is_complete"),
    [
        ((0,), None, reasons.BAD_EVENT, 12, False),
        ((0, "id"), ..., reasons.EVENT_WITHOUT_ID, 12, False),
        ((0, "id"), "", reasons.EVENT_WITHOUT_ID, 12, False),
        ((0, "id"), 7, reasons.EVENT_WITHOUT_ID, 12, False),
        ((0, "id"), "game_2", reasons.DUPLICATE_EVENT, 12, True),
        ((0, "commence_time"), "soon", reasons.BAD_COMMENCE_TIME, 12, True),
        ((0, "commence_time"), None, reasons.BAD_COMMENCE_TIME, 12, True),
        ((0, "home_team"), None, reasons.BAD_TEAM, 12, True),
        (BOOKS, "none", reasons.BAD_BOOKMAKERS, 12, False),
        (BOOKS, ..., reasons.BAD_BOOKMAKERS, 12, False),
        ((*BOOKS, 0), None, reasons.BAD_BOOKMAKER, 18, False),
        ((*BOOKS, 0, "key"), None, reasons.BAD_BOOKMAKER, 18, False),
        ((*BOOKS, 0, "key"), "fanduel", reasons.DUPLICATE_BOOKMAKER, 18, True),
        (MARKETS, {}, reasons.BAD_MARKETS, 18, False),
        ((*MARKETS, 1), [], reasons.BAD_MARKET, 22, False),
        ((*MARKETS, 1, "key"), ..., reasons.BAD_MARKET, 22, False),
        ((*MARKETS, 1, "key"), "h2h", reasons.DUPLICATE_MARKET, 22, True),
        ((*MARKETS, 1, "last_update"), 1e300, reasons.BAD_LAST_UPDATE, 24, True),
        (OUTCOMES, None, reasons.BAD_OUTCOMES, 22, False),
        ((*OUTCOMES, 0), "Amber Foxes", reasons.BAD_OUTCOME, 23, False),
        ((*OUTCOMES, 0, "name"), None, reasons.BAD_OUTCOME, 23, False),
        ((*OUTCOMES, 0, "name"), "\ud800", reasons.BAD_OUTCOME, 23, False),
        ((*OUTCOMES, 0, "description"), 3, reasons.BAD_OUTCOME, 23, False),
        ((*OUTCOMES, 0, "price"), ..., reasons.BAD_PRICE, 23, True),
        ((*OUTCOMES, 0, "price"), None, reasons.BAD_PRICE, 23, True),
        ((*OUTCOMES, 0, "price"), True, reasons.BAD_PRICE, 23, True),
        ((*OUTCOMES, 0, "price"), "-110", reasons.BAD_PRICE, 23, True),
        ((*OUTCOMES, 0, "price"), float("nan"), reasons.BAD_PRICE, 23, True),
        ((*OUTCOMES, 0, "price"), float("inf"), reasons.BAD_PRICE, 23, True),
        ((*OUTCOMES, 0, "price"), 10**400, reasons.BAD_PRICE, 23, True),
        ((*OUTCOMES, 0, "point"), "-3.5", reasons.BAD_POINT, 23, True),
        ((*OUTCOMES, 1), feed.outcome("Amber Foxes", -112, point=-3.5), reasons.DUPLICATE_OUTCOME, 23, True),
    ],
)
def test_one_bad_thing_costs_itself_and_nothing_else(
    where: tuple[Any, ...], value: object, reason: str, n_quotes: int, is_complete: bool
) -> None:
    reading = read(feed.answer(bent(where, value)))
    assert reasons_of(reading) == [reason]
    assert len(reading.event) == n_quotes
    assert reading.is_complete == is_complete
    assert reading.games[-1].event_id == "game_2"
    assert max(reading.event) == len(reading.games) - 1


@pytest.mark.parametrize("price", [0, 1, 1_000_000_000, -2_147_483_648, 0.97])
def test_a_number_that_is_no_sensible_price_is_the_board_s_to_refuse(price: float) -> None:
    reading = read(feed.answer(bent((*OUTCOMES, 0, "price"), price)))
    assert not reading.refusals
    assert reading.price[2] == price


def test_an_unreadable_time_of_a_bookmaker_matters_only_where_its_market_has_none() -> None:
    document = bent((*BOOKS, 0, "last_update"), "yesterday")
    assert not read(feed.answer(document)).refusals
    document[0]["bookmakers"][0]["markets"][2]["last_update"] = None
    reading = read(feed.answer(document))
    assert reasons_of(reading) == [reasons.BAD_LAST_UPDATE]
    assert reading.quoted_at[4] == feed.RECEIVED_AT
    assert len(reading.event) == 24


def test_of_things_listed_twice_the_first_counts() -> None:
    twice = [
        feed.outcome("Over", -105, point=44.5),
        feed.outcome("Under", -115, point=44.5),
        feed.outcome("Over", 300, point=44.5),
    ]
    reading = read(feed.answer([feed.event("game_1", [feed.book("a", [feed.market("totals", twice)])])]))
    assert reading.price.tolist() == [-105, -115]


def test_the_same_outcome_at_another_point_is_another_quote() -> None:
    ladder = [feed.outcome("Over", -105, point=44.5), feed.outcome("Over", 300, point=60.5)]
    reading = read(feed.answer([feed.event("game_1", [feed.book("a", [feed.market("alternate_totals", ladder)])])]))
    assert not reading.refusals
    assert reading.price.tolist() == [-105, 300]


def test_a_point_that_is_missing_is_not_a_number_and_no_fault() -> None:
    reading = read(feed.answer(bent((*OUTCOMES, 0, "point"), None)))
    assert not reading.refusals
    assert np.isnan(reading.point[2])


def test_a_refusal_can_be_shown_and_stored_whatever_it_is_about() -> None:
    key = "\x00\x1b[2J" * 1000
    twice = [feed.plain_book(key, 3.5), feed.plain_book(key, 3.0)]
    (refusal,) = read(feed.answer([{**feed.event("game_1", twice), "commence_time": "2025-10-12T17:00:00Z"}])).refusals
    assert refusal.reason == reasons.DUPLICATE_BOOKMAKER
    assert refusal.detail.isprintable() and refusal.value.isprintable()
    assert len(refusal.detail) <= 500
    (refusal,) = read(feed.answer(b"\x00\x01 not json")).refusals
    assert refusal.value == "\\x00\\x01 not json"


def test_every_reason_a_reader_gives_has_its_sentence() -> None:
    codes = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert codes == set(reasons.REASONS)


@given(feed.documents)
def test_both_ways_of_reading_give_the_same_for_a_clean_answer(document: object) -> None:
    answer = feed.answer(document)
    clean, tolerant = read_clean(answer), read_tolerantly(answer)
    assert (clean is None) == bool(tolerant.refusals)
    if clean is not None:
        assert_equal(clean, tolerant)


def check_sound(answer: Answer) -> None:
    reading = read(answer)
    n = len(reading.event)
    columns = (reading.bookmaker, reading.market, reading.outcome, reading.price, reading.point, reading.quoted_at)
    assert all(len(column) == n for column in columns)
    assert all(0 <= event < len(reading.games) for event in reading.event)
    assert np.isfinite(reading.price).all()
    places = [(refusal.reason, refusal.place) for refusal in reading.refusals]
    assert len(set(places)) == len(places)
    for refusal in reading.refusals:
        assert refusal.reason in reasons.REASONS
        assert len(refusal.value) <= 500
        refusal.value.encode()
        refusal.detail.encode()


@given(st.binary(max_size=200))
def test_random_bytes_are_never_too_much(body: bytes) -> None:
    check_sound(feed.answer(body))


@given(feed.anything)
def test_random_json_is_never_too_much(document: object) -> None:
    check_sound(feed.answer(document))


@given(feed.documents, st.data())
def test_a_damaged_answer_is_never_too_much(document: Any, data: st.DataObject) -> None:
    body = json.dumps(document).encode()
    at = data.draw(st.integers(0, len(body)))
    cut = data.draw(st.integers(0, 8))
    check_sound(feed.answer(body[:at] + data.draw(st.binary(max_size=6)) + body[at + cut :]))


@given(feed.documents, feed.anything, st.data())
def test_a_wrong_value_anywhere_is_never_too_much(document: Any, wrong: object, data: st.DataObject) -> None:
    inner: Any = document
    while isinstance(inner, (list, dict)) and inner:
        step = data.draw(st.sampled_from(range(len(inner)) if isinstance(inner, list) else list(inner)))
        if data.draw(st.booleans()) or not isinstance(inner[step], (list, dict)):
            inner[step] = wrong
            break
        inner = inner[step]
    check_sound(feed.answer(document))
