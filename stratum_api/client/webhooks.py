"""Whether a delivery comes from Stratum: the signatures of a webhook, checked over the bytes as they came.

Two kinds are sent with every delivery. Check one; the first also says when it was sent, so that an old delivery cannot be played again.

- Standard Webhooks (https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp` and `webhook-signature`, which holds one or more
  `v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`.
- `X-Stratum-Signature`: hex HMAC-SHA256 of the body alone.
"""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from stratum_api.client.errors import AnswerUnreadable, WebhookInvalid

PREFIX = "whsec_"
TOLERANCE_S = 300
LONGEST_HEADER = 4_096


class Webhook:
    """Checks deliveries with the secret of an endpoint, `whsec_…`, as it was shown when the endpoint was made.

    Examples:
        >>> webhook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        >>> headers = {
        ...     "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        ...     "webhook-timestamp": "1614265330",
        ...     "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ... }
        >>> webhook.verify(b'{"test": 2432232314}', headers, now=1614265330)
        {'test': 2432232314}
    """

    def __init__(self, secret: str, *, tolerance_s: int = TOLERANCE_S) -> None:
        """Raises WebhookInvalid for what is no secret. `tolerance_s` is how far the sender's clock may be from this one."""
        try:
            self._key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
        except (binascii.Error, ValueError):
            raise WebhookInvalid("This is no secret of a webhook: it is base64 after whsec_.") from None
        if not self._key:
            raise WebhookInvalid("The secret of the webhook is empty.")
        self._secret = secret.encode()
        self._tolerance_s = tolerance_s

    def verify(self, body: bytes, headers: Mapping[str, str], *, now: float | None = None) -> Any:
        """The content of a delivery, once it is known to be genuine. `body` as it came, not decoded and encoded again.

        `now` is the time in seconds since 1970, by default the clock's. A delivery may come more than once: `webhook-id` is the same
        each time, so keep those you have worked through. Raises WebhookInvalid, and AnswerUnreadable when the content is no JSON.
        """
        said = {name.lower(): value for name, value in headers.items()}
        message_id, sent_at = said.get("webhook-id", ""), said.get("webhook-timestamp", "")
        signatures = said.get("webhook-signature", "")
        if not (message_id and sent_at and signatures):
            raise WebhookInvalid("The delivery lacks webhook-id, webhook-timestamp or webhook-signature.")
        if max(map(len, (message_id, sent_at, signatures))) > LONGEST_HEADER:
            raise WebhookInvalid("A header of the delivery is too long.")
        self._check_age(sent_at, time.time() if now is None else now)
        signed = b".".join((message_id.encode(), sent_at.encode(), body))
        right = base64.b64encode(hmac.digest(self._key, signed, hashlib.sha256))
        given = [one.partition(",") for one in signatures.split()]
        if not _any_equal([text for version, _, text in given if version == "v1"], right):
            raise WebhookInvalid("No signature of the delivery was made with this secret.")
        return _content(body)

    def verify_plain(self, body: bytes, signature: str) -> Any:
        """The content of a delivery by its `X-Stratum-Signature` alone, which says nothing about its age.

        During a change of the secret the header holds one signature for each secret, separated by commas. Raises as `verify`.
        """
        if len(signature) > LONGEST_HEADER:
            raise WebhookInvalid("A header of the delivery is too long.")
        right = hmac.digest(self._secret, body, hashlib.sha256).hex().encode()
        if not _any_equal([one.strip().lower() for one in signature.split(",")], right):
            raise WebhookInvalid("The signature of the delivery was not made with this secret.")
        return _content(body)

    def _check_age(self, sent_at: str, now: float) -> None:
        if not (sent_at.isascii() and sent_at.isdigit()):
            raise WebhookInvalid("webhook-timestamp is no number of seconds.")
        age_s = now - int(sent_at)
        if age_s > self._tolerance_s:
            raise WebhookInvalid("The delivery is too old.")
        if age_s < -self._tolerance_s:
            raise WebhookInvalid("The delivery comes from the future: is this machine's clock right?")


def _any_equal(given: list[str], right: bytes) -> bool:
    # Every one is compared, each in constant time, so that nothing is told by how long it takes.
    equal = [hmac.compare_digest(one.encode(), right) for one in given]
    return any(equal)


def _content(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise AnswerUnreadable(f"The delivery is genuine, and its content is no JSON ({error}).") from None
