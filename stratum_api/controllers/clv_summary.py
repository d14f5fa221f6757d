"""How signals compare with the close, added up over any stretch of time."""

from typing import Annotated, Literal

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.access import Access
from stratum_api.closing_value import NO_VALUE, add_up
from stratum_api.parameters import Market, SignalType, Since, Sport, Until, moment
from stratum_api.routes import Serving
from stratum_api.rows import Select
from stratum_api.scopes import INTEL_READ
from stratum_api.showing import Seeing, shows
from stratum_api.shown.closing_value import SUMMARY, GroupValue, Summary

CLV = Access(INTEL_READ, feature="clv", is_billable=True)
By = Literal["signal_type", "sport_key", "market", "time_bucket"]
NAMELESS: dict[str, str | None] = dict.fromkeys(("signal_type", "sport_key", "market", "time_bucket"))


class ClvSummaryController(Controller):
    """Closing-line value, added up."""

    path = "/api/v1/intel/clv"
    tags = ("closing-line value",)

    @shows("/summary", "getClvSummary", example=SUMMARY, access=CLV)
    async def summary(
        self,
        service: Serving,
        sight: Seeing,
        since: Since = None,
        until: Until = None,
        signal_type: SignalType = None,
        sport: Sport = None,
        market: Market = None,
        by: Annotated[
            list[By] | None,
            QueryParameter(
                max_items=4,
                description="What groups are told apart by; several may be named. By signal_type unless said.",
            ),
        ] = None,
    ) -> Summary:
        """How often and by how much signals beat the close: of games that closed between two moments, by the scheduled close.

        Rates come with the number behind them and two intervals: one takes signals as independent, one games. The wider one is the
        safer.
        """
        first, last = sight.between(moment("since", since), moment("until", until))
        filters = (("signal_type", signal_type), ("sport_key", sport), ("market", market))

        def ask() -> Select:
            asked = Select(service.rows.is_sqlite)
            asked.where("r.closed_at <= {}", last)
            if first is not None:
                asked.where("r.closed_at >= {}", first)
            for column, value in filters:
                if value is not None:
                    asked.where(f"r.{column} = {{}}", value)
            return asked

        columns: list[By] = list(dict.fromkeys(by or ["signal_type"]))
        total = (await add_up(service.rows, ask())).get((), NO_VALUE)
        groups = (await add_up(service.rows, ask(), columns)).items() if total.n else ()
        return Summary(
            first,
            last,
            total,
            [GroupValue(**NAMELESS | dict(zip(columns, names, strict=True)), value=value) for names, value in groups],
        )
