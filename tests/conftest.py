"""What every test may use: markers by folder, no sockets in unit tests, a real Kafka and document store on demand."""

import functools
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_socket

from lantian_local.kafka import kafka as kafka_part
from lantian_local.part import Child, Part, await_ready, in_silence
from lantian_local.ports import PortLease
from lantian_local.store import store as store_part
from lantian_local.suite import Suite

ROOT = Path(__file__).parent
RUNGS = {
    "unit": "one package, no sockets, no processes",
    "contract": "what packages promise each other: examples, schemas, fakes against the real thing",
    "integration": "one part against a real Kafka or a real document store",
    "e2e": "the whole suite: a frame in, a webhook out",
    "architecture": "the layout keeps its own rules",
}
JARS = ROOT.parent / ".local" / "jars"
FOREIGN_WARNINGS = [  # what libraries do; ours stay errors
    # kafka-python 3.0.12 under Python 3.11
    r"ignore:(read|open)_text is deprecated:DeprecationWarning:(kafka\..*|importlib\.resources\._legacy)",
    # The same leaves the socket of a refused connection to the garbage collector (kafka/net/inet.py, sock_connect), as
    # whenever a broker is killed. A refused socket has no local address any more; leaks of connected ones stay errors.
    r"ignore:unclosed <socket\.socket .*laddr=\('0\.0\.0\.0', \d+\)>:ResourceWarning",
]
TEST_STORE = "LANTIAN_TEST_STORE_URL"
READY_SECONDS = 240.0  # generous: a machine may run several test sessions at once


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers (the strict option then refuses any other) and forgive what libraries do.

    Properties get the same examples in every run and no deadline: what fails here fails at the reader's too, and new
    examples are `make fuzz`'s work, or `pytest --hypothesis-profile default`.
    """
    hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
    if not config.getoption("--hypothesis-profile", None):
        hypothesis.settings.load_profile("steady")
    for line in FOREIGN_WARNINGS:
        config.addinivalue_line("filterwarnings", line)
    for rung, meaning in RUNGS.items():
        config.addinivalue_line("markers", f"{rung}: {meaning}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the folder it lies in, so that `pytest -m unit` and `pytest tests/unit` are the same."""
    for item in items:
        if ROOT in item.path.parents:
            rung = item.path.relative_to(ROOT).parts[0]
            if rung in RUNGS:
                item.add_marker(rung)


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """No sockets in unit tests; Unix sockets stay, asyncio's event loop wakes itself through a pair of them."""
    if item.get_closest_marker("unit"):
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.fixture(scope="session")
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="lantian-tests-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _lease() -> Iterator[PortLease]:
    lease = PortLease()
    yield lease
    lease.release()


def _running(part: Part) -> Iterator[str]:
    part.prepare(in_silence)
    child = Child(part)
    try:
        await_ready(child, READY_SECONDS)
        yield part.address
    finally:
        child.stop()


@pytest.fixture(scope="session")
def kafka(_folder: Path, _lease: PortLease) -> Iterator[str]:
    """Bootstrap address of a real Apache Kafka, started when the first test asks; name your topics uniquely, it is
    shared.
    """
    yield from _running(
        kafka_part(_folder / "kafka", port=_lease.any(), controller=_lease.any(), jar_cache=JARS, quick=True)
    )


@pytest.fixture(scope="session")
def store_url(_folder: Path, _lease: PortLease) -> Iterator[str]:
    """URL of a real SecantusDB, started when the first test asks; use `store_database` for a database of your own.

    LANTIAN_TEST_STORE_URL names a running server of MongoDB's protocol instead: a MongoDB, where there is one.
    """
    if given := os.environ.get(TEST_STORE):
        yield given
        return
    yield from _running(store_part(_folder / "store", port=_lease.any()))


@pytest.fixture
def store_database(store_url: str) -> str:
    """The name of a database in the store at `store_url` that no other test uses."""
    return f"test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def suite() -> Callable[..., Suite]:
    """`async with suite(parts=[...], clock=...) as running`: a suite of one's own, see lantian_local.suite.Suite."""
    return functools.partial(Suite, jar_cache=JARS, quick=True)
