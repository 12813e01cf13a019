"""E-mail by the authority's own relay: text and HTML, Chinese subjects encoded (RFC 2047), Message-ID the notice."""

import asyncio
import json
import re
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

import aiosmtplib
import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from lantian_kit.clock import Clock
from lantian_kit.settings import describe
from lantian_notify.channels.base import Answer, ChannelKind, GiveUp, Message, Reply, Retry, Sent
from lantian_notify.channels.post import as_json, trusted
from lantian_notify.sign import SecretError, Secrets
from lantian_notify.wording.letter import Letter

NAME = "email"
TEXT_BYTES = 100_000
HTML_BYTES = 200_000
# RFC 5321, 4.5.3.1: 64 octets before the @, 255 after; no spaces, no quotes, nothing that could open a header.
MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")
# RFC 5321, 4.2.3: the mailbox is not there, not here, or its name can not be one.
NO_MAILBOX = frozenset({550, 551, 553})


class EmailSettings(BaseSettings):
    """The channel's own settings, LANTIAN_EMAIL_…"""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_EMAIL_", extra="ignore", frozen=True)

    host: str = Field(default="", description="The relay; unset: mails are tried again until it is set")
    port: int = Field(default=587, description="Its port", ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field(default="starttls", description="How the way is encrypted")
    sender: str = Field(default="lantian@localhost", description="From whom mails come")
    user: str = Field(default="", description="Name for the relay; empty: no login")
    password_name: str = Field(default="email", description="Name of the secret with the password")
    secrets_dir: Path | None = Field(default=None, description="Folder of the channel's secrets, one file each")
    timeout_seconds: float = Field(default=20.0, description="Longest attempt, wall seconds", gt=0)
    ca_file: Path | None = Field(default=None, description="Certificates trusted besides the system's, PEM")


class EmailChannel:
    """One connection for each mail: nothing to lose when the relay restarts."""

    def __init__(self, settings: EmailSettings, clock: Clock, trust: ssl.SSLContext) -> None:
        self._settings = settings
        self._clock = clock
        self._trust = trust
        self._secrets = Secrets(settings.secrets_dir)

    async def send(self, message: Message) -> Answer:
        if not MAILBOX.fullmatch(message.address):
            return GiveUp("refused-address", "no mailbox")
        if not self._settings.host:
            return Retry("no-secret", "no relay is set")
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return await self._send(message)
        except SecretError as error:
            return Retry("no-secret", str(error))
        except TimeoutError:  # aiosmtplib's own is one
            return Retry("time-out", f"no answer within {self._settings.timeout_seconds:g} s")
        except aiosmtplib.SMTPRecipientsRefused as error:
            return refused(error.recipients[0].code)
        except aiosmtplib.SMTPResponseException as error:
            return refused(error.code)
        except ssl.SSLError as error:
            return Retry("tls", type(error).__name__)
        except aiosmtplib.SMTPServerDisconnected:
            return Retry("broken-off", "the relay hung up")
        except aiosmtplib.SMTPConnectError as error:
            cause = error.__cause__
            if isinstance(cause, ssl.SSLError):
                return Retry("tls", type(cause).__name__)
            return Retry("no-name" if isinstance(cause, socket.gaierror) else "no-connection", type(error).__name__)
        except (aiosmtplib.SMTPException, OSError, EOFError) as error:
            return Retry("broken-off", type(error).__name__)

    async def close(self) -> None:
        """Every attempt has its own connection: nothing is held."""

    async def _send(self, message: Message) -> Answer:
        settings = self._settings
        mail = mail_of(message, settings.sender, self._clock.wall_ms())
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=None if settings.security == "none" else self._trust,
            timeout=settings.timeout_seconds,
        )
        try:
            await client.connect()
            if settings.user:
                await client.login(settings.user, self._secrets.lines(settings.password_name)[0])
            await client.send_message(mail, sender=settings.sender, recipients=[message.address])
        finally:
            client.close()
        return Sent(Reply(250))


def refused(code: int) -> Answer:
    """RFC 5321, 4.2.1: 4yz may pass, 5yz will not. A login that fails is ours to mend."""
    reply = Reply(code)
    if code in (530, 534, 535, 538):
        return Retry("no-secret", f"status {code}", reply)
    if code in NO_MAILBOX:
        return GiveUp("gone", f"status {code}", reply, disables=True)
    if 500 <= code < 600:
        return GiveUp("rejected", f"status {code}", reply)
    return Retry("throttled" if code in (421, 450, 451, 452) else "status", f"status {code}", reply)


def compose(letter: Letter) -> bytes:
    """Subject, text and HTML as JSON; the mail itself is built at the attempt, because it carries its date."""
    links = "".join(f'<p><a href="{_attribute(url)}">{_attribute(label)}</a></p>' for label, url in letter.links)
    html = letter.bodies["html"]
    # HTML that is too long is not cut, which could leave it open: the text says it all, and that it was cut.
    whole = html + links if len(html.encode()) <= HTML_BYTES else links
    return as_json({"subject": letter.title, "text": letter.fitted("text", TEXT_BYTES), "html": whole})


def mail_of(message: Message, sender: str, wall_ms: int) -> EmailMessage:
    """The mail: multipart/alternative, 7-bit clean whatever the relay can do."""
    content = json.loads(message.body)
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["Subject"] = " ".join(content["subject"].split())
    mail["From"] = sender
    mail["To"] = message.address
    mail["Date"] = format_datetime(datetime.fromtimestamp(wall_ms / 1000, UTC))
    mail["Message-ID"] = f"<{message.notice_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday reply comes back
    mail.set_content(content["text"], charset="utf-8")
    mail.add_alternative(f"<!doctype html><html lang=zh><body>{content['html']}</body></html>", subtype="html")
    return mail


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def connect(clock: Clock) -> EmailChannel:
    """The channel from its settings."""
    settings = EmailSettings()
    structlog.get_logger().info("channel settings", channel=NAME, **describe(settings))
    return EmailChannel(settings, clock, trusted(settings.ca_file))


EMAIL = ChannelKind(NAME, connect, compose=compose, forms=("text", "html"))
