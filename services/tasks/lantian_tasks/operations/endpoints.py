"""/v1/operations: dead letters, how far groups are behind and events of senders, for the administrator alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query

from lantian_kit.clock import Clock
from lantian_kit.dead_letters.letters import CONTRACTS, Case, Refused, written
from lantian_proto.both import Both, said
from lantian_proto.topics import TOPICS
from lantian_proto.v1.dead_letter_pb2 import DeadLetterDecision
from lantian_tasks.access.kept import LETTER, AccessStore, write
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.ledger.filters import Cursor, Limit
from lantian_tasks.once import TasksRoute
from lantian_tasks.operations.desk import Operations, Shut
from lantian_tasks.operations.feed_events import FeedEventQuery, page_of_events, place_of_event
from lantian_tasks.operations.schemas import (
    BehindOut,
    BehindRow,
    DecisionIn,
    FeedEventPage,
    LetterOut,
    LettersOut,
    event_row,
    letter_of,
    row_of,
)
from lantian_tasks.preconditions import cursor_of, position_of
from lantian_tasks.problems import ProblemError, described, not_found

LetterId = Annotated[str, Path(pattern=r"^[0-9a-f]{8,64}$", description="Id of the letter")]
Narrow = Annotated[str, Query(max_length=200)]
ACTIONS: Final = {
    "replay": DeadLetterDecision.ACTION_REPLAYED,
    "fix": DeadLetterDecision.ACTION_FIXED,
    "discard": DeadLetterDecision.ACTION_DISCARDED,
}


def operation_routes(operations: Operations, access: AccessStore, clock: Clock) -> APIRouter:
    """The routes. Every decision is an entry of the audit before anything is sent."""
    routes = APIRouter(prefix="/v1/operations", tags=["operations"], route_class=TasksRoute)

    async def one(letter_id: str) -> Case:
        try:
            return await operations.case(letter_id)
        except Refused as error:
            raise not_found() from error

    async def noted(principal: Principal, letter_id: str, body: DecisionIn) -> None:
        now_ms, key = clock.wall_ms(), f"{LETTER}/{letter_id}"
        fields = {"action": body.action}
        before = await access.kept(key)
        entry = write(
            before, key, fields, now_ms, kind="dead-letter-decided", actor=principal.actor, reason=body.reason,
            fields=fields,
        )  # fmt: skip
        if not await access.keep(entry):
            raise ProblemError(
                409,
                Both(
                    "somebody decides about this letter at this moment; read again", "有人正在处理同一条，请刷新后再看"
                ),
            )

    @routes.get("/letters", operation_id="list_letters", responses=described(403, 409))
    async def list_letters(
        principal: Calling,
        state: Annotated[Literal["open", "replayed", "fixed", "discarded", ""], Query()] = "open",
        topic: Narrow = "",
        group: Narrow = "",
        reason: Narrow = "",
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> LettersOut:
        """Records that a service could not use, newest first; an empty filter fits all."""
        wanted = {"state": state, "topic": topic, "group": group, "reason": reason}
        with _open():
            found = await operations.cases(wanted)
        return LettersOut(items=[row_of(case) for case in found[::-1][:limit]], found=len(found))

    @routes.get("/letters/{letter_id}", operation_id="get_letter", responses=described(403, 404, 409))
    async def get_letter(principal: Calling, letter_id: LetterId) -> LetterOut:
        """One letter with its value, read as far as its contract allows."""
        with _open():
            return _shown(await one(letter_id))

    @routes.post("/letters/{letter_id}:decide", operation_id="decide_letter", responses=described(403, 404, 409))
    async def decide_letter(principal: Calling, letter_id: LetterId, body: DecisionIn) -> LetterOut:
        """Puts the record back as it was, or mended, or gives it up: once, in one transaction with the decision.

        What goes back lies at the end of its own partition, and only the group that gave it up takes it again.
        """
        with _open():
            case = await one(letter_id)
            try:
                value = _value(case, body)
                await noted(principal, case.letter.dead_letter_id, body)
                await operations.decide(
                    case.letter.dead_letter_id, ACTIONS[body.action], principal.id, body.reason, clock.wall_ms(), value
                )
            except Refused as error:
                raise ProblemError(409, said(error), slug="refused") from error
            return _shown(await one(case.letter.dead_letter_id))

    @routes.get("/behind", operation_id="list_behind", responses=described(403, 409))
    async def list_behind(principal: Calling) -> BehindOut:
        """How many records each consumer group has still to read, by topic."""
        with _open():
            found = await operations.behind()
        rows = [
            BehindRow(group=row.group, topic=row.topic, partitions=row.partitions, records=row.records) for row in found
        ]
        return BehindOut(items=rows)

    @routes.get("/feed-events", operation_id="list_feed_events", responses=described(400, 403, 409))
    async def list_feed_events(
        principal: Calling, feed: Narrow = "", kind: Narrow = "", cursor: Cursor = None, limit: Limit = 50
    ) -> FeedEventPage:
        """What the gateway noticed about senders: strangers, two addresses by turns, packets that did not come, …"""
        after = None
        if cursor:
            at_ms, id_ = position_of(cursor, int, str)
            after = int(at_ms), str(id_)
        with _open():
            found = await operations.feed_events()
        events, more = page_of_events(FeedEventQuery(limit, feed.strip(), kind.strip(), after), found.events)
        return FeedEventPage(
            items=[event_row(event) for event in events],
            next_cursor=cursor_of(*place_of_event(events[-1])) if more else None,
            unreadable=found.unreadable,
        )

    return routes


def _shown(case: Case) -> LetterOut:
    topic = TOPICS.get(case.letter.topic)
    return letter_of(case, topic is not None and topic.contract in CONTRACTS)


def _value(case: Case, body: DecisionIn) -> bytes | None:
    """The mended value. Raises Refused."""
    if body.fields is not None:
        return written(case.letter.topic, body.fields)
    return bytes.fromhex(body.value_hex) if body.value_hex is not None else None


@contextmanager
def _open() -> Iterator[None]:
    """A shut door as a problem that says what opens it."""
    try:
        yield
    except Shut as error:
        what = Both(
            "brokers ask for a user: set LANTIAN_OPERATORS_USER and LANTIAN_OPERATORS_PASSWORD, or use `lantian dlq`",
            "消息系统要求运维用户：请设置 LANTIAN_OPERATORS_USER 和 LANTIAN_OPERATORS_PASSWORD，或使用命令 lantian dlq",
        )
        raise ProblemError(409, what, slug="shut") from error
