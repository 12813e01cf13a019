"""Who may connect, and that a guesser learns nothing."""

import pytest

from lantian_ingest.feeds import Feed, admitted
from lantian_ingest.transports.admission import allowed, context, networks


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("fd00::1%eth0", True),
        ("2001:db8::1", False),
        ("unknown", False),
    ],
)
def test_addresses(address: str, inside: bool) -> None:
    """IPv4, IPv6 and one in the other."""
    assert allowed(networks("10.0.0.0/8, 192.0.2.7,fd00::/8"), address) is inside


def test_no_list_and_a_wrong_one() -> None:
    """Empty is none; a typing error is told at the start."""
    assert networks("") == networks(" , ") == ()
    with pytest.raises(ValueError, match=r"does not appear"):
        networks("10.0.0.0/8,everybody")


def test_client_certificates_need_a_certificate() -> None:
    """A listener in clear text that seems to ask for certificates would be worse than none."""
    from pathlib import Path

    assert context(None, None, None) is None
    with pytest.raises(ValueError, match="none itself"):
        context(None, None, Path("clients.pem"))


def test_unknown_feed_costs_what_a_wrong_password_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One digest each."""
    import hashlib

    calls: list[bytes] = []
    sha256 = hashlib.sha256
    monkeypatch.setattr(hashlib, "sha256", lambda data: calls.append(data) or sha256(data))  # type: ignore[func-returns-value]
    feed = Feed("M", "S", "hj212", "salt", "00" * 32, 0, False)
    assert not admitted(feed, "wrong")
    assert not admitted(None, "wrong")
    assert len(calls) == 2
    assert len(calls[0]) == len(calls[1])
