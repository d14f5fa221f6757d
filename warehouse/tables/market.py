"""The market: every book's quotes, what they agree on, and where they closed."""

from warehouse.tables.table import Table, count, flag, number, probability, text, text_list, time

SIDES = ("home", "away", "draw", "over", "under")
# Which moment counts as the close of a game.
CONVENTIONS = ("scheduled", "actual", "pregame_end", "last_seen")
# The one that scorecards, report cards, summaries and announcements go by; the others stand beside it.
COUNTED_CONVENTION = "scheduled"
QUALITIES = ("ok", "thin", "stale", "missing")
# Why a version was written: the game's first, another moment of the close, other numbers at the same moment.
VERSION_REASONS = ("first", "moved", "correction")


class OddsSnapshots(Table):
    """One row per change of one book's quote for one outcome. The board at a moment is the last row of each quote."""

    name = "odds_snapshots"
    layer = "market"
    key = ("event_id", "bookmaker", "market", "outcome", "description", "line", "received_at")
    partition_by = "received_at"

    event_id = text("The game.")
    bookmaker = text("Canonical key of the book.")
    market = text("Market key: h2h, spreads or totals.")
    outcome = text("The outcome as the feed names it: a team, Draw, Over or Under.")
    description = text('The player in a prop market, else "".')
    line = text('The point as text in an alternate-line market, else "".')
    received_at = time("Receipt of the answer that showed the change.")
    sport_key = text("Sport, as the provider spells it.")
    side = text("The outcome's role in the game.", one_of=SIDES)
    commence_at = time("Start, as then known.")
    price_decimal = number("Decimal price; null when suspended.", unit="decimal odds", nullable=True, above=1)
    price_american = count(
        "American price as quoted; null in a decimal feed.", unit="American odds", nullable=True, at_least=None
    )
    point = number("Handicap from the outcome's own side, or the total.", unit="points", nullable=True)
    is_suspended = flag("Whether the quote vanished from a complete answer.")
    is_live = flag("Whether it was received at or after the start as then known.")
    quoted_at = time("When the feed last saw the quote at the book; never after received_at.")
    response_id = text("The answer, in raw_odds.")


class Consensus(Table, version=3):
    """One row per outcome and poll that changed its market, or in which a book of it went stale or came back."""

    name = "consensus"
    layer = "market"
    key = ("event_id", "market", "outcome", "as_of")
    partition_by = "as_of"

    event_id = text("The game.")
    market = text("Market key.")
    outcome = text("The outcome as the feed names it.")
    as_of = time("Receipt of the poll; nothing received later went in.")
    sport_key = text("Sport, as the provider spells it.")
    side = text("The outcome's role in the game.", one_of=SIDES)
    commence_at = time("Start, as then known.")
    n_books = count("Books with a fresh quote on every outcome of the market.")
    n_groups = count("Operator groups among those books.")
    n_stale = count("Books left out because their quote is stale.")
    n_at_number = count(
        "Books behind fair_prob: all of n_books but those too far from fair_point to be moved there; null in older rows.",
        nullable=True,
    )
    n_sharp = count("Sharp books among n_books; null in older rows.", nullable=True)
    n_implausible = count(
        "Books left out because their implied probabilities sum to what no market does; null in older rows.",
        nullable=True,
    )
    age_median_s = number(
        "Median age, over operator groups, of the quotes behind the row: as_of less when the feed last saw the older of a book's sides.",
        unit="seconds",
        nullable=True,
        at_least=0,
    )
    age_max_s = number("Age of the oldest of them.", unit="seconds", nullable=True, at_least=0)
    point_median = number("Median point over operator groups.", unit="points", nullable=True)
    point_mean = number(
        "Mean point over the operator groups near enough to fair_point to be heard.", unit="points", nullable=True
    )
    point_std = number(
        "Population standard deviation of the point, over the same.", unit="points", nullable=True, at_least=0
    )
    point_mad = number(
        "Median absolute deviation of the point from point_median, over operator groups.",
        unit="points",
        nullable=True,
        at_least=0,
    )
    point_iqr = number(
        "Interquartile range of the point over operator groups.", unit="points", nullable=True, at_least=0
    )
    price_median = number("Median decimal price over operator groups.", unit="decimal odds", nullable=True, above=1)
    fair_prob = probability(
        "Margin-free probability at fair_point: median over operator groups, scaled to sum to 1.", nullable=True
    )
    fair_point = number(
        "The point from the outcome's own side at which fair_prob holds: the one quoted most. Null in h2h and in older rows.",
        unit="points",
        nullable=True,
    )
    fair_prob_std = number(
        "Population standard deviation of the books' fair probabilities at fair_point.", nullable=True, at_least=0
    )
    fair_prob_mad = number(
        "Median absolute deviation of those probabilities from their median, over operator groups.",
        nullable=True,
        at_least=0,
    )
    fair_prob_iqr = number(
        "Interquartile range of those probabilities over operator groups.", nullable=True, at_least=0
    )
    sharp_fair_prob = probability(
        "fair_prob with sharp books and exchanges weighing more; null where no sharp book is behind it.", nullable=True
    )
    sharp_point = number(
        "point_median weighed so; null where no sharp book counts, and in h2h.", unit="points", nullable=True
    )
    margin_median = number("Median overround less 1.", nullable=True)
    best_price_decimal = number(
        "Highest fresh decimal price, whatever its point.", unit="decimal odds", nullable=True, above=1
    )
    best_bookmaker = text("The book with that price; the first by name when several share it.", nullable=True)
    devig_method = text("How the margin was removed; several methods in alphabetical order, joined by +.")
    response_id = text("The answer that caused the row, in raw_odds.")


class ClosingLines(Table, version=4):
    """One row per outcome, book (or the consensus), closing convention and version."""

    name = "closing_lines"
    layer = "close"
    key = ("event_id", "market", "outcome", "bookmaker", "convention", "version")
    partition_by = "closed_at"

    event_id = text("The game.")
    market = text("Market key.")
    outcome = text("The outcome as the feed names it.")
    bookmaker = text('Canonical key of the book, or "consensus".')
    convention = text("Which moment counts as the close.", one_of=CONVENTIONS)
    version = count(
        "1 for the first final close, then counting up; a final version is never changed but for is_current.",
        at_least=1,
    )
    sport_key = text("Sport, as the provider spells it.")
    side = text("The outcome's role in the game.", one_of=SIDES)
    closed_at = time(
        "The moment of the close: the start as it was known just before it passed (scheduled), as the feed told it "
        "afterwards (actual), the end of the last time before play (pregame_end), or the first answer without the game (last_seen)."
    )
    age_s = number(
        "From the sport's last answer up to the close, cut short or not, to the close; null when the game had left the feed.",
        unit="seconds",
        nullable=True,
        at_least=0,
    )
    point = number("Closing point; the median for the consensus.", unit="points", nullable=True)
    price_decimal = number("Closing price; the median for the consensus.", unit="decimal odds", nullable=True, above=1)
    fair_prob = probability("Margin-free closing probability, at fair_point.", nullable=True)
    fair_point = number(
        "The point at which fair_prob holds: the consensus's own, or the book's point. Null in h2h and in older rows.",
        unit="points",
        nullable=True,
    )
    n_books = count("Books behind the close: 1 or 0 for a book's own.")
    n_stale = count(
        "Books the consensus left out as stale. Null for a book's own and in older rows.",
        nullable=True,
    )
    age_median_s = number(
        "Median age of the quotes behind the consensus when it was written, over operator groups; null as above.",
        unit="seconds",
        nullable=True,
        at_least=0,
    )
    age_max_s = number("Age of the oldest of them; null as above.", unit="seconds", nullable=True, at_least=0)
    bookmakers = text_list(
        "Books with a quote on every outcome at the close, sorted. Where they are more than n_books, the consensus left the rest "
        "out as stale. Null in older rows.",
        nullable=True,
    )
    quality = text("Whether the close can be relied on.", one_of=QUALITIES)
    fault = text(
        'What the plausibility gate found wrong, as a code; "" for nothing. Null in older rows, and what is left out is missing.',
        nullable=True,
    )
    is_repaired = flag("Whether the gate put back what was meant. Null in older rows.", nullable=True)
    is_current = flag("Whether this is the newest version.")
    final_at = time(
        "When this version becomes final: an hour after its moment was known. Null in older rows.", nullable=True
    )
    is_final = flag(
        "Whether it was final when it was written; before, it may still be replaced. Null in older rows.", nullable=True
    )
    reason = text("Why this version was written. Null in older rows.", nullable=True, one_of=VERSION_REASONS)
