"""Order among what waits for an endpoint that asks for it.

Deliveries of such an endpoint go out by key, and one without a key would never be due: it was made before order was asked for.
"""

import sqlalchemy as sa

from warehouse.database.operations import marks
from warehouse.database.outbox import DISPATCHED
from warehouse.database.webhooks.tables import PENDING, deliveries

# The key of whatever has none of its own.
WAITING = "waiting"


def put_in_order(connection: sa.Connection, endpoint_id: str) -> None:
    """What waits without a key goes out one after the other."""
    waiting = (deliveries.c.endpoint_id == endpoint_id) & (deliveries.c.state == PENDING)
    change = sa.update(deliveries).where(waiting, deliveries.c.ordering_key == "")
    connection.execute(change.values(ordering_key=WAITING))


def wait_for_fan_out(connection: sa.Connection) -> None:
    """Return when no fan-out is under way, and keep the next one waiting until the transaction ends.

    One that began before order was asked for makes deliveries without keys, and they are seen only once it has ended.
    """
    connection.execute(sa.select(marks.c.key).where(marks.c.key == DISPATCHED).with_for_update())
