"""How far the fair line went, against the line itself looked at step by step."""

import datetime as dt
import json

import pytest

from stratum_pipelines.simulation import NOTHING_PLANTED, Simulation
from tests.build import EPL, MINUTE, NFL

DAY = dt.date(2026, 3, 14)
NOON = int(dt.datetime(2026, 3, 14, 12, tzinfo=dt.UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize("sport", [NFL, EPL])
def test_the_line_has_come_from_where_it_was_farthest_off(sport: str) -> None:
    simulation = Simulation(5, (sport,), rates=NOTHING_PLANTED)
    listed = json.loads(simulation.answer(sport, NOON).body)
    event_id = max(listed, key=lambda event: event["commence_time"])["id"]
    since = NOON - 40 * MINUTE
    seen = [simulation.latent(event_id, at) for at in range(since, NOON + 1, 10_000_000)]
    paths = {
        ("spreads", "home"): [-one.home_point for one in seen],
        ("spreads", "away"): [one.home_point for one in seen],
        ("totals", "over"): [one.total for one in seen],
        ("totals", "under"): [-one.total for one in seen],
        **{("h2h", side): [one.probabilities[side] for one in seen] for side in seen[0].probabilities},
    }
    for (market, direction), path in paths.items():
        found = simulation.gained(event_id, market, direction, since, NOON)
        assert found == pytest.approx(path[-1] - min(path), abs=1e-12)
    # It cannot have gone both ways from both ends, and it did go.
    both = [simulation.gained(event_id, "totals", side, since, NOON) for side in ("over", "under")]
    assert sum(both) == pytest.approx(max(one.total for one in seen) - min(one.total for one in seen)) and max(both) > 0


def test_a_game_that_is_not_on_has_no_line() -> None:
    with pytest.raises(KeyError, match="No simulated game nobody"):
        Simulation(5, (NFL,)).gained("nobody", "spreads", "home", NOON - MINUTE, NOON)
