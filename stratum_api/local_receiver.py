"""A receiver of webhooks on this machine, for trying them: it verifies what comes, says what it was, and answers as it is told."""

import datetime as dt
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from stratum_api.client import AnswerUnreadable, Webhook, WebhookInvalid

HOST = "127.0.0.1"
# More than any delivery is long.
MOST_BYTES = 64 * 1024
# How many ids are remembered, to know what came before.
REMEMBERED = 10_000
# How long a connection that says nothing is kept.
SILENT_S = 30.0
REFUSED = 400


@dataclass(frozen=True)
class Received:
    """What came: `content` is None where it was not genuine, and `refusal` says why. `is_repeated`: its id came before."""

    received_at: dt.datetime
    webhook_id: str
    content: Any
    refusal: str
    is_repeated: bool
    status: int


@dataclass(frozen=True)
class Answering:
    """How deliveries that are genuine are answered: with a status, after so many seconds, and what the answer asks for."""

    status: int = 200
    delay_s: float = 0.0
    retry_after_s: int | None = None


class LocalReceiver:
    """Receives on 127.0.0.1 until it is stopped; every delivery is told to `tell`, one at a time."""

    def __init__(
        self, secret: str, tell: Callable[[Received], None], *, port: int = 0, answering: Answering | None = None
    ) -> None:
        """Raises WebhookInvalid for what is no secret, OSError where the port is taken. Port 0 is any that is free."""
        self._webhook = Webhook(secret)
        self._tell = tell
        self._answering = answering or Answering()
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._server = ThreadingHTTPServer((HOST, port), _handler(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The address to register."""
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def serve(self) -> None:
        """Receive until `stop` is called."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Stop receiving, and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """The status and headers that answer a delivery; names of headers come in small letters."""
        content, refusal = None, ""
        try:
            content = self._webhook.verify(body, headers)
        except (WebhookInvalid, AnswerUnreadable) as error:
            refusal = str(error)
        status = REFUSED if refusal else self._answering.status
        webhook_id = "" if refusal else headers["webhook-id"]
        is_repeated = webhook_id in self._seen
        if webhook_id:
            self._seen[webhook_id] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        self._tell(Received(dt.datetime.now(dt.UTC), webhook_id, content, refusal, is_repeated, status))
        if refusal:
            return status, {}
        time.sleep(self._answering.delay_s)
        wait_s = self._answering.retry_after_s
        return status, {} if wait_s is None else {"Retry-After": str(wait_s)}


def _handler(receiver: LocalReceiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SILENT_S

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > MOST_BYTES:
                self.close_connection = True
                self._answer(413 if length.isdecimal() else 411, {})
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(*receiver.take(self.rfile.read(int(length)), headers))

        def _answer(self, status: int, headers: Mapping[str, str]) -> None:
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: whoever is told of deliveries says what there is to say."""

    return Handler
