"""Plans of the invented campaign: a city's in force, one with hostile words, and an enterprise's in two versions."""

from typing import Any

import httpx

PDF = b"%PDF-1.7 "
SEASON = {"season": "2026-27", "valid_from": "2026-10-01", "valid_to": "2027-03-31"}


async def fill(client: httpx.AsyncClient, enterprise_id: str, odd: str) -> None:
    """Writes them through the API."""
    city = {"kind": "city-policy", "title": "石家庄市2026-2027年秋冬季攻坚一市一策方案", "division": "130100"}
    await _approved(client, "office-1", "province-1", city)
    await _approved(
        client,
        "office-1",
        "province-1",
        {**city, "kind": "emergency-plan", "title": "石家庄市重污染天气应急预案（2026年修订）"},
    )
    await _made(client, "office-1", {"kind": "factory-policy", "title": odd[:200], "enterprise": "hostile-1"})
    own = {"kind": "factory-policy", "title": "秋冬季一厂一策实施方案", "enterprise": enterprise_id}
    plan = await _approved(client, "plant-1", "ministry-1", own)
    path = f"/v1/plan-documents/{plan['plan_document_id']}/versions"
    said = {
        **SEASON,
        "valid_from": "2026-12-01",
        "note": "增加烧结机停产措施，附减排清单",
        "name": "一厂一策（修订）.pdf",
    }
    del said["season"]
    await _send(client, "plant-1", path, said, PDF + b"2", {"If-Match": f'"{plan["revision"]}"'})


async def _made(client: httpx.AsyncClient, who: str, said: dict[str, str]) -> Any:
    return await _send(client, who, "/v1/plan-documents", {**SEASON, "name": "方案.pdf", **said}, PDF)


async def _approved(client: httpx.AsyncClient, who: str, above: str, said: dict[str, str]) -> Any:
    plan = await _made(client, who, said)
    headers = {"Authorization": f"Bearer key-{above}", "Idempotency-Key": plan["plan_document_id"], "If-Match": '"1"'}
    path = f"/v1/plan-documents/{plan['plan_document_id']}/moves"
    answer = await client.post(path, json={"move": "approve"}, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


async def _send(
    client: httpx.AsyncClient,
    who: str,
    path: str,
    said: dict[str, str],
    data: bytes,
    headers: dict[str, str] | None = None,
) -> Any:
    key = f"{who}-{len(path)}-{said.get('kind', '')}"
    everything = {"Authorization": f"Bearer key-{who}", "Idempotency-Key": key, **(headers or {})}
    answer = await client.post(path, params=said, content=data, headers=everything)
    assert answer.is_success, answer.text
    return answer.json()
