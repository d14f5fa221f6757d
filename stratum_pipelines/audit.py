"""What can be checked about a stored day: that its rows are what their table says, and that they follow from the answers.

Every function looks at one day and returns findings; when to look, and what to do about it, is decided elsewhere.
"""

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

from stratum_pipelines.batch import OF_IMPORTS
from stratum_pipelines.board.advance import advance, blank_board
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.reading import Answer
from stratum_pipelines.raw import read_answers
from warehouse.tables import (
    TIME,
    EventLinks,
    Events,
    FreshnessBreaches,
    OddsSnapshots,
    Polls,
    Quarantine,
    RawOdds,
    RegimeModels,
    RegimeSnapshots,
    Table,
)

# A book that is still quoted may have been written weeks ago, when it last changed.
CARRIED_DAYS = 120
SHOWN = 20
# The side stands in for the outcome's name: a renamed team goes on under its first name.
QUOTE = ["event_id", "bookmaker", "market", "side", "description", "line"]
VALUES = ["price_decimal", "point"]


@dataclass
class Finding:
    """What looking at one day of a table found: how many rows were looked at, and every fault as a sentence.

    `remarks` are true and worth knowing, and no fault.
    """

    rows: int = 0
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def schema_of_day(platform: Platform, table: type[Table], day: dt.date | None) -> Finding:
    """Types, nulls and bounds of a stored day, or of a table kept whole (`day` None); repeated keys are left to `key_of_day`.

    What is written has passed the warehouse's own check of the same declaration, so pandera, which takes longer and
    checks it in its own way, looks here: a second opinion on what lies on the disk.
    """
    frame = platform.lake.scan(table, first=day, last=day).collect()
    faults = [fault for fault in table.faults(frame) if ": the key (" not in fault]
    return Finding(frame.height, faults or _second_opinion(table, frame))


def _second_opinion(table: type[Table], frame: pl.DataFrame) -> list[str]:
    import pandera.errors

    # pandera cannot print rows of bytes when it refuses them; those columns are left out.
    plain = [name for name, column in table.columns.items() if column.dtype != pl.Binary]
    schema = table.pandera_schema().remove_columns([name for name in table.columns if name not in plain])
    schema.unique = None
    try:
        schema.validate(frame.select(plain), lazy=True)
    except pandera.errors.SchemaErrors as error:
        return [" ".join(str(case).split())[:300] for case in error.failure_cases["check"].unique().to_list()]
    return []


def key_of_day(platform: Platform, table: type[Table], day: dt.date | None) -> Finding:
    """Whether the key of a table is unique within a stored day, or a table kept whole (`day` None)."""
    key = list(table.key)
    counted = platform.lake.scan(table, first=day, last=day).select(key).group_by(key).len().collect()
    repeated = counted.filter(pl.col("len") > 1)
    faults = [
        f"The key {dict(zip(key, row[:-1], strict=True))} stands {row[-1]} times."
        for row in repeated.head(SHOWN).iter_rows()
    ]
    return Finding(int(counted["len"].sum()), faults)


def freshness_of_day(platform: Platform, day: dt.date) -> Finding:
    """Whether every sport's polls reach as far as its answers do."""

    def last(table: type[Table]) -> pl.DataFrame:
        scan = platform.lake.scan(table, first=day, last=day)
        return scan.group_by("sport_key").agg(last=pl.col("received_at").max()).sort("sport_key").collect()

    raw, polls = last(RawOdds), last(Polls)
    late = raw.join(polls, on="sport_key", how="left", suffix="_poll").filter(
        pl.col("last_poll").is_null() | (pl.col("last_poll") < pl.col("last"))
    )
    faults = [
        f"{sport_key}: the last answer came at {came}, the last poll computed is of {polled or 'no answer'}."
        for sport_key, came, polled in late.iter_rows()
    ]
    return Finding(raw.height, faults)


def books_in_time(platform: Platform, day: dt.date) -> Finding:
    """Which books were beyond their limit when the last answer of a day came.

    Only breaches noticed on that day are looked at: one that lasts for days is named once.
    """
    rows = platform.lake.scan(FreshnessBreaches, first=day, last=day).collect()
    open_ones = rows.sort("version").unique("breach_id", keep="last").filter(pl.col("ended_at").is_null())
    faults = [
        f"{book}, {market} of {sport_key}: {state} since {began:%H:%M:%S} ({reason.replace('_', ' ')})."
        for sport_key, book, market, state, began, reason in open_ones.sort("sport_key", "bookmaker", "market")
        .select("sport_key", "bookmaker", "market", "state", "began_at", "reason")
        .iter_rows()
    ]
    return Finding(rows.height, faults)


def answers_and_polls(platform: Platform, day: dt.date) -> Finding:
    """Whether every answer has a poll, every poll an answer, and the counts in polls are those of the rows written."""
    lake = platform.lake
    raw = lake.scan(RawOdds, first=day, last=day).select("response_id").collect()
    polls = lake.scan(Polls, first=day, last=day).collect()
    written = (
        lake.scan(OddsSnapshots, first=day, last=day)
        .group_by("response_id")
        .agg(
            changed=(~pl.col("is_suspended")).sum().cast(pl.Int64),
            suspended=pl.col("is_suspended").sum().cast(pl.Int64),
        )
        .collect()
    )
    refused = (
        lake.scan(Quarantine, first=day, last=day)
        .filter(~pl.col("table").is_in(OF_IMPORTS))
        .group_by("response_id")
        .agg(refused=pl.len().cast(pl.Int64))
        .collect()
    )
    faults = [
        f"Answer {rid} has no poll: it has not been computed."
        for rid in raw.join(polls, on="response_id", how="anti")["response_id"].head(SHOWN)
    ]
    faults += [
        f"Poll of answer {rid}: that answer is not in raw_odds."
        for rid in polls.join(raw, on="response_id", how="anti")["response_id"].head(SHOWN)
    ]
    counted = (
        polls.select("response_id", "n_changed", "n_suspended", "n_refused")
        .join(written, on="response_id", how="full", coalesce=True)
        .join(refused, on="response_id", how="full", coalesce=True)
        .fill_null(0)
    )
    for column, rows, table in (
        ("n_changed", "changed", "odds_snapshots"),
        ("n_suspended", "suspended", "odds_snapshots"),
        ("n_refused", "refused", "quarantine"),
    ):
        wrong = counted.filter(pl.col(column) != pl.col(rows)).select("response_id", column, rows)
        faults += [
            f"Answer {rid}: {column} is {said} in polls, {n} rows stand in {table}."
            for rid, said, n in wrong.head(SHOWN).iter_rows()
        ]
    return Finding(raw.height, faults)


def regimes_of_day(platform: Platform, day: dt.date) -> Finding:
    """Whether every regime of a day is that of a model in force on it, and no model was fitted to a step of the day or later."""
    scan = platform.lake.scan
    models = scan(RegimeModels, first=day, last=day).collect()
    taught = models.filter(pl.col("last_step_at") >= pl.col("in_force_at"))
    fitted = models.filter(pl.col("refused") == "").select("model_version", "market", "sport_key").lazy()
    snapshots = scan(RegimeSnapshots, first=day, last=day)
    strange = snapshots.join(fitted, on=["model_version", "market", "sport_key"], how="anti").collect()
    faults = [
        f"Model {version} is in force from {since} and was fitted to a step of {last}."
        for version, since, last in taught.select("model_version", "in_force_at", "last_step_at").iter_rows()
    ]
    faults += [
        f"The {market} of {event_id} is told by model {version}, which is not in force on that day."
        for event_id, market, version in strange.select("event_id", "market", "model_version").head(SHOWN).iter_rows()
    ]
    return Finding(snapshots.select(pl.len()).collect().item(), faults)


def board_and_last_answers(platform: Platform, day: dt.date) -> Finding:
    """Whether the board rebuilt from snapshots quotes what the last complete answer of each sport says.

    That answer is put on an empty board, where all it says is new, and the two are compared quote by quote. A sport that
    several providers quote, or that comes as a log of changes, has no answer that lists the whole board.
    """
    found = Finding()
    index = platform.lake.scan(RawOdds, first=day, last=day).select("sport_key", "provider").unique().collect()
    for sport_key in index["sport_key"].unique().sort():
        if platform.rules.league(sport_key) is None:
            continue
        if index.filter(pl.col("sport_key") == sport_key).height > 1:
            found.remarks.append(f"{sport_key}: several providers quote it, so no single answer is the board.")
            continue
        answer = _last_full(platform, day, sport_key)
        if answer is None:
            found.remarks.append(f"{sport_key}: no answer of this day lists the whole board.")
            continue
        _compare(platform, day, answer, found)
    return found


def _compare(platform: Platform, day: dt.date, answer: Answer, found: Finding) -> None:
    said, strange = _said(platform, answer)
    held = _board(platform, day, answer)
    found.rows += said.height
    found.remarks += [f"{answer.sport_key}: game {name} was refused; it is not compared." for name in strange]
    both = said.join(held, on=QUOTE, how="full", coalesce=True, suffix="_held")
    for fault, odd in (
        ("of the last answer are not on the board", pl.col("response_id_held").is_null()),
        ("on the board are not in the last answer", pl.col("response_id").is_null()),
        (
            "differ in price or point",
            pl.col("price_decimal").ne_missing(pl.col("price_decimal_held"))
            | pl.col("point").ne_missing(pl.col("point_held")),
        ),
    ):
        wrong = both.filter(odd).sort(QUOTE)
        both = both.filter(~odd)
        if wrong.height:
            first = " / ".join(wrong.select(QUOTE).row(0))
            found.faults.append(
                f"{answer.sport_key}: {wrong.height} quotes {fault} (answer {answer.response_id}), the first: {first}."
            )


def _last_full(platform: Platform, day: dt.date, sport_key: str) -> Answer | None:
    """The last answer of the day that lists everything there is."""
    complete = platform.lake.scan(Polls, first=day, last=day).filter(
        (pl.col("sport_key") == sport_key) & pl.col("is_complete")
    )
    last = complete.select(pl.col("received_at").max()).collect().item()
    if last is None:
        return None
    for answer in read_answers(platform.lake, day, sport_key, after=microseconds(last) - 1):
        reading = platform.rules.providers[answer.provider].read(answer)
        if reading.is_complete and reading.kind == "full":
            return answer
    return None


def _said(platform: Platform, answer: Answer) -> tuple[pl.DataFrame, list[str]]:
    """The quotes of an answer as rows, under the ids that games have here; and the games it names that have none."""
    board = blank_board(answer.sport_key, platform.rules)
    rows = next(iter(advance(board, [answer], platform.rules)))["odds_snapshots"].rename(
        {"event_id": "provider_event_id"}
    )
    links = platform.lake.scan(EventLinks).filter(pl.col("provider") == answer.provider)
    known = rows.join(links.select("provider_event_id", "event_id").collect(), on="provider_event_id", how="left")
    # Another pair of teams under a known id is refused, so its quotes are not on the board.
    teams = platform.lake.scan(Events).select("event_id", "home_team", "away_team").collect()
    known = known.join(teams, on="event_id", how="left")
    is_team = ~pl.col("outcome").is_in(["Draw", "Over", "Under"])
    is_known = (pl.col("outcome") == pl.col("home_team")) | (pl.col("outcome") == pl.col("away_team"))
    other_teams = is_team.any().over("provider_event_id") & ~is_known.any().over("provider_event_id")
    known = known.with_columns(refused=pl.col("event_id").is_null() | other_teams)
    strange = known.filter("refused")["provider_event_id"].unique().sort().to_list()
    return known.filter(~pl.col("refused")).select(*QUOTE, *VALUES, "response_id"), strange


def _board(platform: Platform, day: dt.date, answer: Answer) -> pl.DataFrame:
    """Every quote in force after an answer, from snapshots alone."""
    moment = pl.lit(answer.received_at).cast(TIME)
    return (
        platform.lake.scan(OddsSnapshots, first=day - dt.timedelta(days=CARRIED_DAYS), last=day)
        .filter((pl.col("sport_key") == answer.sport_key) & (pl.col("received_at") <= moment))
        .sort("received_at")
        .group_by(QUOTE)
        .agg(pl.col(*VALUES, "is_suspended", "response_id").last())
        .filter(~pl.col("is_suspended"))
        .select(*QUOTE, *VALUES, "response_id")
        .collect()
    )


def microseconds(moment: dt.datetime) -> int:
    """A time as UTC microseconds, exactly."""
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
