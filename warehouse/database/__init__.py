"""The database: what is served hot, and all operational state.

Tables by area (`market`, `operations`, `access`, `webhooks`), the engine, migrations, and a class per thing one does with it. What a row means
is said in `warehouse.tables`; how it is computed does not belong here.
"""

from warehouse.database.accounts import Account, Accounts, Entitlement
from warehouse.database.audit_trail import AuditEntry, AuditTrail
from warehouse.database.computed_days import ComputedDay, ComputedDays
from warehouse.database.credits import Credits
from warehouse.database.engine import Database
from warehouse.database.freshness import BookStates, PolledSport
from warehouse.database.keys import Key, Keys
from warehouse.database.leases import Leases
from warehouse.database.market_store import MarketStore, Published
from warehouse.database.marks import Marks
from warehouse.database.mirror import METADATA
from warehouse.database.outbox import Message, Outbox
from warehouse.database.outbox_retention import OutboxRetention
from warehouse.database.shares import Share, Shares
from warehouse.database.webhooks import Endpoint, Endpoints

__all__ = [
    "METADATA",
    "Account",
    "Accounts",
    "AuditEntry",
    "AuditTrail",
    "BookStates",
    "ComputedDay",
    "ComputedDays",
    "Credits",
    "Database",
    "Endpoint",
    "Endpoints",
    "Entitlement",
    "Key",
    "Keys",
    "Leases",
    "MarketStore",
    "Marks",
    "Message",
    "Outbox",
    "OutboxRetention",
    "PolledSport",
    "Published",
    "Share",
    "Shares",
]
