"""What a request of a move says of a phone's time."""

from typing import Annotated

from pydantic import BaseModel, Field

from lantian_tasks.ledger.device_time import DeviceTime, device_time
from lantian_tasks.ledger.machine import LATEST_MS

Moment = Annotated[int | None, Field(gt=0, le=LATEST_MS, strict=True)]


class Timed(BaseModel):
    """A request that may come later than it was meant."""

    happened_ms: Moment = Field(
        default=None,
        description="When the person acted, by the device's clock; ms since 1970 UTC. Sealed beside the ledger's time",
    )
    sent_ms: Moment = Field(
        default=None,
        description="What that clock shows while this is sent: a wrong one is corrected. A retry may differ here",
    )

    def device(self) -> DeviceTime | None:
        """What the device says; None: nothing."""
        return device_time(self.happened_ms, self.sent_ms)


NO_INPUTS = {"move", "reason", *Timed.model_fields}
"""Of a request of a move: what is no input of it."""
