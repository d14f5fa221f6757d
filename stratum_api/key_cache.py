"""Keys in memory, so that checking one costs no question to the database, and never older than a second.

Every change of a key, an entitlement or an account leaves an entry in the audit trail whose number grows in the order of
commits. A worker asks for the newest number four times a second, and on PostgreSQL is told by NOTIFY at once; a new number
empties the cache. What is in it counts only where that question was put less than FRESH_S before the request came: otherwise the
request puts it, once for all that wait, so nothing that was revoked opens the door to a request that comes a second later.
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
NEVER = -1e9
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
        self._known: dict[str, Known] = {}
        # As they were before the last change: enough to tell who was let in from who guesses.
        self._earlier: dict[str, Known] = {}
        self._newest = -1
        self._asked_at = NEVER
        self._question: asyncio.Future[None] | None = None
        self._question_at = NEVER
        self._finding: dict[str, asyncio.Future[Known | None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._told = asyncio.Event()

    async def check(self, text: str) -> Checked:
        """Whether the key opens the door. Refusals do the same work whatever the reason. Raises DatabaseError."""
        if time.monotonic() - self._asked_at > FRESH_S:
            await self._freshen()
        known = self._known.get(text[:ID_END])
        if known is None:
            known = await self._find_once(key_id_of(text) or "sk_none")
        presented = digest(text, self._secret)
        is_same = hmac.compare_digest(presented, known.digest if known else NO_DIGEST)
        if not is_same or known is None or _has_ended(known):
            return REFUSED
        return Checked(known.visitor, known.has_access)

    def recognises(self, text: str) -> bool:
        """Whether this very key, secret and all, is or lately was one this worker knows. Whether it still holds, `check` says. Asks nobody."""
        key_id = text[:ID_END]
        known = self._known.get(key_id) or self._earlier.get(key_id)
        return known is not None and hmac.compare_digest(digest(text, self._secret), known.digest)

    async def still(self, key_id: str) -> Visitor | None:
        """Who comes in with a key that was accepted before; None once it has ended or lost its access. Raises DatabaseError."""
        if time.monotonic() - self._asked_at > FRESH_S:
            await self._freshen()
        known = self._known.get(key_id) or await self._find_once(key_id)
        return known.visitor if known is not None and known.has_access and not _has_ended(known) else None

    async def open(self) -> None:
        """Connect, and begin to ask for changes."""
        await self.rows.open()
        await self._ask()
        self._asking = asyncio.create_task(self._go_on_asking())

    async def close(self) -> None:
        """Stop asking; nothing in memory counts from then on."""
        self._asked_at = NEVER
        if self._asking is not None:
            self._asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._asking
        await self.rows.close()

    def tell(self) -> None:
        """Say that something may have changed: the cache asks at once."""
        self._told.set()

    async def _freshen(self) -> None:
        """Wait until the question was put not longer than FRESH_S before this moment; those who wait share one."""
        oldest = time.monotonic() - FRESH_S
        while self._asked_at < oldest:
            if self._question is None or self._question.done() or self._question_at < oldest:
                self._question_at = time.monotonic()
                self._question = asyncio.ensure_future(self._ask())
            # Shielded: a caller who goes away does not take the answer from the others.
            await asyncio.shield(self._question)

    async def _find_once(self, key_id: str) -> Known | None:
        """The key as the database has it; those who want the same one share a question."""
        finding = self._finding.get(key_id)
        if finding is None:
            finding = self._finding[key_id] = asyncio.ensure_future(self._find(key_id))
            finding.add_done_callback(lambda _: self._found(key_id, finding))
        return await asyncio.shield(finding)

    def _found(self, key_id: str, finding: asyncio.Future[Known | None]) -> None:
        if self._finding.get(key_id) is finding:
            del self._finding[key_id]

    async def _find(self, key_id: str) -> Known | None:
        newest = self._newest
        found = await self.rows.fetch(FIND, key_id)
        known = _known(found[0]) if found else None
        # A change that came in meanwhile may be missing from what was read, so that is used once and then only recognised.
        if known is not None:
            if newest == self._newest:
                if len(self._known) >= MOST_KEYS:
                    self._forget()
                self._known[key_id] = known
            elif len(self._earlier) < MOST_KEYS:
                self._earlier[key_id] = known
        return known

    def _forget(self) -> None:
        """Nothing in memory counts any more; what was there is only recognised, for as long as there is room."""
        kept = {} if len(self._earlier) + len(self._known) > MOST_KEYS else self._earlier
        self._known, self._earlier = {}, kept | self._known

    async def _ask(self) -> None:
        asked_at = time.monotonic()
        ((newest,),) = await self.rows.fetch(NEWEST)
        if newest != self._newest:
            self._forget()
            # Whoever is reading a key now may read it from before the change: the next to ask reads it again.
            self._finding.clear()
            self._newest = newest
        self._asked_at = max(self._asked_at, asked_at)

    async def _go_on_asking(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), ASK_EVERY_S)
            self._told.clear()
            try:
                await self._ask()
            except WarehouseError as error:
                logger.warning("changes of keys cannot be asked for: %s", error)


def _has_ended(known: Known) -> bool:
    return known.ends_at is not None and time.time() >= known.ends_at


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
