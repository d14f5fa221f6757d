"""One endpoint's lane: what was claimed for it and waits, and what is on its way. Lanes do not wait for each other."""

from collections import deque
from dataclasses import dataclass, field

from stratum_api.dispatcher.verdicts import Sent
from warehouse.database.webhooks.queue import Claim

# Claimed for an endpoint of which nothing is known yet, and for the fastest: many enough for one commit to carry many, few enough to be
# sent while their claim lasts.
CLAIMED_AT_FIRST = 50
CLAIMED_AT_MOST = 500


@dataclass
class Load:
    """A claimed delivery with the body it carries."""

    claim: Claim
    body: bytes = field(repr=False)
    is_probe: bool = False


class Lane:
    """Holds the loads of one endpoint, and says how many of them may be on their way at once.

    That begins at the full number, falls to one when the endpoint throttles, to half when it does not answer in time, and grows by one
    with each success.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.allowed = most
        self.n_sending = 0
        self.n_delivered = 0
        self.waiting: deque[Load] = deque()

    def take_room(self, most: int) -> int:
        """How many more may be claimed: in all twice as many as were delivered since this was last asked, within bounds.

        From now on `most` may be on their way at once.
        """
        self.allowed = most if self.allowed == self.most else min(self.allowed, most)
        self.most = most
        delivered, self.n_delivered = self.n_delivered, 0
        ahead = min(max(2 * delivered, CLAIMED_AT_FIRST), CLAIMED_AT_MOST)
        if self.allowed < self.most:
            ahead = min(ahead, 3 * self.allowed)
        return max(ahead - len(self.waiting) - self.n_sending, 0)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is on its way."""
        return not self.waiting and not self.n_sending

    def next(self) -> Load | None:
        """The next load to send now, None where there is none or enough are on their way."""
        if not self.waiting or self.n_sending >= self.allowed:
            return None
        self.n_sending += 1
        return self.waiting.popleft()

    def note(self, sent: Sent) -> None:
        """A load came to an end."""
        self.n_sending -= 1
        if sent.is_delivered:
            self.n_delivered += 1
            self.allowed = min(self.allowed + 1, self.most)
        elif sent.is_throttled:
            self.allowed = 1
        elif sent.answer is None:
            self.allowed = max(self.allowed // 2, 1)

    def empty(self) -> list[Claim]:
        """Take out what waits."""
        claims = [load.claim for load in self.waiting]
        self.waiting.clear()
        return claims
