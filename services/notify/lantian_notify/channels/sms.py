"""Short messages by the HTTP gateway of an authority or an operator, counted in the parts the network bills.

Gateways differ; this one sends `{"id", "to", "text", "template", "sign", "parts"}` as JSON with a bearer key and reads
a code from the answer. The name of the answer's member and its value of success are settings; another gateway is one
more file.
"""

import re

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from lantian_kit.clock import Clock
from lantian_kit.settings import describe
from lantian_notify.channels.base import Answer, ChannelKind, GiveUp, Message, Retry, Sent
from lantian_notify.channels.post import (
    Post,
    PostChannel,
    PostFields,
    Request,
    Response,
    as_json,
    code_of,
    post_of,
    unless_2xx,
)
from lantian_notify.deliveries.bucket import Rate
from lantian_notify.wording.letter import Letter

NAME = "sms"
# 3GPP TS 23.040: 140 octets of UCS-2 are 70 units; a part of several has 67, the rest is its header.
SINGLE_UNITS = 70
PART_UNITS = 67
PARTS_AT_MOST = 4
# Billed with the text: the network prepends the sign 【…】; this much is left for it.
SIGN_UNITS = 12
CUT_MARK = "…"
PHONE = re.compile(r"\+?[0-9]{5,20}")


class SmsSettings(PostFields, BaseSettings):
    """The channel's own settings, LANTIAN_SMS_…"""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_SMS_", extra="ignore", frozen=True)

    url: str = Field(default="", description="The gateway; unset: short messages are tried again until it is set")
    key_name: str = Field(default="sms-gateway", description="Name of the secret with the gateway's bearer key")
    template: str = Field(default="", description="The gateway's id of our template, when it wants one")
    sign: str = Field(default="蓝天", description="Signature 签名 that the gateway puts before the text", max_length=10)
    code_name: str = Field(default="code", description="Member of the answer that says whether it was taken")
    code_success: str = Field(default="0", description="Its value of success")
    codes_throttled: str = Field(default="", description="Its values for too many messages, comma separated")
    codes_rejected: str = Field(default="", description="Its values for what will never be taken, comma separated")


class SmsChannel(PostChannel):
    """One gateway for all numbers."""

    def __init__(self, post: Post, settings: SmsSettings) -> None:
        super().__init__(post, self._judge)
        self._settings = settings
        self._throttled = _values(settings.codes_throttled)
        self._rejected = _values(settings.codes_rejected)

    async def send(self, message: Message) -> Answer:
        if not PHONE.fullmatch(message.address):
            return GiveUp("refused-address", "no phone number")
        if not self._settings.url:
            return Retry("no-secret", "no gateway is set")
        return await super().send(message)

    def _prepare(self, message: Message) -> Request:
        key = self._post.secrets.lines(self._settings.key_name)[0]
        text = message.body.decode()
        body = as_json(
            {
                "id": message.notice_id,
                "to": message.address,
                "text": text,
                "template": self._settings.template,
                "sign": self._settings.sign,
                "parts": parts(f"【{self._settings.sign}】{text}"),
            }
        )
        headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        return Request(self._settings.url, body, headers)

    def _judge(self, response: Response) -> Answer:
        refused = unless_2xx(response)
        if refused is not None:
            return refused
        code = code_of(response, self._settings.code_name)
        if code is None:
            return Retry("errcode", "an answer without a code", response.reply)
        if str(code) == self._settings.code_success:
            return Sent(response.reply)
        detail = f"{self._settings.code_name} {str(code)[:20]}"
        if str(code) in self._throttled:
            return Retry("throttled", detail, response.reply, response.after_seconds or 60.0, throttle=True)
        if str(code) in self._rejected:
            return GiveUp("rejected", detail, response.reply)
        return Retry("errcode", detail, response.reply)


def units(text: str) -> int:
    """UTF-16 code units, which is what UCS-2 counts; a character beyond the basic plane is two."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def parts(text: str) -> int:
    """Parts the network bills: one up to 70 units, else as many as it takes at 67."""
    count = units(text)
    return 1 if count <= SINGLE_UNITS else -(-count // PART_UNITS)


def fitted(head: str, tail: str, limit_units: int) -> str:
    """`head` cut so that both have at most so many units; never half a character, and a cut is shown by …"""
    room = limit_units - units(tail)
    if units(head) <= room:
        return head + tail
    kept = head.encode("utf-16-le", errors="replace")[: 2 * (room - units(CUT_MARK))]
    return kept.decode("utf-16-le", errors="ignore") + CUT_MARK + tail


def compose(letter: Letter) -> bytes:
    """Text and the most needed link, the one to acknowledge by if there is one, in four parts at most."""
    text = " ".join(letter.bodies["sms"].split())
    tail = "" if not letter.links else f" {letter.links[-1][0]} {letter.links[-1][1]} "
    return fitted(text, tail, PARTS_AT_MOST * PART_UNITS - SIGN_UNITS).encode(errors="replace")


def _values(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


def connect(clock: Clock) -> SmsChannel:
    """The channel from its settings."""
    settings = SmsSettings()
    structlog.get_logger().info("channel settings", channel=NAME, **describe(settings))
    return SmsChannel(post_of(settings, clock), settings)


SMS = ChannelKind(NAME, connect, compose=compose, forms=("sms",), rate=Rate(10, 60.0))
