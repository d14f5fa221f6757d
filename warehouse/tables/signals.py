"""What the market did, and how the prices taken on it compare with the close."""

from typing import ClassVar

from warehouse.tables.market import CONVENTIONS, QUALITIES, SIDES, VERSION_REASONS
from warehouse.tables.table import Table, count, flag, number, probability, text, text_list, time


class Signals(Table):
    """One row per signal: a market moved toward an outcome."""

    name = "signals"
    layer = "signals"
    key = ("signal_id",)
    partition_by = "detected_at"

    signal_id = text(
        "First 32 hex digits of SHA-256 over signal_type, rule_version, event_id, market, outcome and detected_at in UTC microseconds, joined by the byte 0x1f."
    )
    signal_type = text("Name of the rule: a file in the signals folder.")
    display_type = text("The name shown to people.")
    rule_version = text("Version of the rule and its parameters.")
    event_id = text("The game.")
    sport_key = text("Sport, as the provider spells it.")
    market = text("Market key.")
    outcome = text("The outcome the market moved toward, as the feed names it.")
    direction = text("The outcome's role in the game.", one_of=SIDES)
    detected_at = time("Receipt of the answer that completed the signal.")
    commence_at = time("Start, as then known.")
    minutes_to_start = number("From detection to the start as then known.", unit="minutes")
    time_bucket = text(
        "Time to start, in steps.", one_of=("0-15m", "15-60m", "1-3h", "3-6h", "6-24h", "1-3d", "3d+", "live")
    )
    from_value = number(
        "Value before the move: points from the outcome's side, or fair probability for h2h.", nullable=True
    )
    to_value = number("Value after the move.", nullable=True)
    move = number("to_value less from_value.", nullable=True)
    velocity_per_min = number(
        "Size of the move per minute of its window.", unit="per minute", nullable=True, at_least=0
    )
    n_books = count("Books that took part.")
    n_groups = count("Operator groups among them.")
    bookmakers = text_list("Canonical keys of the books that took part, sorted.")
    window_s = number("Length of the window the move was seen in.", unit="seconds", at_least=0)
    entry_point = number("Point of the best fresh quote at detection.", unit="points", nullable=True)
    entry_price_decimal = number("Price of that quote.", unit="decimal odds", nullable=True, above=1)
    entry_bookmaker = text("The book that quoted it; null when no fresh quote was left to take.", nullable=True)
    strength_score = count("From 1 to 100, from size, speed and books.", unit="score", at_least=1)
    composite_score = number("The score that ranks signals, 1 to 100.", unit="score", at_least=1, at_most=100)
    score_source = text("Where composite_score comes from.", one_of=("composite", "strength_fallback"))
    priority = text("High from 75, Medium from 55, else Low.", one_of=("High", "Medium", "Low"))
    is_structural_core = flag(
        "Whether public surfaces show it: a key-number cross on spreads of strength 55 or more, moved by 3 operator groups or more."
    )
    meta = text("What explains the numbers, as JSON with sorted keys.")
    response_id = text("The answer that completed the signal, in raw_odds.")


class ClvRecords(Table, version=4):
    """One row per signal, closing convention and version: the entry against the close."""

    name = "clv_records"
    layer = "close"
    key = ("signal_id", "convention", "version")
    partition_by = "closed_at"

    signal_id = text("The signal.")
    convention = text("Which moment counts as the close.", one_of=CONVENTIONS)
    version = count(
        "Version of the close; one more than the last where the record changed and its close did not.", at_least=1
    )
    event_id = text("The game.")
    sport_key = text("Sport, as the provider spells it.")
    market = text("Market key.")
    outcome = text("The outcome taken.")
    signal_type = text("Name of the rule.")
    time_bucket = text("Time to start at detection.")
    composite_score = number(
        "The signal's score; null in older rows.", unit="score", nullable=True, at_least=1, at_most=100
    )
    detected_at = time("When the signal was detected.")
    entry_point = number("Point taken.", unit="points", nullable=True)
    entry_price_decimal = number("Price taken.", unit="decimal odds", nullable=True, above=1)
    close_point = number("Closing point of the consensus.", unit="points", nullable=True)
    close_price_decimal = number("Closing median price.", unit="decimal odds", nullable=True, above=1)
    close_fair_prob = probability("Closing fair probability, at close_fair_point.", nullable=True)
    close_fair_point = number(
        "The point at which close_fair_prob holds; null in h2h and in older rows.", unit="points", nullable=True
    )
    clv_points = number("Points by which the entry beats the close; positive is better.", unit="points", nullable=True)
    clv_points_novig = number(
        "Points by which the entry beats the number at which, by the close, its price would be fair.",
        unit="points",
        nullable=True,
    )
    clv_prob = number("Closing fair probability at the entry's number less 1 / entry price.", nullable=True)
    clv_ev = number("Expected profit per unit staked at the closing probability, pushes returned.", nullable=True)
    clv_cents = number(
        "Entry price less the closing fair price at the entry's number, on the continuous American scale.",
        unit="cents",
        nullable=True,
    )
    clv_prob_raw = number(
        "The same with the close's margin left in: 1 / closing price, moved to the entry's number, less 1 / entry price.",
        nullable=True,
    )
    clv_ev_raw = number(
        "Expected profit per unit staked if the closing price, margin and all, were fair.", nullable=True
    )
    clv_cents_raw = number(
        "Entry price less the closing price at the entry's number, on the continuous American scale.",
        unit="cents",
        nullable=True,
    )
    beat_close = flag("Whether the entry beats the close; null on a tie or without a close.", nullable=True)
    quality = text("Quality of the close.", one_of=QUALITIES)
    close_age_s = number("Age of the close; null in older rows.", unit="seconds", nullable=True, at_least=0)
    close_n_books = count("Books behind the close; null in older rows.", nullable=True)
    close_bookmakers = text_list("Those with a quote on every outcome then; null in older rows.", nullable=True)
    close_version = count(
        "Version of the close this was valued against; null in older rows.", nullable=True, at_least=1
    )
    closed_at = time("The moment of the close.")
    computed_at = time("When this row was computed.")
    is_current = flag("Whether this is the newest version, and its signal and close still stand.")
    final_at = time("When the close becomes final. Null in older rows.", nullable=True)
    is_final = flag("Whether it was final when this was written. Null in older rows.", nullable=True)
    reason = text("Why this version was written. Null in older rows.", nullable=True, one_of=VERSION_REASONS)


class Scorecards(Table, version=3):
    """One row per signal type, sport, market, time bucket, window and day; "" stands for all."""

    name = "scorecards"
    layer = "close"
    key: ClassVar[tuple[str, ...]] = ("signal_type", "sport_key", "market", "time_bucket", "window", "as_of")
    partition_by = "as_of"

    signal_type = text('Name of the rule, "" for all.')
    sport_key = text('Sport, "" for all.')
    market = text('Market, "" for all.')
    time_bucket = text('Time to start at detection, "" for all.')
    window = text("How far back closes are counted.", one_of=("all", "90d", "30d", "7d"))
    as_of = time("Closes up to this moment are counted: the last microsecond of the day.")
    n = count("Signals with a close and an entry.")
    n_events = count("Games behind them.")
    n_ties = count("Entries equal to the close: in no rate.")
    n_beat = count("Entries better than the close.")
    beat_rate = probability("n_beat over n less ties.", nullable=True)
    beat_low = probability("Lower end of its 95 % Wilson interval, signals taken as independent.", nullable=True)
    beat_high = probability("Upper end of that interval.", nullable=True)
    beat_rate_se = number("Standard error of beat_rate, clustered by game.", nullable=True, at_least=0)
    beat_low_by_game = probability("Lower end of its 95 % interval, games taken as independent.", nullable=True)
    beat_high_by_game = probability("Upper end of that interval.", nullable=True)
    n_beat_fair = count(
        "Entries whose price beats the close: clv_prob above 0. Exactly 0 counts in neither; null in older rows.",
        nullable=True,
    )
    beat_fair_rate = probability("n_beat_fair over n less those whose clv_prob is exactly 0.", nullable=True)
    beat_fair_low = probability("Lower end of its 95 % Wilson interval, signals taken as independent.", nullable=True)
    beat_fair_high = probability("Upper end of that interval.", nullable=True)
    clv_points_mean = number("Mean of clv_points.", unit="points", nullable=True)
    clv_prob_mean = number("Mean of clv_prob.", nullable=True)
    clv_prob_se = number("Standard error of that mean, clustered by game.", nullable=True, at_least=0)
    p_value_s = probability(
        "Anytime-valid p-value against a beat rate of at most 0.58, from all closes up to as_of whatever the window; null in older rows.",
        nullable=True,
    )
    p_value_a = probability("The same against at most 0.54.", nullable=True)
    p_value_b = probability("The same against at most 0.52.", nullable=True)
    tier = text(
        "The highest tier whose p-value is at most 0.05 and whose rate and count the window meets, unless the mean clv_prob is below 0 by its 95 % interval.",
        one_of=("S", "A", "B", ""),
    )
    tier_naive = text("Tier by the plain beat rate and sample size.", one_of=("S", "A", "B", ""))
    is_ready = flag("Whether at least 30 decided signals stand behind it.")
    readiness = number(
        "Decided signals over 30, at most 1; null in older rows.", unit="share", nullable=True, at_least=0, at_most=1
    )


class ScoreBands(Scorecards):
    """One row per signal type, sport, market, time bucket, score band, window and day; "" stands for all."""

    name = "score_bands"
    key = ("signal_type", "sport_key", "market", "time_bucket", "score_band", "window", "as_of")

    score_band = text("Composite score of the signals, in steps.", one_of=("1-39", "40-54", "55-74", "75-100"))


class RegimeSnapshots(Table):
    """One row per event, market, moment and model: whether the market is calm or in motion. Empty while regimes are off."""

    name = "regime_snapshots"
    layer = "signals"
    key = ("event_id", "market", "as_of", "model_version")
    partition_by = "as_of"

    event_id = text("The game.")
    market = text("Market key.")
    as_of = time("Nothing received later went in.")
    model_version = text("Version of the model.")
    regime_label = text("The likelier state, by what had been received.", one_of=("stable", "unstable"))
    regime_probability = probability("Probability of that state.")
    transition_risk = probability("Probability that the next step is in the other state.")
    stability_score = number("Share of the last 20 steps spent in the stable state.", at_least=0, at_most=1)
    sport_key = text("Sport, as the provider spells it.")
    response_id = text("The answer the step came with, in raw_odds.")


class RegimeModels(Table):
    """One row per sport, market key and day: the model of two regimes that was fitted to the days before, or why there is none."""

    name = "regime_models"
    layer = "signals"
    key = ("model_version",)
    partition_by = "in_force_at"

    model_version = text("Version of the rule, the day, and a hash of the steps and the parameters.")
    sport_key = text("Sport, as the provider spells it.")
    market = text("Market key.")
    in_force_at = time("Start of the day it is used on: every step it was fitted to was received earlier.")
    rule_version = text("Version of features and fit.")
    first_step_at = time("Receipt of the first step it was fitted to; null when there was none.", nullable=True)
    last_step_at = time("Receipt of the last one.", nullable=True)
    n_steps = count("Steps it was fitted to.")
    n_events = count("Games behind them.")
    n_iterations = count("Iterations of the fit.")
    log_likelihood = number("Logarithm of the steps' density under the model, per step.", nullable=True)
    unstable_share = probability("Share of time in the unstable state, in the long run.", nullable=True)
    variance_ratio = number("How many times more the speed varies in the unstable state.", nullable=True, above=1)
    refused = text(
        "Why there is no model; empty where there is one.",
        one_of=(
            "",
            "too_few_steps",
            "too_few_games",
            "no_movement",
            "not_converged",
            "rare_state",
            "one_regime",
            "lump",
        ),
    )
    parameters = text("Centre, scale, transitions, means and variances, as JSON; null without a model.", nullable=True)
