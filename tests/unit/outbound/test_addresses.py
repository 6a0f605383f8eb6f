from __future__ import annotations

import asyncio
import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver

from connectors.outbound.addresses import (
    AddressRefusedError,
    BadUrlError,
    GuardedResolver,
    check_url,
    is_open,
    is_public,
)

REFUSED = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.9.9.9", "169.254.169.254", "172.16.0.1",
    "192.168.1.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:0a00:0001::1", "2001:db8::1",
    "fec0::1", "64:ff9b:1::7f00:1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("url", [
    "https://example.com/hook", "https://example.com:8443/a?b=c", "https://8.8.8.8/", "https://[2606:4700:4700::1111]/",
    "https://bücher.example/", "http://127.0.0.1:9009/x", "http://[::1]:9010/", "http://receiver.test:81/",
])  # fmt: skip
def test_a_good_url_passes(url):
    check_url(url, ["127.0.0.1:9009", "[::1]:9010", "receiver.test:81"])


@pytest.mark.parametrize("url", [
    "", "example.com", "ftp://example.com/", "file:///etc/passwd", "https://", "https://user:pw@example.com/",
    "https://example.com/#part", "https://example.com:0/", "https://example.com:99999/", "https://exa mple.com/",
    "https://example.com/\r\nX: y", "https://[::1", "http://example.com/", "https://example.com\\@evil.test/",
    "javascript:alert(1)", "https://" + "a" * 70 + ".com/", "https:///path",
])  # fmt: skip
def test_a_bad_url_is_told_why(url):
    with pytest.raises(BadUrlError) as refused:
        check_url(url, [])
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://[::1]:9009/", "http://127.0.0.1:9008/",
                                 "https://169.254.169.254/latest/meta-data", "https://[::ffff:10.0.0.1]/"])  # fmt: skip
def test_an_address_that_is_not_public_is_refused(url):
    with pytest.raises(AddressRefusedError):
        check_url(url, ["127.0.0.1:9009"])


def test_what_is_open():
    allow = ["127.0.0.1:9009", "[::1]:9009", "Hub.test:80"]
    assert is_open("127.0.0.1", 9009, allow)
    assert is_open("::1", 9009, allow)
    assert is_open("hub.TEST", 80, allow)
    assert not is_open("127.0.0.1", 9010, allow)
    assert not is_open("127.0.0.2", 9009, allow)


class Answers(AbstractResolver):
    """A name server that gives other addresses each time it is asked."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": a, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for a in self.answers.pop(0)
        ]

    async def close(self):
        pass


def resolve(resolver, port=443):
    return [found["host"] for found in asyncio.run(resolver.resolve("hook.test", port))]


def test_a_name_that_changes_its_answer_is_judged_at_each_connection():
    resolver = GuardedResolver([], Answers(["8.8.8.8"], ["127.0.0.1"], ["8.8.8.8", "10.0.0.1"]))
    assert resolve(resolver) == ["8.8.8.8"]  # these very addresses are connected to
    for _ in range(2):
        with pytest.raises(AddressRefusedError):
            resolve(resolver)


def test_an_opened_name_or_address_passes():
    assert resolve(GuardedResolver(["hook.test:443"], Answers(["127.0.0.1"]))) == ["127.0.0.1"]
    assert resolve(GuardedResolver(["127.0.0.1:443"], Answers(["127.0.0.1"]))) == ["127.0.0.1"]
    with pytest.raises(AddressRefusedError):
        resolve(GuardedResolver(["hook.test:80"], Answers(["127.0.0.1"])))
