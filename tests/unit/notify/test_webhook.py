"""What an answer of a receiver means, and which settings the channel takes."""

from pkgutil import iter_modules

import pytest
from pydantic import ValidationError

from lantian_notify import channels
from lantian_notify.channels.base import Answer, GiveUp, Reply, Retry, Sent
from lantian_notify.channels.post import Response
from lantian_notify.channels.webhook import WebhookSettings, judge


@pytest.mark.parametrize(
    ("status", "after", "expected"),
    [
        (200, None, Sent(Reply(200))),
        (204, None, Sent(Reply(204))),
        (299, 5.0, Sent(Reply(299))),
        (301, None, Retry("redirect", "status 301", Reply(301))),
        (304, None, Retry("redirect", "status 304", Reply(304))),
        (400, None, Retry("status", "status 400", Reply(400))),
        (404, None, Retry("status", "status 404", Reply(404))),
        (410, 5.0, GiveUp("gone", "status 410", Reply(410), disables=True)),
        (429, 30.0, Retry("throttled", "status 429", Reply(429), 30.0, throttle=True)),
        (429, None, Retry("throttled", "status 429", Reply(429), None, throttle=True)),
        (500, None, Retry("status", "status 500", Reply(500))),
        (502, None, Retry("throttled", "status 502", Reply(502), None, throttle=True)),
        (503, None, Retry("status", "status 503", Reply(503))),
        (503, 10.0, Retry("status", "status 503", Reply(503), 10.0, throttle=True)),
        (504, None, Retry("throttled", "status 504", Reply(504), None, throttle=True)),
        (600, None, Retry("status", "status 600", Reply(600))),
    ],
)
def test_only_2xx_is_success(status: int, after: float | None, expected: Answer) -> None:
    """Standard Webhooks 1.0: 3xx fails, 410 disables, 429, 502 and 504 slow down, Retry-After is kept."""
    assert judge(Response(Reply(status), b"", after)) == expected


def test_nothing_private_is_allowed_unless_an_installation_says_so() -> None:
    """The allow-list is empty by default, and a wrong one stops the start."""
    assert WebhookSettings().allow_cidrs == ""
    assert WebhookSettings(allow_cidrs="127.0.0.0/8,10.1.0.0/16").allow_cidrs == "127.0.0.0/8,10.1.0.0/16"
    with pytest.raises(ValidationError, match="too wide"):
        WebhookSettings(allow_cidrs="0.0.0.0/0")


def test_every_channel_is_registered_under_its_name() -> None:
    """A file in channels/ that nobody registered would look finished and send nothing."""
    names = {module.name for module in iter_modules(channels.__path__)} - {"base", "post", "robot"}
    assert names == set(channels.CHANNELS)
    assert all(name == kind.name for name, kind in channels.CHANNELS.items())
