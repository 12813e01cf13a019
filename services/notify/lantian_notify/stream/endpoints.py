"""`GET /v1/stream`: server-sent events for the console."""

from typing import Annotated

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Header, HTTPException, Query, Response
from fastapi.sse import EventSourceResponse

from lantian_notify.access import WATCHERS, Principal, calling
from lantian_notify.stream.stream import LONGEST_ID, StreamBusy, Streams, WrongId
from lantian_proto.both import Both


def stream_routes(streams: Streams) -> APIRouter:
    """For whoever may see issues, each its own divisions."""
    routes = APIRouter(prefix="/v1", tags=["stream"])

    @routes.get("/stream", operation_id="followStream")
    async def follow(
        caller: Annotated[Principal, Depends(calling(WATCHERS))],
        last_event_id: Annotated[str, Header(max_length=LONGEST_ID)] = "",
        last_id: Annotated[str, Query(max_length=LONGEST_ID)] = "",
    ) -> Response:
        """Issue events and leads from now on, or from behind `Last-Event-ID`; `last_id` is the same as a parameter."""
        try:
            places = await streams.begin(last_event_id or last_id)
        except WrongId:
            raise HTTPException(
                400, Both("Last-Event-ID is none of this stream's", "Last-Event-ID 不属于这个事件流")
            ) from None
        except StreamBusy:
            raise HTTPException(
                503, Both("too many clients follow", "连接过多，请稍后再试"), headers={"Retry-After": "10"}
            ) from None
        except KafkaError:
            raise HTTPException(
                503, Both("the broker does not answer", "消息系统没有应答，请稍后再试"), headers={"Retry-After": "5"}
            ) from None
        return EventSourceResponse(
            streams.follow(caller, places), headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )

    return routes
