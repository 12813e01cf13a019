"""Signing in, staying, leaving: cookies, second factor, waiting, forged requests."""

from typing import Any

import pyotp
import pytest

from lantian_proto.v1.task_event_pb2 import TaskEvent
from lantian_tasks.access.attempts import FREE, LOCKED_FROM, LONGEST_PAUSE_MS, pause_ms
from lantian_tasks.access.passwords import weakness
from lantian_tasks.access.vault import Vault
from lantian_tasks.ledger.history import verify
from tests.support.tasks_access import BETTER, GOOD, TICKETS, VAULT, Browser
from tests.support.tasks_api import ACCESS, Api, assert_problem

WHO = {
    "id": "wang",
    "role": "city-office",
    "organisation": "石家庄市大气办",
    "divisions": ["130100"],
    "reason": "新到岗",
}


@pytest.fixture
def api() -> Api:
    """An empty suite."""
    return Api()


async def an_account(api: Api, **more: Any) -> str:
    """A new account; the password for its first sign-in."""
    made = await api.call("POST", "/v1/accounts", "security-1", json={**WHO, **more})
    assert made.status_code == 201, made.text
    return str(made.json()["secret"])


async def at_work(api: Api, **more: Any) -> Browser:
    """Somebody signed in, who has chosen a password."""
    first, browser = await an_account(api, **more), Browser(api.app)
    api.clock.advance(1)
    assert (await browser.sign_in(more.get("id", "wang"), first)).status_code == 200
    changed = await browser.call("POST", "/v1/session/password", json={"old": first, "new": GOOD})
    assert changed.status_code == 200, changed.text
    return browser


async def test_the_first_password_is_for_choosing_another(api: Api) -> None:
    """Nothing else is open before; the cookie is out of reach of scripts and other sites."""
    first, browser = await an_account(api), Browser(api.app)
    answer = await browser.sign_in("wang", first)
    assert answer.json()["duties"] == ["change-password"]
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert_problem(await browser.call("GET", "/v1/issues"), 403, "duty")
    for weak in ("short", "wang-wang-1A", "Password123!", first, "aaaaaaaaaaaaaaaaaa"):
        wished = {"old": first, "new": weak}
        assert_problem(await browser.call("POST", "/v1/session/password", json=wished), 422, "weak-password")
    changed = await browser.call("POST", "/v1/session/password", json={"old": first, "new": GOOD})
    assert changed.json()["duties"] == []
    assert (await browser.call("GET", "/v1/issues")).status_code == 200
    assert_problem(await Browser(api.app).sign_in("wang", first), 401, "no-key")


async def test_a_session_ends(api: Api) -> None:
    """By signing out, by idling, at its longest, and when the account is shut or reset."""
    browser = await at_work(api)
    assert (await browser.call("DELETE", "/v1/session")).status_code == 204
    assert_problem(await browser.call("GET", "/v1/issues"), 401, "no-key")

    await browser.sign_in("wang", GOOD)
    api.clock.advance(59 * 60)
    assert (await browser.call("GET", "/v1/issues")).status_code == 200
    api.clock.advance(59 * 60)
    assert (await browser.call("GET", "/v1/issues")).status_code == 200
    api.clock.advance(61 * 60)
    assert_problem(await browser.call("GET", "/v1/issues"), 401, "no-key")

    await browser.sign_in("wang", GOOD)
    for _ in range(13):
        api.clock.advance(59 * 60)
        last = await browser.call("GET", "/v1/issues")
    assert last.status_code == 401

    for act in ("disable", "reset"):
        await browser.sign_in("wang", GOOD)
        api.clock.advance(1)
        done = await api.call("POST", f"/v1/accounts/wang/{act}", "security-1", json={"reason": "离岗"})
        assert done.status_code == 200
        assert (await browser.call("GET", "/v1/issues")).status_code == 401
        assert (await browser.sign_in("wang", GOOD)).status_code == 401
        await api.call("POST", "/v1/accounts/wang/enable", "security-1", json={"reason": "返岗"})


async def test_other_sessions_end_with_the_password(api: Api) -> None:
    """The one that changed it goes on."""
    here = await at_work(api)
    there = Browser(api.app)
    api.clock.advance(1)
    await there.sign_in("wang", GOOD)
    api.clock.advance(1)
    changed = await here.call("POST", "/v1/session/password", json={"old": GOOD, "new": BETTER})
    assert changed.status_code == 200
    assert (await here.call("GET", "/v1/issues")).status_code == 200
    assert (await there.call("GET", "/v1/issues")).status_code == 401
    again = await here.call("POST", "/v1/session/password", json={"old": BETTER, "new": GOOD})
    assert_problem(again, 422, "weak-password")


async def test_requests_that_nobody_meant_are_refused(api: Api) -> None:
    """A page elsewhere has the cookie sent along at best, never the token; it can not sign anybody in either."""
    browser = await at_work(api)
    for headers in ({"X-CSRF-Token": ""}, {"X-CSRF-Token": "x"}, {"Sec-Fetch-Site": "cross-site"}):
        assert_problem(await browser.call("DELETE", "/v1/session", headers=headers), 403, "csrf")
    body = {"account": "wang", "password": GOOD}
    foreign = await browser.client.post("/v1/session", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert_problem(foreign, 403, "csrf")
    assert (await browser.call("GET", "/v1/session")).json()["account"] == "wang"


async def test_the_second_factor(api: Api) -> None:
    """Demanded of some roles, set up by a proof, never taken twice."""
    browser = await at_work(api, role="security", id="sec")
    assert (await browser.call("GET", "/v1/session")).json()["duties"] == ["set-up-second-factor"]
    assert_problem(await browser.call("GET", "/v1/accounts"), 403, "duty")
    offered = (await browser.call("POST", "/v1/session/second-factor")).json()
    assert offered["address"].startswith("otpauth://totp/Lantian:sec?")
    totp = pyotp.TOTP(offered["secret"])

    def code(steps: int = 0) -> str:
        return totp.at(api.clock.wall_ms() // 1000, counter_offset=steps)

    wrong = {"secret": offered["secret"], "code": code(5)}
    assert_problem(await browser.call("PUT", "/v1/session/second-factor", json=wrong), 422, "invalid")
    right = {"secret": offered["secret"], "code": code()}
    assert (await browser.call("PUT", "/v1/session/second-factor", json=right)).status_code == 204
    assert (await browser.call("GET", "/v1/accounts")).status_code == 200
    assert_problem(await browser.call("POST", "/v1/session/second-factor"), 409, "conflict")
    assert not any(offered["secret"].encode() in row for row in ACCESS.rows.values())

    other = Browser(api.app)
    assert_problem(await other.sign_in("sec", GOOD), 401, "code-needed")
    assert_problem(await other.sign_in("sec", GOOD, code()), 401, "no-key")  # the one that set it up
    api.clock.advance(30)
    assert (await other.sign_in("sec", GOOD, code())).status_code == 200
    assert_problem(await Browser(api.app).sign_in("sec", GOOD, code()), 401, "no-key")


async def test_a_second_factor_whose_key_is_lost_is_not_passed_over(api: Api) -> None:
    """Nobody gets in on the password alone; the answer says that it is no fault of the code."""
    browser = await at_work(api, role="security", id="sec")
    offered = (await browser.call("POST", "/v1/session/second-factor")).json()
    totp = pyotp.TOTP(offered["secret"])
    proof = {"secret": offered["secret"], "code": totp.at(api.clock.wall_ms() // 1000)}
    assert (await browser.call("PUT", "/v1/session/second-factor", json=proof)).status_code == 204
    api.clock.advance(30)
    row = ACCESS.document("account/sec")
    assert row is not None
    ACCESS.put({**row, "data": {**row["data"], "totp": Vault([b"x" * 32]).shut(offered["secret"])}})
    answer = await Browser(api.app).sign_in("sec", GOOD, totp.at(api.clock.wall_ms() // 1000))
    assert answer.status_code == 503
    ACCESS.put({**row, "data": {**row["data"], "totp": offered["secret"]}})
    assert (await Browser(api.app).sign_in("sec", GOOD, totp.at(api.clock.wall_ms() // 1000))).status_code == 200
    after = ACCESS.document("account/sec")
    assert after is not None
    assert VAULT.open(after["data"]["totp"]) == offered["secret"] != after["data"]["totp"]


@pytest.mark.parametrize("name", ["wang", "nobody"])
async def test_wrong_passwords_cost_time(api: Api, name: str) -> None:
    """More with each, the same whether there is such an account; the right one has to wait as well."""
    await an_account(api)
    browser, waited = Browser(api.app), []
    for _ in range(LOCKED_FROM):
        assert_problem(await browser.sign_in(name, "wrong"), 401, "no-key")
        answer = await browser.sign_in(name, "wrong")
        if answer.status_code == 429:
            waited.append(int(answer.headers["retry-after"]))
            api.clock.advance(waited[-1])
    assert waited[:3] == [5, 10, 20]
    assert api.counted("lantian_access_sign_ins_total", result="waits") > 0
    if name == "wang":
        document = api.access.document("account/wang")
        assert document is not None
        assert [entry["kind"] for entry in document["history"]] == ["added", "locked"]


async def test_parallel_guesses_gain_nothing(api: Api) -> None:
    """Each is counted before it is judged."""
    import asyncio

    await an_account(api)
    answers = await asyncio.gather(*(Browser(api.app).sign_in("wang", f"guess {n}") for n in range(20)))
    assert sum(answer.status_code == 401 for answer in answers) <= FREE


def test_pauses_grow_to_a_limit() -> None:
    """Never beyond a quarter of an hour."""
    pauses = [pause_ms(failures) for failures in range(100)]
    assert pauses[:6] == [0, 0, 0, 5_000, 10_000, 20_000]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_MS


@pytest.mark.parametrize("password", [GOOD, BETTER, "沿着湖边走了很久很久的三个人都没有说话"])
def test_good_passwords(password: str) -> None:
    """Mixed, or long."""
    assert weakness(password, "wang") is None


async def test_every_change_is_an_entry(api: Api) -> None:
    """Sealed, with who and why, and without a secret."""
    await at_work(api)
    change = {"organisation": "省厅", "divisions": ["130000"], "role": "province", "reason": "调动"}
    changed = await api.call("PATCH", "/v1/accounts/wang", "security-1", json=change)
    assert changed.json()["role"] == "province"
    document = api.access.document("account/wang")
    assert document is not None
    history = document["history"]
    assert [entry["kind"] for entry in history] == ["added", "password-changed", "changed"]
    assert (history[-1]["actor"]["actor_id"], history[-1]["reason"]) == ("security-1", "调动")
    assert verify(history, "account/wang") is None
    assert "argon2" not in str(history)
    sessions = [key for key in api.access.rows if key.startswith("session/")]
    assert sessions


async def test_security_keeps_accounts_and_nothing_else(api: Api) -> None:
    """No other role does; nobody does it to himself."""
    for who in ("admin-1", "auditor-1", "office-1", "ministry-1"):
        assert_problem(await api.get("/v1/accounts", who), 403, "forbidden")
        assert_problem(await api.call("POST", "/v1/accounts", who, json=WHO), 403, "forbidden")
    assert_problem(await api.get("/v1/issues", "security-1"), 403, "forbidden")
    await an_account(api, id="security-1", role="security")
    own = await api.call("POST", "/v1/accounts/security-1/reset", "security-1", json={"reason": "忘了"})
    assert_problem(own, 409, "conflict")
    absent = await api.call("POST", "/v1/accounts/nobody/reset", "security-1", json={"reason": "忘了"})
    assert_problem(absent, 404, "not-found")
    assert_problem(
        await api.call("POST", "/v1/accounts", "security-1", json={**WHO, "id": "security-1"}), 409, "conflict"
    )
    plant = {**WHO, "id": "plant", "role": "enterprise"}
    assert_problem(await api.call("POST", "/v1/accounts", "security-1", json=plant), 422, "invalid")


async def test_keys_of_systems(api: Api) -> None:
    """Shown once, for what they are for, until they end or are revoked."""
    body = {**WHO, "id": "bi_export", "role": "province", "divisions": ["130000"], "permits": ["read"], "days": 30}
    made = await api.call("POST", "/v1/keys", "security-1", json={**body, "id": "bi.export"})
    assert made.status_code == 201, made.text
    key = made.json()["secret"]
    assert key not in str(api.access.rows)

    async def ask(method: str, path: str, given: str = key, **more: Any) -> int:
        headers = {"Authorization": f"Bearer {given}"}
        return (await api.client.request(method, path, headers=headers, **more)).status_code

    assert await ask("GET", "/v1/issues") == 200
    assert await ask("POST", "/v1/registry:import", json=[]) == 403
    assert await ask("GET", "/v1/session") == 403
    for wrong in (key[:-1], key + "x", key.replace("bi.export", "other"), "ltk_x", "ltk_" + "x" * 43):
        assert await ask("GET", "/v1/issues", wrong) == 401
    assert "sha256" not in (await api.get("/v1/keys", "security-1")).text
    api.clock.advance(30 * 86_400)
    assert await ask("GET", "/v1/issues") == 401
    second = (await api.call("POST", "/v1/keys", "security-1", json={**body, "id": "second"})).json()["secret"]
    assert await ask("GET", "/v1/issues", second) == 200
    await api.call("POST", "/v1/keys/second/revoke", "security-1", json={"reason": "换了"})
    assert await ask("GET", "/v1/issues", second) == 401


async def test_broken_glass(api: Api) -> None:
    """Reads elsewhere for a while, writes nowhere else, and is seen."""
    browser = await at_work(api)
    assert (await browser.call("GET", "/v1/me")).json()["divisions"] == ["130100"]
    asked = {"divisions": ["140100"], "minutes": 30, "reason": "跨省传输应急会商"}
    broken = await browser.call("POST", "/v1/break-glass", json=asked)
    assert broken.status_code == 201, broken.text
    assert (await browser.call("GET", "/v1/me")).json()["divisions"] == ["130100", "140100"]
    for who in ("security-1", "auditor-1"):
        [seen] = (await api.get("/v1/break-glass", who)).json()["items"]
        assert (seen["account"], seen["reason"]) == ("wang", "跨省传输应急会商")
    assert_problem(await api.get("/v1/break-glass", "office-1"), 403, "forbidden")
    [told] = [TaskEvent.FromString(event.event) for row in await api.store.waiting_cases(9) for event in row.events]
    assert (told.kind, told.division_code, told.actor.actor_id) == ("glass-broken", "140100", "wang")
    assert told.reason == "跨省传输应急会商"
    api.clock.advance(30 * 60)
    assert (await browser.call("GET", "/v1/me")).json()["divisions"] == ["130100"]
    wrongs: tuple[dict[str, Any], ...] = ({"minutes": 1000}, {"reason": "急"}, {"divisions": []})
    for wrong in wrongs:
        assert (await browser.call("POST", "/v1/break-glass", json={**asked, **wrong})).status_code == 422
    assert_problem(await api.call("POST", "/v1/break-glass", "office-1", json=asked), 403, "forbidden")


async def test_no_glass_is_broken_that_nobody_is_told_of(api: Api) -> None:
    """The notice is written first: without it nothing is seen, and no entry says that it was."""
    browser = await at_work(api)
    api.store.away = True
    asked = {"divisions": ["140100", "140200"], "minutes": 30, "reason": "跨省传输应急会商"}
    assert (await browser.call("POST", "/v1/break-glass", json=asked)).status_code == 503
    api.store.away = False
    assert (await browser.call("GET", "/v1/me")).json()["divisions"] == ["130100"]
    assert (await browser.call("POST", "/v1/break-glass", json=asked)).status_code == 201
    told = [TaskEvent.FromString(event.event) for row in await api.store.waiting_cases(9) for event in row.events]
    assert sorted(event.division_code for event in told) == ["140100", "140200"]


async def test_a_ticket_for_notify(api: Api) -> None:
    """What the session may see, for five minutes."""
    browser = await at_work(api)
    drawn = (await browser.call("POST", "/v1/session/ticket")).json()
    ticket = TICKETS.read(drawn["ticket"], api.clock.wall_ms() // 1000)
    assert ticket is not None
    assert (ticket.id, ticket.role, ticket.scope.prefixes) == ("wang", "city-office", ("1301",))
    assert TICKETS.read(drawn["ticket"], api.clock.wall_ms() // 1000 + 300) is None


async def test_without_the_store_nobody_is_let_in(api: Api) -> None:
    """503, and not an open door."""
    browser = await at_work(api)
    api.access.away = True
    assert (await browser.call("GET", "/v1/issues")).status_code == 503
    assert (await browser.sign_in("wang", GOOD)).status_code == 503


async def test_an_act_on_accounts_is_done_once_for_its_key(api: Api) -> None:
    """The same answer, with the password that is shown once; another body with the key, or none, is refused."""
    key = {"Idempotency-Key": "a1"}
    made = await api.call("POST", "/v1/accounts", "security-1", key, json=WHO)
    again = await api.call("POST", "/v1/accounts", "security-1", key, json=WHO)
    assert (made.status_code, again.status_code, made.json()) == (201, 201, again.json())
    assert not any(made.json()["secret"].encode() in row for row in ACCESS.rows.values())
    other = {**WHO, "id": "li"}
    assert_problem(await api.call("POST", "/v1/accounts", "security-1", key, json=other), 422, "key-reused")
    bare = await api.client.post("/v1/accounts", headers={"Authorization": "Bearer key-security-1"}, json=other)
    assert bare.status_code == 400
    fresh = {"Idempotency-Key": "a2"}
    assert_problem(await api.call("POST", "/v1/accounts", "security-1", fresh, json=WHO), 409, "conflict")
    why = {"reason": "调离"}
    shut = [await api.call("POST", "/v1/accounts/wang/disable", "security-1", fresh, json=why) for _ in range(2)]
    assert [one.json()["disabled"] for one in shut] == [True, True]  # what was refused leaves its key free
    history = ACCESS.document("account/wang")
    assert history is not None
    assert [entry["kind"] for entry in history["history"]] == ["added", "disabled"]


async def test_an_answer_that_no_key_opens_is_not_made_up(api: Api) -> None:
    """Nor is the act done again: whoever asks is told to reset."""
    key = {"Idempotency-Key": "a1"}
    assert (await api.call("POST", "/v1/accounts", "security-1", key, json=WHO)).status_code == 201
    [name] = [name for name in ACCESS.rows if name.startswith("request/")]
    row = ACCESS.document(name)
    assert row is not None
    ACCESS.put({**row, "data": {**row["data"], "answer": Vault([b"x" * 32]).shut("{}")}})
    assert_problem(await api.call("POST", "/v1/accounts", "security-1", key, json=WHO), 409, "shown-once")
    ACCESS.put({**row, "data": {**row["data"], "state": "begun"}})
    assert_problem(await api.call("POST", "/v1/accounts", "security-1", key, json=WHO), 409, "under-way")
    api.clock.advance(61)
    assert_problem(await api.call("POST", "/v1/accounts", "security-1", key, json=WHO), 409, "conflict")
