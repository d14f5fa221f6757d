"""Games: who plays, when, under which ids, and how it ended."""

from warehouse.tables.table import Table, count, flag, text, time


class Events(Table):
    """One row per game, as last seen."""

    name = "events"
    layer = "events"
    key = ("event_id",)
    shard_by = ("sport_key",)

    event_id = text("The first provider's id of the game.")
    sport_key = text("Sport, as the provider spells it.")
    league = text("Short name of the league.")
    commence_at = time("Start, as last known.")
    home_team = text("Home team, as first named.")
    away_team = text("Away team, as first named.")
    status = text("Where the game stands.", one_of=("scheduled", "live", "closed", "vanished"))
    first_seen_at = time("Receipt of the first answer that listed it.")
    last_seen_at = time("Receipt of the last answer that listed it.")
    n_reschedules = count("How often the start was moved.")


class EventChanges(Table):
    """One row per change of a game's schedule: first listed, moved to another start, gone from the feed, or back."""

    name = "event_changes"
    layer = "events"
    key = ("event_id", "received_at")
    partition_by = "received_at"

    event_id = text("The game.")
    received_at = time("Receipt of the answer that showed the change.")
    sport_key = text("Sport, as the provider spells it.")
    commence_at = time("Start, as known from this answer on.")
    is_listed = flag("Whether the feed lists the game from this answer on.")
    response_id = text("The answer, in raw_odds.")


class EventLinks(Table):
    """One row per provider's id of a game."""

    name = "event_links"
    layer = "events"
    key = ("provider", "provider_event_id")
    shard_by = ("provider",)

    provider = text("The provider whose id it is.")
    provider_event_id = text("The id as that provider spells it.")
    event_id = text("The game it stands for.")
    linked_at = time("Receipt of the answer that first showed the id.")
    reason = text("Why it was linked.", one_of=("first_seen", "teams_and_start", "manual"))


class Results(Table):
    """One row per game and version of its result; a correction is a new version, never an edit."""

    name = "results"
    layer = "events"
    key = ("event_id", "version")

    event_id = text("The game.")
    version = count("1 for the first result, then counting up.", at_least=1)
    home_score = count("Points of the home team; null when the game was not played.", nullable=True)
    away_score = count("Points of the away team; null when the game was not played.", nullable=True)
    status = text("How it ended.", one_of=("final", "void", "postponed"))
    period = text("What the score covers.", one_of=("full", "regulation"))
    source = text("Where the result came from.")
    received_at = time("When it came.")
    is_current = flag("Whether this is the newest version.")
