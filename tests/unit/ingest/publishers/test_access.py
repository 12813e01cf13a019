"""The publishers' file, the allowance, the keys that protect identities."""

import hashlib
from pathlib import Path

import pytest
from pydantic import SecretStr

from lantian_ingest.identity_keys import UnusableKey, keys_of
from lantian_ingest.publishers.access import Publishers
from lantian_ingest.publishers.allowance import Allowance, Repeats, Seen
from lantian_ingest.settings import IngestSettings
from lantian_kit.access.key_file import AccessError


def settings(identity: str, evidence: str) -> IngestSettings:
    """Settings with these keys."""
    return IngestSettings(identity_key=SecretStr(identity), evidence_key=SecretStr(evidence))


HASH = hashlib.sha256(b"key").hexdigest()


def test_a_file_is_read(tmp_path: Path) -> None:
    """By hash; feeds by pattern; nobody without a file."""
    file = tmp_path / "publishers.yaml"
    file.write_text(f'publishers:\n  - {{id: a, feeds: ["s-*", g1], key_sha256: ["{HASH}"]}}\n')
    publisher = Publishers.load(file).of_key("key")
    assert publisher is not None
    assert [publisher.may(feed) for feed in ("s-1", "g1", "g11", "xs-1", "")] == [True, True, False, False, False]
    assert Publishers.load(file).of_key("other") is None
    assert Publishers.load(None).of_key("key") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "publishers: 7",
        "publishers: [{id: a, feeds: [], key_sha256: [" + HASH + "]}]",
        "publishers: [{id: a, feeds: [x], key_sha256: [the-key-itself]}]",
        "publishers: [{id: a, feeds: [x], key_sha256: [" + HASH + "], more: 1}]",
        f"publishers: [{{id: a, feeds: [x], key_sha256: [{HASH}]}}, {{id: a, feeds: [x], key_sha256: [{'0' * 64}]}}]",
        f"publishers: [{{id: a, feeds: [x], key_sha256: [{HASH}]}}, {{id: b, feeds: [x], key_sha256: [{HASH}]}}]",
        "publishers: [",
    ],
)
def test_half_a_file_is_none(tmp_path: Path, text: str) -> None:
    """And no value is shown: it may be a key."""
    file = tmp_path / "publishers.yaml"
    file.write_text(text)
    with pytest.raises(AccessError) as caught:
        Publishers.load(file)
    assert "the-key-itself" not in str(caught.value)
    with pytest.raises(AccessError):
        Publishers.load(tmp_path / "absent.yaml")


def test_allowance_fills_steadily() -> None:
    """A minute's rows at once, then as they come; a large batch leaves a debt."""
    allowance = Allowance()
    assert allowance.wait_seconds("a", 60, 60, 0.0) == 0
    assert allowance.wait_seconds("a", 60, 1, 0.0) == pytest.approx(1)
    assert allowance.wait_seconds("b", 60, 1, 0.0) == 0
    assert allowance.wait_seconds("a", 60, 1, 1.0) == 0
    assert allowance.wait_seconds("a", 60, 600, 1000.0) == 0
    assert allowance.wait_seconds("a", 60, 1, 1060.0) == pytest.approx(481)
    assert allowance.wait_seconds("a", 60, 1, 0.0) > 0  # a clock that goes back gives nothing


def test_repeats_are_bounded() -> None:
    """The oldest key gives way; one that failed is new."""
    repeats = Repeats(kept=2)
    for key in "abc":
        assert repeats.begin("p", key, "f", 0)[0] is Seen.NEW
    repeats.end("p", "a", (202, b""))
    assert repeats.begin("p", "a", "f", 1)[0] is Seen.NEW
    repeats.end("p", "c", None)
    assert repeats.begin("p", "c", "other", 1)[0] is Seen.NEW
    assert repeats.begin("q", "c", "other", 1)[0] is Seen.NEW


@pytest.mark.parametrize(("identity", "evidence"), [("aa" * 32, ""), ("", "bb" * 32), ("aa", "bb" * 32), ("zz", "")])
def test_half_a_protection_is_none(identity: str, evidence: str) -> None:
    """One key without the other, a short one, one that is no number: the process must not start."""
    with pytest.raises(UnusableKey):
        keys_of(settings(identity, evidence))


def test_keys() -> None:
    """None of them: no identities here. The same one twice would let who may compare also open."""
    assert keys_of(settings("", "")) is None
    assert keys_of(settings("aa" * 32, "bb" * 32)) is not None
    with pytest.raises(UnusableKey):
        keys_of(settings("aa" * 32, "aa" * 32))
    assert "aa" * 32 not in repr(settings("aa" * 32, ""))
