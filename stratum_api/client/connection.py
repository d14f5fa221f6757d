"""How both clients reach the API: address, key, time-outs, and what they say of themselves."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from stratum_api.client.errors import StratumError
from stratum_api.client.retries import USUAL, Retries

LOCAL = "http://127.0.0.1:8000"
AGENT = "stratum-client/1"
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Connection:
    """Where the API is and how to ask it. Without a key only public endpoints answer."""

    key: str = field(default="", repr=False)
    address: str = LOCAL
    timeout_s: float = TIMEOUT_S
    retries: Retries = USUAL

    def options(self) -> dict[str, Any]:
        """What an httpx client is made with. The key goes to this address alone: redirects are not followed.

        Raises StratumError for an address that is none, and for a key that is not the whole text that was shown.
        """
        if not (self.key.isascii() and self.key.isprintable()) or " " in self.key:
            raise StratumError(
                "This is no key: it looks like sk_7Hq2Zk1pQ0aB_… and has neither spaces nor line breaks."
            )
        try:
            url = httpx.URL(self.address)
        except httpx.InvalidURL as error:
            raise StratumError(f"This is no address of an API: {error}.") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise StratumError(f"{self.address!r} is no address of an API: it begins with https:// or http://.")
        headers = {"User-Agent": AGENT, "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        return {"base_url": url, "headers": headers, "timeout": self.timeout_s, "follow_redirects": False}
