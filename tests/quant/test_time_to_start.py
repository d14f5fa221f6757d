import pytest

from stratum_pipelines.quant.time_to_start import STEPS, time_bucket
from warehouse.tables import Signals


def test_the_table_knows_every_step() -> None:
    assert {name for _, name in STEPS} == set(Signals.columns["time_bucket"].one_of)


@pytest.mark.parametrize(
    ("minutes", "name"), [(-0.1, "live"), (0, "0-15m"), (14.9, "0-15m"), (4320, "3d+"), (1e9, "3d+")]
)
def test_a_step_ends_where_the_next_begins(minutes: float, name: str) -> None:
    assert time_bucket(minutes) == name
