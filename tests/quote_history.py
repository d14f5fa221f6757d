"""A made-up history of quotes, as large as wanted: for benchmarks, written straight into a lake, a day at a time.

Every game is listed a day before its start and ends three hours after it. Its lines walk; what books do about it comes in
bursts, of one book mostly, of all of them now and then. How many rows come together, how often a number moves and how many
signals follow is set after the recorded MLB answers; `Shape` says how large it all is. The same seed gives the same bytes.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from stratum_pipelines.quant.odds import american_to_decimal
from warehouse.lake import Lake
from warehouse.lake.files import encode, folder_of, merged_name
from warehouse.tables import TIME, Events, OddsSnapshots, Polls, Table

MINUTE_US = 60 * 1_000_000
DAY_US = 24 * 60 * MINUTE_US
LEAD_MINUTES, LENGTH_MINUTES = 24 * 60, 3 * 60
MARKETS = ("h2h", "spreads", "totals")
SIDES = (("home", "away"), ("home", "away"), ("over", "under"))
SPORTS = ("americanfootball_nfl", "baseball_mlb", "basketball_nba", "basketball_wnba", "icehockey_nhl")
BOOKS = (
    "betmgm", "betonlineag", "betrivers", "betus", "bovada", "draftkings", "fanatics", "fanduel", "lowvig", "mybookieag",
    "pinnacle", "williamhill_us", "ballybet", "betanysports", "betparx", "espnbet", "fliff", "hardrockbet", "rebet",
    "betfair_ex_uk", "matchbook", "betway", "coral", "betvictor",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """How large a history is: games that start a day, books, and how often a market changes before its end."""

    days: int = 100
    games_per_day: int = 80
    books: int = 12
    bursts: int = 380
    seed: int = 1
    first: dt.date = dt.date(2025, 1, 1)


@dataclass(frozen=True)
class _Rows:
    """Rows of games by code: game, book, market, outcome, minute since the first day; price (American) and point."""

    columns: dict[str, npt.NDArray]

    def chosen(self, which: npt.NDArray[np.bool_]) -> "_Rows":
        return _Rows({name: values[which] for name, values in self.columns.items()})

    @staticmethod
    def joined(parts: list["_Rows"]) -> "_Rows":
        return _Rows({name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns})


def write_history(lake: Lake, shape: Shape) -> int:
    """Write a history of odds_snapshots, polls and events into a lake; returns the number of snapshot rows."""
    lake.merge(Events, _events(shape))
    waiting: list[_Rows] = []
    written = 0
    for number in range(shape.days + 1):
        if number < shape.days:
            waiting.append(_games_of(shape, number))
        end = (number + 1) * 24 * 60
        rows = _Rows.joined(waiting)
        day = rows.columns["minute"] < end
        frame = _frame(shape, rows.chosen(day))
        waiting = [rows.chosen(~day)]
        date = shape.first + dt.timedelta(days=number)
        written += frame.height
        _put(lake, OddsSnapshots, date, frame)
        _put(lake, Polls, date, _polls(date))
    return written


def _put(lake: Lake, table: type[Table], day: dt.date, frame: pl.DataFrame) -> None:
    lake.storage.write(f"{folder_of(table, day)}/{merged_name(1, 1, is_empty=False)}", encode(table, frame))


def _starts(shape: Shape) -> npt.NDArray[np.int64]:
    """The minute every game starts at, from the first day on: never on the first day itself."""
    generator = np.random.default_rng([shape.seed, 0])
    day = np.repeat(np.arange(shape.days), shape.games_per_day)
    return day * 24 * 60 + LEAD_MINUTES + generator.integers(0, 24 * 60 - LENGTH_MINUTES, len(day))


def _games_of(shape: Shape, day: int) -> _Rows:
    """Everything about the games that are listed from a day on."""
    generator = np.random.default_rng([shape.seed, 1 + day])
    games = np.arange(day * shape.games_per_day, (day + 1) * shape.games_per_day)
    starts = _starts(shape)[games]
    parts = []
    for market in range(len(MARKETS)):
        parts += [_market(shape, generator, games, starts, market)]
    return _Rows.joined(parts)


def _market(
    shape: Shape,
    generator: np.random.Generator,
    games: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    market: int,
) -> _Rows:
    """One market of every game: the opening, bursts of changes, and the end."""
    n, books = len(games), shape.books
    minutes = LEAD_MINUTES + LENGTH_MINUTES
    when = np.sort(generator.random((n, minutes)).argpartition(shape.bursts, axis=1)[:, : shape.bursts], axis=1)
    when[:, 0], when[:, -1] = 0, minutes - 1
    in_play = when >= LEAD_MINUTES
    # The lines walk, in small steps; in play in larger ones.
    step = generator.normal(0, 1, when.shape) * np.where(in_play, 6.0, 1.0)
    line = (generator.normal(0, 5, n)[:, None] + np.cumsum(step * 0.035, axis=1)).clip(-14, 14)
    tilt = generator.normal(0, 0.006, (n, books))
    # Mostly one book, at times a few, now and then all.
    share = generator.choice([1.0, 2.0, 4.0, books], when.shape, p=[0.52, 0.24, 0.16, 0.08]) / books
    acts = generator.random((n, shape.bursts, books)) < share[:, :, None]
    acts[~acts.any(axis=2), 0] = True
    acts[:, 0], acts[:, -1] = True, True
    g, at, book = np.nonzero(acts)
    noise = generator.normal(0, 0.002, len(g))
    here = line[g, at] + generator.normal(0, 0.06, len(g))
    if market == 0:
        point = np.full(len(g), np.nan)
        chance = 1 / (1 + np.exp(here * 0.12))
    else:
        point = np.round(here * 2) / 2 + (44 if market == 2 else 0)
        chance = 0.5 + (np.round(here * 2) / 2 - here) * 0.05
    chance = (chance + tilt[g, book] + noise).clip(0.06, 0.94)
    last = at == shape.bursts - 1
    columns = {
        "game": games[g],
        "book": book,
        "minute": starts[g] - LEAD_MINUTES + when[g, at],
        "start": starts[g],
        "price": np.zeros(len(g)),
        "point": point,
        "market": np.full(len(g), market),
        "outcome": np.zeros(len(g), np.int64),
    }
    sides = []
    for outcome in range(2):
        own = np.where(last, np.nan, _american((chance if outcome == 0 else 1 - chance) * 1.045))
        mirrored = -point + 0.0 if market == 1 and outcome == 1 else point
        side = {**columns, "price": own, "point": np.where(last, np.nan, mirrored)}
        sides.append(_Rows({**side, "outcome": np.full(len(g), outcome)}))
    return _Rows.joined(sides)


def _american(chance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The American price of a probability, in steps of one."""
    chance = chance.clip(0.02, 0.98)
    price = np.where(chance >= 0.5, -100 * chance / (1 - chance), 100 * (1 - chance) / chance)
    return np.round(np.where(np.abs(price) < 100, 100, price))


def _frame(shape: Shape, rows: _Rows) -> pl.DataFrame:
    """Rows in the columns and the order of a closed partition."""
    c = rows.columns
    names = pl.Series(BOOKS[: shape.books])
    # Names in alphabetical order, so that the order of codes is that of names.
    rank = names.rank("ordinal").to_numpy().astype(np.int64) - 1
    outcome = np.where(c["market"] == 2, c["outcome"], 1 - c["outcome"])
    key = (((c["game"] * 64 + rank[c["book"]]) * 3 + c["market"]) * 2 + outcome) << 20
    order = np.argsort(key + c["minute"] % (1 << 20), kind="stable")
    c = {name: values[order] for name, values in c.items()}
    received = _epoch(shape.first) + c["minute"] * MINUTE_US
    start = _epoch(shape.first) + c["start"] * MINUTE_US
    gone = np.isnan(c["price"])
    n = len(order)
    quoted = np.where(gone, received, received - 1_000_000 * (1 + c["book"] * 2))
    price = american_to_decimal(np.where(gone, 100.0, c["price"]))
    texts = _texts(shape)
    minutes = received // MINUTE_US
    first_minute = int(minutes.min())
    return pl.DataFrame(
        {
            "event_id": texts["event"].gather(c["game"]),
            "bookmaker": names.gather(c["book"]),
            "market": pl.Series(MARKETS).gather(c["market"]),
            "outcome": texts["outcome"].gather(
                np.where(c["market"] == 2, c["outcome"], 2 + 2 * c["game"] + c["outcome"])
            ),
            "description": pl.Series([""]).new_from_index(0, n),
            "line": pl.Series([""]).new_from_index(0, n),
            "received_at": pl.Series(received).cast(TIME),
            "sport_key": pl.Series(SPORTS).gather(c["game"] % len(SPORTS)),
            "side": pl.Series(["home", "away", "over", "under"]).gather(
                np.where(c["market"] == 2, 2, 0) + c["outcome"]
            ),
            "commence_at": pl.Series(start).cast(TIME),
            "price_decimal": pl.Series(np.where(gone, np.nan, price), nan_to_null=True),
            "price_american": pl.Series(c["price"], nan_to_null=True).cast(pl.Int32),
            "point": pl.Series(np.where(gone, np.nan, c["point"]), nan_to_null=True),
            "is_suspended": pl.Series(gone),
            "is_live": pl.Series(received >= start),
            "quoted_at": pl.Series(quoted).cast(TIME),
            "response_id": pl.Series([_response(m) for m in range(first_minute, int(minutes.max()) + 1)]).gather(
                minutes - first_minute
            ),
        },
        schema=OddsSnapshots.schema(),
    )


def _texts(shape: Shape) -> dict[str, pl.Series]:
    games = range(shape.days * shape.games_per_day)
    return {
        "event": pl.Series([f"{game:08d}" for game in games]),
        "outcome": pl.Series(["Over", "Under", *(f"{'BA'[i]} of {game}" for game in games for i in range(2))]),
    }


def _response(minute: int) -> str:
    return f"{minute:032x}"


def _epoch(day: dt.date) -> int:
    return int((day - dt.date(1970, 1, 1)).total_seconds()) * 1_000_000


def _polls(day: dt.date) -> pl.DataFrame:
    """A poll of every sport each minute."""
    minutes = _epoch(day) // MINUTE_US + np.arange(24 * 60)
    ids = [_response(minute) for minute in minutes.tolist()]
    frames = []
    for sport in SPORTS:
        frames.append(
            pl.DataFrame(
                {
                    "poll_id": [f"{sport}-{one}" for one in ids],
                    "response_id": ids,
                    "received_at": pl.Series(minutes * MINUTE_US).cast(TIME),
                }
            ).with_columns(provider=pl.lit("simulator"), sport_key=pl.lit(sport), is_complete=pl.lit(True))
        )
    counts = ("n_events", "n_bookmakers", "n_quotes", "n_changed", "n_suspended", "n_refused", "n_clamped")
    frame = pl.concat(frames).with_columns([pl.lit(0).alias(name) for name in counts])
    return Polls.conform(frame).sort(Polls.sort_by())


def _events(shape: Shape) -> pl.DataFrame:
    games = np.arange(shape.days * shape.games_per_day)
    start = _epoch(shape.first) + _starts(shape) * MINUTE_US
    frame = pl.DataFrame(
        {
            "event_id": _texts(shape)["event"],
            "sport_key": pl.Series(SPORTS).gather(games % len(SPORTS)),
            "commence_at": pl.Series(start).cast(TIME),
            "home_team": [f"B of {game}" for game in games],
            "away_team": [f"A of {game}" for game in games],
            "first_seen_at": pl.Series(start - LEAD_MINUTES * MINUTE_US).cast(TIME),
            "last_seen_at": pl.Series(start + LENGTH_MINUTES * MINUTE_US).cast(TIME),
        }
    ).with_columns(
        league=pl.col("sport_key").replace_strict(dict(zip(SPORTS, ("NFL", "MLB", "NBA", "WNBA", "NHL"), strict=True))),
        status=pl.lit("closed"),
        n_reschedules=pl.lit(0),
    )
    return Events.conform(frame)


def days_of(shape: Shape) -> Iterator[dt.date]:
    """The days of a history."""
    return (shape.first + dt.timedelta(days=number) for number in range(shape.days + 1))
