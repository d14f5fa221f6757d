"""The tear sheet: what came of trades, on one page that needs nothing beside it, with what is not known said plainly."""

from stratum_pipelines.trading.sheet.figures import TearSheet, tear_sheet
from stratum_pipelines.trading.sheet.page import as_page
from stratum_pipelines.trading.sheet.record import as_record

__all__ = ["TearSheet", "as_page", "as_record", "tear_sheet"]
