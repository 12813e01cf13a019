"""Web push to a browser (RFC 8030, 8291, 8292): encrypted by pywebpush, signed by VAPID, at most 4,096 bytes.

The contact's address is the subscription as the browser gave it, JSON with `endpoint` and `keys`.
"""

import binascii
import json
from typing import Any

import structlog
from py_vapid import Vapid02, VapidException  # type: ignore[import-untyped]
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from pywebpush import WebPusher, WebPushException  # type: ignore[import-untyped]

from lantian_kit.clock import Clock
from lantian_kit.settings import describe
from lantian_notify.address import AddressRefused, read
from lantian_notify.channels.base import Answer, ChannelKind, GiveUp, Message, Sent
from lantian_notify.channels.post import Post, PostChannel, PostFields, Request, Response, as_json, post_of, unless_2xx
from lantian_notify.sign import SecretError
from lantian_notify.wording.letter import Letter, packed

NAME = "webpush"
# RFC 8291, 4: push services take 4,096 bytes; RFC 8188 adds a header of 86 and 17 for delimiter and tag.
PLAIN_BYTES = 4096 - 86 - 17
KEEP_SECONDS = 86_400
TOKEN_SECONDS = 12 * 3600  # RFC 8292, 2: at most 24 hours


class WebpushSettings(PostFields, BaseSettings):
    """The channel's own settings, LANTIAN_WEBPUSH_…"""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_WEBPUSH_", extra="ignore", frozen=True)

    key_name: str = Field(default="vapid", description="Name of the secret with the VAPID private key, raw base64url")
    subject: str = Field(default="", description="mailto: or https: by which a push service reaches the operator")


class WebpushChannel(PostChannel):
    """One key for all subscriptions."""

    def __init__(self, post: Post, settings: WebpushSettings) -> None:
        super().__init__(post, judge)
        self._settings = settings

    def _prepare(self, message: Message) -> Request:
        subscription = subscription_of(message.address)
        endpoint = read(subscription["endpoint"])
        lines = self._post.secrets.lines(self._settings.key_name)
        if not self._settings.subject:
            raise SecretError("no subject of VAPID is set")
        try:
            encrypted = bytes(WebPusher(subscription).encode(message.body)["body"])
        except (WebPushException, ValueError, binascii.Error, TypeError, IndexError):
            raise AddressRefused("the keys of the subscription can not be used", lasting=True) from None
        claims = {
            "sub": self._settings.subject,
            "aud": str(endpoint.url.origin()),
            "exp": self._post.clock.wall_ms() // 1000 + TOKEN_SECONDS,
        }
        try:
            signed = Vapid02.from_string(lines[0]).sign(claims)
        except (VapidException, ValueError, binascii.Error):
            raise SecretError("the VAPID key can not be used") from None
        headers = {
            "authorization": signed["Authorization"],
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(KEEP_SECONDS),
            "urgency": "high",
            "topic": message.notice_id.removeprefix("msg_")[:32],  # a repeat replaces what waits at the service
        }
        return Request(subscription["endpoint"], encrypted, headers)


def subscription_of(address: str) -> dict[str, Any]:
    """The subscription of an address. Raises AddressRefused."""
    try:
        found = json.loads(address)
        keys = found["keys"]
        whole = all(isinstance(text, str) for text in (found["endpoint"], keys["p256dh"], keys["auth"]))
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole:
        raise AddressRefused("no push subscription", lasting=True)
    return {"endpoint": found["endpoint"], "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}}


def compose(letter: Letter) -> bytes:
    """Title, text and links as JSON for the service worker, cut until the whole fits before it is encrypted."""
    links = [{"label": label, "url": url} for label, url in letter.links]
    plain = Letter(letter.title, letter.bodies, ())

    def wrap(room: int) -> bytes:
        return as_json({"title": letter.title, "body": plain.fitted("sms", room), "links": links})

    return packed(wrap, PLAIN_BYTES)


def judge(response: Response) -> Answer:
    """RFC 8030: 2xx taken; 404 and 410 the subscription is over; 413 too large."""
    reply = response.reply
    if reply.status == 404:
        return GiveUp("gone", "status 404", reply, disables=True)
    if reply.status == 413:
        return GiveUp("rejected", "status 413", reply)
    return unless_2xx(response) or Sent(reply)


def connect(clock: Clock) -> WebpushChannel:
    """The channel from its settings."""
    settings = WebpushSettings()
    structlog.get_logger().info("channel settings", channel=NAME, **describe(settings))
    return WebpushChannel(post_of(settings, clock), settings)


WEBPUSH = ChannelKind(NAME, connect, compose=compose, forms=("sms",))
