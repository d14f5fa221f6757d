"""How fresh each book is, and when it was not."""

from warehouse.tables.table import Table, count, number, text, time

STATES = ("idle", "fresh", "late", "silent")


class BookFreshness(Table):
    """One row per book, sport, market and stretch of polls: how old its quotes were, and how it stood at the last of them.

    A stretch ends with the first answer of an hour (UTC) once it holds 20 polls, and with the first answer of a day.
    """

    name = "book_freshness"
    layer = "market"
    key = ("bookmaker", "sport_key", "market", "as_of")
    partition_by = "as_of"

    bookmaker = text("Canonical key of the book.")
    sport_key = text("Sport, as the provider spells it.")
    market = text("Market key: h2h, spreads or totals.")
    as_of = time("Receipt of the last answer of the stretch; nothing received later went in.")
    first_polled_at = time("Receipt of its first answer.")
    n_polls = count("Answers of the stretch at which something was expected of the book in this market.")
    n_late = count("Those at which it was late or silent.")
    age_p50_s = number("Median, over those answers, of the age of its newest quote.", unit="seconds", at_least=0)
    age_p95_s = number("95th percentile of that age.", unit="seconds", at_least=0)
    age_p99_s = number("99th percentile of that age.", unit="seconds", at_least=0)
    n_sightings = count("Answers of the stretch that brought a newer quote than the one before.")
    gap_p95_s = number(
        "95th percentile of the gaps between sightings of this market by itself; null without one.",
        unit="seconds",
        nullable=True,
        above=0,
    )
    expected_gap_s = number("Expected gap of the book in this sport, over all markets.", unit="seconds", at_least=0)
    limit_s = number("Age beyond which the book is late, and each of its quotes stale.", unit="seconds", at_least=0)
    silent_after_s = number("Age beyond which it is silent.", unit="seconds", at_least=0)
    state = text("How it stood at as_of.", one_of=STATES)
    last_sighted_at = time("When its newest quote was sighted; null when idle.", nullable=True)
    response_id = text("The last answer of the stretch, in raw_odds.")


class FreshnessBreaches(Table):
    """One row per breach and version: a book went beyond its limit in a market. The highest version says how it stands.

    Version 1 is written when it is noticed; another when the book falls silent, and another when it ends.
    """

    name = "freshness_breaches"
    layer = "market"
    key = ("breach_id", "version")
    partition_by = "as_of"

    breach_id = text("Hash of the book, the sport, the market and noticed_at.")
    version = count("1, 2, 3: the highest is how it stands.", at_least=1)
    bookmaker = text("Canonical key of the book.")
    sport_key = text("Sport, as the provider spells it.")
    market = text("Market key: h2h, spreads or totals.")
    as_of = time("Receipt of the answer that caused this row.")
    began_at = time("When the limit passed; where polls were too far apart to see it, the answer that showed it.")
    noticed_at = time("Receipt of the first answer at which it was beyond its limit.")
    ended_at = time("Receipt of the answer that ended it; null while it lasts.", nullable=True)
    state = text("The worst state so far.", one_of=("late", "silent"))
    reason = text(
        "Why, at the answer that brought that state: its quotes stood still, it had none left, or no full answer came.",
        one_of=("standing_still", "vanished", "no_answer"),
    )
    ended_by = text(
        "What ended it: it was sighted, its limit rose, or nothing is expected of it any more; empty while it lasts.",
        one_of=("", "sighted", "limit_rose", "idle"),
    )
    longest_age_s = number("Greatest age at an answer so far.", unit="seconds", at_least=0)
    expected_gap_s = number("Expected gap when it was noticed.", unit="seconds", at_least=0)
    limit_s = number("Limit when it was noticed.", unit="seconds", at_least=0)
    last_sighted_at = time("The sighting its age was counted from when it was noticed.")
    response_id = text("The answer that caused this row, in raw_odds.")
