"""Tables in and out, credit codes, and the kinds no service judges by."""

import csv
import io
from typing import Any

import pytest

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.registry.codes import check_character, is_credit_code
from lantian_tasks.registry.divisions import campaign, counties, new_areas
from lantian_tasks.registry.examples import EXAMPLES
from lantian_tasks.registry.record import ITEMS, Kind, message
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_changes import confirmed, in_force

ENTERPRISE = {"name": "某钢铁有限公司", "division_code": "130102"}
ITEM_OF: dict[Kind, dict[str, Any]] = {
    Kind.DIVISION: {"name": "长安区", "parent_code": "130100"},
    Kind.PROCESS: {"name": "烧结", "enterprise_id": "e1", "capacity": 300.0, "interruptible": False},
    Kind.DEVICE: {"name": "脱硫塔", "enterprise_id": "e1", "source_id": "s1", "vendor": "某环保"},
    Kind.VEHICLE: {"name": "重卡", "enterprise_id": "e1", "fuel": "diesel", "stage": "6"},
    Kind.MACHINE: {"name": "叉车", "division_code": "130102", "stage": "3"},
    Kind.CAMERA: {"name": "门禁相机", "source_id": "s1"},
    Kind.BYPASS: {"name": "旁路", "enterprise_id": "e1", "source_id": "s1", "seal_no": "F-1", "sealed_ms": 5},
    Kind.PERMIT: {"name": "排污许可证", "enterprise_id": "e1", "permit_no": "911301", "expires_ms": 9},
    Kind.PERSON: {"name": "王工", "enterprise_id": "e1", "phone": "0311-1"},
    Kind.INSTRUMENT: {
        "name": "PID检测仪",
        "division_code": "130102",
        "serial_no": "SN-1",
        "calibrated_ms": 5,
        "calibration_due_ms": 9,
    },
}


ORDER_OF: dict[Kind, dict[str, Any]] = {
    Kind.SUPPRESSION: {
        "source_id": "s1",
        "owner": "admin-1",
        "reason": "校准台架",
        "start_ms": 1,
        "end_ms": 86_400_000,
    },
    Kind.RESPONSE: {
        "source_id": "s1",
        "measure": "limit",
        "allowed_share": 0.5,
        "warning_id": "w1",
        "level": "orange",
        "start_ms": 1,
    },
}


NEED_A_REPLAY = (Kind.RULE_REPLAY, Kind.RULE_PARAMETERS)


@pytest.fixture
async def api() -> Api:
    """An API with one enterprise and one outlet."""
    api = Api()
    assert (await api.put("enterprise/e1", {"entity": ENTERPRISE})).status_code == 201
    source = {"enterprise_id": "e1", "name": "1号", "kind": "outlet", "outlet": {"industry": "steel", "process": "x"}}
    assert (await api.put("source/s1", {"entity": source})).status_code == 201
    return api


@pytest.mark.parametrize("kind", ITEMS)
async def test_items_come_back_as_they_were_written(api: Api, kind: Kind) -> None:
    """Typed in the API, attributes in the topic, and the same again after reading."""
    id_ = "130102" if kind == Kind.DIVISION else "i1"
    written = await api.put(f"{kind}/{id_}", {"entity": ITEM_OF[kind]})
    assert written.status_code == 201, written.text
    entity = (await api.get(f"/v1/registry/{kind}/{id_}", "office-1")).json()["entity"]  # reads a phone in full
    assert {name: entity[name] for name in ITEM_OF[kind]} == ITEM_OF[kind]
    again = await api.put(f"{kind}/{id_}", {"entity": entity}, rev=1)
    assert (again.status_code, again.json()["revision"]) == (200, 1), again.text
    record = (await api.store.records([f"{kind}/{id_}"], EVERYTHING))[f"{kind}/{id_}"]
    change = message(record)
    assert (change.WhichOneof("entity"), change.item.item_id, change.kind) == ("item", id_, str(kind))
    assert change.item.name == ITEM_OF[kind]["name"]


@pytest.mark.parametrize("kind", sorted(ORDER_OF))
async def test_orders_reach_detection_as_their_own_messages(api: Api, kind: Kind) -> None:
    """alerts reads suppressions and responses from registry.v1; an order without an end that it heeds is refused."""
    await in_force(api, f"{kind}/o1", await api.put(f"{kind}/o1", {"entity": ORDER_OF[kind]}))
    record = (await api.store.records([f"{kind}/o1"], EVERYTHING))[f"{kind}/o1"]
    change = message(record)
    assert (change.WhichOneof("entity"), change.kind) == (str(kind), str(kind))
    assert getattr(change, str(kind)).source_id == "s1"
    wrong = {**ORDER_OF[kind], "end_ms": 91 * 86_400_000 + 1, "allowed_share": 0.0}
    wrong = {name: value for name, value in wrong.items() if name in (*ORDER_OF[kind], "end_ms")}
    assert_problem(await api.put(f"{kind}/o2", {"entity": wrong}), 422, "invalid")


async def test_the_examples_of_the_document_are_a_registry() -> None:
    """Every kind has one, shown in the OpenAPI document, and all of them together can be imported, twice.

    Parameters of rules are taken on what alerts says (test_rule_parameters).
    """
    api = Api()
    rows = [{"kind": kind, "id": id_, "entity": entity} for kind, (id_, entity) in EXAMPLES.items()]
    assert {row["kind"] for row in rows} == set(Kind)
    rows = [row for row in rows if row["kind"] not in NEED_A_REPLAY]
    first = (await api.call("POST", "/v1/registry:import", "admin-1", json=rows)).json()
    held = {"enterprise", "response"}  # its grade, and the start of a warning, take a second person
    counts = {"created": len(rows) - 2, "pending": 2}
    assert first["counts"] == counts, [row for row in first["rows"] if row["outcome"] == "refused"]
    assert {row["kind"] for row in first["rows"] if row["outcome"] == "pending"} == held
    again = (await api.call("POST", "/v1/registry:import", "admin-1", json=rows)).json()
    assert again["counts"] == {"unchanged": len(rows) - 2, "pending": 2}
    for row in again["rows"]:
        if row["change_id"]:
            await confirmed(api, row["change_id"])
    last = (await api.call("POST", "/v1/registry:import", "admin-1", json=rows)).json()
    assert last["counts"] == {"unchanged": len(rows)}
    shown = (await api.client.get("/openapi.json")).text
    for _, entity in EXAMPLES.values():
        assert str(next(iter(entity.values()))) in shown


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_table_goes_out_and_comes_in_again(api: Api, form: str) -> None:
    """Exported, read again: unchanged. Texts that would be formulas come back as they were."""
    await api.put("enterprise/e2", {"entity": {**ENTERPRISE, "name": "=cmd|' /C calc'!A0", "list_types": ["positive"]}})
    exported = await api.call("GET", f"/v1/registry-tables/enterprise?format={form}", "admin-1")
    assert exported.status_code == 200
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig"))))
        assert [row["name"][:2] for row in rows] == ["某钢", "'="]
    path = f"/v1/registry-tables/enterprise?format={form}"
    result = (await api.call("POST", path, "admin-1", content=exported.content)).json()
    assert result["counts"] == {"unchanged": 2}, result


async def test_a_dry_run_writes_nothing_and_says_everything(api: Api) -> None:
    """Row by row: what would be created, changed, refused, and why."""
    text = "id,name,division_code,credit_code\ne1,新名,130102,\ne9,新厂,130102,\ne8,坏码,130102,911301000000000000\n"
    path = "/v1/registry-tables/enterprise?dry_run="
    said = (await api.call("POST", f"{path}true", "admin-1", content=text.encode())).json()
    assert [row["outcome"] for row in said["rows"]] == ["changed", "created", "refused"]
    assert "credit_code" in said["rows"][2]["errors"][0]["field"]
    assert said["dry_run"]
    assert (await api.get("/v1/registry/enterprise/e9", "admin-1")).status_code == 404
    done = (await api.call("POST", f"{path}false", "admin-1", content=text.encode("gb18030"))).json()
    assert done["counts"] == {"changed": 1, "created": 1, "refused": 1}
    assert (await api.get("/v1/registry/enterprise/e1", "admin-1")).json()["entity"]["name"] == "新名"


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"", "csv"),
        (b"\xff\xff\x00", "csv"),
        (b"nonsense", "xlsx"),
        (b"name\nx\n", "csv"),
        (b"id,$where\n1,2\n", "csv"),
    ],
)
async def test_a_file_that_is_no_table(api: Api, body: bytes, form: str) -> None:
    """A clear problem, nothing half written."""
    assert_problem(
        await api.call("POST", f"/v1/registry-tables/enterprise?format={form}", "admin-1", content=body),
        400,
        "bad-request",
    )


def test_credit_codes_prove_themselves() -> None:
    """GB 32100: a changed or swapped character is found; letters that look like digits are none."""
    first = "91130100MA07T6XX0"
    code = first + check_character(first)
    assert is_credit_code(code)
    wrong = [c for c in "0123456789" if c != code[3]]
    assert not any(is_credit_code(code[:3] + c + code[4:]) for c in wrong)
    assert not is_credit_code(code[:10] + "I" + code[11:])
    assert is_credit_code("91350100M000100Y43")  # the example of GB 32100-2015


async def test_a_retry_of_a_registry_write_is_answered_alike(api: Api) -> None:
    """The same key from the same account: no second revision, no 412."""
    body = {"entity": {**ENTERPRISE, "name": "改名"}}
    headers = {"If-Match": '"1"', "Idempotency-Key": "tap"}
    first = await api.call("PUT", "/v1/registry/enterprise/e1", "admin-1", headers, json=body)
    again = await api.call("PUT", "/v1/registry/enterprise/e1", "admin-1", headers, json=body)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert first.json()["revision"] == 2


async def test_a_key_serves_one_registry_write(api: Api) -> None:
    """Another content under the same key is refused, not taken for done."""
    body = {"entity": {**ENTERPRISE, "name": "改名"}}
    headers = {"If-Match": '"1"', "Idempotency-Key": "tap"}
    assert (await api.call("PUT", "/v1/registry/enterprise/e1", "admin-1", headers, json=body)).status_code == 200
    other = {"entity": {**ENTERPRISE, "name": "再改"}}
    path = "/v1/registry/enterprise/e1"
    assert_problem(await api.call("PUT", path, "admin-1", headers, json=other), 422, "key-reused")
    assert_problem(await api.call("POST", f"{path}/void", "admin-1", headers, json={"reason": "x"}), 422, "key-reused")
    said = {"contacts": [{"channel": "sms", "address": "13800000000"}]}
    assert_problem(await api.call("PUT", f"{path}/contacts", "admin-1", headers, json=said), 422, "key-reused")
    assert (await api.get(path, "admin-1")).json()["entity"]["name"] == "改名"


async def test_a_row_with_a_value_outside_of_the_columns_is_refused(api: Api) -> None:
    """A comma too many shifts what stands behind it: that row is named, the others are written."""
    text = "id,name,division_code,industry\ne7,甲,130102,钢铁,水泥\n\n,,,\ne8,乙,130102,钢铁\n"
    said = (await api.call("POST", "/v1/registry-tables/enterprise", "admin-1", content=text.encode())).json()
    assert [row["outcome"] for row in said["rows"]] == ["refused", "created"]
    assert said["rows"][0]["errors"][0]["field"] == "0.outside_of_the_columns"
    assert [row["row"] for row in said["rows"]] == [2, 5]
    twice = "id,name,name,division_code\ne7,甲,乙,130102\n"
    refused = await api.call("POST", "/v1/registry-tables/enterprise", "admin-1", content=twice.encode())
    assert "stand twice: name" in assert_problem(refused, 400, "bad-request")["detail"]


async def test_the_divisions_of_the_campaign(api: Api) -> None:
    """51 cities of 2023-24, 28 of 2+26, 11 of Fenwei; and the sub-units with codes."""
    rows = (await api.get("/v1/divisions")).json()
    assert len(rows) == len(campaign()) == 59
    assert [sum(name in row["lists"] for row in rows) for name in "NAF"] == [51, 28, 11]


async def test_counties_and_the_new_areas_without_a_code(api: Api) -> None:
    """Every county lies in a city or is a sub-unit of the campaign; a new area is a label over whole counties."""
    rows = {row["code"]: row for row in (await api.get("/v1/divisions/counties")).json()}
    assert rows.keys() == counties().keys()
    assert rows["130102"] == {"code": "130102", "name": "长安区", "kind": "county"}
    assert (rows["130171"]["kind"], rows["410381"]["kind"]) == ("statistical", "former")
    listed = {str(row["code"]) for row in campaign()}
    assert all({code, f"{code[:4]}00", f"{code[:2]}0000"} & listed for code in rows)
    assert all(
        any(code[:4] == city[:4] for code in rows) for city in listed if city.endswith("00") and city[2:4] != "00"
    )
    assert all(set(area["counties"]) <= rows.keys() & listed for area in new_areas())
    labelled = {row["code"]: row["new_area"] for row in (await api.get("/v1/divisions")).json() if row["new_area"]}
    assert labelled == {"130629": "雄安新区", "130632": "雄安新区", "130638": "雄安新区", "610403": "杨凌示范区"}
    assert {area["name"] for area in new_areas()} == {"雄安新区", "杨凌示范区", "西咸新区"}
