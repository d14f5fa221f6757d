"""Boards of many books by keyword, and what one rule says of them, for tests of single rules."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from stratum_pipelines.board.advance import advance, blank_board
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.signals import find_signals
from tests.build import NFL, answer, book, game, rules

GROUPS = ("draftkings", "fanduel", "betmgm", "bovada", "betus", "betrivers", "fanatics", "williamhill_us")


def listed(at: int, quotes: Mapping[str, Mapping[str, Any]], seen: Mapping[str, int] | None = None) -> list[dict]:
    """Bookmakers with the quotes given by key; `seen` says at what other time than `at` a book was looked at."""
    return [book(key, (seen or {}).get(key, at), **markets) for key, markets in quotes.items()]


def poll(at: int, quotes: Mapping[str, Mapping[str, Any]], *, sport: str = NFL, **more: Any) -> Answer:
    """An answer of one game; `more` goes to the game (start, event_id) but for `seen`."""
    seen = more.pop("seen", None)
    return answer(at, [game(listed(at, quotes, seen), sport=sport, **more)], sport=sport)


def found_by(
    name: str, answers: Iterable[Answer], *, sport: str = NFL, one_by_one: bool = False, **parameters: Any
) -> list[dict[str, Any]]:
    """The rows of one signal, in order of detection, its meta read; `parameters` are set on it."""
    signal = find_signals()[name].set(**parameters)
    only = replace(rules(), signals={name: signal})
    board = blank_board(sport, only)
    cuts = [[one] for one in answers] if one_by_one else [list(answers)]
    frames = [rows["signals"] for cut in cuts for rows in advance(board, cut, only) if "signals" in rows]
    frame = pl.concat(frames).sort("detected_at", "outcome") if frames else pl.DataFrame()
    return [{**row, "meta": json.loads(row["meta"])} for row in frame.iter_rows(named=True)]


def mirrored(answers: Iterable[Answer]) -> list[Answer]:
    """The same answers with the teams' sides changed: home is away, and every price and point goes with its team."""
    turned = []
    for one in answers:
        events = json.loads(one.body)
        for event in events:
            event["home_team"], event["away_team"] = event["away_team"], event["home_team"]
        turned.append(replace(one, body=json.dumps(events).encode()))
    return turned
