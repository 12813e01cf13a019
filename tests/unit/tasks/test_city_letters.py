"""A letter to a city: kept as drafted, approved by somebody else, sent, received, and on paper afterwards."""

import io
from typing import Any

import httpx
import pytest
from docx import Document

from lantian_proto.v1.task_event_pb2 import TaskEvent
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.city_letters.moves import measure_of
from lantian_tasks.clocks.policy import shipped
from lantian_tasks.ledger.history import verify
from tests.support.tasks_api import Api, assert_problem

BODY = {"city": "130100", "condition": "final-missed", "reason": "11月逾期未整改问题数量较多，工作进展滞后。"}


@pytest.fixture
def api() -> Api:
    """The API over a store in memory."""
    return Api()


async def drafted(api: Api, who: str = "ministry-1", **changes: Any) -> dict[str, Any]:
    """A letter as the API answers."""
    response = await api.call("POST", "/v1/city-letters", who, {"Idempotency-Key": "k"}, json={**BODY, **changes})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def moved(api: Api, letter: dict[str, Any], move: str, who: str, **more: Any) -> httpx.Response:
    """A move decided on the letter's revision."""
    headers = {"If-Match": f'"{letter["revision"]}"', "Idempotency-Key": f"{move}-{who}"}
    path = f"/v1/city-letters/{letter['letter_id']}/moves"
    return await api.call("POST", path, who, headers, json={"move": move, **more})


def text_of(data: bytes) -> str:
    """What a Word file says."""
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


async def test_from_the_draft_to_the_receipt(api: Api) -> None:
    """Drafted by the ministry, approved by the province, sent, received by the city; each an entry and an event."""
    letter = await drafted(api)
    assert (letter["state"], letter["title"], letter["season"]) == ("draft", "石家庄市预警通知函", "")
    assert letter["measure"] == ""  # the plan of this season is not held, and no other season's is quoted
    for move, who, state in (
        ("approve", "province-1", "approved"),
        ("send", "ministry-1", "sent"),
        ("receive", "office-1", "received"),
    ):
        response = await moved(api, letter, move, who)
        assert response.status_code == 200, response.text
        letter = response.json()
        assert (letter["state"], letter["history"][-1]["actor"]["actor_id"]) == (state, who)
    case = await api.store.case(f"letter/{letter['letter_id']}", EVERYTHING)
    assert case is not None
    assert verify(case.history, case.case_id) is None
    events = [TaskEvent.FromString(event.event) for event in case.outbox]
    assert [event.kind for event in events] == ["received", "moved", "letter-sent", "moved"]
    assert {(event.subject_kind, event.division_code) for event in events} == {("letter", "130100")}
    assert api.woken >= 4


async def test_what_somebody_may_do(api: Api) -> None:
    """By role and state; who drafted it sees why approving is barred."""
    letter = await drafted(api)
    path = f"/v1/city-letters/{letter['letter_id']}/moves"

    async def offered(who: str) -> dict[str, str]:
        return {row["move"]: row["barred"] for row in (await api.get(path, who)).json()["moves"]}

    barred = "who drafted it can not approve it"
    assert await offered("ministry-1") == {"approve": barred, "void": "", "note": ""}
    assert await offered("province-1") == {"approve": "", "void": "", "note": ""}
    assert await offered("auditor-1") == {}
    assert (await api.get(path, "office-1")).status_code == 404
    letter = (await moved(api, letter, "approve", "province-1")).json()
    assert await offered("ministry-1") == {"send": "", "void": "", "note": ""}
    await moved(api, letter, "send", "ministry-1")
    assert await offered("office-1") == {"receive": ""}


async def test_who_drafted_it_can_not_approve_it(api: Api) -> None:
    """And nothing is sent that nobody approved; a refusal writes nothing."""
    letter = await drafted(api)
    assert_problem(await moved(api, letter, "approve", "ministry-1"), 409, "guard")
    assert_problem(await moved(api, letter, "send", "province-1"), 409, "wrong-state")
    assert_problem(await moved(api, letter, "approve", "office-1"), 404, "not-found")
    assert_problem(await moved(api, letter, "approve", "team-1"), 403, "forbidden")
    assert_problem(await moved(api, {**letter, "revision": 7}, "approve", "province-1"), 412, "revision")
    assert_problem(await moved(api, letter, "void", "ministry-1"), 422, "field-missing")
    again = (await api.get(f"/v1/city-letters/{letter['letter_id']}", "ministry-1")).json()
    assert again == letter


async def test_a_city_reads_what_was_sent_and_nothing_before(api: Api) -> None:
    """Neither in the list nor by its id; another city reads none of it."""
    letter = await drafted(api)
    path = f"/v1/city-letters/{letter['letter_id']}"

    async def seen(who: str) -> tuple[int, int, int]:
        listed = (await api.get("/v1/city-letters", who)).json()["items"]
        one, paper = await api.get(path, who), await api.get(f"{path}/paper", who)
        return len(listed), one.status_code, paper.status_code

    assert await seen("office-1") == (0, 404, 404)
    assert (await api.get("/v1/city-letters", "office-1", state="draft")).json()["items"] == []
    assert await seen("auditor-1") == (1, 200, 200)
    letter = (await moved(api, letter, "approve", "province-1")).json()
    await moved(api, letter, "send", "ministry-1")
    assert await seen("office-1") == (1, 200, 200)
    assert await seen("tangshan-1") == (0, 404, 404)
    assert await seen("plant-1") == (0, 404, 404)


async def test_the_paper_says_what_was_approved(api: Api) -> None:
    """Whatever happens to the figures afterwards; it is dated on the day it was sent."""
    letter = await drafted(api)
    path = f"/v1/city-letters/{letter['letter_id']}/paper"
    before = text_of((await api.get(path, "ministry-1")).content)
    await api.holding()
    assert text_of((await api.get(path, "ministry-1")).content) == before
    letter = (await moved(api, letter, "approve", "province-1")).json()
    api.clock.advance(3 * 86_400)
    await moved(api, letter, "send", "ministry-1")
    response = await api.get(path, "office-1")
    assert response.headers["content-type"].endswith("wordprocessingml.document")
    sent = text_of(response.content)
    assert "石家庄市" in sent
    assert BODY["reason"] in sent
    assert sent != before


async def test_the_same_request_is_the_same_letter(api: Api) -> None:
    """By its key, for drafts and for moves; a key with another request is refused."""
    letter = await drafted(api)
    assert (await drafted(api))["letter_id"] == letter["letter_id"]
    assert len((await api.get("/v1/city-letters", "ministry-1")).json()["items"]) == 1
    first = await moved(api, letter, "approve", "province-1")
    assert (await moved(api, letter, "approve", "province-1")).json() == first.json()
    other = await moved(api, letter, "approve", "province-1", reason="另一个理由")
    assert_problem(other, 422, "key-reused")


async def test_pages_of_letters(api: Api) -> None:
    """Newest first, without overlap; by state and division."""
    for number, city in enumerate(("130100", "130200", "610100")):
        api.clock.advance(1)
        headers = {"Idempotency-Key": f"k{number}"}
        await api.call("POST", "/v1/city-letters", "ministry-1", headers, json={**BODY, "city": city})
    seen, cursor = [], None
    while True:
        page = (
            await api.get("/v1/city-letters", "ministry-1", limit=1, **({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [row["city"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["610100", "130200", "130100"]
    assert len((await api.get("/v1/city-letters", "ministry-1", division="130200")).json()["items"]) == 1
    assert len((await api.get("/v1/city-letters", "ministry-1", state="sent")).json()["items"]) == 0


async def test_a_province_writes_to_its_own_cities(api: Api) -> None:
    """403 for another; cities and teams write none."""
    other = await api.call(
        "POST", "/v1/city-letters", "province-1", {"Idempotency-Key": "k"}, json={**BODY, "city": "610100"}
    )
    assert_problem(other, 403, "forbidden")
    city = await api.call("POST", "/v1/city-letters", "office-1", {"Idempotency-Key": "k"}, json=BODY)
    assert_problem(city, 403, "forbidden")
    bare = await api.call("POST", "/v1/city-letters", "ministry-1", key=False, json=BODY)
    assert_problem(bare, 400, "key-needed")


def test_the_ladder_of_cities_is_the_seasons() -> None:
    """The reference's table 4.4: what each condition leads to, by season."""
    measures = {row.season: row for row in shipped().city_measures}
    said = {season: measure_of(row, "slow") for season, row in measures.items()}
    assert said == {"2019-20": "预警通知函", "2020-21": "", "2023-24": ""}
    assert measure_of(measures["2019-20"], "quarter-missed") == "公开约谈"
    assert measure_of(measures["2020-21"], "quarter-missed") == "预警通知函"
    assert measure_of(measures["2020-21"], "final-missed") == "公开约谈"
    assert measure_of(measures["2023-24"], "final-missed") == "通报或约谈"
    assert measure_of(None, "slow") == ""
