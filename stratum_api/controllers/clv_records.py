"""Closing-line value signal by signal."""

from typing import Annotated

from litestar import Controller
from litestar.params import QueryParameter

from stratum_api.closing_value import STANDING
from stratum_api.controllers.clv_summary import CLV
from stratum_api.pages import USUAL_LIMIT, CursorText, Limit, Question
from stratum_api.parameters import Events, Market, SignalType, Since, Sport, TimeBucket, Until, moment, named
from stratum_api.problems import CursorInvalid
from stratum_api.routes import Serving
from stratum_api.rows import Select, as_structs, columns_of
from stratum_api.showing import Seeing, shows
from stratum_api.shown.clv_records import RECORDS, RecordPage, ShownRecord
from warehouse.database.types import micros
from warehouse.database.types import moment as moment_of

COLUMNS = columns_of(ShownRecord, "r.")


class ClvRecordController(Controller):
    """Closing-line value, signal by signal."""

    path = "/api/v1/intel/clv"
    tags = ("closing-line value",)

    @shows("/records", "listClvRecords", CursorInvalid, example=RECORDS, access=CLV)
    async def records(
        self,
        service: Serving,
        sight: Seeing,
        since: Since = None,
        until: Until = None,
        signal_type: SignalType = None,
        sport: Sport = None,
        market: Market = None,
        events: Events = None,
        time_bucket: TimeBucket = None,
        beat_close: Annotated[
            bool | None, QueryParameter(description="Only what beat the close, or only what did not; ties are neither.")
        ] = None,
        limit: Limit = USUAL_LIMIT,
        cursor: CursorText = None,
    ) -> RecordPage:
        """Signals against the scheduled close of their games, the newest close first. Of each signal the version in force."""
        first, last = sight.between(moment("since", since), moment("until", until))
        event_ids = named("event", events)
        sight.check_games(event_ids)
        filters = {
            "signal_type": signal_type,
            "sport_key": sport,
            "market": market,
            "time_bucket": time_bucket,
            "beat_close": beat_close,
        }
        question = Question("listClvRecords", since, until, event_ids, list(filters.values()))
        after = service.cursors.read(cursor, question)
        ask = Select(service.rows.is_sqlite)
        ask.where(STANDING)
        ask.where("r.closed_at <= {}", last)
        if first is not None:
            ask.where("r.closed_at >= {}", first)
        if event_ids is not None:
            ask.where_any("r.event_id", event_ids)
        for column, value in filters.items():
            if value is not None:
                ask.where(f"r.{column} = {{}}", value)
        if after is not None:
            ask.where("(r.closed_at, r.signal_id) < ({}, {})", moment_of(after[0]), after[1])
        sql = ask.sql(COLUMNS, "clv_records r", "order by r.closed_at desc, r.signal_id desc limit {}", limit + 1)
        found = as_structs(ShownRecord, await service.rows.fetch(sql, *ask.values), service.rows.source)
        return RecordPage(
            *service.cursors.page(found, limit, question, lambda row: (micros(row.closed_at), row.signal_id))
        )
