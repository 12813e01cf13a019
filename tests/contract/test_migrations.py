"""Steps of the store, forward and back, over a real one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from lantian_kit.migrations import Migration, MigrationError, check, migrate, version
from lantian_notify import migrate as notify_migrate
from lantian_notify import migrations as notify
from lantian_tasks.case_store import CASE_INDEXES, REPLACED_OF_CASES
from lantian_tasks.issue_queries import ISSUE_INDEXES, REPLACED
from lantian_tasks.migrate import main
from lantian_tasks.migrations import MIGRATIONS, m0004_rounds_start
from lantian_tasks.ports import COPIED
from lantian_tasks.store import MotorStore

Database = Any


@pytest.fixture
def database(store_url: str, store_database: str) -> Iterator[Database]:
    """An empty one."""
    with MongoClient[dict[str, Any]](store_url) as client:
        yield client[store_database]


def quiet(text: str) -> None:
    """Says nothing."""


def contents(database: Database) -> dict[str, list[Any]]:
    """Documents and names of indexes by collection, the book of steps aside."""
    return {
        name: [*database[name].find(sort=[("_id", 1)]), *sorted(database[name].index_information())]
        for name in sorted(database.list_collection_names())
        if name != "migrations"
    }


def test_the_list_has_no_gap() -> None:
    """Numbers and modules agree."""
    check(MIGRATIONS)
    check(notify.MIGRATIONS)
    for step in (*MIGRATIONS, *notify.MIGRATIONS):
        assert step.forward.__module__.rpartition(".")[2].startswith(f"m{step.number:04d}_")


def test_forward_and_back_leave_what_was_there(database: Database) -> None:
    """Every step is taken back whole, and can be made again."""
    for name in COPIED:
        database[name].insert_many([{"_id": f"{name}-{number}", "rev": number} for number in range(3)])
    before = contents(database)
    for _ in range(2):
        assert migrate(database, MIGRATIONS, say=quiet) == len(MIGRATIONS)
        assert version(database) == len(MIGRATIONS)
        assert all(row["uncopied"] == 1 for name in COPIED for row in database[name].find())
        assert migrate(database, MIGRATIONS, say=quiet) == 0
        assert migrate(database, MIGRATIONS, 0, say=quiet) == len(MIGRATIONS)
        assert contents(database) == before


RELEASE_1: list[tuple[str, list[tuple[str, int]]]] = [
    ("newest", [("registered_ms", -1), ("_id", -1)]),
    ("changed", [("changed_ms", -1), ("_id", -1)]),
    ("severity", [("severity", -1), ("_id", -1)]),
    ("due", [("due_ms", 1), ("_id", 1)]),
    ("state", [("state", 1), ("registered_ms", -1), ("_id", -1)]),
    ("division", [("division_code", 1), ("registered_ms", -1)]),
    ("enterprise_newest", [("enterprise_id", 1), ("registered_ms", -1)]),
    ("rule", [("rule_id", 1), ("registered_ms", -1)]),
    ("category", [("category", 1), ("registered_ms", -1)]),
    *((name, [(field, 1)]) for name, field in (("unit", "unit"), ("person", "person"), ("round", "round_id"))),
    *((name, [(field, 1)]) for name, field in (("parent", "parent_id"), ("flags", "flags"), ("timer", "timer_ms"))),
]
"""The indexes of issues that the release before migration 2 made, but for those that never changed."""
CASES_OF_RELEASE_1 = ("state", [("kind", 1), ("state", 1), ("created_ms", -1)])
"""That of cases which migration 3 replaces."""


@pytest.mark.parametrize("migrated_first", [True, False])
async def test_a_store_of_the_release_before_is_taken_over(
    database: Database, store_url: str, migrated_first: bool
) -> None:
    """Migrated or not, this release starts on it; taken back, the release before finds its indexes or can make them."""
    for name, keys in RELEASE_1:
        database.issues.create_index(keys, name=name)
    of_cases, case_keys = CASES_OF_RELEASE_1
    database.cases.create_index(case_keys, name=of_cases)
    if migrated_first:
        migrate(database, MIGRATIONS, say=quiet)
    store = MotorStore(store_url, database.name)
    await store.start()
    await store.stop()
    migrate(database, MIGRATIONS, say=quiet)
    assert {index.document["name"] for index in ISSUE_INDEXES} <= set(database.issues.index_information())
    assert not set(REPLACED) & set(database.issues.index_information())
    assert {index.document["name"] for index in CASE_INDEXES} <= set(database.cases.index_information())
    assert not set(REPLACED_OF_CASES) & set(database.cases.index_information())
    migrate(database, MIGRATIONS, 0, say=quiet)
    for name, keys in RELEASE_1:
        database.issues.create_index(keys, name=name)
    database.cases.create_index(case_keys, name=of_cases)


def test_the_steps_of_notify_go_forward_and_back(database: Database) -> None:
    """Deliveries stay what they are, and are found with the index and without."""
    rows = [{"_id": f"d{n}", "silence_id": "s1" if n == 1 else "", "created_ms": n} for n in range(3)]
    database.deliveries.insert_many(rows)
    before = contents(database)
    for _ in range(2):
        assert migrate(database, notify.MIGRATIONS, say=quiet) == len(notify.MIGRATIONS)
        assert "silenced" in database.deliveries.index_information()
        assert [row["_id"] for row in database.deliveries.find({"silence_id": "s1"})] == ["d1"]
        assert migrate(database, notify.MIGRATIONS, say=quiet) == 0
        assert migrate(database, notify.MIGRATIONS, 0, say=quiet) == len(notify.MIGRATIONS)
        assert contents(database) == before


def test_a_step_that_was_cut_off_is_made_again(database: Database) -> None:
    """It is not in the book until it is done."""
    tries: list[int] = []

    def forward(where: Database) -> None:
        where.things.update_one({"_id": 1}, {"$set": {"done": True}}, upsert=True)
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("killed")

    steps = [Migration(1, "a step", forward, lambda where: None)]
    with pytest.raises(RuntimeError, match="killed"):
        migrate(database, steps, say=quiet)
    assert version(database) == 0
    assert migrate(database, steps, say=quiet) == 1


def test_a_newer_store_and_a_target_that_does_not_exist_are_refused(database: Database) -> None:
    """Nothing is changed then."""
    database.migrations.insert_one({"_id": len(MIGRATIONS) + 1})
    with pytest.raises(MigrationError, match="take it back with that one"):
        migrate(database, MIGRATIONS, say=quiet)
    with pytest.raises(MigrationError, match="there is no step"):
        migrate(database, MIGRATIONS, len(MIGRATIONS) + 2, say=quiet)


@pytest.mark.parametrize("main", [main, notify_migrate.main], ids=["tasks", "notify"])
def test_the_command_shows_and_makes_the_steps(
    main: Callable[[], int],
    database: Database,
    store_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As the job runs it."""
    monkeypatch.setenv("LANTIAN_STORE_URL", store_url)
    monkeypatch.setenv("LANTIAN_STORE_DATABASE", database.name)
    for arguments, expected in (([], "forward 0001"), (["--list"], "made 0001"), (["--to", "0"], "back 0001")):
        monkeypatch.setattr("sys.argv", ["migrate", *arguments])
        assert main() == 0
        assert expected in capsys.readouterr().out


def test_rounds_of_the_release_before_get_their_timer(database: Database) -> None:
    """Those that wait for a start; taken back, only what leads must follow keeps one."""

    def a_round(number: int, state: str, carried_out: str, timer_ms: int, kind: str = "round") -> dict[str, Any]:
        data = {"starts_ms": 5_000 + number, "carried_out": carried_out}
        return {"_id": f"{kind}/{number}", "kind": kind, "rev": 1, "state": state, "timer_ms": timer_ms, "data": data}

    rows = [
        a_round(1, "draft", "", 0),
        a_round(2, "built", "built", 0),
        a_round(3, "built", "", 77),  # its leads have not followed yet
        a_round(4, "started", "started", 0),
        a_round(5, "draft", "", 0, kind="letter"),
    ]
    database.cases.insert_many(rows)
    m0004_rounds_start.forward(database)
    timers = {row["_id"]: row["timer_ms"] for row in database.cases.find()}
    assert timers == {"round/1": 5_001, "round/2": 5_002, "round/3": 77, "round/4": 0, "letter/5": 0}
    m0004_rounds_start.back(database)
    assert {row["_id"]: row["timer_ms"] for row in database.cases.find()} == {r["_id"]: r["timer_ms"] for r in rows}
