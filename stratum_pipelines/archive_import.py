"""Recorded archives brought in: raw answers first, then every day they touch."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from stratum_pipelines.backfill import Backfilled, backfill, left_stale
from stratum_pipelines.batch import DayReport
from stratum_pipelines.days import stale_days
from stratum_pipelines.platform import Platform
from stratum_pipelines.providers.notes import UNKNOWN_RECEIPT, noted
from stratum_pipelines.providers.provider import Provider
from stratum_pipelines.providers.reading import Answer, is_plausible
from stratum_pipelines.providers.the_odds_api_answer import iso
from stratum_pipelines.raw import Stored, store_answers
from stratum_pipelines.results import games_without_result, read_results_folder
from stratum_pipelines.settle import enter_results
from warehouse.tables import Events, Results

logger = logging.getLogger(__name__)

# How far the clock of whoever recorded an archive may be ahead of ours, in microseconds.
CLOCKS_APART_US = 24 * 3600 * 1_000_000


class ArchiveError(Exception):
    """A folder that is no archive any provider can read."""


@dataclass
class Imported:
    """What an import came to.

    `still_stale` are later days that follow from older numbers until they are recomputed; `detections`, for a simulated
    market, says how well each signal type found what was planted.
    """

    provider: str
    stored: Stored
    computed: Backfilled
    n_results: int
    still_stale: pl.DataFrame
    detections: pl.DataFrame | None = None

    def as_record(self) -> dict[str, object]:
        """The import as plain values, for machines."""
        return {
            "provider": self.provider,
            "answers_seen": self.stored.n_answers,
            "answers_new": self.stored.n_new,
            "days_computed": self.computed.days,
            "rows": self.computed.rows,
            "quotes": self.computed.quotes,
            "results_added": self.n_results,
            "days_still_stale": self.still_stale.to_dicts(),
            "detections": None if self.detections is None else self.detections.to_dicts(),
        }


def provider_of(platform: Platform, folder: Path) -> Provider:
    """The provider that can read this folder. Raises ArchiveError when there is no such folder or no such provider."""
    if not folder.exists():
        raise ArchiveError(f"There is no folder {folder}. Give the folder of an archive, as in --archive FOLDER.")
    readers = [p for p in platform.rules.providers.values() if p.recognises and p.recognises(folder)]
    if not readers:
        known = "; ".join(p.title for p in platform.rules.providers.values() if p.recognises)
        raise ArchiveError(f"The folder {folder} holds no archive that can be read. Known kinds: {known}.")
    return readers[0]


def _games_beside(platform: Platform, results: pl.DataFrame) -> pl.DataFrame:
    """The games of the sports that these results are about."""
    events = platform.lake.scan(Events)
    sports = events.filter(pl.col("event_id").is_in(results["event_id"].implode())).select("sport_key").unique()
    return events.join(sports, on="sport_key", how="semi").collect()


def _readable(answers: Iterable[Answer]) -> Iterator[Answer]:
    """The answers; ArchiveError in the place of what a provider raises for a file it cannot read."""
    try:
        yield from answers
    except ValueError as error:
        raise ArchiveError(str(error)) from error


def received_by(now: int, answers: Iterable[Answer]) -> Iterator[Answer]:
    """The answers; one that cannot have been received by `now` and a day is put just after the one before, and noted so.

    Stored as it claims, it would silence its sport for years: what comes before it is refused as too late. Raises
    ArchiveError when that is so of the first answer already, because then the clock of this machine is in doubt.
    """
    last = None
    for answer in answers:
        if is_plausible(answer.received_at) and answer.received_at <= now + CLOCKS_APART_US:
            last = answer.received_at
            yield answer
        elif last is not None:
            last += 1
            yield replace(answer, received_at=last, endpoint=noted(answer.endpoint, *UNKNOWN_RECEIPT))
        else:
            at = answer.received_at
            begins = iso(at) if is_plausible(at) else f"{at} microseconds after 1970 began"
            raise ArchiveError(
                f"The archive begins at {begins}, and the clock of this machine says {iso(now)}. Nothing was stored: set the "
                f"clock right, or correct the times of the archive."
            )


def import_archive(
    platform: Platform,
    folder: Path,
    *,
    on_stored: Callable[[Stored], None] | None = None,
    on_day: Callable[[DayReport], None] = lambda report: None,
    now: int | None = None,
) -> Imported:
    """Store an archive's answers, enter its results, and compute the days they fall on.

    `now` is the moment of the import in UTC microseconds, by default what the clock says: no answer is from much later.
    Interrupted and run again, it goes on where it stopped: answers that are stored are skipped, days that follow from
    them are not computed again.
    """
    provider = provider_of(platform, folder)
    assert provider.answers is not None
    answers = received_by(time.time_ns() // 1000 if now is None else now, _readable(provider.answers(folder)))
    stored = store_answers(platform.lake, answers, on_stored)
    days = sorted(set(stale_days(platform)["date"].to_list()) & stored.days)
    # Results come first, so that the bets of a day are placed and settled in one go.
    results = read_results_folder(folder)
    n_results = enter_results(platform, results)
    computed = backfill(platform, days, on_day)
    for sentence in games_without_result(_games_beside(platform, results), platform.lake.scan(Results).collect()):
        logger.warning(sentence)
    return Imported(provider.name, stored, computed, n_results, left_stale(platform))
