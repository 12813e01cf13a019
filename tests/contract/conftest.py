"""What several contract tests stand on."""

from collections.abc import Iterator

import pytest
from pymongo import monitoring

from tests.support.store_commands import Heard


@pytest.fixture
def heard() -> Iterator[Heard]:
    """Listens to every client made after it."""
    one = Heard()
    monitoring.register(one)
    yield one
    one.listens = False
