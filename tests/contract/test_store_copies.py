"""What ledger.v1 needs of a store, over the fake and over a real one."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from lantian_tasks.copy_store import document_of
from lantian_tasks.ledger.document import issue_of
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.issue import Step
from lantian_tasks.ports import Store
from lantian_tasks.registry.record import Belongs, Kind, Validity, change
from tests.support.tasks_issues import NOW_MS, PLACE, an_issue
from tests.support.tasks_real_store import a_real_store
from tests.support.tasks_store import FakeStore

ENT = PLACE.enterprise_id
ADMIN = Actor("admin-1", "administrator", "省厅")


@pytest.fixture(params=["fake", "real", "carded"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """An empty store."""
    if request.param == "fake":
        yield FakeStore()
        return
    real = a_real_store(request)
    await real.start()
    yield real
    await real.stop()


async def test_documents_wait_until_they_are_told_and_copied(store: Store) -> None:
    """An issue waits for its events; a move of its enterprise and a new standing make it wait again."""
    issue = an_issue()
    await store.open(Step(issue, "registered", (), ()))
    assert await store.waiting_copies("issues", 10) == []
    assert await store.copy_backlog() == 1
    await store.published_issues({issue.issue_id: issue.outbox[-1].sequence})
    (copy,) = await store.waiting_copies("issues", 10)
    assert issue_of(document_of(copy.data, "issues")) == replace(issue, outbox=())

    await store.move_enterprise(issue.head.place.enterprise_id, "130199")
    await store.copied([copy])  # an old copy: the document was written since
    (copy,) = await store.waiting_copies("issues", 10)
    assert issue_of(document_of(copy.data, "issues")).head.place.division_code == "130199"
    await store.copied([copy])
    assert await store.copy_backlog() == 0


async def test_registry_records_wait_for_their_topic_first(store: Store) -> None:
    """Every revision is copied, and each once."""
    entity = {"name": "某钢铁有限公司", "division_code": "130102", "industry": "钢铁"}
    home = Belongs("", ENT, "130102")
    first = change(None, Kind.ENTERPRISE, ENT, entity, Validity(), home, actor=ADMIN, at_ms=NOW_MS)
    assert first is not None
    await store.add([first])
    assert await store.waiting_copies("registry", 10) == []
    await store.published_records({first.key: 1})
    (copy,) = await store.waiting_copies("registry", 10)
    assert (copy.key, copy.rev) == (f"registry/enterprise/{ENT}", 1)
    second = change(
        first, Kind.ENTERPRISE, ENT, {**entity, "name": "新名"}, Validity(), home, actor=ADMIN, at_ms=NOW_MS
    )
    assert second is not None
    assert await store.replace(second)
    await store.copied([copy])
    await store.published_records({second.key: 2})
    (copy,) = await store.waiting_copies("registry", 10)
    assert copy.rev == 2
    await store.copied([copy])
    assert await store.copy_backlog() == 0
