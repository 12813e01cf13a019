"""Photos and files over HTTP: attached, listed, served, packed, and who may."""

import hashlib
import io
import json
import zipfile

import pytest

from lantian_tasks.ledger.issue import State
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import NOW_MS, PLACE
from tests.support.tasks_photos import a_photo

KEY = {"Idempotency-Key": "tap"}


@pytest.fixture
async def api() -> Api:
    """An API that knows where the enterprise lies."""
    api = Api()
    entity = {"name": PLACE.enterprise_name, "division_code": "130102", "latitude": 38.0428, "longitude": 114.5149}
    assert (await api.put(f"enterprise/{PLACE.enterprise_id}", {"entity": entity})).status_code == 201
    return api


async def test_a_photo_is_sealed_listed_and_served_clean(api: Api) -> None:
    """Once, however often it is sent; the original is kept, the clean copy shown."""
    issue = await api.holding(state=State.RECTIFYING)
    data = a_photo(place=(38.0430, 114.5150), taken="2026:11:22 09:30:00")
    path = f"/v1/issues/{issue.issue_id}/evidence"
    params = {"kind": "photo-after", "name": "后.jpg", "taken_ms": NOW_MS}
    first = await api.call("POST", path, "plant-1", KEY, content=data, params=params)
    again = await api.call("POST", path, "plant-1", {"Idempotency-Key": "other"}, content=data, params=params)
    assert (first.status_code, again.status_code) == (201, 200), first.text
    piece = first.json()
    assert again.json() == piece
    assert first.headers["etag"] == f'"{issue.head.rev + 1}"'
    assert (piece["media_type"], piece["sha256"]) == ("image/jpeg", hashlib.sha256(data).hexdigest())
    assert (piece["place_from"], piece["distance_m"] < 60) == ("exif", True)
    assert [flag["code"] for flag in piece["flags"]] == ["times-differ"]
    items = (await api.get(path)).json()["items"]
    assert [item["evidence_id"] for item in items] == [piece["evidence_id"]]
    content = f"{path}/{piece['evidence_id']}/content"
    shown = await api.get(content)
    assert shown.headers["content-type"] == "image/jpeg"
    assert hashlib.sha256(shown.content).hexdigest() == piece["shown_sha256"]
    assert b"Exif" not in shown.content
    original = await api.get(content, form="original")
    assert original.content == data
    assert original.headers["content-disposition"].startswith("attachment")
    assert original.headers["content-type"] == "application/octet-stream"
    audit = (await api.get(f"/v1/issues/{issue.issue_id}/audit")).json()
    assert audit["intact"]


async def test_the_same_photo_elsewhere_is_noticed(api: Api) -> None:
    """Re-encoded and smaller, for another issue: flagged, and counting only with a reason."""
    minor = await api.holding(state=State.REGISTERED)
    await api.attach(minor, "photo-before", a_photo(5))
    lead = minor.head.lead_id
    path = f"/v1/leads/{lead}/evidence"
    small = a_photo(5, size=(160, 120), quality=50)
    response = await api.call("POST", path, "team-1", KEY, content=small, params={"kind": "photo"})
    assert response.status_code == 201, response.text
    assert "seen-before" in [flag["code"] for flag in response.json()["flags"]]
    assert len((await api.get(path)).json()["items"]) == 1
    both = (await api.get(f"/v1/issues/{minor.issue_id}/evidence")).json()["items"]
    assert [item["subject"].partition("/")[0] for item in both] == ["lead", "issue"]


@pytest.mark.parametrize(
    ("data", "name", "status", "slug"),
    [
        (b"", "a.jpg", 422, "file-empty"),
        (a_photo(), "a.pdf", 422, "file-disguised"),
        (b"MZ\x90\0", "a.exe", 422, "file-unknown-type"),
        (a_photo()[:300], "a.jpg", 422, "file-unknown-type"),
        (b"x" * (32 * 1024 * 1024 + 1), "a.txt", 413, "too-large"),
    ],
)
async def test_what_is_refused_leaves_nothing(api: Api, data: bytes, name: str, status: int, slug: str) -> None:
    """A problem in both languages, no entry, no bytes."""
    issue = await api.holding()
    path = f"/v1/issues/{issue.issue_id}/evidence"
    response = await api.call("POST", path, "team-1", KEY, content=data, params={"kind": "photo", "name": name})
    assert_problem(response, status, slug)
    assert (await api.get(path)).json()["items"] == []
    assert api.store.files == {}


async def test_who_may(api: Api) -> None:
    """Not without a key of one's own, not the auditor, and nothing of other divisions is there."""
    issue = await api.holding()
    path = f"/v1/issues/{issue.issue_id}/evidence"
    params = {"kind": "record"}
    bare = await api.call("POST", path, "team-1", key=False, content=b"x", params=params)
    assert_problem(bare, 400, "key-needed")
    assert_problem(await api.call("POST", path, "auditor-1", KEY, content=b"x", params=params), 403, "forbidden")
    evidence_id = await api.attach(issue, "record")
    for where in (path, f"{path}/{evidence_id}/content", f"/v1/issues/{issue.issue_id}/pack"):
        assert (await api.get(where)).status_code == 200
        assert_problem(await api.get(where, "tangshan-1"), 404, "not-found")
        assert_problem(await api.get(where, "plant-2"), 404, "not-found")
    assert_problem(await api.call("POST", path, "tangshan-1", KEY, content=b"x", params=params), 404, "not-found")
    faked = {"move": "attach", "reason": "x"}
    assert_problem(await api.move(issue, faked, rev=2), 422, "field-missing")


async def test_the_pack_stands_for_itself(api: Api) -> None:
    """Every file is in the manifest with its hash; what the ledger sealed agrees; a lost original is said."""
    issue = await api.holding(state=State.RECTIFYING)
    await api.attach(issue, "photo-after", a_photo(9))
    await api.attach(issue, "rectification-report", "报告".encode(), name="报告.txt")
    response = await api.get(f"/v1/issues/{issue.issue_id}/pack")
    assert response.headers["content-disposition"] == f'attachment; filename="{issue.head.number}.zip"'
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        files = {row["path"]: row for row in manifest["files"]}
        assert set(archive.namelist()) == {*files, "manifest.json"}
        for name, row in files.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == row["sha256"], name
        sheet = archive.read(f"{issue.head.number}.pdf")
        history = json.loads(archive.read("history.json"))
    assert sheet.startswith(b"%PDF-")
    assert manifest["history"]["intact"]
    assert history[-1]["hash"] == manifest["history"]["head_hash"]
    sealed = [row for row in manifest["files"] if "sealed_sha256" in row]
    assert len(sealed) == 3
    assert all(row["agrees"] for row in sealed)
    api.store.files.pop(next(row["sha256"] for row in sealed if row["path"].endswith(".txt")))
    with zipfile.ZipFile(io.BytesIO((await api.get(f"/v1/issues/{issue.issue_id}/pack")).content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert [row["name"] for row in manifest["files"] if row.get("missing")] == ["报告.txt"]
