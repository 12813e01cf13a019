"""A group robot of DingTalk 钉钉: Markdown, 20,000 bytes for the whole body, 20 messages a minute, errcode decides.

Source: the vendor's pages on custom robots (open.dingtalk.com, 自定义机器人). The secret holds the access token and, on
a second line, the signing secret (SEC…); the contact's address is empty, or the URL of a relay that speaks the same.
"""

import base64
import hashlib
import hmac

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from yarl import URL

from lantian_kit.clock import Clock
from lantian_kit.settings import describe
from lantian_notify.channels.base import Answer, ChannelKind, Message
from lantian_notify.channels.post import Post, PostChannel, PostFields, Request, Response, as_json, post_of
from lantian_notify.channels.robot import Codes, judge_code, token_of
from lantian_notify.deliveries.bucket import Rate
from lantian_notify.wording.letter import Letter, packed, plain_markdown

NAME = "dingtalk"
BODY_BYTES = 20_000
# 130101, 302033, 410100 too many messages; 400102 robot stopped, 400013 group dissolved, 300001 and 400101 no such
# token; 460101 too long, 400105 unknown type. 310000 (words, address or signature) may be mended by a person: retried.
CODES: Codes = {
    "throttled": (130101, 302033, 410100),
    "gone": (400102, 400013, 300001, 400101),
    "rejected": (460101, 400105),
}


class DingtalkSettings(PostFields, BaseSettings):
    """The channel's own settings, LANTIAN_DINGTALK_…"""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_DINGTALK_", extra="ignore", frozen=True)

    url: str = Field(default="https://oapi.dingtalk.com/robot/send", description="Where robots without an address are")


class DingtalkChannel(PostChannel):
    """One robot per secret."""

    def __init__(self, post: Post, url: str) -> None:
        super().__init__(post, judge)
        self._url = url

    def _prepare(self, message: Message) -> Request:
        lines = self._post.secrets.lines(message.secret_name)
        query = {"access_token": token_of(lines, message.secret_name)}
        if len(lines) > 1:
            wall_ms = self._post.clock.wall_ms()
            query |= {"timestamp": str(wall_ms), "sign": signature(lines[1], wall_ms)}
        url = URL(message.address or self._url).update_query(query)
        return Request(str(url), message.body, {"content-type": "application/json"})


def signature(secret: str, wall_ms: int) -> str:
    """加签: base64 of HMAC-SHA256 over `<ms>\\n<secret>` under the secret; the URL escapes it."""
    mac = hmac.new(secret.encode(), f"{wall_ms}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def compose(letter: Letter) -> bytes:
    """Title and Markdown; cut until the body as a whole, escapes included, is within its limit."""
    title = plain_markdown(letter.title)

    def wrap(room: int) -> bytes:
        text = f"### {title}\n\n" + letter.fitted("markdown", room, link="\n[{label}]({url})")
        return as_json({"msgtype": "markdown", "markdown": {"title": title, "text": text}})

    return packed(wrap, BODY_BYTES)


def judge(response: Response) -> Answer:
    """`{"errcode": 0, "errmsg": "ok"}` is success, whatever else stands there is not."""
    return judge_code(response, ("errcode",), CODES, pause_seconds=60.0)


def connect(clock: Clock) -> DingtalkChannel:
    """The channel from its settings."""
    settings = DingtalkSettings()
    structlog.get_logger().info("channel settings", channel=NAME, **describe(settings))
    return DingtalkChannel(post_of(settings, clock), settings.url)


DINGTALK = ChannelKind(NAME, connect, compose=compose, forms=("markdown",), rate=Rate(20, 60.0))
