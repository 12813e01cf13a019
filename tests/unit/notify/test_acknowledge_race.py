"""An acknowledgement races the escalation and the sending, woven in many orders (F-16); `make races`: ten thousand."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
import structlog.testing

from lantian_notify.calls.call import Call
from lantian_notify.deliveries.stages import Stages
from tests.support.notify_events import an_event
from tests.support.notify_office import Office
from tests.support.notify_race import met, raced

RUNS = 1_000
"""`make races` runs ten thousand (bench/races.py)."""


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """Two people on duty; what the races log is not printed."""
    office = Office()
    office.staff("a", "b")
    with structlog.testing.capture_logs():
        yield office


async def test_nothing_is_sent_after_a_committed_acknowledgement(office: Office) -> None:
    """Whatever the weave: the call ends acknowledged, its steps cancelled, and no message begins after that write."""
    assert await office.take(an_event()) == "notified"
    (fresh,) = office.calls.calls.values()
    seen: Counter[str] = Counter()
    for seed in range(RUNS):
        seen += met(await raced(office, fresh, seed))
    # The die has met all three: sent before it, cancelled by it, and no step begun at all.
    assert len(seen) == 3
    assert min(seen.values()) > 10, seen


async def lost_within(runs: int, office: Office, fresh: Call) -> None:
    """AssertionError at the first race that is lost."""
    for seed in range(runs):
        await raced(office, fresh, seed)


async def test_a_sender_that_does_not_look_is_caught(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race above can fail: without the look at the call, messages do go out after the acknowledgement."""
    assert await office.take(an_event()) == "notified"
    (fresh,) = office.calls.calls.values()

    async def blind(self: object, passage: object) -> bool:
        return True

    monkeypatch.setattr(Stages, "still_wanted", blind)
    with pytest.raises(AssertionError, match="sent after"):
        await lost_within(200, office, fresh)
