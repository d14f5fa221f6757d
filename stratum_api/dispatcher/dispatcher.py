"""The dispatcher: a loop that hands messages on, a loop of rounds, and a lane per endpoint between them.

Everything that must outlive the process is in the database before the next thing depends on it; what is in memory can be lost.
"""

import asyncio
import contextlib
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from stratum_api.dispatcher import measures
from stratum_api.dispatcher.directory import Directory, Recipient
from stratum_api.dispatcher.lane import Lane, Load
from stratum_api.dispatcher.matching import match
from stratum_api.dispatcher.round import Done, Rounds
from stratum_api.dispatcher.settings import DispatchSettings
from stratum_api.dispatcher.upkeep import Upkeep
from stratum_api.dispatcher.verdicts import Sent
from stratum_api.secret_box import SecretBox
from stratum_api.wakeups import Wakeups
from warehouse.database import Database
from warehouse.database.outbox import CALLED_OUT, Message
from warehouse.database.webhooks.fan_out import DELIVERIES_CALLED_OUT, FanOut, NewDelivery
from warehouse.database.webhooks.queue import Claim
from warehouse.errors import AnswerBroken, DatabaseError, OutboundError
from warehouse.outbound import Poster

logger = logging.getLogger("stratum.dispatcher")

POLL_S = 0.25
# Between two rounds, so that a commit carries more than one attempt.
GATHER_S = 0.003
AGAIN_AFTER_S = 1.0
MESSAGES_AT_ONCE = 500
HEADERS = {"content-type": "application/json", "user-agent": "stratum-webhooks/1"}

Result = TypeVar("Result")


class Dispatcher:
    """Delivers until it is told to stop."""

    def __init__(self, database: Database, box: SecretBox, poster: Poster, settings: DispatchSettings) -> None:
        self.database = database
        self.settings = settings
        self.poster = poster
        self.directory = Directory(database, box)
        self.rounds = Rounds(database, settings.rules)
        self.fan_out = FanOut(database)
        self.lanes: dict[str, Lane] = {}
        self._recipients: dict[str, Recipient] = {}
        self._sent: list[Sent] = []
        self._returned: list[Claim] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._to_hand_on = asyncio.Event()
        self._to_round = asyncio.Event()
        self._stopping = asyncio.Event()
        # Messages are handed on, and the queue is looked at, while a round waits for its commit.
        self._threads = ThreadPoolExecutor(3, thread_name_prefix="dispatcher")
        self._wakeups = Wakeups(
            database.url, {CALLED_OUT: self._to_hand_on.set, DELIVERIES_CALLED_OUT: self._to_round.set}
        )

    def stop(self) -> None:
        """Take no more, finish what is on its way within the grace period, and end."""
        self._stopping.set()
        self._to_hand_on.set()
        self._to_round.set()

    async def run(self) -> None:
        """Deliver until `stop` is called."""
        upkeep = Upkeep(self.database, self.settings.log_days)
        tasks = [
            asyncio.create_task(work)
            for work in (self._hand_on(), self._go_round(), upkeep.run(self._stopping, self._in_thread))
        ]
        await self._wakeups.open()
        logger.info("delivering the queues %s", ", ".join(self.settings.queues))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in (*tasks, *self._sending):
                task.cancel()
            await asyncio.gather(*tasks, *self._sending, return_exceptions=True)
            await self._wakeups.close()
            await self.poster.close()
            self._threads.shutdown()

    # -- handing on

    async def _hand_on(self) -> None:
        while not self._stopping.is_set():
            self._to_hand_on.clear()
            n = await self._tried(self._in_thread(self._hand_on_some), 0)
            measures.MESSAGES.inc(n)
            if n:
                self._to_round.set()
            if n < MESSAGES_AT_ONCE:
                await _woken(self._to_hand_on, POLL_S)

    def _hand_on_some(self) -> int:
        now = dt.datetime.now(dt.UTC)

        def matching(messages: Sequence[Message]) -> list[NewDelivery]:
            # Read after the messages were: whoever was registered before one of them was written is among them.
            return match(messages, list(self.directory.current(now).values()))

        return self.fan_out.step(matching, now, limit=MESSAGES_AT_ONCE)

    # -- rounds

    async def _go_round(self) -> None:
        ends_at = None
        while True:
            if self._stopping.is_set():
                ends_at = ends_at or time.monotonic() + self.settings.grace_s
                for lane in self.lanes.values():
                    self._returned += lane.empty()
                if not (self._sent or self._returned or self._sending):
                    return
                if time.monotonic() > ends_at:
                    logger.warning("%d requests were cut off: they are sent again", len(self._sending))
                    return
            self._to_round.clear()
            await self._round()
            await _woken(self._to_round, POLL_S)
            await asyncio.sleep(GATHER_S)

    async def _round(self) -> None:
        sent, self._sent = self._sent, []
        returned, self._returned = self._returned, []
        done = await self._tried(self._in_thread(lambda: self._run_round(sent, returned)), None)
        if done is None:
            self._sent, self._returned = sent + self._sent, returned + self._returned
            return
        for endpoint_id, reason in done.disabled.items():
            logger.warning("webhook endpoint %s is disabled: %s", endpoint_id, reason)
            measures.DISABLED.labels(reason).inc()
        measures.DEAD.inc(done.n_dead)
        for load in done.loads:
            self._lane(load.claim.endpoint_id).waiting.append(load)
        for endpoint_id in {load.claim.endpoint_id for load in done.loads}:
            self._send_next(endpoint_id)

    def _run_round(self, sent: Sequence[Sent], returned: Sequence[Claim]) -> Done:
        now = dt.datetime.now(dt.UTC)
        rooms: dict[str, int] = {}
        if not self._stopping.is_set():
            self._recipients = self.directory.recent(now)
            for endpoint_id in self.lanes.keys() - self._recipients.keys():
                if self.lanes[endpoint_id].is_idle:
                    del self.lanes[endpoint_id]
            rooms = self._rooms()
        return self.rounds.run(sent, returned, rooms, self._recipients, now)

    def _rooms(self) -> dict[str, int]:
        """How many deliveries each endpoint of our queues may be claimed for. Requests at once are shared out evenly among them."""
        ours = [
            endpoint_id
            for endpoint_id, recipient in self._recipients.items()
            if recipient.endpoint.terms.queue in self.settings.queues and recipient.signer is not None
        ]
        most = max(min(self.settings.in_flight, self.settings.total_in_flight // max(len(ours), 1)), 1)
        rooms = {endpoint_id: self._lane(endpoint_id).take_room(most) for endpoint_id in ours}
        for endpoint_id in ours:
            rate = self._recipients[endpoint_id].endpoint.terms.rate_per_s
            if rate is not None:
                # Rates count what is claimed. Of what waits here no more than a second's worth may burst out when it is answered again.
                rooms[endpoint_id] = min(rooms[endpoint_id], max(int(rate), 1) - len(self._lane(endpoint_id).waiting))
        return {endpoint_id: room for endpoint_id, room in rooms.items() if room > 0}

    def _lane(self, endpoint_id: str) -> Lane:
        lane = self.lanes.get(endpoint_id)
        if lane is None:
            lane = self.lanes[endpoint_id] = Lane(self.settings.in_flight)
        return lane

    # -- sending

    def _send_next(self, endpoint_id: str) -> None:
        lane = self._lane(endpoint_id)
        while (load := lane.next()) is not None:
            task = asyncio.create_task(self._send(load))
            self._sending.add(task)
            measures.SENDING.inc()
            task.add_done_callback(self._sent_one)

    def _sent_one(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        measures.SENDING.dec()

    async def _send(self, load: Load) -> None:
        recipient = self._recipients.get(load.claim.endpoint_id)
        lane = self._lane(load.claim.endpoint_id)
        now = dt.datetime.now(dt.UTC)
        if now >= load.claim.until:
            # It waited for so long that it is no longer ours: whoever claims it now sends it.
            lane.n_sending -= 1
            self._send_next(load.claim.endpoint_id)
            return
        if recipient is None or recipient.signer is None:
            # Disabled or deleted since it was claimed.
            lane.n_sending -= 1
            self._returned += [load.claim, *lane.empty()]
            self._to_round.set()
            return
        terms = recipient.endpoint.terms
        headers = HEADERS | recipient.signer.headers(load.claim.webhook_id, load.body, now)
        begun = time.perf_counter()
        answer, failure = None, None
        try:
            answer = await self.poster.post(terms.url, headers, load.body, terms.timeout_s)
        except OutboundError as error:
            failure = error
        except Exception:
            # Whatever an answer makes us stumble over, it is this endpoint's failure, and stops neither its lane nor the others.
            logger.exception("a fault of ours in sending %s to %s", load.claim.webhook_id, load.claim.endpoint_id)
            failure = AnswerBroken("Sending it met a fault of ours.")
        latency_ms = (time.perf_counter() - begun) * 1000
        sent = Sent(load.claim, now, latency_ms, answer, failure, load.is_probe)
        self._note(sent, lane)

    def _note(self, sent: Sent, lane: Lane) -> None:
        lane.note(sent)
        self._sent.append(sent)
        self._to_round.set()
        measures.ATTEMPTS.labels(sent.error_word or "delivered").inc()
        measures.SECONDS.observe(sent.latency_ms / 1000)
        if not sent.is_delivered:
            logger.info(
                "attempt %d of %s for %s: %s, %d ms",
                sent.claim.n_attempts + 1,
                sent.claim.webhook_id,
                sent.claim.endpoint_id,
                sent.status_code or sent.error_word,
                sent.latency_ms,
            )
            # The round decides whether the rest goes out now; meanwhile it is nobody's.
            self._returned += lane.empty()
        self._send_next(sent.claim.endpoint_id)

    # -- threads

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _tried(self, work: Awaitable[Result], otherwise: Result) -> Result:
        """What the work gives; where the database fails, a word in the log and a pause."""
        try:
            return await work
        except DatabaseError as error:
            logger.warning("the database does not take part for now: %s", error)
            await _woken(self._stopping, AGAIN_AFTER_S)
            return otherwise


async def _woken(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, or so long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
