"""Where requests that others name may go: addresses are theirs, so nothing in them is believed.

What is refused here is refused before anything is resolved; what a name stands for is looked at each time it is connected to.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from warehouse.errors import RequestRefused
from warehouse.outbound.addresses import is_plainly_public

LONGEST_URL = 2048
DEFAULT_PORTS = {"https": 443, "http": 80}
# Letters, digits and hyphens, with a last part that is no number in any notation: 127.1, 0x7f.1 and 2130706433 are addresses.
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]+$|0x[0-9a-f]*$){_LABEL}")


@dataclass(frozen=True)
class Destination:
    """A checked address: how to connect, what to ask for, and whether the operator vouches for the host."""

    scheme: str
    host: str
    port: int
    target: bytes
    host_header: bytes
    is_vouched_for: bool


class DestinationRules:
    """Which addresses are accepted: https to one of the ports on a public host, or whatever the operator vouches for."""

    def __init__(self, *, ports: Collection[int] = (443,), vouched_for: Iterable[str] = ()) -> None:
        """`vouched_for` are hosts, or hosts with a port (`127.0.0.1:9000`), that need be neither https nor public."""
        self.ports = frozenset(ports)
        self.vouched_for = frozenset(one.lower() for one in vouched_for)

    def check(self, url: str) -> Destination:
        """The destination of an address. Raises RequestRefused, which names the host and nothing else of it."""
        if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise RequestRefused(
                f"An address has at most {LONGEST_URL} printable ASCII characters, without spaces and backslashes."
            )
        try:
            read = httpx.URL(url)
            port = DEFAULT_PORTS.get(read.scheme, 0) if read.port is None else read.port
            host = read.raw_host.decode("ascii").lower()
        except (httpx.InvalidURL, ValueError):
            raise RequestRefused("The address is not one that HTTP can use.") from None
        if read.userinfo or "@" in url.partition("://")[2].partition("/")[0]:
            raise RequestRefused(f"The address at {host} holds a user or password.")
        if read.fragment:
            raise RequestRefused(f"The address at {host} ends in a fragment (#…), which is never sent.")
        is_vouched_for = not self.vouched_for.isdisjoint((host, f"{host}:{port}"))
        if not is_vouched_for:
            self._check_strictly(read.scheme, host, port)
        elif read.scheme not in DEFAULT_PORTS:
            raise RequestRefused(f"The address at {host} is neither http nor https.")
        shown = f"[{host}]" if ":" in host else host
        header = shown if port == DEFAULT_PORTS[read.scheme] else f"{shown}:{port}"
        return Destination(read.scheme, host, port, read.raw_path, header.encode(), is_vouched_for)

    def _check_strictly(self, scheme: str, host: str, port: int) -> None:
        if scheme != "https":
            raise RequestRefused(f"The address at {host or 'no host'} is not https, and only https is allowed.")
        if port not in self.ports:
            allowed = ", ".join(map(str, sorted(self.ports)))
            raise RequestRefused(f"The address at {host} names port {port}; allowed are {allowed}.")
        try:
            is_literal = bool(ip_address(host))
        except ValueError:
            is_literal = False
        if is_literal:
            check_addresses(host, [host])
        elif len(host) > 253 or not _NAME.fullmatch(host):
            raise RequestRefused("The host of the address is neither a name nor an address in its usual form.")


def check_addresses(host: str, addresses: Iterable[str]) -> None:
    """Every address a host stands for must be public. Raises RequestRefused."""
    if not all(is_plainly_public(address) for address in addresses):
        raise RequestRefused(f"{host} stands for an address that is not public.")
