"""What was bought, sold and bet, what an account was worth, and what was checked before a trade."""

from typing import ClassVar

from warehouse.tables.table import Table, flag, money, number, text, time

# Where a trade comes from.
TRADE_SOURCES = ("bot", "manual", "paper", "backtest")
TRADE_STATUSES = ("open", "closed", "void", "cancelled")
# What ended a bet, and what ended a position.
BET_ENDS = ("win", "half_win", "push", "half_loss", "loss", "dead_heat", "void")
POSITION_ENDS = ("take_profit", "stop_loss", "signal", "expired", "manual", "stop_out", "unknown")


class Trades(Table):
    """One row per trade: anything with an entry and an exit, a bet or a position. Money is in minor units of its currency."""

    name = "trades"
    layer = "trades"
    key: ClassVar[tuple[str, ...]] = ("trade_id",)
    partition_by = "entry_at"

    trade_id = text("First 32 hex digits of SHA-256 over where the trade comes from and its id there.")
    setup_id = text('The idea the trade followed: the signal of a bet, the order of a position; "" when unknown.')
    account = text("The account it was made in.")
    strategy = text('The strategy that made it; "" when unknown.')
    strategy_version = text('Version of the strategy and its parameters; "" when unknown.')
    symbol = text("What was traded: an instrument such as EURUSD, or the sport of a bet.")
    timeframe = text('Bars the strategy reads, as in H1; "" where it reads none.')
    trade_type = text("A bet is settled by a result, a position is closed at a price.", one_of=("bet", "position"))
    direction = text(
        "What was done: a position is bought or sold, a bet backs or lays an outcome.",
        one_of=("buy", "sell", "back", "lay"),
    )
    volume = number("Size of a position; null for bets.", unit="lots", nullable=True, above=0)
    stake = money(
        "What a bet risks: the stake, or the liability of a lay bet; null for positions.", nullable=True, at_least=0
    )
    entry_price = number("Price of the entry: decimal odds for bets.", nullable=True, above=0)
    exit_price = number(
        "Price of the exit; null for bets that were settled by a result and while a trade is open.",
        nullable=True,
        above=0,
    )
    take_profit = number("Price at which a position was to be closed with a gain.", nullable=True, above=0)
    stop_loss = number("Price at which a position was to be closed with a loss.", nullable=True, above=0)
    entry_at = time("When it was entered.")
    exit_at = time(
        "When it ended: the exit of a position; for bets when the result came, or the start of the game where that is not known. Null while it is open.",
        nullable=True,
    )
    duration_hours = number("From entry to exit.", unit="hours", nullable=True, at_least=0)
    profit = money("What came of it after fees; null while it is open.", nullable=True)
    currency = text("Currency of all its money, by ISO 4217.")
    pips = number("Price gained, in pips of the symbol; null for bets.", unit="pips", nullable=True)
    risk_reward_ratio = number("Reward aimed at per unit risked at entry.", nullable=True, at_least=0)
    percent_equity_return = number(
        "Profit in percent of the balance just before the entry; null when the balance is unknown.",
        unit="percent",
        nullable=True,
    )
    fees = money("Commission, swap and taxes paid; below 0 when they were credited.")
    exit_reason = text(
        "What ended it; null while it is open.", nullable=True, one_of=tuple(dict.fromkeys(BET_ENDS + POSITION_ENDS))
    )
    status = text(
        "Only closed trades count in figures; void and cancelled ones never took place.", one_of=TRADE_STATUSES
    )
    source = text("Where it comes from.", one_of=TRADE_SOURCES)
    signal_id = text('The signal it followed; "" for none.')
    event_id = text('The game of a bet; "" for positions.')
    market = text('Market of a bet; "" for positions.')
    outcome = text('Outcome a bet was placed on, as the feed names it; "" for positions.')
    point = number("Point of a bet, from the outcome's own side.", unit="points", nullable=True)
    bookmaker = text('Book or broker; "" when unknown.')
    commence_at = time("Start of the game as last known, for the time to start; null for positions.", nullable=True)
    import_id = text('What it was read from: the first 32 hex digits of SHA-256 of the file; "" for trades made here.')
    import_line = text('Where it stands in that file; "" for trades made here.')
    recorded_at = time("When this row, as it stands, came to be known here.")


class EquityPoints(Table):
    """One row per account and moment at which its balance was written down or money came in or went out."""

    name = "equity_points"
    layer = "trades"
    key: ClassVar[tuple[str, ...]] = ("equity_point_id",)
    partition_by = "noted_at"

    equity_point_id = text("First 32 hex digits of SHA-256 over account, moment, kind and the id where it comes from.")
    account = text("The account.")
    noted_at = time("When the money moved or the balance stood.")
    kind = text(
        "A deposit or withdrawal changes the balance by amount, a balance states it.",
        one_of=("deposit", "withdrawal", "balance"),
    )
    amount = money("What came in, or below 0 went out; 0 for a balance.")
    balance = money("Money in the account just after, closed trades only; null when unknown.", nullable=True)
    equity = money("Balance and the value of open trades; null when unknown.", nullable=True)
    currency = text("Currency, by ISO 4217.")
    source = text("Where it comes from.", one_of=TRADE_SOURCES)
    import_id = text('What it was read from, as in trades; "" when made here.')
    import_line = text('Where it stands in that file; "" when made here.')
    recorded_at = time("When this row, as it stands, came to be known here.")


class ValidationLogs(Table):
    """One row per check that was made of a trade or of the idea for one."""

    name = "validation_logs"
    layer = "trades"
    key: ClassVar[tuple[str, ...]] = ("validation_id",)
    partition_by = "checked_at"

    validation_id = text("First 32 hex digits of SHA-256 over what was checked, when, and the id where it comes from.")
    account = text("The account.")
    trade_id = text('The trade; "" where none came of it.')
    setup_id = text('The idea that was checked; "" when unknown.')
    checked_at = time("When it was checked.")
    check = text("Name of the check.")
    is_passed = flag("Whether it passed.")
    message = text("What was found, in words.")
    figure = number("The figure that was checked.", nullable=True)
    source = text("Where it comes from.", one_of=TRADE_SOURCES)
    import_id = text('What it was read from, as in trades; "" when made here.')
    import_line = text('Where it stands in that file; "" when made here.')
    recorded_at = time("When this row, as it stands, came to be known here.")
