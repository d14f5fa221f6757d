"""Which addresses belong to the public internet, and how a name becomes addresses."""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Resolver = Callable[[str, int], list[str]]

GLOBAL_UNICAST = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
# Ranges that the standard library takes for public and that lead nowhere or, as a cloud's own services do, inwards:
# protocol assignments (a cloud's metadata among them), relays of 6to4, the wire server of Azure, ORCHIDv2, and the second range for documentation.
NEVER: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),
    IPv6Network("2001:20::/28"),
    IPv6Network("3fff::/20"),
)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host as the system knows them, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet: not to this machine, its network, or a reserved range.

    Examples:
        >>> is_public("93.184.215.14"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
        (True, False, False)
    """
    parsed = _parsed(address)
    if any(parsed in network for network in NEVER):
        return False
    if isinstance(parsed, IPv6Address):
        # Addresses that carry an IPv4 address lead there.
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in NAT64:
            inner = IPv4Address(int(parsed) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        return parsed in GLOBAL_UNICAST and parsed.is_global and parsed.teredo is None
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def is_plainly_public(address: str) -> bool:
    """Whether an address is public and not an IPv4 address in the clothes of another: mapped, 6to4 or NAT64.

    Examples:
        >>> is_plainly_public("2606:2800:21f::1"), is_plainly_public("::ffff:93.184.215.14")
        (True, False)
    """
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address) and (parsed.ipv4_mapped or parsed.sixtofour or parsed in NAT64):
        return False
    return is_public(address)


def is_loopback(address: str) -> bool:
    """Whether an address is this machine itself."""
    return _parsed(address).is_loopback


def _parsed(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address.partition("%")[0])
