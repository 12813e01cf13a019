"""The real stores of tasks over the SecantusDB of the tests."""

import pytest

from lantian_tasks.carded_store import CardedStore
from lantian_tasks.store import MotorStore
from tests.support.tasks_issues import NOW_MS


def a_real_store(request: pytest.FixtureRequest) -> MotorStore:
    """The one with cards for the parameter "carded"; not started."""
    url, database = request.getfixturevalue("store_url"), request.getfixturevalue("store_database")
    return CardedStore(url, database, lambda: NOW_MS) if request.param == "carded" else MotorStore(url, database)
