"""The channels there are; one line adds one (docs/adding-a-channel.md)."""

from lantian_notify.channels.base import ChannelKind
from lantian_notify.channels.dingtalk import DINGTALK
from lantian_notify.channels.email import EMAIL
from lantian_notify.channels.feishu import FEISHU
from lantian_notify.channels.sms import SMS
from lantian_notify.channels.webhook import WEBHOOK
from lantian_notify.channels.webpush import WEBPUSH
from lantian_notify.channels.wecom import WECOM

CHANNELS: dict[str, ChannelKind] = {kind.name: kind for kind in (WEBHOOK, WECOM, DINGTALK, FEISHU, EMAIL, SMS, WEBPUSH)}
