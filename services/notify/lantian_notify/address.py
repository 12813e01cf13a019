"""Where a webhook may go: addresses are checked, then connected to by number (threat T6: SSRF, DNS rebinding).

`check` is pure; `Gate.target` adds the resolver and is asked at every attempt.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
# Names to addresses, as text in the resolver's order. Raises OSError when there is no answer.
Resolver = Callable[[str], Awaitable[Sequence[str]]]

PORTS = frozenset({443, 8443})
LONGEST_URL = 2048

# Never connected to, whatever an installation allows: "this network", link-local (cloud metadata), multicast, reserved.
_NEVER = (
    *map(ip_network, ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32")),
    *map(ip_network, ("::/128", "fe80::/10", "ff00::/8", "fd00:ec2::/32")),
    # Wrappings of IPv4: mapped, compatible, NAT64, Teredo, 6to4. An allowed IPv4 is named as itself.
    *map(ip_network, ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")),
)

# IANA special-purpose registries (RFC 6890 and its updates): not on the public internet, so only by allow-list.
_SPECIAL_V4 = tuple(
    IPv4Network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20"))

# Letters, digits, dash and underscore; the last label begins with a letter, which keeps out 0x7f.1, 127.1, 2130706433.
_HOST = re.compile(
    r"(?=.{1,253}\Z)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_AUTHORITY = re.compile(r"[A-Za-z]+://([^/?#]*)")
_PLAIN = re.compile(r"[\x21-\x7e]+")


class AddressRefused(Exception):
    """An address that is not connected to; `lasting` is False when only the resolver's answer stood against it."""

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.lasting = lasting


@dataclass(frozen=True, slots=True)
class Place:
    """A URL that is well formed; `literal` is set when its host is an address already."""

    url: URL
    host: str
    port: int
    literal: Address | None


@dataclass(frozen=True, slots=True)
class Target:
    """What to connect to: `ip` and nothing else, while TLS and Host keep the name in `url`."""

    url: URL
    host: str
    ip: Address
    port: int


def parse_allowed(text: str) -> tuple[Network, ...]:
    """Networks of an allow-list, comma separated. Raises ValueError, also for networks too wide to be one site's."""
    networks = tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    for network in networks:
        if network.prefixlen < (8 if network.version == 4 else 32):
            raise ValueError(f"{network} is too wide for an allow-list")
    return networks


def read(text: str) -> Place:
    """Takes a URL apart. Raises AddressRefused for anything two programs could read in two ways."""
    if len(text) > LONGEST_URL:
        raise AddressRefused(f"longer than {LONGEST_URL} characters", lasting=True)
    if not _PLAIN.fullmatch(text):
        raise AddressRefused("holds characters other than printable ASCII", lasting=True)
    authority = _AUTHORITY.match(text)
    if authority is None or any(sign in authority[1] for sign in "@\\%"):
        raise AddressRefused("no plain scheme://host", lasting=True)
    try:
        url = URL(text)
        port = url.port
    except ValueError:
        raise AddressRefused("no URL", lasting=True) from None
    host = url.raw_host or ""
    if url.scheme not in ("https", "http") or port is None or not host:
        raise AddressRefused("no https URL with a host", lasting=True)
    if "\\" in text or url.raw_fragment:
        raise AddressRefused("a backslash or a fragment", lasting=True)
    literal = _literal(host)
    if "[" in authority[1] and not isinstance(literal, IPv6Address):
        raise AddressRefused("brackets around something other than IPv6", lasting=True)
    if literal is None and not _HOST.fullmatch(host):
        raise AddressRefused("no host name", lasting=True)
    return Place(url, host, port, literal)


def check(place: Place, answers: Iterable[str], allowed: Sequence[Network]) -> list[Target]:
    """Targets for the addresses a name stands for, IPv4 first. Raises AddressRefused when a single one is unsafe.

    https on port 443 or 8443 at a public address; plain http, other ports and special addresses only inside `allowed`.
    """
    lasting = place.literal is not None
    addresses = []
    for text in answers:
        try:
            address = ip_address(text)
        except ValueError:
            raise AddressRefused("the resolver's answer is no address", lasting=lasting) from None
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            raise AddressRefused("an address with a zone", lasting=lasting)
        addresses.append(address)
    if not addresses:
        raise AddressRefused("the name has no address", lasting=False)
    for address in addresses:
        inside = _within(address, allowed)
        if _within(address, _NEVER) or not (inside or public(address)):
            raise AddressRefused("not a public address", lasting=lasting)
        if not inside and place.url.scheme != "https":
            raise AddressRefused("not https", lasting=lasting or not allowed)
        if not inside and place.port not in PORTS:
            raise AddressRefused("not port 443 or 8443", lasting=lasting or not allowed)
    addresses.sort(key=lambda address: address.version)
    return [Target(place.url, place.host, address, place.port) for address in addresses]


def public(address: Address) -> bool:
    """True for an address that belongs to one host of the public internet."""
    if _within(address, _NEVER):
        return False
    if isinstance(address, IPv4Address):
        return not _within(address, _SPECIAL_V4)
    return address in _GLOBAL_V6 and not _within(address, _SPECIAL_V6)


@dataclass(frozen=True, slots=True)
class Gate:
    """The check with its resolver; asked anew at every attempt, so that a name that moved inside is caught."""

    resolve: Resolver
    allowed: tuple[Network, ...] = ()

    async def target(self, text: str, attempt: int) -> Target:
        """Where attempt `attempt` (from 1) goes; attempts take a name's addresses in turn.

        Raises AddressRefused, or OSError when the name can not be resolved.
        """
        place = read(text)
        answers = [str(place.literal)] if place.literal is not None else await self.resolve(place.host)
        targets = check(place, answers, self.allowed)
        return targets[(attempt - 1) % len(targets)]


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
