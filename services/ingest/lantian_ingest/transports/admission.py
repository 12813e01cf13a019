"""Who may connect at all: address lists and TLS with client certificates, for any listener."""

import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(setting: str) -> tuple[Network, ...]:
    """Networks of a comma separated list; none for an empty one. Raises ValueError for what is no address."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in setting.split(",") if part.strip())


def allowed(networks: Sequence[Network], address: str) -> bool:
    """True when the address is in one of the networks; an IPv4 address mapped into IPv6 counts as itself."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def context(certificate: Path | None, key: Path | None, clients: Path | None) -> ssl.SSLContext | None:
    """TLS 1.2 or later of a listener; None without a certificate.

    With `clients`, a file of certificate authorities, only peers with a certificate of theirs get in. Raises OSError
    and ssl.SSLError for files that can not be used, ValueError for client certificates without one of our own.
    """
    if certificate is None:
        if clients is not None:
            raise ValueError("client certificates are asked for, and the listener has none itself")
        return None
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(certificate, key)
    if clients is not None:
        made.load_verify_locations(clients)
        made.verify_mode = ssl.CERT_REQUIRED
    return made
