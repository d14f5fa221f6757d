"""`stratum link`: a person's word that a provider's id stands for a game we know."""

import datetime as dt

import rich_click as click

from stratum_pipelines.cli import StratumError
from stratum_pipelines.commands.output import opened_platform, results
from stratum_pipelines.hints import hint


@click.command(name="link")
@click.argument("provider")
@click.argument("provider_event_id")
@click.argument("event_id")
def link(provider: str, provider_event_id: str, event_id: str) -> None:
    """Link a provider's id of a game to the game EVENT_ID, when quarantine says that it matches none by itself."""
    import polars as pl

    from warehouse.tables import EventLinks, Events

    with opened_platform(filled=True) as platform:
        games = platform.lake.scan(Events).filter(pl.col("event_id") == event_id).collect().to_dicts()
        if not games:
            raise StratumError(f'No game has the event_id {event_id!r}. Look it up: stratum sql "from events"')
        if provider not in platform.rules.providers:
            known = ", ".join(sorted(platform.rules.providers))
            raise StratumError(f"There is no provider {provider!r}. Known are: {known}.")
        row = {
            "provider": [provider],
            "provider_event_id": [provider_event_id],
            "event_id": [event_id],
            "linked_at": [dt.datetime.now(dt.UTC)],
            "reason": ["manual"],
        }
        platform.lake.merge(EventLinks, pl.DataFrame(row, schema=EventLinks.schema()))
    game = games[0]
    results.print(
        f"{provider_event_id} of {provider} now stands for {game['away_team']} at {game['home_team']}. "
        "Live polling takes it up at its next start; recompute the days that hold it with: "
        f"{hint('stratum backfill --from DAY --to DAY')}",
        markup=False,
    )
