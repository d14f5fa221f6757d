"""Addresses that others name: whatever does not lead to a public host by https is refused, however it is written."""

import pytest

from warehouse.errors import RequestRefused
from warehouse.outbound.addresses import is_plainly_public
from warehouse.outbound.destinations import DestinationRules, check_addresses

RULES = DestinationRules(ports=(443, 8443))

REFUSED_URLS = [
    # Not https, or nothing at all.
    "http://partner.example/hook", "ftp://partner.example/", "file:///etc/passwd", "gopher://x/", "https://", "https:///x",
    "//partner.example/x", "partner.example", "", "javascript:alert(1)", "data:text/plain,x",
    # Passwords and what looks like one.
    "https://user@partner.example/", "https://user:pass@partner.example/", "https://@partner.example/",
    "https://partner.example:pass@10.0.0.1/", "https://partner.example%40x@127.0.0.1/",
    # Ports.
    "https://partner.example:22/", "https://partner.example:80/", "https://partner.example:5432/", "https://partner.example:0/",
    "https://partner.example:99999/", "https://partner.example:-1/",
    # Loopback and private, as usual and in every other notation.
    "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/",
    "https://0X7F.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://127.000.000.001/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://0.0.0.0/", "https://0/", "https://0x0/",
    "https://10.1/", "https://0xa.1/", "https://167772161/", "https://1.2.3/", "https://1.2.3.4.5/", "https://256.1.1.1/",
    # Link-local, CGNAT, multicast, reserved, broadcast, benchmarking, documentation.
    "https://169.254.169.254/latest/meta-data/", "https://0xa9fea9fe/", "https://2852039166/", "https://100.64.0.1/", "https://100.100.100.200/",
    "https://224.0.0.1/", "https://239.255.255.250/", "https://240.0.0.1/", "https://255.255.255.255/", "https://198.18.0.1/",
    "https://192.0.2.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://192.0.0.192/", "https://192.88.99.1/",
    "https://168.63.129.16/",
    # IPv6, and IPv4 inside it.
    "https://[::1]/", "https://[::]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/",
    "https://[ff02::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:8.8.8.8]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
    "https://[2002:7f00:1::]/", "https://[2002:a00:1::1]/", "https://[2002:808:808::1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b::808:808]/",
    "https://[64:ff9b:1::a00:1]/", "https://[2001::1]/", "https://[2001:db8::1]/", "https://[3fff::1]/", "https://[100::1]/", "https://[5f00::1]/",
    "https://[2001:20::1]/",
    # Written to be misread.
    "https://partner.example\\@127.0.0.1/", "https://partner.example/\r\nx: y", "https://partner.example/ x", "https://part\tner.example/",
    "https://ⓛocalhost/", "https://127。0。0。1/", "https://partner.example/#x", "https://-x.example/", "https://x..example/", "https://ex_.1/",
    "https://partner.example/" + "a" * 2048, "https://" + "a." * 130 + "example/", "https://[::1/", "https://%31%32%37.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_an_address_that_is_not_a_public_host_by_https_is_refused(url: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        RULES.check(url)
    assert "pass" not in str(refused.value).replace("password", "")


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "header"),
    [
        ("https://partner.example/hook?a=1", "partner.example", 443, b"/hook?a=1", b"partner.example"),
        ("https://Partner.Example", "partner.example", 443, b"/", b"partner.example"),
        ("https://partner.example:8443/x", "partner.example", 8443, b"/x", b"partner.example:8443"),
        ("https://93.184.215.14/", "93.184.215.14", 443, b"/", b"93.184.215.14"),
        ("https://[2606:2800:21f::1]/", "2606:2800:21f::1", 443, b"/", b"[2606:2800:21f::1]"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, b"/", b"xn--bcher-kva.example"),
    ],
)
def test_a_public_host_by_https_is_accepted(url: str, host: str, port: int, target: bytes, header: bytes) -> None:
    found = RULES.check(url)
    assert (found.scheme, found.host, found.port, found.target, found.host_header) == (
        "https",
        host,
        port,
        target,
        header,
    )
    assert not found.is_vouched_for


def test_a_host_the_operator_vouches_for_may_be_local_and_plain() -> None:
    rules = DestinationRules(vouched_for=["127.0.0.1:9000", "Receiver"])
    assert rules.check("http://127.0.0.1:9000/x").is_vouched_for
    assert rules.check("http://receiver:1234/").host_header == b"receiver:1234"
    for url in ("http://127.0.0.1:9001/x", "http://127.0.0.1/", "http://other:9000/", "ftp://receiver/"):
        with pytest.raises(RequestRefused):
            rules.check(url)
    with pytest.raises(RequestRefused, match="user or password"):
        rules.check("http://a:b@receiver/")


def test_one_address_that_is_not_public_refuses_the_whole_name() -> None:
    check_addresses("x", ["93.184.215.14", "2606:2800:21f::1"])
    with pytest.raises(RequestRefused, match="not public"):
        check_addresses("x", ["93.184.215.14", "10.0.0.1"])


@pytest.mark.parametrize(
    "address", ["::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808", "168.63.129.16", "192.88.99.1"]
)
def test_an_address_that_only_carries_a_public_one_is_refused(address: str) -> None:
    assert not is_plainly_public(address)
