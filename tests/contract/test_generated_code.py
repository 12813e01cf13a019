"""Generated code is current and contracts do not break their readers."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUF = str(Path(sysconfig.get_path("scripts")) / "buf")


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """One command with its output."""
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_generated_code_is_current() -> None:
    """`make proto` would change nothing."""
    result = run(sys.executable, "proto/generate.py", "--check")
    assert result.returncode == 0, result.stderr


def test_contracts_do_not_break_their_readers(tmp_path: Path) -> None:
    """Against the contracts of the last commit on main, where this checkout knows it."""
    for branch in ("origin/main", "main"):
        if run("git", "rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}").returncode == 0:
            break
    else:
        pytest.fail("neither origin/main nor main is known: fetch it, this check must not be skipped")
    archive = subprocess.run(["git", "archive", branch, "proto"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode != 0:
        pytest.fail(f"no contracts on {branch}: {archive.stderr.decode()}")
    subprocess.run(["tar", "-x", "-C", str(tmp_path)], input=archive.stdout, check=True)
    result = run(BUF, "breaking", "proto", "--against", str(tmp_path / "proto"))
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_check_finds_a_break(tmp_path: Path) -> None:
    """A renumbered field is refused, so that the test above means something."""
    broken = tmp_path / "proto"
    shutil.copytree(ROOT / "proto", broken, ignore=shutil.ignore_patterns("__pycache__"))
    lead = broken / "lantian/v1/lead.proto"
    lead.write_text(lead.read_text().replace("string rule_id = 2;", "int64 rule_id = 2;"))
    result = run(BUF, "breaking", str(broken), "--against", "proto")
    assert result.returncode != 0
    assert "rule_id" in result.stdout
