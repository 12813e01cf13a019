"""E-mail through a real SMTP server that misbehaves."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from lantian_kit.clock import SuiteClock
from lantian_notify.channels.base import Answer, GiveUp, Message, Retry, Sent
from lantian_notify.channels.email import EmailChannel, EmailSettings, compose
from lantian_notify.channels.post import trusted
from lantian_notify.routing.facts import facts_of
from lantian_notify.wording.letter import Templates
from tests.support.certificates import a_certificate
from tests.support.notify_events import an_event


class Relay:
    """Keeps what it takes; answers as told."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.rcpt = ""
        self.data = ""
        self.hang = asyncio.Event()
        self.hang.set()
        self.port = 0
        self.options: dict[str, Any] = {}

    async def handle_RCPT(  # the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """May refuse a mailbox."""
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """May refuse a mail, or wait."""
        await self.hang.wait()
        if self.data:
            return self.data
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    """Listening on 127.0.0.1, without encryption."""
    relay = Relay()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(relay, hostname="relay.example", **relay.options), "127.0.0.1", 0
    )
    relay.port = server.sockets[0].getsockname()[1]
    yield relay
    relay.hang.set()
    server.close()


async def send(relay: Relay, *, folder: Path | None = None, **settings: Any) -> Answer:
    """One attempt."""
    known: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": relay.port,
        "security": "none",
        "sender": "lantian@gov.example",
        "timeout_seconds": 30.0,
        "secrets_dir": folder,
    }
    channel = EmailChannel(EmailSettings(**{**known, **settings}), SuiteClock(), trusted(settings.get("ca_file")))
    letter = Templates(None, "https://lantian.example").letter([facts_of(an_event()).stored()])
    return await channel.send(Message("msg_1", "duty@team.example", "", compose(letter), 1))


async def test_a_mail_arrives_as_it_was_written(relay: Relay) -> None:
    """For one mailbox, seven bits, Chinese whole."""
    assert isinstance(await send(relay), Sent)
    (envelope,) = relay.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("lantian@gov.example", ["duty@team.example"])
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, policy=default)
    assert mail["Message-ID"] == "<msg_1@gov.example>"
    assert mail["Subject"].startswith("【较重】新线索：唐山示例钢铁有限公司")
    body = mail.get_body(("plain",))
    assert body is not None
    assert "二氧化硫小时均值 52.1 超过限值 35 mg/m³" in body.get_content()


@pytest.mark.parametrize(
    ("rcpt", "data", "kind", "reason"),
    [
        ("550 no such mailbox", "", GiveUp, "gone"),
        ("450 later", "", Retry, "throttled"),
        ("", "554 no", GiveUp, "rejected"),
        ("", "451 try again", Retry, "throttled"),
        ("", "454 hm", Retry, "status"),
    ],
)
async def test_what_the_relay_says_decides(relay: Relay, rcpt: str, data: str, kind: type, reason: str) -> None:
    """4yz may pass, 5yz will not."""
    relay.rcpt, relay.data = rcpt, data
    answer = await send(relay)
    assert isinstance(answer, kind)
    assert isinstance(answer, GiveUp | Retry)
    assert answer.reason == reason
    assert relay.envelopes == []


async def test_a_relay_that_hangs_is_left_in_time(relay: Relay) -> None:
    """The whole attempt has one time-out."""
    relay.hang.clear()
    answer = await send(relay, timeout_seconds=0.5)
    assert isinstance(answer, Retry)
    assert answer.reason == "time-out"


async def test_nobody_listens(relay: Relay, unused_tcp_port: int) -> None:
    """Tried again."""
    answer = await send(relay, port=unused_tcp_port)
    assert isinstance(answer, Retry)
    assert answer.reason == "no-connection"


async def test_without_its_password_nothing_is_sent(relay: Relay, tmp_path: Path) -> None:
    """A person must put it there."""
    answer = await send(relay, folder=tmp_path, user="lantian")
    assert isinstance(answer, Retry)
    assert (answer.reason, relay.envelopes) == ("no-secret", [])


@pytest.mark.parametrize("expired", [False, True])
async def test_starttls_is_not_given_up(relay: Relay, tmp_path: Path, expired: bool) -> None:
    """With a good certificate it goes out; with an expired one, or without STARTTLS at all, it does not."""
    certificate, key = a_certificate(tmp_path, expired=expired, name="127.0.0.1", address=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    plain = await send(relay, security="starttls", ca_file=certificate)
    assert isinstance(plain, Retry)
    relay.options = {"tls_context": context}
    answer = await send(relay, security="starttls", ca_file=certificate)
    if expired:
        assert isinstance(answer, Retry)
        assert (answer.reason, relay.envelopes) == ("tls", [])
    else:
        assert isinstance(answer, Sent)
        assert len(relay.envelopes) == 1
