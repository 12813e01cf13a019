"""A group robot of WeCom 企业微信: Markdown of at most 4,096 bytes, 20 messages a minute, errcode decides.

Source: the vendor's page 群机器人配置说明 (developer.work.weixin.qq.com/document/path/91770). The key of the robot is
its secret; the contact's address is empty, or the URL of a relay that speaks the same.
"""

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
from lantian_notify.wording.letter import Letter, cut, plain_markdown

NAME = "wecom"
MARKDOWN_BYTES = 4096
TITLE_BYTES = 300
# 45009 too many calls, 45033 too many at once; 93000 the robot was removed; 40058 a wrong field, 40008 a wrong type,
# 44004 empty content, 45002 content too long.
CODES: Codes = {"throttled": (45009, 45033), "gone": (93000,), "rejected": (40058, 40008, 44004, 45002)}


class WecomSettings(PostFields, BaseSettings):
    """The channel's own settings, LANTIAN_WECOM_…"""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_WECOM_", extra="ignore", frozen=True)

    url: str = Field(
        default="https://qyapi.weixin.qq.com/cgi-bin/webhook/send", description="Where robots without an address are"
    )


class WecomChannel(PostChannel):
    """One robot per secret."""

    def __init__(self, post: Post, url: str) -> None:
        super().__init__(post, judge)
        self._url = url

    def _prepare(self, message: Message) -> Request:
        key = token_of(self._post.secrets.lines(message.secret_name), message.secret_name)
        url = URL(message.address or self._url).update_query(key=key)
        return Request(str(url), message.body, {"content-type": "application/json"})


def compose(letter: Letter) -> bytes:
    """Title, text and links as Markdown; the limit counts the bytes of the content, not of the JSON around it."""
    title = f"### {cut(plain_markdown(letter.title), TITLE_BYTES)}\n"
    text = title + letter.fitted("markdown", MARKDOWN_BYTES - len(title.encode()), link="[{label}]({url})")
    return as_json({"msgtype": "markdown", "markdown": {"content": text}})


def judge(response: Response) -> Answer:
    """`{"errcode": 0, "errmsg": "ok"}` is success, whatever else stands there is not."""
    return judge_code(response, ("errcode",), CODES, pause_seconds=60.0)


def connect(clock: Clock) -> WecomChannel:
    """The channel from its settings."""
    settings = WecomSettings()
    structlog.get_logger().info("channel settings", channel=NAME, **describe(settings))
    return WecomChannel(post_of(settings, clock), settings.url)


WECOM = ChannelKind(NAME, connect, compose=compose, forms=("markdown",), rate=Rate(20, 60.0))
