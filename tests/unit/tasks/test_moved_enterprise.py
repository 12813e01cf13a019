"""An enterprise moves to another division while somebody is at one of its issues."""

from collections.abc import Awaitable, Callable

import pytest

from lantian_tasks.access.scope import EVERYTHING, Scope
from lantian_tasks.ledger.issue import Issue
from tests.support.tasks_api import Api
from tests.support.tasks_issues import ASSIGNMENT, PLACE

NEARBY, FAR = "130181", "130202"


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


def moving_between(api: Api, code: str) -> Callable[[str, Scope], Awaitable[Issue | None]]:
    """The store's read; right after the first the enterprise moves to `code`."""
    read, moves = api.store.issue, [code]

    async def issue(issue_id: str, scope: Scope) -> Issue | None:
        found = await read(issue_id, scope)
        if moves:
            await api.store.move_enterprise(PLACE.enterprise_id, moves.pop())
        return found

    return issue


BODY = {"move": "assign", **ASSIGNMENT}


async def test_a_move_is_decided_again_where_the_issue_lies_now(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the caller's divisions it is made all the same, and the issue stays in its new one."""
    issue = await api.holding()
    monkeypatch.setattr(api.store, "issue", moving_between(api, NEARBY))
    assert (await api.move(issue, BODY)).status_code == 200
    monkeypatch.undo()
    after = await api.store.issue(issue.issue_id, EVERYTHING)
    assert after is not None
    assert (after.state, after.head.place.division_code) == ("assigned", NEARBY)


async def test_who_may_not_see_where_it_went_moves_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is that of an issue that is not there; nothing was written."""
    issue = await api.holding()
    monkeypatch.setattr(api.store, "issue", moving_between(api, FAR))
    assert (await api.move(issue, BODY)).status_code == 404
    monkeypatch.undo()
    after = await api.store.issue(issue.issue_id, EVERYTHING)
    assert after is not None
    assert (after.head.rev, after.state, after.head.place.division_code) == (1, "registered", FAR)
