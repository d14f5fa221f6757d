"""What came in, as it came in, and what was refused."""

from warehouse.tables.table import Table, blob, count, flag, number, text, text_list, time


class RawOdds(Table, version=2):
    """One row per answer received from a provider, with its bytes. Everything else can be computed again from it."""

    name = "raw_odds"
    layer = "raw"
    key = ("response_id",)
    partition_by = "received_at"

    response_id = text(
        "First 32 hex digits of SHA-256 over provider, sport_key, endpoint, received_at in UTC microseconds and body_sha256, joined by the byte 0x1f."
    )
    provider = text("Who answered: the name of a provider file.")
    sport_key = text("The sport asked for, as the provider spells it.")
    endpoint = text("What was asked, without credentials; behind a # what was noted on the answer as it came.")
    requested_at = time("When the request left; null for an archive.", nullable=True)
    received_at = time("When the answer arrived; for an archive the timestamp of its wrapper.")
    status_code = count("HTTP status of the answer.", unit="HTTP status")
    credits_used = count(
        "Provider credits used so far, as the answer's header says; null for an archive.", nullable=True
    )
    credits_remaining = count("Provider credits left, as the answer's header says.", nullable=True, at_least=None)
    is_complete = flag("Whether the answer lists everything the provider had for the sport; only then can it suspend.")
    body_sha256 = text("SHA-256 of the body before compression, in hex.")
    body = blob("The body, gzip-compressed, byte for byte.")
    source = text("Where it came from.", one_of=("live", "archive", "simulator"))
    credits_last = count(
        "Provider credits this very request was charged, as the answer's header says; null in older rows.",
        nullable=True,
    )


class Polls(Table, version=2):
    """One row per poll of one sport: what an answer held and what it changed."""

    name = "polls"
    layer = "raw"
    key = ("poll_id",)
    partition_by = "received_at"

    poll_id = text("Hash of the answer this poll is about.")
    response_id = text("The answer, in raw_odds.")
    provider = text("Who answered.")
    sport_key = text("The sport polled.")
    received_at = time("When the answer arrived.")
    is_complete = flag("Whether the answer lists everything; an incomplete one suspends nothing.")
    n_events = count("Events in the answer; of a change log, those with a change.")
    n_bookmakers = count("Distinct bookmakers in the answer.")
    n_quotes = count("Quotes in the answer that could be read; of a change log, the changes.")
    n_changed = count("Quotes that were new, moved or came back.")
    n_suspended = count("Quotes that had vanished.")
    n_refused = count("Things refused into quarantine.")
    n_clamped = count("Quotes whose book time lay after their receipt and was clamped to it.")
    credits_used = count("Provider credits used so far.", nullable=True)
    credits_remaining = count("Provider credits left.", nullable=True, at_least=None)
    duration_ms = number("From the answer's arrival to the commit; null in a recomputation.", unit="ms", nullable=True)
    gap_p95_s = number(
        "How far apart the answers of this sport lay: 95th percentile of the gaps of the last half hour; null at the first.",
        unit="seconds",
        nullable=True,
        at_least=0,
    )
    silent_rules = text_list(
        "Signal rules that judged nothing here, because their window is shorter than twice gap_p95_s; null in older rows.",
        nullable=True,
    )


class Quarantine(Table):
    """One row per thing refused, with the reason and the answer it came from."""

    name = "quarantine"
    layer = "raw"
    key = ("quarantine_id",)
    partition_by = "received_at"

    quarantine_id = text("Hash of the answer, the reason and the place of the thing refused.")
    table = text("The table the thing would have gone into.")
    reason = text("Short code of the reason, listed in the reference.")
    detail = text("One sentence: what was wrong and where.")
    value = text("The refused value as text, shortened to 500 characters.")
    response_id = text("The answer it came from, in raw_odds; for what a trade import refused, its import_id.")
    received_at = time("When that answer arrived, or the file was imported.")
