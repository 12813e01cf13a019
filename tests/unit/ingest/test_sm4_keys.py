"""The file of SM4 keys."""

from pathlib import Path

import pytest

from lantian_ingest.sm4_keys import load


def test_keys_are_read(tmp_path: Path) -> None:
    """Both forms, comments, several keys of a feed with the last one first."""
    file = tmp_path / "keys"
    file.write_text(f"# MN key\n\nA {'0' * 16}\nB {'31' * 16}\nA {'2' * 16}\n", encoding="utf-8")
    ring = load(file)
    assert ring.keys("A") == (b"2" * 16, b"0" * 16)
    assert ring.keys("B") == (b"1" * 16,)
    assert ring.keys("C") == ()


@pytest.mark.parametrize("line", ["A", "A short", "A b c"])
def test_a_wrong_line_is_named_and_not_shown(tmp_path: Path, line: str) -> None:
    """A key must not get into a log."""
    file = tmp_path / "keys"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2") as caught:
        load(file)
    assert "short" not in str(caught.value)
