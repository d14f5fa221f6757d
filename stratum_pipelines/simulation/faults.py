"""What a feed does wrong, on request: answers that come twice, late or out of order, broken, refused or wrong inside."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import msgspec
import numpy as np

from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.simulation.chance import generator

HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
TOO_MANY = b'{"message":"Requests are too frequent.","error_code":"EXCEEDED_FREQ_LIMIT"}'
SERVER_ERROR = b'{"message":"Internal server error"}'
# How many answers of its sport back a late body may come from.
FARTHEST_BACK = 4
BAD_PRICES: tuple[Any, ...] = (0, 1, 1_000_000_000, "abc", None, True)


@dataclass(frozen=True)
class FaultPlan:
    """How likely each fault is for an answer; an answer has one fault at the most. Which one depends on seed, sport and receipt.

    `duplicated`: the answer comes twice, as it is. `swapped`: it comes after the next answer of its sport. `late`: its body
    is an older one of its sport. `truncated`, `html`, `too_many_requests`, `server_error`, `empty_list`: in place of the
    body. `bad_price`, `unknown_book`, `renamed_team`, `duplicated_event`: one such thing in the body.
    """

    seed: int
    duplicated: float = 0.0
    swapped: float = 0.0
    late: float = 0.0
    truncated: float = 0.0
    html: float = 0.0
    too_many_requests: float = 0.0
    server_error: float = 0.0
    empty_list: float = 0.0
    bad_price: float = 0.0
    unknown_book: float = 0.0
    renamed_team: float = 0.0
    duplicated_event: float = 0.0

    def __post_init__(self) -> None:
        """Refuse probabilities that are none."""
        given = self.probabilities()
        if min(given.values()) < 0 or sum(given.values()) > 1:
            raise ValueError(f"The probabilities of the faults must be 0 or more and sum to 1 at the most: {given}.")

    @classmethod
    def everything(cls, seed: int, probability: float = 0.1) -> "FaultPlan":
        """Every kind of fault, equally likely, together with this probability."""
        kinds = [field.name for field in fields(cls) if field.name != "seed"]
        return cls(seed, **{kind: probability / len(kinds) for kind in kinds})

    def probabilities(self) -> dict[str, float]:
        """The probability of each kind of fault."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "seed"}

    def kind_for(self, answer: Answer) -> str | None:
        """The fault this answer is to have, None for none."""
        draw = float(self._chance(answer, "kind").random())
        for kind, probability in self.probabilities().items():
            if draw < probability:
                return kind
            draw -= probability
        return None

    def spoil(self, answers: Iterable[Answer]) -> Iterator[Answer]:
        """The answers as a faulty feed delivers them. None is lost: each comes out at least once, spoilt or not."""
        earlier: dict[str, deque[Answer]] = {}
        held: dict[str, Answer] = {}
        for answer in answers:
            kind = self.kind_for(answer)
            past = earlier.setdefault(answer.sport_key, deque(maxlen=FARTHEST_BACK))
            waiting = held.pop(answer.sport_key, None)
            if kind == "swapped" and waiting is None:
                held[answer.sport_key] = answer
            else:
                yield self.spoilt(answer, kind, past)
                if kind == "duplicated":
                    yield answer
            if waiting is not None:
                yield waiting
            past.append(answer)
        yield from held.values()

    def spoilt(self, answer: Answer, kind: str | None, past: Iterable[Answer] = ()) -> Answer:
        """The answer with a fault of this kind in it; `past` holds earlier answers of its sport."""
        chance = self._chance(answer, "how")
        if kind == "late":
            older = list(past)
            return replace(answer, body=older[int(chance.integers(len(older)))].body) if older else answer
        if kind == "truncated":
            return replace(answer, body=answer.body[: int(len(answer.body) * chance.uniform(0.05, 0.95))])
        if kind == "html":
            return replace(answer, body=HTML)
        if kind == "too_many_requests":
            return replace(answer, body=TOO_MANY, status_code=429, is_complete=False)
        if kind == "server_error":
            return replace(answer, body=SERVER_ERROR, status_code=500, is_complete=False)
        if kind == "empty_list":
            return replace(answer, body=b"[]")
        if kind in _EDITS:
            events = msgspec.json.decode(answer.body)
            quoted = [event for event in events if event["bookmakers"]]
            if not quoted:
                return answer
            _EDITS[kind](chance, events, quoted[int(chance.integers(len(quoted)))])
            return replace(answer, body=msgspec.json.encode(events))
        return answer

    def _chance(self, answer: Answer, about: str) -> np.random.Generator:
        return generator(self.seed, "faults", about, answer.sport_key, answer.received_at)


def _pick(chance: np.random.Generator, things: list[Any]) -> Any:
    return things[int(chance.integers(len(things)))]


def _bad_price(chance: np.random.Generator, events: list[Any], event: dict[str, Any]) -> None:
    market = _pick(chance, _pick(chance, event["bookmakers"])["markets"])
    _pick(chance, market["outcomes"])["price"] = BAD_PRICES[int(chance.integers(len(BAD_PRICES)))]


def _unknown_book(chance: np.random.Generator, events: list[Any], event: dict[str, Any]) -> None:
    book = _pick(chance, event["bookmakers"])
    event["bookmakers"].append({**book, "key": "nobody_knows_it", "title": "Nobody Knows It"})


def _renamed_team(chance: np.random.Generator, events: list[Any], event: dict[str, Any]) -> None:
    """The team carries another name throughout its event."""
    old = event[_pick(chance, ["home_team", "away_team"])]
    new = f"{old} II"
    for side in ("home_team", "away_team"):
        event[side] = new if event[side] == old else event[side]
    for book in event["bookmakers"]:
        for market in book["markets"]:
            for outcome in market["outcomes"]:
                outcome["name"] = new if outcome["name"] == old else outcome["name"]


def _duplicated_event(chance: np.random.Generator, events: list[Any], event: dict[str, Any]) -> None:
    events.insert(int(chance.integers(len(events) + 1)), dict(event))


_EDITS = {
    "bad_price": _bad_price,
    "unknown_book": _unknown_book,
    "renamed_team": _renamed_team,
    "duplicated_event": _duplicated_event,
}
