"""Principals from the access file, and scopes: deny by default."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from lantian_tasks.access.principals import Access, AccessError
from lantian_tasks.access.scope import EVERYTHING, Scope, ScopeError, prefix_of, scope_of
from lantian_tasks.settings import TasksSettings

KEY = "a-key-of-the-office"
ROW: dict[str, Any] = {
    "id": "office-1",
    "role": "city-office",
    "organisation": "石家庄市大气办",
    "divisions": ["130100"],
    "key_sha256": [hashlib.sha256(KEY.encode()).hexdigest()],
}


def written(folder: Path, content: Any) -> Path:
    """An access file."""
    path = folder / "access.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def test_a_key_leads_to_its_principal(tmp_path: Path) -> None:
    """By hash; anything else leads to nobody."""
    access = Access.load(written(tmp_path, {"principals": [ROW]}))
    principal = access.of_key(KEY)
    assert principal is not None
    assert (principal.id, principal.organisation, principal.scope(0)) == (
        "office-1",
        "石家庄市大气办",
        Scope(("1301",)),
    )
    for other in ("", KEY + " ", ROW["key_sha256"][0], "\udcff"):
        assert access.of_key(other) is None


def test_two_keys_while_one_is_replaced(tmp_path: Path) -> None:
    """Both lead to the same principal."""
    second = hashlib.sha256(b"second").hexdigest()
    row = {**ROW, "key_sha256": [*ROW["key_sha256"], second]}
    access = Access.load(written(tmp_path, {"principals": [row]}))
    assert access.of_key("second") == access.of_key(KEY)


def test_without_a_file_nobody_may_do_anything() -> None:
    """Deny by default; the settings name no file."""
    assert TasksSettings.model_fields["access_file"].default is None
    assert Access.load(None).of_key(KEY) is None


@pytest.mark.parametrize(
    "content",
    [
        "principals: [",
        "",
        {"principals": [{**ROW, "role": "king"}]},
        {"principals": [{**ROW, "divisions": []}]},
        {"principals": [{**ROW, "divisions": ["13"]}]},
        {"principals": [{**ROW, "key": "clear"}]},
        {"principals": [{**ROW, "key_sha256": ["my clear text key"]}]},
        {"principals": [{**ROW, "key_sha256": []}]},
        {"principals": [{**ROW, "role": "enterprise"}]},
        {"principals": [{**ROW, "enterprise_id": "e1"}]},
        {"principals": [ROW, ROW]},
        {"principals": [ROW, {**ROW, "id": "office-2"}]},
    ],
)
def test_a_file_with_a_fault_is_refused_whole(tmp_path: Path, content: Any) -> None:
    """The process must not start; what it says holds no key."""
    with pytest.raises(AccessError) as caught:
        Access.load(written(tmp_path, content))
    assert "clear" not in str(caught.value).replace("key_sha256", "")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A wrong mount is no empty list."""
    with pytest.raises(AccessError):
        Access.load(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("000000", ""),
        ("130000", "13"),
        ("130100", "1301"),
        ("130102", "130102"),
        ("100000", "10"),
        ("130010", "130010"),
    ],
)
def test_a_code_covers_what_lies_below_it(code: str, prefix: str) -> None:
    """Pairs of zeros at the end stand for the level above."""
    assert prefix_of(code) == prefix
    assert scope_of([code]).covers(code, "e1")


@pytest.mark.parametrize("code", ["", "13", "1301000", "13010a", "130100\n"])
def test_no_code(code: str) -> None:
    """Six digits and nothing else."""
    with pytest.raises(ScopeError):
        prefix_of(code)


def test_scopes() -> None:
    """Nothing by default; an enterprise sees itself within its divisions; the country sees what has no division."""
    assert not Scope().covers("130102", "e1")
    assert not Scope().covers("", "")
    assert EVERYTHING.covers("", "")
    assert not scope_of(["130000"]).covers("", "")
    assert not scope_of(["130100"]).covers("130202", "e1")
    enterprise = scope_of(["130100"], "e1")
    assert enterprise.covers("130102", "e1")
    assert not enterprise.covers("130102", "e2")
    assert not enterprise.covers("130202", "e1")
    assert not scope_of(["000000"], "").covers("130102", "")
