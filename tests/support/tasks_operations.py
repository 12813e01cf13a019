"""Dead letters in memory: what the broker would do, by the same pure rules."""

from collections.abc import Mapping

from lantian_kit.dead_letters.letters import Case, Reinjection, cases, decision, named, reinjection
from lantian_kit.worker import Unavailable
from lantian_proto.events import ONLY_GROUP
from lantian_proto.v1.dead_letter_pb2 import DeadLetter, DeadLetterDecision, Header
from lantian_proto.v1.feed_event_pb2 import FeedEvent
from lantian_tasks.operations.desk import Behind, Shut
from lantian_tasks.operations.feed_events import FeedEvents


class FakeOperations:
    """`letters` lie there, `sent` went back; `away` and `shut` are the broker's moods."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Nothing lies there."""
        self.letters: list[DeadLetter] = []
        self.decisions: dict[str, DeadLetterDecision] = {}
        self.sent: list[Reinjection] = []
        self.lags: list[Behind] = []
        self.events: list[FeedEvent] = []
        self.unreadable = 0
        self.away = self.shut = False

    async def cases(self, wanted: Mapping[str, str]) -> list[Case]:
        """As of the protocol."""
        self._reached()
        return cases(self.letters, self.decisions, wanted=wanted)

    async def case(self, id_: str) -> Case:
        """As of the protocol."""
        return named(await self.cases({}), id_)

    async def decide(
        self, id_: str, action: DeadLetterDecision.Action, actor: str, reason: str, now_ms: int, value: bytes | None
    ) -> DeadLetterDecision:
        """As of the protocol."""
        case = await self.case(id_)
        back = None
        if action != DeadLetterDecision.ACTION_DISCARDED:
            back = reinjection(case, value, newer=False)
            self.sent.append(back)
        decided = decision(
            case, action, actor=actor, reason=reason, now_ms=now_ms, sent=None if back is None else back.value
        )
        self.decisions[case.letter.dead_letter_id] = decided
        return decided

    async def behind(self) -> list[Behind]:
        """As of the protocol."""
        self._reached()
        return self.lags

    async def feed_events(self) -> FeedEvents:
        """As of the protocol."""
        self._reached()
        return FeedEvents(self.events, self.unreadable)

    def _reached(self) -> None:
        if self.shut:
            raise Shut
        if self.away:
            raise Unavailable("the broker: away")


def a_letter(id_: str = "ab01cd02", **fields: object) -> DeadLetter:
    """A lead that tasks could not read."""
    usual: dict[str, object] = {
        "dead_letter_id": id_,
        "topic": "leads.v1",
        "partition": 2,
        "offset": 17,
        "group": "tasks",
        "reason": "undecodable",
        "detail": "no lead",
        "key": b"outlet-1",
        "value": b"\xff\xfe",
        "failed_ms": 5,
        "attempts": 1,
        "service_version": "0.1.0",
        "headers": [Header(name="ce_type", value=b"cn.lantian.lead.v1"), Header(name=ONLY_GROUP, value=b"old")],
    }
    return DeadLetter(**(usual | fields))  # type: ignore[arg-type]  # fields by name
