"""Keys in memory, so that checking one costs no question to the database, and never older than a second.

Every change of a key, an entitlement or an account leaves an entry in the audit trail whose number grows in the order of
commits. A worker asks for the newest number four times a second, and on PostgreSQL is told by NOTIFY at once; a new number
empties the cache. What is in it counts only as long as the last answer is younger than FRESH_S: a worker that cannot ask, or is
too busy to, reads each key from the database, so nothing that was revoked opens the door a second later.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from stratum_api.credentials import CHECKSUM_LENGTH, LENGTH, SECRET_LENGTH, digest, key_id_of
from stratum_api.plans import community, load_plans
from stratum_api.rows import Row, Rows, as_moment
from stratum_api.visitor import Visitor
from warehouse.errors import WarehouseError

logger = logging.getLogger("stratum.api")

ASK_EVERY_S = 0.25
FRESH_S = 0.9
MOST_KEYS = 20_000
# Compared with where there is no key to compare with, so that both take as long.
NO_DIGEST = "0" * 64
ID_END = LENGTH - SECRET_LENGTH - CHECKSUM_LENGTH - 1  # where the id ends in a whole key

NEWEST = "select coalesce(max(audit_id), 0) from audit_entries"
FIND = """
select k.key_id, k.account_id, k.digest, k.scopes, k.expires_at, k.revoked_at, a.status, e.api_access_enabled,
       e.api_plan_code, e.status, e.api_usage_soft_limit, e.api_overage_rate, e.terms, e.billing_anchor_at
from api_keys k join accounts a on a.account_id = k.account_id
left join entitlements e on e.account_id = k.account_id
where k.key_id = $1
"""


@dataclass(frozen=True, slots=True)
class Known:
    """A key as the database had it: what it is compared with, until when it holds, and who comes in with it."""

    digest: str
    ends_at: float | None  # seconds since 1970
    has_access: bool
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of checking a key: the visitor where it is genuine and live, and whether the account has access."""

    visitor: Visitor | None
    has_access: bool


REFUSED = Checked(None, has_access=False)


class KeyCache:
    """Checks keys against the database, from memory where that is certain to be fresh."""

    def __init__(self, rows: Rows, secret: bytes) -> None:
        self.rows = rows
        self._secret = secret
        self._known: dict[str, Known | None] = {}
        self._newest = -1
        self._fresh_until = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._told = asyncio.Event()

    async def check(self, text: str) -> Checked:
        """Whether the key opens the door. Refusals do the same work whatever the reason. Raises DatabaseError."""
        key_id = text[:ID_END]
        known = self._known.get(key_id) if time.monotonic() < self._fresh_until else None
        if known is None:
            well_written = key_id_of(text)
            known = await self._find(well_written or "sk_none")
        presented = digest(text, self._secret)
        is_same = hmac.compare_digest(presented, known.digest if known else NO_DIGEST)
        if not is_same or known is None or (known.ends_at is not None and time.time() >= known.ends_at):
            return REFUSED
        return Checked(known.visitor, known.has_access)

    async def open(self) -> None:
        """Begin to ask for changes."""
        await self._ask()
        self._asking = asyncio.create_task(self._go_on_asking())

    async def close(self) -> None:
        """Stop asking; nothing in memory counts from then on."""
        self._fresh_until = 0.0
        if self._asking is not None:
            self._asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._asking

    def tell(self) -> None:
        """Say that something may have changed: the cache asks at once."""
        self._told.set()

    async def _find(self, key_id: str) -> Known | None:
        newest = self._newest
        found = await self.rows.fetch(FIND, key_id)
        known = _known(found[0]) if found else None
        # Read while a change came in: right now, but perhaps from before it, so it is not kept.
        if known is not None and newest == self._newest and time.monotonic() < self._fresh_until:
            if len(self._known) >= MOST_KEYS:
                self._known.clear()
            self._known[key_id] = known
        return known

    async def _ask(self) -> None:
        asked_at = time.monotonic()
        ((newest,),) = await self.rows.fetch(NEWEST)
        if newest != self._newest:
            self._known.clear()
            self._newest = newest
        self._fresh_until = asked_at + FRESH_S

    async def _go_on_asking(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), ASK_EVERY_S)
            self._told.clear()
            try:
                await asyncio.wait_for(self._ask(), FRESH_S)
            except (WarehouseError, TimeoutError) as error:
                logger.warning("keys are read one by one, because changes cannot be asked for: %s", error)
                await asyncio.sleep(ASK_EVERY_S)


def _known(row: Row) -> Known:
    (
        key_id,
        account_id,
        stored,
        scopes,
        expires_at,
        revoked_at,
        account_status,
        is_enabled,
        plan_code,
        status,
        soft_limit,
        overage_rate,
        terms,
        anchor_at,
    ) = row
    ends = [moment.timestamp() for moment in map(as_moment, (expires_at, revoked_at)) if moment is not None]
    has_access = account_status == "active" and bool(is_enabled) and status == "active" and plan_code in load_plans()
    plan = load_plans().get(plan_code or "", community()).with_terms(json.loads(terms or "{}"))
    visitor = Visitor(
        key_id, account_id, frozenset(_list(scopes)), plan, soft_limit, overage_rate or 0, as_moment(anchor_at)
    )
    return Known(stored, min(ends, default=None), has_access, visitor)


def _list(scopes: Any) -> list[str]:
    return json.loads(scopes) if isinstance(scopes, str) else scopes
