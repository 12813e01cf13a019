"""Secrets at rest: nothing in the clear with a key, every key of the file reads, the first one writes."""

from pathlib import Path

import pytest

from lantian_kit.access.key_file import AccessError
from lantian_tasks.access.vault import Vault, VaultError

OLD, NEW = b"o" * 32, b"n" * 32
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_a_secret_is_shut_and_opened() -> None:
    """Never twice the same, never readable."""
    vault = Vault([OLD])
    kept = vault.shut(SECRET)
    assert SECRET not in kept
    assert kept != vault.shut(SECRET)
    assert vault.open(kept) == SECRET
    assert vault.anew(kept) == ""


def test_a_key_is_replaced_while_both_read() -> None:
    """What the old one shut is shut anew under the new one; then the old one may go."""
    kept = Vault([OLD]).shut(SECRET)
    both = Vault([NEW, OLD])
    assert both.open(kept) == SECRET
    again = both.anew(kept)
    assert Vault([NEW]).open(again) == SECRET
    assert both.anew(again) == ""
    with pytest.raises(VaultError):
        Vault([NEW]).open(kept)


def test_what_was_kept_before_there_was_a_key() -> None:
    """Is read as it is, and shut at the next chance; without a key nothing changes."""
    assert Vault().open(SECRET) == Vault([NEW]).open(SECRET) == SECRET
    assert Vault([NEW]).open(Vault([NEW]).anew(SECRET)) == SECRET
    assert Vault().anew(SECRET) == ""
    assert Vault().shut(SECRET) == SECRET


def test_what_was_changed_is_not_read() -> None:
    """Nor without the file of keys."""
    kept = Vault([NEW]).shut(SECRET)
    for spoilt in (kept[:-4], f"{kept[:20]}x{kept[21:]}", "fernet:"):
        with pytest.raises(VaultError):
            Vault([NEW]).open(spoilt)
    with pytest.raises(VaultError):
        Vault().open(kept)


def test_a_file_of_keys(tmp_path: Path) -> None:
    """One a line; short, empty or missing ones stop the start."""
    file = tmp_path / "keys"
    file.write_bytes(NEW + b"\n\n" + OLD + b"\n")
    assert Vault.load(file).open(Vault([OLD]).shut(SECRET)) == SECRET
    assert not Vault.load(None).possible
    for content in (b"", b"short\n"):
        file.write_bytes(content)
        with pytest.raises(AccessError):
            Vault.load(file)
    with pytest.raises(AccessError):
        Vault.load(tmp_path / "absent")
