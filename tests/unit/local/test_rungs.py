"""Unit tests cannot reach the network and carry the marker of their folder."""

import asyncio
import socket

import pytest
from pytest_socket import SocketBlockedError


def test_an_internet_socket_is_refused() -> None:
    """A unit test that opens a socket fails."""
    with pytest.warns(UserWarning, match=r"socket\.socket"), pytest.raises(SocketBlockedError):
        socket.socket()


async def test_an_event_loop_still_runs() -> None:
    """Asyncio's own pair of Unix sockets is allowed."""
    assert await asyncio.sleep(0, "turned") == "turned"


def test_the_folder_decides_the_marker(request: pytest.FixtureRequest) -> None:
    """`-m unit` selects what lies in tests/unit."""
    assert {mark.name for mark in request.node.iter_markers()} >= {"unit"}
