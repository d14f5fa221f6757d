"""Reading an answer of The Odds API that is not clean: everything good is kept, everything bad refused with a reason.

A thing whose id is known and whose content is bad is refused alone. A thing whose id cannot be known, or a list that
cannot be read, makes the answer incomplete: nobody can say what has vanished from it.
"""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeGuard

import msgspec
import numpy as np

from stratum_pipelines.providers import reasons
from stratum_pipelines.providers.reading import Answer, Game, Reading, Refusal
from stratum_pipelines.providers.the_odds_api_answer import lists_whole_sport, microseconds, odds_format_of, resource_of

LONGEST_VALUE = 500
# The last second of the year 9999: a larger number is no time in seconds.
LAST_SECOND = 253_402_300_799
# Control characters, but for tabs and ends of lines.
_NOT_SHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Unreadable(ValueError):
    """A body that holds no document. `reason` is a code of `reasons`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def read_tolerantly(answer: Answer) -> Reading:
    """What can be read of any answer whatever."""
    walk = Walk(answer)
    try:
        walk.events(events_of(answer))
    except Unreadable as problem:
        walk.is_complete = False
        shown = shortened(answer.body[: 4 * LONGEST_VALUE].decode("utf-8", "replace"))
        walk.refusals.append(Refusal("odds_snapshots", problem.reason, str(problem), shown, "body"))
    return walk.reading()


def events_of(answer: Answer) -> list[Any]:
    """The list of events in an answer, whatever stands around it. Raises `Unreadable` when there is none."""
    document = document_of(answer)
    if isinstance(document, dict) and "data" in document:
        document = document["data"]
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        if "id" in document or "bookmakers" in document:
            return [document]
        if "message" in document or "error_code" in document:
            detail = f"The provider sent an error in place of data: {shortened(document.get('message'))}"
            raise Unreadable(reasons.PROVIDER_ERROR, detail)
    detail = (
        f"The body is JSON, but no list of events and no object around one; it starts with {shortened(document, 80)}."
    )
    raise Unreadable(reasons.NOT_A_LIST, detail)


def document_of(answer: Answer) -> Any:
    """The JSON of an answer, NaN and infinities allowed. Raises `Unreadable` for anything else and for a bad status."""
    if answer.status_code != 200:
        detail = f"The provider answered with the HTTP status {answer.status_code}; its body was kept and not read."
        raise Unreadable(reasons.HTTP_STATUS, detail)
    body = answer.body.strip()
    if not body:
        raise Unreadable(reasons.EMPTY_BODY, "The body is empty.")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        problem = str(error)
    try:
        # Stricter about nothing, and it knows NaN and Infinity: one such price must not cost the whole answer.
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    if body.startswith(b"<"):
        raise Unreadable(reasons.HTML_BODY, "A web page came in place of JSON.")
    # A body that ends inside a number, such as "-" or "1.", is said to hold an invalid one.
    if "truncated" in problem or f"invalid number (byte {len(body)})" in problem:
        raise Unreadable(reasons.TRUNCATED_JSON, f"The JSON breaks off after {len(body)} bytes.")
    raise Unreadable(reasons.NOT_JSON, f"The body is not JSON: {problem}.")


@dataclass
class Walk:
    """A walk through the events of one answer: the columns so far and what was refused."""

    answer: Answer
    is_complete: bool = True
    games: list[Game] = field(default_factory=list)
    # event, bookmaker, market, outcome, description, price, point, quoted_at
    quotes: list[tuple[int, str, str, str, str, float, float, int]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    def reading(self) -> Reading:
        """The columns, as the fast way gives them."""
        columns = list(zip(*self.quotes, strict=True)) or [()] * 8
        price = np.array(columns[5], np.float64)
        is_odds = resource_of(self.answer.endpoint) == "odds"
        return Reading(
            is_complete=self.is_complete
            and self.answer.is_complete
            and is_odds
            and lists_whole_sport(self.answer.endpoint),
            odds_format=odds_format_of(self.answer.endpoint, price),
            games=self.games,
            event=list(columns[0]),
            bookmaker=list(columns[1]),
            market=list(columns[2]),
            outcome=list(columns[3]),
            description=list(columns[4]) if any(columns[4]) else None,
            price=price,
            point=np.array(columns[6], np.float64),
            quoted_at=np.array(columns[7], np.int64),
            refusals=self.refusals,
        )

    def refuse(
        self, reason: str, detail: str, value: Any, place: str, *, hides: bool = False, table: str = "odds_snapshots"
    ) -> None:
        """Note a refusal; `hides` says that nobody can know what the refused thing would have listed."""
        self.refusals.append(Refusal(table, reason, shortened(detail), shortened(value), place))
        self.is_complete = self.is_complete and not hides

    def events(self, events: list[Any]) -> None:
        """Walk through a list of events; of an event listed twice the first entry counts."""
        seen: set[str] = set()
        for i, event in enumerate(events):
            place = f"events[{i}]"
            if not isinstance(event, dict):
                self.refuse(
                    reasons.BAD_EVENT,
                    f"{place} is no object; it was left out.",
                    event,
                    place,
                    hides=True,
                    table="events",
                )
                continue
            event_id = event.get("id")
            if not is_name(event_id):
                detail = f"{place} has no id that is text; it was left out."
                self.refuse(reasons.EVENT_WITHOUT_ID, detail, event, place, hides=True, table="events")
            elif event_id in seen:
                detail = f"Event {event_id} is listed twice; the entry at {place} was left out."
                self.refuse(reasons.DUPLICATE_EVENT, detail, event, place, table="events")
            else:
                seen.add(event_id)
                self._event(event, event_id, place)

    def _event(self, event: dict[str, Any], event_id: str, place: str) -> None:
        commence_at = time_of(event.get("commence_time"))
        if commence_at is None:
            detail = f"Event {event_id} starts at no readable time; expected one like 2025-10-09T00:15:00Z."
            self.refuse(reasons.BAD_COMMENCE_TIME, detail, event.get("commence_time"), place, table="events")
            return
        home, away = event.get("home_team"), event.get("away_team")
        if not (is_name(home) and is_name(away)):
            detail = f"Event {event_id} lacks the name of a team; an outright market has no teams and is not read."
            self.refuse(reasons.BAD_TEAM, detail, [home, away], place, table="events")
            return
        sport_key = event.get("sport_key")
        self.games.append(
            Game(event_id, sport_key if is_name(sport_key) else self.answer.sport_key, home, away, commence_at)
        )
        bookmakers = event.get("bookmakers")
        if resource_of(self.answer.endpoint) != "odds" and bookmakers is None:
            return  # A list of events or scores: games and no quotes.
        if not isinstance(bookmakers, list):
            detail = f"The bookmakers of event {event_id} are no list; its quotes were left out."
            self.refuse(reasons.BAD_BOOKMAKERS, detail, bookmakers, place, hides=True)
            return
        seen: set[str] = set()
        for i, book in enumerate(bookmakers):
            where = f"{place}/bookmakers[{i}]"
            key = book.get("key") if isinstance(book, dict) else None
            if not is_name(key):
                detail = f"A bookmaker of event {event_id} has no key; its quotes were left out."
                self.refuse(reasons.BAD_BOOKMAKER, detail, book, where, hides=True)
            elif key in seen:
                detail = f"Bookmaker {key} is listed twice for event {event_id}; the later entry was left out."
                self.refuse(reasons.DUPLICATE_BOOKMAKER, detail, book, where)
            else:
                seen.add(key)
                self._book(book, key, where)

    def _book(self, book: dict[str, Any], key: str, place: str) -> None:
        markets = book.get("markets")
        if not isinstance(markets, list):
            detail = f"The markets of bookmaker {key} are no list; they were left out."
            self.refuse(reasons.BAD_MARKETS, detail, markets, place, hides=True)
            return
        seen: set[str] = set()
        for i, market in enumerate(markets):
            where = f"{place}/markets[{i}]"
            market_key = market.get("key") if isinstance(market, dict) else None
            if not is_name(market_key):
                detail = f"A market of bookmaker {key} has no key; it was left out."
                self.refuse(reasons.BAD_MARKET, detail, market, where, hides=True)
            elif market_key in seen:
                detail = f"Market {market_key} is listed twice for bookmaker {key}; the later entry was left out."
                self.refuse(reasons.DUPLICATE_MARKET, detail, market, where)
            else:
                seen.add(market_key)
                self._market(market, book, key, market_key, where)

    def _market(self, market: dict[str, Any], owner: dict[str, Any], book: str, key: str, place: str) -> None:
        quoted_at = self._quoted_at(market, owner, place)
        outcomes = market.get("outcomes")
        if not isinstance(outcomes, list):
            detail = f"The outcomes of market {key} of bookmaker {book} are no list; they were left out."
            self.refuse(reasons.BAD_OUTCOMES, detail, outcomes, place, hides=True)
            return
        seen: set[tuple[str, str, float | None]] = set()
        for i, outcome in enumerate(outcomes):
            where = f"{place}/outcomes[{i}]"
            fields = outcome if isinstance(outcome, dict) else {}
            name, description = fields.get("name"), fields.get("description")
            if not is_name(name) or not (description is None or is_text(description)):
                detail = f"An outcome of market {key} of bookmaker {book} has no name or an odd description; it was left out."
                self.refuse(reasons.BAD_OUTCOME, detail, outcome, where, hides=True)
                continue
            price, point = number_of(fields.get("price")), number_of(fields.get("point"))
            identity = (name, description or "", point)
            if price is None:
                detail = (
                    f"The price of {name} in market {key} of bookmaker {book} is not a number; the quote was left out."
                )
                self.refuse(reasons.BAD_PRICE, detail, fields.get("price"), where)
            elif point is None and fields.get("point") is not None:
                detail = (
                    f"The point of {name} in market {key} of bookmaker {book} is not a number; the quote was left out."
                )
                self.refuse(reasons.BAD_POINT, detail, fields.get("point"), where)
            elif identity in seen:
                detail = (
                    f"Outcome {name} stands twice in market {key} of bookmaker {book}; the later entry was left out."
                )
                self.refuse(reasons.DUPLICATE_OUTCOME, detail, outcome, where)
            else:
                seen.add(identity)
                at = math.nan if point is None else point
                event = len(self.games) - 1
                self.quotes.append((event, book, key, name, description or "", price, at, quoted_at))

    def _quoted_at(self, market: dict[str, Any], book: dict[str, Any], place: str) -> int:
        """The last update of a market, else of its bookmaker, else the receipt."""
        for thing, name in ((market, "market"), (book, "bookmaker")):
            stamp = thing.get("last_update")
            if stamp is None or stamp == "":
                continue
            at = time_of(stamp)
            if at is not None:
                return at
            detail = f"The last update of the {name} at {place} is no readable time; the next coarser one was used."
            self.refuse(reasons.BAD_LAST_UPDATE, detail, stamp, f"{place}/{name}")
        return self.answer.received_at


def is_text(value: Any) -> TypeGuard[str]:
    """Whether the value is text that can be stored: halves of surrogate pairs cannot."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def is_name(value: Any) -> TypeGuard[str]:
    """Whether the value is text and not empty."""
    return is_text(value) and value != ""


def number_of(value: Any) -> float | None:
    """The value as a finite number; None for anything else, truth values and numerals in text included."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def time_of(value: Any) -> int | None:
    """UTC microseconds of a time in ISO 8601 or in whole seconds since 1970 (the provider's other date format)."""
    if isinstance(value, str):
        try:
            return microseconds(value)
        except (ValueError, OverflowError):
            return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LAST_SECOND:
        return value * 1_000_000
    return None


def shortened(value: Any, longest: int = LONGEST_VALUE) -> str:
    """The value as text that can be stored and shown, at most `longest` characters."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = repr(type(value))
    text = _NOT_SHOWN.sub(lambda found: f"\\x{ord(found[0]):02x}", text[: longest + 1])
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= longest else text[: longest - 1] + "…"
