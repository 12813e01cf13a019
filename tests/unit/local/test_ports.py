"""Two suites never get the same port, and what is taken is refused or replaced."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from lantian_local import ports
from lantian_local.ports import FREE_RANGE, PortLease, Ports, PortTaken


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Ports on which something listens; no sockets here."""
    taken: set[int] = set()
    monkeypatch.setattr(ports, "is_free", lambda port: port not in taken)
    return taken


@pytest.fixture
def lease(tmp_path: Path) -> Iterator[Callable[[], PortLease]]:
    """Makes leases on one machine; given back at the end."""
    with ExitStack() as stack:

        def make() -> PortLease:
            made = PortLease(tmp_path)
            stack.callback(made.release)
            return made

        yield make


@pytest.mark.usefixtures("busy")
def test_two_leases_share_no_port(lease: Callable[[], PortLease]) -> None:
    """Neither when one chooses after the other nor within one."""
    first, second = lease(), lease()
    numbers = [port for one in (first, second) for _, port in one.free().items()]
    assert len(set(numbers)) == len(numbers) == 20
    assert all(port in FREE_RANGE for port in numbers)


@pytest.mark.usefixtures("busy")
def test_a_port_given_back_can_be_taken(lease: Callable[[], PortLease]) -> None:
    """By another lease, and not before."""
    first, second = lease(), lease()
    assert first.take(25_000)
    assert not second.take(25_000)
    first.release()
    assert second.take(25_000)


def test_a_port_in_use_is_replaced(lease: Callable[[], PortLease], busy: set[int]) -> None:
    """The other wishes are kept."""
    busy.add(Ports.tasks)
    got = lease().usual_or_free(Ports())
    assert got.tasks in FREE_RANGE
    assert replace(got, tasks=Ports.tasks) == Ports()


def test_a_port_in_use_is_refused_when_it_must_be_that_one(lease: Callable[[], PortLease], busy: set[int]) -> None:
    """The message names it; a port of a part that is not started does not matter."""
    busy |= {Ports.tasks, Ports.kafka}
    refused = lease()
    with pytest.raises(PortTaken, match="kafka 19092;"):
        refused.exactly(Ports(), {"kafka", "store"})
    assert lease().take(Ports.store), "a refusal keeps nothing"
    assert refused.exactly(Ports(), {"notify"}) == Ports()
