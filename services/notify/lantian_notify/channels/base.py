"""What a channel is: it tries once and says whether trying again may help. It knows nothing of retries or the store."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from lantian_kit.clock import Clock
from lantian_notify.deliveries.bucket import Rate
from lantian_notify.wording.letter import Form, Letter
from lantian_proto.v1.issue_event_pb2 import IssueEvent

# Why an attempt failed; a closed list, because it is a label of a metric.
Reason = Literal[
    "status",  # the receiver answered, but not with success
    "errcode",  # 200, and a code in the body that says no
    "rejected",  # the receiver will never take this message
    "redirect",  # 3xx: never followed
    "throttled",  # asked to be left in peace for a while
    "gone",  # said that it is gone for good
    "time-out",
    "no-connection",
    "no-name",  # the name could not be resolved
    "tls",
    "broken-off",  # the connection ended before an answer: the message may have arrived
    "refused-address",
    "no-secret",
    "error",  # a fault of ours
]


@dataclass(frozen=True, slots=True)
class Message:
    """One message for one address; `attempt` counts from 1 within the schedule."""

    notice_id: str
    address: str
    secret_name: str
    body: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What is kept of an answer: never its text, only a digest of its first 256 bytes."""

    status: int | None = None
    digest: str = ""
    ip: str = ""


NO_REPLY = Reply()


@dataclass(frozen=True, slots=True)
class Sent:
    """The receiver has it."""

    reply: Reply = NO_REPLY


@dataclass(frozen=True, slots=True)
class Retry:
    """It failed; trying again may help.

    `after_seconds` is the least wait the receiver asked for, in wall seconds. `throttle` asks for the same wait for
    everything else that goes to this endpoint.
    """

    reason: Reason
    detail: str = ""
    reply: Reply = NO_REPLY
    after_seconds: float | None = None
    throttle: bool = False


@dataclass(frozen=True, slots=True)
class GiveUp:
    """It failed and will fail again until a person changes something; `disables` is for an endpoint that is gone."""

    reason: Reason
    detail: str = ""
    reply: Reply = NO_REPLY
    disables: bool = False


Answer = Sent | Retry | GiveUp


class Channel(Protocol):
    """A way to reach a team, with its connections open."""

    async def send(self, message: Message) -> Answer:
        """Tries once, within its own total time-out. Raises nothing that an outside party can cause."""

    async def close(self) -> None:
        """Lets go of what it holds."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """A channel as the registry `CHANNELS` knows it; everything but `connect` is pure.

    A channel for machines has `render`: the message of an event. One for people has `compose`: the message of a letter
    that is written in `forms`, within the channel's limit in bytes. Both give the same bytes for the same content.
    `rate` is what the receiver's vendor allows to one address. `connect` reads the channel's settings and opens it.
    """

    name: str
    connect: Callable[[Clock], Channel]
    render: Callable[[IssueEvent], bytes] | None = None
    compose: Callable[[Letter], bytes] | None = None
    forms: tuple[Form, ...] = ()
    rate: Rate | None = None
