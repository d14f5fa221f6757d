"""How bets end, and what they pay: whole minor units, exact, without a loop over rows.

A bet is split into equal parts that are each won, pushed or lost. A bet at a quarter line is two halves at the neighbouring
lines, a dead heat as many parts as there are winners; everything else is two halves that go the same way.
"""

import polars as pl

# A price is taken as the shortest decimal number that names it, with at most so many digits behind the point.
DIGITS = 16
QUARTERS = 4
HALVES = 2
# Whole numbers of 64 bits end at 9.22e18.
MOST_MONEY = 9e18
DEAD_HEAT = ("n_tied", "n_places")
_ONE = pl.lit(10**DIGITS, dtype=pl.Int128)


def settle_bets(bets: pl.DataFrame) -> pl.DataFrame:
    """The bets with `ended` and `profit`: how each ended, one of `BET_ENDS`, and what came of it in minor units.

    Needed columns: `market` (h2h, spreads or totals), `side` (home, away, draw, over, under), `point` (from the side's own
    view; null in h2h), `price_decimal`, `stake` (whole minor units; the liability where `is_lay`), `is_lay`, `has_draw`
    (whether the draw was on offer in h2h), `status` (of the result: final, void, postponed), `home_score`, `away_score`.
    For dead heats also `n_tied`, the winners that share `n_places` places; 1 and 1 where they are not given.

    - Spreads: the side's score plus its point against the other score. Totals: both scores against the point.
    - h2h: the side's score against the other. A tie loses for home and away where a draw was on offer, and is a push where
      none was.
    - A line at a quarter is half a bet a quarter point to either side of it.
    - In a dead heat the bet is won for n_places / n_tied of its stake, and lost for the rest.
    - Laying is the other side of backing: a winner costs the liability, a loser earns liability / (price - 1).
    - A void or postponed game gives the stake back.

    `profit` is rounded half to even on the minor unit, once, from the exact number: a price is the shortest decimal number
    that names it, so 2.1 is 21/10. `ended` and `profit` are null where the result is not known, the market is another, the
    price is not above 1 or no whole number is large enough for the profit.

    >>> bet = {
    ...     "market": "spreads",
    ...     "side": "home",
    ...     "point": -3.25,
    ...     "price_decimal": 1.9,
    ...     "stake": 1000,
    ...     "is_lay": False,
    ... }
    >>> result = {"has_draw": False, "status": "final", "home_score": 20, "away_score": 17}
    >>> settle_bets(pl.DataFrame([bet | result])).select("ended", "profit").row(0)
    ('half_loss', -500)
    """
    given = bets.with_columns(
        pl.lit(1).alias(name) if name not in bets.columns else pl.col(name).fill_null(1) for name in DEAD_HEAT
    )
    rows = given.lazy().with_columns(_margin().alias("margin"), _quarter().alias("quarter"), _gain().alias("gain"))
    rows = rows.with_columns(_parts()).with_columns(_ended().alias("ended"), *_fraction())
    rows = rows.with_columns((pl.col("amount") // pl.col("unit")).alias("whole"))
    return rows.with_columns(_profit().alias("profit")).select(*bets.columns, "ended", "profit").collect()


def _margin() -> pl.Expr:
    """By how much the bet is ahead, in points; the draw is half a point ahead of a tie."""
    home, away = pl.col("home_score").cast(pl.Float64), pl.col("away_score").cast(pl.Float64)
    market, side = pl.col("market"), pl.col("side")
    own = pl.when(side == "home").then(home - away).when(side == "away").then(away - home)
    over = home + away - pl.col("point")
    tied = home == away
    # Where a draw was on offer a tie is its win, and nobody's push.
    lost = pl.lit(-0.5)
    h2h = (
        pl.when(side == "draw")
        .then(pl.when(tied).then(0.5).otherwise(lost))
        .when(pl.col("has_draw") & tied & side.is_in(["home", "away"]))
        .then(lost)
        .otherwise(own)
    )
    played = pl.col("status") == "final"
    return (
        pl.when(played & (market == "h2h"))
        .then(h2h)
        .when(played & (market == "spreads"))
        .then(own + pl.col("point"))
        .when(played & (market == "totals") & (side == "over"))
        .then(over)
        .when(played & (market == "totals") & (side == "under"))
        .then(-over)
    )


def _quarter() -> pl.Expr:
    """How far the two halves of a bet stand from its line: a quarter point at quarter lines, else 0."""
    quarters = (pl.col("point") * QUARTERS).fill_null(0.0)
    is_quarter = (pl.col("market") != "h2h") & (quarters % HALVES == 1)
    return pl.when(is_quarter).then(1 / QUARTERS).otherwise(0.0)


def _parts() -> list[pl.Expr]:
    """In how many parts the bet is split, and how many of them are won and lost."""
    lower, upper = pl.col("margin") - pl.col("quarter"), pl.col("margin") + pl.col("quarter")
    tied, places = (pl.col(name).cast(pl.Int64) for name in DEAD_HEAT)
    shares = (pl.col("margin") > 0) & (tied > places)
    won, lost = (lower > 0).cast(pl.Int64) + (upper > 0), (lower < 0).cast(pl.Int64) + (upper < 0)
    return [
        pl.when(shares).then(tied).otherwise(HALVES).alias("n_parts"),
        pl.when(shares).then(places).otherwise(won).alias("n_won"),
        pl.when(shares).then(tied - places).otherwise(lost).alias("n_lost"),
        shares.alias("is_shared"),
    ]


def _ended() -> pl.Expr:
    """How the bet ended, for whoever made it: laying a loser is a win."""
    gained = pl.when("is_lay").then(pl.col("n_lost") - pl.col("n_won")).otherwise(pl.col("n_won") - pl.col("n_lost"))
    named = gained.replace_strict(
        {2: "win", 1: "half_win", 0: "push", -1: "half_loss", -2: "loss"}, default=None, return_dtype=pl.String
    )
    return (
        pl.when(pl.col("status").is_in(["void", "postponed"]))
        .then(pl.lit("void"))
        .when(pl.col("margin").is_null() | pl.col("gain").is_null())
        .then(None)
        .when("is_shared")
        .then(pl.lit("dead_heat"))
        .otherwise(named)
    )


def _gain() -> pl.Expr:
    """The price less 1 in units of 10^-16, exact; null where it is no price or what it wins fits no whole number."""
    stake, gain = pl.col("stake").cast(pl.Float64), pl.col("price_decimal") - 1
    won = pl.when("is_lay").then(stake / gain).otherwise(stake * gain)
    is_payable = (gain > 0) & (won < MOST_MONEY) & (stake < MOST_MONEY)
    exact = pl.col("price_decimal").cast(pl.String).cast(pl.Decimal(38, DIGITS), strict=False).to_physical()
    return pl.when(is_payable).then(exact - _ONE)


def _fraction() -> list[pl.Expr]:
    """The exact profit as `amount` / `unit`, both whole: (won x gain - lost) / parts of the stake, or a lay's other side of it."""
    stake, parts, won, lost = (pl.col(name).cast(pl.Int128) for name in ("stake", "n_parts", "n_won", "n_lost"))
    backed, laid = won * pl.col("gain") - lost * _ONE, lost * _ONE - won * pl.col("gain")
    return [
        (stake * pl.when("is_lay").then(laid).otherwise(backed)).alias("amount"),
        (parts * pl.when("is_lay").then("gain").otherwise(_ONE)).alias("unit"),
    ]


def _profit() -> pl.Expr:
    """The profit, rounded half to even; 0 for void bets, null for those that did not end."""
    whole, unit = pl.col("whole"), pl.col("unit")
    left = HALVES * (pl.col("amount") - whole * unit)
    is_odd = whole % HALVES == 1
    rounded = whole + ((left > unit) | ((left == unit) & is_odd)).cast(pl.Int128)
    profit = pl.when(pl.col("ended") == "void").then(0).when(pl.col("ended").is_not_null()).then(rounded)
    return profit.cast(pl.Int64)
