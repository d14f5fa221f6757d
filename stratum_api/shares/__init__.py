"""Links by which an account shares what came of trades with people who have no key: what they look like and what they show."""

from stratum_api.shares.report import SharedReport, report_of
from stratum_api.shares.token import ShareTokens

__all__ = ["ShareTokens", "SharedReport", "report_of"]
