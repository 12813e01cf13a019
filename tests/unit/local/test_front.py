"""The one address of the console: who answers a path, and a connection that carries one request."""

import pytest

from lantian_local.front import one_request, service_of


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/console/issues?open=1", "tasks"),
        ("/v1/issues/iss-1/moves", "tasks"),
        ("/v1/stream?last_id=i1", "notify"),
        ("/v1/deliveries:replay", "notify"),
        ("/v1/deliveries/d1:replay", "notify"),
        ("/v1/rules/hour-exceedance", "alerts"),
        ("/v1/rulesets", "tasks"),
        ("/v1/feeds", "ingest"),
        ("/", "tasks"),
    ],
)
def test_each_path_has_its_service(path: str, service: str) -> None:
    """A beginning ends at a slash, a colon or a question mark."""
    assert service_of(path) == service


def test_a_connection_ends_behind_its_request() -> None:
    """The next request may be for another service; bodies follow untouched."""
    head = (
        b"POST /v1/rounds HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\nContent-Length: 2\r\n\r\n"
    )
    assert one_request(head) == b"POST /v1/rounds HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
