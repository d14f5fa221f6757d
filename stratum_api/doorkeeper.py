"""Who may come in: the key of a request checked, and its minute counted, by key or, without a valid one, by address.

A key that is not accepted counts against the address it comes from. Once that address has used up what it has without a key, keys
that were never accepted are refused without asking the database, whatever they look like. Keys that were accepted before are
known by their digest, and go on.
"""

import asyncio
import datetime as dt
import time
from weakref import WeakValueDictionary

from stratum_api import measures
from stratum_api.limits import Decision
from stratum_api.problems import AccessEnded, KeyRefused, TooManyRequests
from stratum_api.service import Service
from stratum_api.visit import Visit

# Refusals of keys leave at multiples of this, whatever took how long: their timing says nothing.
REFUSAL_STEP_S = 0.01
# Questions about keys that this worker has not accepted yet, at once for one address. So many more than its limit can be put, at most,
# before it is found to have used it up; and whoever has a good key behind the same address waits for milliseconds.
DOUBTS_AT_ONCE = 4


class Doorkeeper:
    """Admits the requests of one worker."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._doubts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def admit(self, given: str | None, visit: Visit) -> None:
        """Let a request in that came with this key, or with none. Raises KeyRefused, AccessEnded, TooManyRequests and DatabaseError."""
        if given is not None:
            await self._check(given, visit)
        visitor = visit.visitor
        if not visitor.has_key:
            visit.decision = await self._count_address(visit)
        else:
            visit.decision = await self.service.limiter.admit(visitor.key_id, visitor.plan.requests_per_minute)
        if not visit.decision.is_admitted:
            raise _too_many(visit.decision, "key" if visitor.has_key else "address")

    async def _check(self, given: str, visit: Visit) -> None:
        keys = self.service.keys
        if keys.recognises(given):
            checked = await keys.check(given)
        else:
            doubts = self._doubts.setdefault(visit.address, asyncio.Semaphore(DOUBTS_AT_ONCE))
            async with doubts:
                if self.service.limiter.is_spent(_subject(visit), self.service.settings.anonymous_limit):
                    checked = None
                else:
                    checked = await keys.check(given)
                    if checked.visitor is None:
                        visit.decision = await self._count_address(visit)
        if checked is None or checked.visitor is None:
            await self._refuse(visit)
            return
        if not checked.has_access:
            visit.decision = await self._count_address(visit)
            if visit.decision.is_admitted:
                raise AccessEnded
            raise _too_many(visit.decision, "address")
        now = dt.datetime.now(dt.UTC)
        visit.visitor = checked.visitor
        self.service.meter.note_key(checked.visitor.key_id, now)
        await self.service.meter.learn(checked.visitor, now)

    async def _refuse(self, visit: Visit) -> None:
        """Raises what a key that is not accepted is answered with, when its time has come."""
        decision = visit.decision or await self._count_address(visit)
        visit.decision = decision
        measures.KEY_REFUSALS.inc()
        spent = time.perf_counter() - visit.started
        await asyncio.sleep(REFUSAL_STEP_S - spent % REFUSAL_STEP_S)
        if decision.is_admitted:
            raise KeyRefused(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        raise _too_many(decision, "address")

    async def _count_address(self, visit: Visit) -> Decision:
        return await self.service.limiter.admit(_subject(visit), self.service.settings.anonymous_limit)


def _subject(visit: Visit) -> str:
    return f"ip:{visit.address}"


def _too_many(decision: Decision, kind: str) -> TooManyRequests:
    measures.LIMITED.labels(kind).inc()
    seconds = decision.reset_in_s
    return TooManyRequests(
        f"{decision.limit} requests a minute are allowed; the next minute begins in {seconds} s.",
        headers={"Retry-After": str(seconds)},
        retry_after_s=seconds,
    )
