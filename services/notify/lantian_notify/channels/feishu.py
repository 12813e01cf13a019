"""A group robot of Feishu 飞书: a card with Markdown, 20 KB for the whole body, code in the answer decides.

Source: the vendor's page 自定义机器人使用指南 (open.feishu.cn). The secret holds the token of the hook and, on a second
line, the signing secret; the contact's address is empty, or the URL of a relay that speaks the same.
"""

import base64
import hashlib
import hmac
import json

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from lantian_kit.clock import Clock
from lantian_kit.settings import describe
from lantian_notify.channels.base import Answer, ChannelKind, Message
from lantian_notify.channels.post import Post, PostChannel, PostFields, Request, Response, as_json, post_of
from lantian_notify.channels.robot import Codes, judge_code, token_of
from lantian_notify.deliveries.bucket import Rate
from lantian_notify.wording.letter import Letter, packed

NAME = "feishu"
BODY_BYTES = 20_000
# Room for timestamp and signature, which are added at every attempt.
SIGNATURE_BYTES = 120
# 11232 and 11233 too many; 19001 no such hook; 9499 and 19002 a wrong field, 11246 a wrong card. 19021 (signature),
# 19022 (address) and 19024 (words) may be mended by a person: retried.
CODES: Codes = {"throttled": (11232, 11233), "gone": (19001,), "rejected": (9499, 19002, 11246)}


class FeishuSettings(PostFields, BaseSettings):
    """The channel's own settings, LANTIAN_FEISHU_…"""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_FEISHU_", extra="ignore", frozen=True)

    url: str = Field(
        default="https://open.feishu.cn/open-apis/bot/v2/hook", description="Where robots without an address are"
    )


class FeishuChannel(PostChannel):
    """One robot per secret."""

    def __init__(self, post: Post, url: str) -> None:
        super().__init__(post, judge)
        self._url = url

    def _prepare(self, message: Message) -> Request:
        lines = self._post.secrets.lines(message.secret_name)
        url = f"{(message.address or self._url).rstrip('/')}/{token_of(lines, message.secret_name)}"
        body = message.body
        if len(lines) > 1:
            seconds = self._post.clock.wall_ms() // 1000
            signed = {"timestamp": str(seconds), "sign": signature(lines[1], seconds)}
            body = as_json({**signed, **json.loads(body)})
        return Request(url, body, {"content-type": "application/json"})


def signature(secret: str, seconds: int) -> str:
    """签名校验: base64 of HMAC-SHA256 over nothing, under `<seconds>\\n<secret>`."""
    mac = hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def compose(letter: Letter) -> bytes:
    """A card; cut until the body as a whole, escapes and a signature included, is within its limit."""

    def wrap(room: int) -> bytes:
        text = letter.fitted("markdown", room, link="[{label}]({url})")
        card = {
            "header": {"title": {"tag": "plain_text", "content": letter.title}},
            "elements": [{"tag": "markdown", "content": text}],
        }
        return as_json({"msg_type": "interactive", "card": card})

    return packed(wrap, BODY_BYTES - SIGNATURE_BYTES)


def judge(response: Response) -> Answer:
    """`{"code": 0, …}`, or `{"StatusCode": 0, …}` of older hooks, is success."""
    return judge_code(response, ("code", "StatusCode"), CODES, pause_seconds=60.0)


def connect(clock: Clock) -> FeishuChannel:
    """The channel from its settings."""
    settings = FeishuSettings()
    structlog.get_logger().info("channel settings", channel=NAME, **describe(settings))
    return FeishuChannel(post_of(settings, clock), settings.url)


FEISHU = ChannelKind(NAME, connect, compose=compose, forms=("markdown",), rate=Rate(100, 60.0))
