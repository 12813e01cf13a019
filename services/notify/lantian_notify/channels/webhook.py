"""Webhooks by Standard Webhooks 1.0: one signed POST to a checked address; success is 2xx and nothing else."""

import structlog
from pydantic_settings import BaseSettings, SettingsConfigDict

from lantian_kit.clock import Clock
from lantian_kit.settings import describe
from lantian_notify.channels.base import Answer, ChannelKind, Message, Sent
from lantian_notify.channels.post import Post, PostChannel, PostFields, Request, Response, post_of, unless_2xx
from lantian_notify.sign import headers
from lantian_notify.wording.render import payload

NAME = "webhook"


class WebhookSettings(PostFields, BaseSettings):
    """The channel's own settings, LANTIAN_WEBHOOK_…"""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_WEBHOOK_", extra="ignore", frozen=True)


class WebhookChannel(PostChannel):
    """The address is the team's; the secret signs."""

    def __init__(self, post: Post) -> None:
        super().__init__(post, judge)

    def _prepare(self, message: Message) -> Request:
        secrets = self._post.secrets.read(message.secret_name)
        signed = headers(message.notice_id, message.body, self._post.clock.wall_ms(), secrets)
        return Request(message.address, message.body, {**signed, "content-type": "application/json"})


def judge(response: Response) -> Answer:
    """Standard Webhooks 1.0, "Deliverability and reliability": the status decides, the body is not looked at."""
    return unless_2xx(response) or Sent(response.reply)


def connect(clock: Clock) -> WebhookChannel:
    """The channel from its settings."""
    settings = WebhookSettings()
    structlog.get_logger().info("channel settings", channel=NAME, **describe(settings))
    return WebhookChannel(post_of(settings, clock))


WEBHOOK = ChannelKind(NAME, connect, render=payload)
