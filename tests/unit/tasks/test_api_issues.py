"""Issues over HTTP: lists, single issues, moves, problems and who sees what."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
import structlog

from lantian_tasks.ledger.issue import Issue, Place, State
from tests.support.tasks_api import PRINCIPALS, Api, assert_problem
from tests.support.tasks_issues import ASSIGNMENT, DUE_MS, EVIDENCE, NOW_MS, PLACE, SUBMIT, an_issue, take
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead

ASSIGN = {"move": "assign", **ASSIGNMENT}


@pytest.fixture
def api() -> Api:
    """An empty ledger."""
    return Api()


def numbered(number: int, place: Place = PLACE, severity: int = 3, retrospective: bool = False) -> Issue:
    """Issue `number`, registered a second after the one before."""
    lead = a_lead(start_ms=START_MS + number * HOUR_MS, severity=severity, retrospective=retrospective)
    issue = take(None, lead, NOW_MS + number * 1000, place)
    assert issue is not None
    return issue


async def test_an_issue_with_its_evidence_and_history(api: Api) -> None:
    """Everything that is kept is said; ETag is the revision."""
    issue = await api.holding(state=State.RECTIFYING)
    response = await api.get(f"/v1/issues/{issue.issue_id}")
    body = response.json()
    assert (response.status_code, response.headers["etag"]) == (200, '"5"')
    assert (body["state"], body["revision"], body["number"]) == ("rectifying", 5, issue.head.number)
    assert (body["unit"], body["due_ms"], body["category"]) == (ASSIGNMENT["unit"], DUE_MS, "exceedance")
    assert body["title"] == {"zh": "小时均值超标", "en": "Hour mean over the limit"}
    assert (body["enterprise_name"], body["source_name"]) == (PLACE.enterprise_name, PLACE.source_name)
    assert body["assignment"] == {**ASSIGNMENT, "assigned_by": "office-1"}
    assert body["history"] == json.loads(json.dumps(issue.history))
    assert body["lead"]["evidence"]["limit"]["value"] == 35.0
    assert body["lead"]["state"] == "open"
    [frame] = body["evidence"]["frames"]
    assert frame["text"].startswith("##0101QN=20261122080000000")
    assert (frame["found"], frame["verdict"], frame["offset"]) == (True, "right", 100)


async def test_a_frame_is_served_unchanged(api: Api) -> None:
    """Bytes, not text, and never to be interpreted by a browser."""
    issue = await api.holding()
    response = await api.get(f"/v1/issues/{issue.issue_id}/frames/0")
    assert response.content == issue.frames[0].data
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert_problem(await api.get(f"/v1/issues/{issue.issue_id}/frames/1"), 404, "not-found")
    assert_problem(await api.get(f"/v1/issues/{issue.issue_id}/frames/-1"), 422, "invalid")


async def test_a_lost_frame_is_said_to_be_lost(api: Api) -> None:
    """It stands in the evidence, and its bytes are not there."""
    issue = an_issue()
    await api.holding(replace(issue, frames=(replace(issue.frames[0], found=False, data=b""),)))
    body = (await api.get(f"/v1/issues/{issue.issue_id}")).json()
    assert body["evidence"]["frames"][0]["found"] is False
    assert_problem(await api.get(f"/v1/issues/{issue.issue_id}/frames/0"), 404, "not-found")


async def test_pages_give_every_issue_once(api: Api) -> None:
    """Newest first, by an opaque cursor, and nothing is skipped when new issues come in between."""
    for number in range(7):
        await api.holding(numbered(number))
    seen: list[str] = []
    cursor = None
    for turn in range(10):
        page = (await api.get("/v1/issues", limit=3, **({"cursor": cursor} if cursor else {}))).json()
        seen += [item["issue_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await api.holding(numbered(100 + turn))
    assert seen == [numbered(number).issue_id for number in reversed(range(7))]


async def test_a_full_last_page_has_no_next(api: Api) -> None:
    """No empty page at the end."""
    for number in range(4):
        await api.holding(numbered(number))
    page = (await api.get("/v1/issues", limit=2)).json()
    page = (await api.get("/v1/issues", limit=2, cursor=page["next_cursor"])).json()
    assert (len(page["items"]), page["next_cursor"]) == (2, None)


async def test_lists_are_filtered(api: Api) -> None:
    """Each filter reaches the store."""
    await api.holding(numbered(0, severity=1))
    await api.holding(numbered(1, severity=2, place=replace(PLACE, division_code="130181")))
    await api.holding(an_issue(State.CLOSED, a_lead(source="other")))

    async def severities(**filters: Any) -> list[int]:
        items = (await api.get("/v1/issues", **filters)).json()["items"]
        if "state" not in filters:
            leads = (await api.get("/v1/leads", **filters)).json()["items"]
            assert [row["lead"]["lead_id"] for row in leads] == [row["lead_id"] for row in items]
        return sorted(item["severity"] for item in items)

    assert await severities() == [1, 2, 3]
    assert await severities(state="closed") == [3]
    assert await severities(state=["closed", "registered"], severity=[2, 3]) == [2, 3]
    assert await severities(division="130181") == [2]
    assert await severities(division="130100") == [1, 2, 3]
    assert await severities(source="other") == [3]
    assert await severities(rule="none") == []
    assert await severities(since_ms=NOW_MS + 1000) == [2]


@pytest.mark.parametrize(
    ("params", "status", "slug"),
    [
        ({"cursor": "rubbish"}, 400, "cursor"),
        ({"cursor": "WzEsMl0"}, 400, "cursor"),
        ({"cursor": "W3siJGd0IjoxfSwieCJd"}, 400, "cursor"),
        ({"cursor": "é"}, 400, "cursor"),
        ({"limit": 0}, 422, "invalid"),
        ({"limit": 1001}, 422, "invalid"),
        ({"state": "open"}, 422, "invalid"),
        ({"severity": 9}, 422, "invalid"),
        ({"division": "13.*"}, 422, "invalid"),
        ({"since_ms": 10**20}, 422, "invalid"),
    ],
)
async def test_bad_filters_are_problems(api: Api, params: dict[str, Any], status: int, slug: str) -> None:
    """With the input to blame, and nothing of it reaches the store."""
    body = assert_problem(await api.get("/v1/issues", **params), status, slug)
    if status == 422:
        assert body["errors"][0]["field"].startswith("query.")
    stages = {"stage" if name == "state" else name: value for name, value in params.items()}
    assert_problem(await api.get("/v1/leads", **stages), status, slug)


async def test_a_whole_life(api: Api) -> None:
    """Registered to closed by four people, each move with its ETag; the audit is intact at the end."""
    issue = await api.holding()
    evidence = [{"kind": row["kind"], "id": await api.attach(issue, row["kind"])} for row in EVIDENCE]
    sent = len(evidence)
    request = {"move": "request-close", "measures": "更换管道", "evidence": evidence}
    verify = {"move": "verify", "conclusion": "连续72小时达标", "site_visit": True}
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("office-1", ASSIGN, "assigned"),
        ("plant-1", {"move": "submit-plan", **SUBMIT.fields}, "plan-submitted"),
        ("office-1", {"move": "approve-plan"}, "plan-approved"),
        ("plant-1", {"move": "start"}, "rectifying"),
        ("plant-1", {"move": "report", "measures": "更换喷淋层"}, "rectifying"),
        ("plant-1", {"move": "complete-milestone", "milestone": 0}, "rectifying"),
        ("plant-1", request, "close-requested"),
        ("team-1", {"move": "refuse", "reason": "仍有滴漏"}, "rectifying"),
        ("plant-1", request, "close-requested"),
        ("team-1", verify, "verified"),
        ("office-1", {"move": "publicise", "notice": "https://city.example/1"}, "publicised"),
    ]
    for number, (who, body, state) in enumerate(steps):
        response = await api.move(issue, body, who, key=f"k{number}", rev=number + sent + 1)
        answer = response.json()
        assert (response.status_code, answer.get("state")) == (200, state), answer
        assert response.headers["etag"] == f'"{number + sent + 2}"'
        assert answer["entry"]["actor"]["actor_id"] == who
        assert answer["entry"]["at_ms"] == NOW_MS
    api.clock.advance(20 * 86_400)
    closed = await api.move(issue, {"move": "close", "reason": "整改到位"}, "office-2", "last", len(steps) + sent + 1)
    answer = closed.json()
    assert (closed.status_code, answer.get("state")) == (200, "closed"), answer
    assert api.woken == len(steps) + sent + 1
    assert api.counted("lantian_issue_moves_total", move="request-close", result="done") == 2
    audit = (await api.get(f"/v1/issues/{issue.issue_id}/audit", "auditor-1")).json()
    assert (audit["intact"], audit["entries"], audit["broken_entry"]) == (True, len(steps) + sent + 2, None)
    assert audit["head_hash"] == answer["entry"]["hash"]


async def test_a_changed_ledger_shows_in_the_audit(api: Api) -> None:
    """Whoever edits the document is found at the entry."""
    issue = await api.holding(state=State.CLOSED)
    document = api.store.issues.get(issue.issue_id)
    assert document is not None
    document["history"][2]["actor"]["actor_id"] = "somebody"
    api.store.issues.put(document)
    audit = (await api.get(f"/v1/issues/{issue.issue_id}/audit")).json()
    assert (audit["intact"], audit["broken_entry"], audit["head_hash"]) == (False, 2, "")


async def test_a_stale_etag_is_refused(api: Api) -> None:
    """412 with the revision there is, 428 without a header, 400 for what is no tag."""
    issue = await api.holding(state=State.ASSIGNED)
    path, key = f"/v1/issues/{issue.issue_id}/moves", {"Idempotency-Key": "k"}
    response = await api.move(issue, {"move": "note", "reason": "x"}, rev=1)
    assert_problem(response, 412, "revision")
    assert response.headers["etag"] == '"2"'
    note = {"move": "note", "reason": "x"}
    assert_problem(await api.call("POST", path, headers=key, json=note), 428, "revision-needed")
    for tag in ("*", '"x"', 'W/"2"', '"2", "3"', "2", '"0"', '"99999999999999999999"'):
        assert_problem(await api.call("POST", path, headers={**key, "If-Match": tag}, json=note), 400, "bad-request")
    assert (await api.move(issue, note)).status_code == 200


async def test_a_repeated_request_is_answered_alike(api: Api) -> None:
    """Same key, same request: same answer, one entry, even after the issue has moved on."""
    issue = await api.holding()
    first = await api.move(issue, ASSIGN, key="tap-1")
    again = await api.move(issue, ASSIGN, key="tap-1")
    assert (first.status_code, first.json()) == (200, again.json())
    assert first.headers["etag"] == again.headers["etag"]
    await api.move(issue, {"move": "acknowledge"}, "plant-1", key="other", rev=2)
    late = await api.move(issue, ASSIGN, key="tap-1")
    assert late.json() == first.json()
    assert (await api.get(f"/v1/issues/{issue.issue_id}")).json()["revision"] == 3


async def test_a_key_serves_one_request_of_one_principal(api: Api) -> None:
    """422 for another payload under the same key; another person's key of the same name is another key."""
    issue = await api.holding()
    await api.move(issue, ASSIGN, key="k")
    other = {**ASSIGN, "person": "李工"}
    assert_problem(await api.move(issue, other, key="k", rev=2), 422, "key-reused")
    assert (await api.move(issue, {"move": "acknowledge"}, "plant-1", key="k", rev=2)).status_code == 200


async def test_concurrent_repeats_make_one_entry(api: Api) -> None:
    """Ten copies of one tap: every copy gets the answer, the ledger one entry."""
    issue = await api.holding()
    answers = await asyncio.gather(*(api.move(issue, ASSIGN, key="tap") for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.text for answer in answers}) == 1
    assert (await api.get(f"/v1/issues/{issue.issue_id}")).json()["revision"] == 2


class LosingRace(Api):
    """Every write finds that the same or another request was faster."""

    def lose_to(self, body: dict[str, Any], key: str) -> None:
        """Before the next write of the store, another request with `body` and `key` gets in."""
        advance = self.store.advance

        async def later(step: Any) -> bool:
            self.store.advance = advance  # type: ignore[method-assign]
            issue = await self.store.issue(step.issue.issue_id, PRINCIPALS["office-1"].scope)
            assert issue is not None
            await self.move(issue, body, key=key)
            return await advance(step)

        self.store.advance = later  # type: ignore[method-assign,assignment]


async def test_a_lost_race_is_settled() -> None:
    """Against its own repeat the answer is the repeat's; against another move it is 412."""
    api = LosingRace()
    issue = await api.holding()
    api.lose_to(ASSIGN, "tap")
    assert (await api.move(issue, ASSIGN, key="tap")).status_code == 200
    other = await api.holding(numbered(5))
    api.lose_to({"move": "note", "reason": "x"}, "faster")
    response = await api.move(other, ASSIGN, key="slower")
    assert_problem(response, 412, "revision")
    assert response.headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("who", "body", "status", "slug"),
    [
        ("office-1", {"move": "close", "reason": "x"}, 409, "wrong-state"),
        ("plant-1", ASSIGN, 403, "role-not-allowed"),
        ("auditor-1", {"move": "note", "reason": "x"}, 403, "forbidden"),
        ("office-1", {"move": "assign", "unit": "u", "person": "p"}, 422, "field-missing"),
        ("office-1", {**ASSIGN, "measures": "x"}, 422, "field-unexpected"),
        ("office-1", {**ASSIGN, "unit": "  "}, 422, "field-invalid"),
        ("office-1", {**ASSIGN, "due_ms": NOW_MS}, 409, "guard"),
        ("office-1", {**ASSIGN, "due_ms": str(DUE_MS)}, 422, "invalid"),
        ("office-1", {**ASSIGN, "due_ms": 10**30}, 422, "invalid"),
        ("office-1", {**ASSIGN, "unit": {"$gt": ""}}, 422, "invalid"),
        ("office-1", {**ASSIGN, "unit": "\ud800"}, 422, "invalid"),
        ("office-1", {**ASSIGN, "state": "closed"}, 422, "invalid"),
        ("office-1", {"move": "delete"}, 422, "unknown-move"),
        ("office-1", {"reason": "x"}, 422, "invalid"),
        ("office-1", {"move": "void", "reason": " "}, 422, "field-missing"),
    ],
)
async def test_refused_moves_are_problems(api: Api, who: str, body: dict[str, Any], status: int, slug: str) -> None:
    """Each with its own type; the ledger is untouched."""
    issue = await api.holding()
    text = json.dumps(body)  # as it travels: a lone surrogate is six ASCII characters
    headers = {"If-Match": '"1"', "Idempotency-Key": "k", "Content-Type": "application/json"}
    response = await api.call("POST", f"/v1/issues/{issue.issue_id}/moves", who, headers, content=text)
    found = assert_problem(response, status, slug)
    if status == 422 and slug != "invalid":
        assert found["errors"][0]["field"].startswith("body.")
    assert (await api.get(f"/v1/issues/{issue.issue_id}")).json()["revision"] == 1
    assert api.woken == 0


async def test_bodies_that_can_not_be_read(api: Api) -> None:
    """No JSON is 400, too much is 413, a missing key is 400."""
    issue = await api.holding()
    path = f"/v1/issues/{issue.issue_id}/moves"
    headers = {"If-Match": '"1"', "Idempotency-Key": "k", "Content-Type": "application/json"}
    assert_problem(await api.call("POST", path, headers=headers, content=b"{"), 400, "bad-request")
    large = b'{"reason":"' + b"x" * (9 * 1024 * 1024) + b'"}'
    assert_problem(await api.call("POST", path, headers=headers, content=large), 413, "too-large")
    no_key = await api.call("POST", path, headers={"If-Match": '"1"'}, key=False, json=ASSIGN)
    assert_problem(no_key, 400, "key-needed")


async def test_what_the_framework_refuses_is_a_problem(api: Api) -> None:
    """Unknown paths, methods and issues."""
    assert_problem(await api.get("/v1/nothing"), 404, "not-found")
    assert_problem(await api.call("DELETE", "/v1/issues"), 405, "method")
    assert_problem(await api.get("/v1/issues/iss-none"), 404, "not-found")
    assert_problem(await api.get("/v1/issues/iss-none/audit"), 404, "not-found")
    assert_problem(await api.get("/v1/issues/$where"), 422, "invalid")


async def test_a_store_away_is_503(api: Api) -> None:
    """With Retry-After, and without a word about the store."""
    issue = await api.holding()
    api.store.away = True
    for response in (await api.get("/v1/issues"), await api.move(issue, ASSIGN)):
        assert_problem(response, 503, "unavailable")
        assert response.headers["retry-after"] == "5"


async def test_a_failure_is_a_problem_without_details(api: Api) -> None:
    """What went wrong inside stays in the log."""

    async def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    api.store.heads = fail  # type: ignore[method-assign,assignment]
    with structlog.testing.capture_logs() as logged:
        body = assert_problem(await api.get("/v1/issues"), 500, "internal")
    assert "secret" not in json.dumps(body)
    assert "secret detail" in str(logged[0]["exc_info"])


async def test_late_issues_are_marked(api: Api) -> None:
    """A reader tells history from alarm."""
    await api.holding(numbered(0, retrospective=True))
    assert (await api.get("/v1/issues")).json()["items"][0]["urgency"] == "retrospective"
