"""https to a checked address: the name stays in SNI, Host and the certificate's check."""

import shutil
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest

from lantian_kit.clock import SuiteClock
from lantian_notify.address import Gate, parse_allowed
from lantian_notify.channels.base import Answer, Message, Retry, Sent
from lantian_notify.channels.post import Post, trusted
from lantian_notify.channels.webhook import WebhookChannel
from lantian_notify.sign import Secrets
from tests.support.certificates import NAME, a_certificate
from tests.support.receiver import SECRET, LeadCollector

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by the openssl command")


async def send(
    folder: Path, certificate: Path, key: Path, *, host: str = NAME, trust: Path | None
) -> tuple[Answer, LeadCollector]:
    """One attempt to a receiver with this certificate, called by a name that stands for 127.0.0.1."""

    async def resolve(name: str) -> Sequence[str]:
        return ["127.0.0.1"]

    (folder / "team-1").write_text(SECRET)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    channel = WebhookChannel(
        Post(
            Gate(resolve, parse_allowed("127.0.0.0/8")),
            Secrets(folder),
            SuiteClock(),
            timeout_seconds=10.0,
            trust=trusted(trust),
        )
    )
    async with LeadCollector(ssl_context=server) as team:
        answer = await channel.send(Message("msg_1", f"https://{host}:{team.port}/hook", "team-1", b"{}", 1))
    return answer, team


async def test_the_name_is_kept_while_the_address_is_pinned(tmp_path: Path) -> None:
    """The certificate is checked against the name, and the receiver sees the name."""
    certificate, key = a_certificate(tmp_path)
    answer, team = await send(tmp_path, certificate, key, trust=certificate)
    assert isinstance(answer, Sent)
    assert answer.reply.ip == "127.0.0.1"
    assert team.attempts[0].host == f"{NAME}:{team.port}"


async def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    """Nothing is sent before the check."""
    certificate, key = a_certificate(tmp_path)
    answer, team = await send(tmp_path, certificate, key, host="other.example", trust=certificate)
    assert isinstance(answer, Retry)
    assert (answer.reason, team.attempts) == ("tls", [])


async def test_an_unknown_certificate_is_refused(tmp_path: Path) -> None:
    """Nobody vouches for it."""
    certificate, key = a_certificate(tmp_path)
    answer, team = await send(tmp_path, certificate, key, trust=None)
    assert isinstance(answer, Retry)
    assert (answer.reason, team.attempts) == ("tls", [])


async def test_an_expired_certificate_is_refused(tmp_path: Path) -> None:
    """Tried again: the receiver may renew it (F-14)."""
    certificate, key = a_certificate(tmp_path, expired=True)
    answer, team = await send(tmp_path, certificate, key, trust=certificate)
    assert isinstance(answer, Retry)
    assert (answer.reason, team.attempts) == ("tls", [])
