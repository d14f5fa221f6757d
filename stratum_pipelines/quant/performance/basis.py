"""What a ratio per year is taken over: which days count as observations, how many make a year, and what is free of risk."""

from dataclasses import dataclass

TRADING_DAYS = 252.0
CALENDAR_DAYS = 365.0


@dataclass(frozen=True)
class Basis:
    """How returns become figures a year.

    `name` says which days are observations, `periods_per_year` how many of them make a year, `risk_free_rate` the rate of
    return a year that could be had without risk (0.03 is 3 %).
    """

    name: str
    periods_per_year: float
    risk_free_rate: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no basis."""
        if not 0 < self.periods_per_year < float("inf"):
            raise ValueError(f"A year has {self.periods_per_year:g} periods. Give a number above 0, such as 252.")
        if not -1 < self.risk_free_rate < float("inf"):
            raise ValueError(
                f"The risk-free rate is {self.risk_free_rate:g}. Give a share a year above -1, such as 0.03."
            )

    @property
    def risk_free_return(self) -> float:
        """The risk-free return of one period, compounded: (1 + rate) ^ (1 / periods) - 1.

        >>> round(Basis("trading_days", 252, 0.05).risk_free_return, 8)
        0.00019363
        """
        return float((1.0 + self.risk_free_rate) ** (1.0 / self.periods_per_year) - 1.0)


def trading_days(risk_free_rate: float = 0.0) -> Basis:
    """Monday to Friday, 252 a year; what closes on a weekend counts for the Monday after."""
    return Basis("trading_days", TRADING_DAYS, risk_free_rate)


def calendar_days(risk_free_rate: float = 0.0) -> Basis:
    """Every day, 365 a year; a day on which nothing closes has a return of 0."""
    return Basis("calendar_days", CALENDAR_DAYS, risk_free_rate)


def betting_days(n_days: int, span_days: int, risk_free_rate: float = 0.0) -> Basis:
    """Only days on which something closed: as many a year as there were of them in the time that passed.

    >>> betting_days(90, 180).periods_per_year
    182.5
    """
    return Basis("betting_days", CALENDAR_DAYS * max(n_days, 1) / max(span_days, 1), risk_free_rate)
