"""The one place that decides what a visitor sees: how late, how far back, which fields, how many games.

A row of an answer is a struct whose fields say by their types who sees them:

    class ShownSignal(Shown):
        clock: ClassVar[str] = "detected_at"       # when the row came to be known; TIMELESS where it tells of no moment
        table: ClassVar[type[Table] | None] = Signals   # where the description of its fields stands
        signal_id: Open[str]                        # everybody
        velocity_per_min: Full[float]               # null where the plan is redacted

A field that says neither is refused when the endpoint is declared, so nothing is shown because nobody thought of it; a free object
(`dict`) can only be `Full`. Endpoints are declared by `stratum_api.showing.shows`: whatever they return goes through the veil of
its type (`veil_of`), which nulls full fields for redacted plans, says so by `is_redacted`, and leaves out rows that are younger
than the plan's delay or older than its history. That is the last line; the first is the question itself, which asks for no more
than the visitor's `Sight` allows:

    until = sight.until(until)                      # clamped to now less the delay
    since = sight.since(since)                      # the plan's bound where nothing was asked; PlanInsufficient where it is older
    sight.require_full("velocity_gt", velocity_gt)  # a filter on a field that is not shown would tell it
    sight.check_games(event)                        # no more games at once than the plan follows

What has no clock (aggregates, schedules) must be computed from what is known at `sight.latest_at`.
"""

from stratum_api.tiers.fields import TIMELESS, Full, Open, Shown
from stratum_api.tiers.sight import Sight
from stratum_api.tiers.veil import Veil, veil_of

__all__ = ["TIMELESS", "Full", "Open", "Shown", "Sight", "Veil", "veil_of"]
