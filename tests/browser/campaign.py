"""A campaign in the middle of its work: enterprises, issues in every state, leads on their way, a round, odd names."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI

from lantian_proto.readings import Period
from lantian_proto.topics import RAW_FRAMES
from lantian_proto.v1.dead_letter_pb2 import DeadLetter
from lantian_proto.v1.lead_pb2 import EvidenceReading, FramePointer, Lead, LimitInForce, ScorePart, Text
from lantian_simulator import registry
from lantian_tasks.compliance.judge import Hour
from lantian_tasks.leads.bring import bring
from lantian_tasks.leads.moves import LEAD
from lantian_tasks.ledger.case import CaseStep, act, joined
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.intake import SYSTEM, fold, wanted
from lantian_tasks.ledger.issue import Frame, Issue, Place, Pointer, State, Step
from lantian_tasks.ledger.machine import Command, Role
from tests.browser import air, city_letters, orders, plan_documents
from tests.support.tasks_issues import ASSIGN, FACTS, PATHS, after, command
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.support.tasks_operations import a_letter
from tests.support.tasks_store import FakeStore

__all__ = ["HOSTILE", "NOW_MS", "PLANT", "Role", "fill", "letters"]

DAY_MS = 24 * HOUR_MS
NOW_MS = START_MS + 6 * DAY_MS + 7 * HOUR_MS
FALLS = 11
"""Number of the issue whose verification a recheck did not confirm."""
PLANT = 4
"""Outlet of the enterprise that signs in."""
WAITING_DUTIES = 3
"""Of the warning, not confirmed yet."""
HOSTILE = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>\u202e异常\u202c" + "名" * 110
TEAM_URL = "http://127.0.0.1:1/{division}"

STATES = [
    State.REGISTERED, State.ASSIGNED, State.RECTIFYING, State.PLAN_SUBMITTED, State.CLOSE_REQUESTED, State.VERIFIED,
    State.PLAN_APPROVED, State.REGISTERED, State.PUBLICISED, State.CLOSED, State.REGISTERED, State.SPOT_CHECK,
]  # fmt: skip
FALLEN = [
    command("fail-recheck", Actor("ministry-1", Role.MINISTRY, "生态环境部"), conclusion="现场仍在超标，属假整改")
]
KINDS = [
    (
        "hour-exceedance",
        "小时均值超标",
        "a21026",
        "二氧化硫折算均值 {value} mg/m³，超过限值 35，持续 {hours} 小时。",
        3,
    ),
    ("data-dropout", "自动监测数据中断", "", "数据中断已 {hours} 小时，期间无企业标记。", 2),
    (
        "hour-exceedance",
        "小时均值超标",
        "a21002",
        "氮氧化物折算均值 {value} mg/m³，超过限值 50，持续 {hours} 小时。",
        3,
    ),
    ("frozen-value", "监测数据长时间不变", "a34013", "颗粒物 {hours} 小时内数值完全不变，与负荷变化不符。", 2),
    ("treatment-off-production-on", "生产时治污设施未运行", "a21026", "生产用电正常而治污设施停运 {hours} 小时。", 4),
]
LIMITS = {"a21026": 35.0, "a21002": 50.0, "a34013": 10.0}
ENGLISH = [
    (
        "Hourly mean above its limit",
        "SO2, converted mean {value} mg/m³, above the limit of 35 for {hours} h.",
    ),
    ("Automatic monitoring data interrupted", "No data for {hours} h, and no mark of the enterprise for that time."),
    (
        "Hourly mean above its limit",
        "NOx, converted mean {value} mg/m³, above the limit of 50 for {hours} h.",
    ),
    ("Data unchanged for long", "Particles did not change at all for {hours} h, though the load did."),
    ("Production without treatment", "Production drew power as usual while treatment stood still for {hours} h."),
]
"""What KINDS say, in English."""
RUNBOOK_EN = (
    "1. Take minute values, dry concentration, oxygen and converted values and compare them with the platform.\n"
    "2. See load, current of the circulation pumps and pressure difference in the control room.\n"
    "3. See log book and calibration records.\n4. Check bypass dampers and seals."
)
RUNBOOK = (
    "1. 调出该时段分钟值、标干浓度、氧含量和折算值，与平台逐一比对。\n2. 查中控负荷、循环泵电流与压差。\n"
    "3. 查运维台账和校准记录。\n4. 检查旁路挡板与铅封。"
)


def frame_text(feed: str, at_ms: int, value: float, factor: str) -> bytes:
    """A frame of HJ 212-2017 with hour data of a factor, its length and check code right."""
    day, second = divmod(at_ms + 8 * HOUR_MS, DAY_MS)
    stamp = f"202611{22 + day - (START_MS + 8 * HOUR_MS) // DAY_MS:02d}{second // HOUR_MS:02d}0000"
    body = (
        f"QN={stamp}123;ST=31;CN=2061;PW=123456;MN={feed};Flag=5;CP=&&DataTime={stamp};"
        f"{factor}-Avg={value * 0.8:.2f},{factor}-ZsAvg={value:.2f},{factor}-Flag=N;"
        "a19001-Avg=16.40,a19001-Flag=N;a00000-Cou=31520.0&&"
    ).encode()
    register = 0xFFFF
    for byte in body:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return b"##%04d%s%04X\r\n" % (len(body), body, register)


def _lead(outlet: registry.Outlet, number: int) -> Lead:
    rule, title, factor, summary, severity = KINDS[number % len(KINDS)]
    start = START_MS + (number * 5) % 120 * HOUR_MS
    hours = 3 + number % 4
    lead = a_lead(source=outlet.source_id, rule=rule, factor=factor, start_ms=start, severity=severity)
    value = LIMITS.get(factor, 35.0) + 6.5 + number % 9 * 3
    title_en, summary_en = ENGLISH[number % len(KINDS)]
    lead.title.CopyFrom(Text(zh=title, en=title_en))
    said = [text.format(value=value, hours=hours) for text in (summary, summary_en)]
    lead.summary.CopyFrom(Text(zh=said[0], en=said[1]))
    lead.runbook.CopyFrom(Text(zh=RUNBOOK, en=RUNBOOK_EN))
    lead.legal_basis.CopyFrom(
        Text(zh="《大气污染防治法》第十八条；《排污许可管理条例》第三十四条。", en="Air Law, article 18")
    )
    lead.end_ms = start + hours * HOUR_MS
    lead.detected_ms = lead.end_ms + 90_000
    lead.score = round(severity * 0.9 * (1 + number % 3 * 0.25), 3)
    parts = [("severity", severity), ("confidence", 0.9), ("repeat", 1 + number % 3 * 0.25)]
    del lead.score_parts[:]
    lead.score_parts.extend(ScorePart(name=name, value=float(part)) for name, part in parts)
    del lead.evidence.readings[:]
    if factor:
        lead.evidence.readings.extend(_readings(factor, start, hours, value))
        limit = LimitInForce(limit_id="l1", value=LIMITS[factor], reference_oxygen_percent=16.0, basis="ultra-low")
        limit.clause = "环大气〔2019〕35号 附件2"
        lead.evidence.limit.CopyFrom(limit)
    else:
        lead.evidence.ClearField("limit")
    del lead.evidence.frames[:]
    lead.evidence.frames.extend(FramePointer(topic=RAW_FRAMES, partition=2, offset=number * 10 + n) for n in range(2))
    return lead


def _readings(factor: str, start: int, hours: int, value: float) -> list[EvidenceReading]:
    rows = []
    for hour in range(-20, hours + 1):
        if hour in (-9, -8, -7):
            continue  # a gap
        high = 0 <= hour < hours
        level = value + 2 * hour if high else 24 + 5 * math.sin(hour / 3)
        at_ms = start + hour * HOUR_MS
        flag = "C" if hour == -14 else "N"
        row = EvidenceReading(
            factor=factor, stat="zs-avg", period="hour", time_ms=at_ms, value=round(level, 2), flag=flag
        )
        row.received_ms = at_ms + HOUR_MS
        rows.append(row)
    return rows


def _frame(pointer: Pointer, outlet: registry.Outlet, lead: Lead) -> Frame:
    """The frame of the hour in which the episode began."""
    value = next((one.value for one in lead.evidence.readings if one.time_ms == lead.start_ms), 24.0)
    data = frame_text(outlet.feed_id, lead.start_ms, value, lead.factor or "a21026")
    received_ms = lead.start_ms + HOUR_MS + 2000
    return Frame(pointer, True, data, hashlib.sha256(data).hexdigest(), received_ms, "10.20.0.7:40112", "right")


def _issue(outlet: registry.Outlet, number: int, place: Place, state: State) -> Issue:
    lead = _lead(outlet, number)
    frames = [_frame(pointer, outlet, lead) for pointer in wanted(None, lead)]
    step = fold(None, lead, lead.SerializeToString(), frames, place, lead.detected_ms)
    assert isinstance(step, Step)
    at_ms = lead.detected_ms
    commands = []
    for wish in [*PATHS[state], *(FALLEN if number == FALLS else ())]:
        at_ms = max(at_ms + 5 * HOUR_MS, wish.at_ms if wish.at_ms > NOW_MS else 0)
        fields = dict(wish.fields)
        if wish.move == "assign":
            fields |= {"unit": place.enterprise_name, "due_ms": at_ms + (1 + number % 9) * DAY_MS}
        if wish.move == "submit-plan":
            fields["milestones"] = [{"name": "更换喷淋层", "due_ms": at_ms + DAY_MS}]
        if wish.move == "attach":
            own = {"subject": f"issue/{step.issue.issue_id}", "received_ms": at_ms}
            fields["piece"] = {**fields["piece"], **own}
        who = wish.actor
        if who.role == Role.ENTERPRISE:
            who = replace(who, organisation=place.enterprise_name)
        commands.append(replace(wish, at_ms=at_ms, fields=fields, actor=who))
    return after(step.issue, *commands)


async def fill(app: FastAPI, store: FakeStore, outlets: Sequence[registry.Outlet], odd: str = HOSTILE) -> None:
    """Writes everything: the registry through the API, leads as the worker does; one enterprise is named `odd`."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://stage") as client:
        await _registry(client, outlets, odd)
        for number, outlet in enumerate(outlets[: 5 * len(STATES)]):
            await _known(store, outlet, number)
        await _hostile(store, outlets[0], odd)
        await _history(store, outlets[PLANT])
        await air.keep(store, NOW_MS)
        await _reports(client)
        await _round(client)
        await city_letters.fill(partial(_call, client), odd)
        await orders.fill(partial(_call, client))
        await plan_documents.fill(client, outlets[PLANT].enterprise_id, odd)


async def _call(client: httpx.AsyncClient, who: str, path: str, body: Any, rev: int = 0, method: str = "POST") -> Any:
    key = hashlib.sha256(f"{who}{path}{body}{rev}".encode()).hexdigest()
    headers = {"Authorization": f"Bearer key-{who}", "Idempotency-Key": key}
    if rev:
        headers["If-Match"] = f'"{rev}"'
    answer = await client.request(method, path, json=body, headers=headers)
    assert answer.is_success, (path, answer.text)
    return answer.json()


async def _registry(client: httpx.AsyncClient, outlets: Sequence[registry.Outlet], odd: str) -> None:
    rows = registry.changes(outlets, registry.TeamAddress(TEAM_URL, "demo-team"))
    hostile = {"name": odd[:200], "division_code": "130102", "longitude": 114.52, "latitude": 38.05}
    rows.append({"kind": "enterprise", "id": "hostile-1", "entity": hostile})
    rows.append(
        {
            "kind": "source",
            "id": "hostile-1-1",
            "entity": {"enterprise_id": "hostile-1", "name": odd[:200], "kind": "outlet"},
        }
    )
    rows.append({"kind": "team", "id": "team-sjz", "entity": {"name": "石家庄市监督帮扶组", "division_code": "130100"}})
    mark = {
        "source_id": outlets[PLANT].source_id,
        "kind": "calibration",
        "start_ms": START_MS,
        "end_ms": START_MS + HOUR_MS,
        "reason": "季度校准",
    }
    rows.append({"kind": "mark", "id": "mark-1", "entity": mark})
    rows += air.rows([outlet.source_id for outlet in outlets[:9]], NOW_MS)
    graded: dict[str, Any] = {"hostile-1": "C", outlets[PLANT].enterprise_id: "B"}
    wanted: list[dict[str, Any]] = [dict(row) for row in rows]
    for row in wanted:
        if row["kind"] == "enterprise" and row["id"] in graded:
            row["entity"] = {**row["entity"], "grade": graded[row["id"]]}
    result = await _call(client, "admin-1", "/v1/registry:import", wanted)
    assert result["counts"].keys() == {"created", "pending"}, result["counts"]
    # What the registry needs is confirmed; a grade with hostile words and three duties wait for whoever decides.
    duties = [row for row in result["rows"] if row["outcome"] == "pending" and row["id"] != "hostile-1"]
    for row in duties[:-WAITING_DUTIES]:
        await _call(client, "ministry-1", f"/v1/changes/{row['change_id']}/moves", {"move": "confirm"}, 1)


async def _known(store: FakeStore, outlet: registry.Outlet, number: int) -> None:
    place = Place(outlet.enterprise_id, outlet.enterprise_name, outlet.source_name, outlet.division_code)
    state = STATES[number % len(STATES)]
    if KINDS[number % len(KINDS)][4] >= 4 and state in (State.PUBLICISED, State.CLOSED, State.SPOT_CHECK):
        state = State.VERIFIED  # the province verifies these first
    issue = _issue(outlet, number, place, state)
    assert await store.open(Step(issue, "registered", (), ()))
    await store.open_case(_passed(issue))


def _passed(issue: Issue) -> CaseStep:
    lead, head = Lead.FromString(issue.lead), issue.head
    step = bring(lead, issue.lead, issue.frames, head.place, FACTS, SYSTEM, head.registered_ms)
    for move, fields in (("pass", {}), ("register", {"issue_id": issue.issue_id})):
        done = act(step.case, Command(move, SYSTEM, head.registered_ms, "直接立案", fields), "", LEAD, FACTS)
        assert isinstance(done, CaseStep), done
        step = joined(step, done)
    return step


async def _hostile(store: FakeStore, outlet: registry.Outlet, odd: str) -> None:
    bad = replace(outlet, source_id="hostile-1-1", enterprise_id="hostile-1")
    place = Place("hostile-1", odd[:200], odd[:200], "130102")
    lead = _lead(bad, 5)
    lead.summary.zh = lead.title.zh = lead.summary.en = lead.title.en = odd
    step = fold(None, lead, lead.SerializeToString(), [], place, NOW_MS - HOUR_MS)
    assert isinstance(step, Step)
    issue = after(
        step.issue,
        replace(
            ASSIGN,
            at_ms=NOW_MS,
            fields={**ASSIGN.fields, "unit": odd, "person": odd, "due_ms": NOW_MS + DAY_MS},
        ),
    )
    assert await store.open(Step(issue, "registered", (), ()))
    await store.open_case(_passed(issue))


async def _history(store: FakeStore, outlet: registry.Outlet) -> None:
    """Six weeks of hours and days of one outlet: a gap, a calibration, an evening over the limit."""
    begin = NOW_MS - NOW_MS % DAY_MS - 40 * DAY_MS - 8 * HOUR_MS
    hours = []
    factors = (("a21026", 12, 1.0), ("a21026", 2, 0.8), ("a21002", 12, 1.4), ("a34013", 12, 0.2))
    for number in range(40 * 24):
        if number % 230 in (100, 101, 102, 103, 104) or (number % 24 == 7 and number % 5 == 0):
            continue
        high = 900 <= number < 906
        level = 22 + 6 * math.sin(number / 3.7) + 3 * math.sin(number / 29) + (18 if high else 0)
        flag = ord("C") if number % 190 == 60 else ord("F") if 400 <= number < 430 else ord("N")
        hours += [
            Hour(begin + number * HOUR_MS, factor, stat, round(level * share, 2), flag)
            for factor, stat, share in factors
        ]
    await store.keep_hours(outlet.source_id, hours)
    days = [Hour(begin + n * DAY_MS, "a21026", 12, round(21 + 4 * math.sin(n / 3), 2), ord("N")) for n in range(40)]
    await store.keep_hours(outlet.source_id, days, Period.DAY)


async def _reports(client: httpx.AsyncClient) -> None:
    reports = [
        ("complaint", "dust", "长安区某工地", "夜间土方作业，未洒水，裸土未覆盖约 3000 平方米。", 2, ""),
        ("patrol", "bypass", "裕华区青年街", "巡查发现旁路烟道挡板有新近启闭痕迹，铅封缺失。", 4, "hostile-1"),
        ("satellite", "fire", "藁城区南董镇", "卫星火点，疑似秸秆焚烧，两次过境均有热异常。", 2, ""),
        ("complaint", "dust", "新华区石清路", "道路扬尘严重，渣土车未苫盖。", 1, ""),
    ]
    for number, (channel, category, place, text, severity, enterprise) in enumerate(reports):
        body = {
            "channel": channel, "reference": f"12369-2026-11{number:02d}", "category": category, "severity": severity,
            "division_code": "130102", "place": place, "text": text, "found_ms": NOW_MS - (number + 1) * HOUR_MS,
            "enterprise_id": enterprise,
        }  # fmt: skip
        lead = await _call(client, "office-1", "/v1/leads", body)
        path = f"/v1/leads/{lead['lead_id']}/moves"
        if lead["stage"] == "candidate":
            lead = await _call(client, "office-1", path, {"move": "screen", "reason": "情况清楚"}, lead["revision"])
        if number < 3:
            lead = await _call(client, "office-1", path, {"move": "dispatch", "reason": "就近派发"}, lead["revision"])
        if number == 2:
            lead = await _call(client, "team-1", path, {"move": "accept"}, lead["revision"])


async def _round(client: httpx.AsyncClient) -> None:
    body = {
        "title": "第3轮次",
        "division_code": "130100",
        "task_kind": "key-enterprises",
        "starts_ms": NOW_MS + DAY_MS,
        "score_cut": 0.1,
    }
    found = await _call(client, "office-1", "/v1/rounds", body)
    await _call(client, "office-1", f"/v1/rounds/{found['round_id']}/moves", {"move": "build"}, found["revision"])


def letters() -> list[DeadLetter]:
    """A lead that can be read and was refused; a frame of no known protocol with a hostile key."""
    lead = _lead(registry.outlets(1, 20260115)[0], 1).SerializeToString()
    frame = b"##0096QN=20261122;ST=99;MN=<script>window.pwned=1</script>"
    return [
        a_letter("ab01cd02ef03", value=lead, reason="invalid", detail="no such rule", failed_ms=NOW_MS - HOUR_MS),
        a_letter(
            "cd04ef05ab06", topic=RAW_FRAMES, group="alerts", reason="undecodable", detail=HOSTILE[:200], value=frame,
            key=HOSTILE.encode(), timestamp_ms=NOW_MS - 2 * HOUR_MS, failed_ms=NOW_MS - 2 * HOUR_MS,
        ),
    ]  # fmt: skip
