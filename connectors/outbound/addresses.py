"""Where deliveries may go: public addresses, and single hosts and ports that were opened for trials.

A name is resolved when a connection is made, every address it gives is judged, and the connection goes to
exactly those addresses: a name that changes its answer between look and call gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Not private by their registry entry, yet answered by a cloud's host to its guests.
_METADATA = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "fd00:ec2::254", "fd20:ce::254")))
# What Python's own register leaves out in some of the versions that the hub runs on.
_NETWORKS = tuple(
    map(
        ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100::/64", "3fff::/20", "fec0::/10")
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


class AddressRefusedError(OSError):
    """Deliveries go to public addresses only; open a host and port for trials with HUB_DELIVERY_ALLOW."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class BadUrlError(ValueError):
    """What is wrong with an endpoint's URL, in a sentence."""


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may be behind ``address``; judged by the IPv4 address inside, if any."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and address not in _METADATA
        and not any(address in network for network in _NETWORKS)
    )


def _inner(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def literal(host: str) -> Address | None:
    """The address that ``host`` spells out; None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def is_open(host: str, port: int, allow: Collection[str]) -> bool:
    """Whether this host and port were opened (``host:port`` or ``[v6]:port``)."""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown.lower()}:{port}" in {name.lower() for name in allow}


def check_host(host: str, port: int, allow: Collection[str]) -> None:
    """Raises ``AddressRefusedError`` where ``host`` is an address that may not be called; a name passes."""
    address = literal(host)
    if address is not None and not is_public(address) and not is_open(str(address), port, allow):
        raise AddressRefusedError


def port_of(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def check_url(url: str, allow: Collection[str]) -> SplitResult:
    """An endpoint's URL in its parts; raises ``BadUrlError``, or ``AddressRefusedError`` for an address."""
    if any(ch.isspace() or not ch.isprintable() for ch in url) or "\\" in url:
        raise BadUrlError("The URL holds white space, a backslash or a control character: percent-encode it.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii") if not literal(parts.hostname or "") else "x"
    except (ValueError, UnicodeError):
        raise BadUrlError("The URL cannot be read: check its host and port.") from None
    if parts.scheme not in _PORTS or not host or port == 0:
        raise BadUrlError("The URL must be absolute and start with https://.")
    if parts.username is not None or parts.password is not None:
        raise BadUrlError("The URL must hold no user name or password: deliveries are signed instead.")
    if parts.fragment:
        raise BadUrlError("The URL must have no fragment: no receiver would see it.")
    name = str(parts.hostname)
    check_host(name, port_of(parts), allow)
    if parts.scheme == "http" and not is_open(name, port_of(parts), allow):
        raise BadUrlError("The URL must start with https://: what is delivered is personal data.")
    return parts


class GuardedResolver(AbstractResolver):
    """Resolves names to the addresses that may be called, and to no other.

    One address that is refused refuses the name: a mixture is how rebinding looks.
    """

    def __init__(self, allow: Collection[str], inner: AbstractResolver | None = None) -> None:
        self._allow = frozenset(allow)
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if self._inner is None:
            self._inner = ThreadedResolver()
        found = await self._inner.resolve(host, port, family)
        if not is_open(host, port, self._allow):
            for result in found:
                check_host(result["host"], port, self._allow)
        return found

    async def close(self) -> None:
        if self._inner is not None:
            await self._inner.close()

    def __repr__(self) -> str:
        return "GuardedResolver()"


def connector(allow: Collection[str], **options: Any) -> Any:
    """An aiohttp connector whose every connection goes where it may; call inside a running loop."""
    from aiohttp import TCPConnector

    return TCPConnector(resolver=GuardedResolver(allow), use_dns_cache=False, **options)
