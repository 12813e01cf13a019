"""docs/operating.md, followed to the letter on a local suite. `make newcomer` runs it; the usual ports must be free.

How long each block took is written to bench/results/newcomer.md.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lantian_local.ports import Ports, is_free
from tests.newcomer.page import PAGE, ROOT, Block, blocks
from tests.newcomer.result import mark, steps, write

pytestmark = pytest.mark.timeout(1500)

SECONDS = 1200
TOLD = (
    "intact",  # lantian audit verify
    "documents restored",  # lantian restore
    "documents are newer now",  # lantian rebuild --newer
    "documents rebuilt",  # lantian rebuild
    "documents are the same in store and topic",
    "entries restored",  # lantian audit restore
    "back 0001",  # the store's steps, there and back
    "forward 0001",
    "fixed",
    "replayed",
    "discarded",
    "chief: open",
)
"""Commands that end well have also done what they are for."""
PLACED = {
    ".venv": "the packages that `make setup` has installed here",
    ".tools": "uv",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """The files of this checkout as a newcomer has them, `make setup` done; nothing of the suite is left at the end."""
    folder = tmp_path / "lantian"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in PLACED:
        (folder / name).symlink_to(ROOT / name)
    (folder / ".local").mkdir()
    (folder / ".local" / "jars").symlink_to(ROOT / ".local" / "jars")
    yield folder
    subprocess.run([ROOT / ".venv/bin/lantian", "down"], cwd=folder, check=False, timeout=120)


def script(page: list[Block]) -> str:
    """One shell for the whole page, as a person has; it ends at the first command that does not work."""
    lines = ["set -e", "trap 'echo \"FAILED in the block of line $BLOCK\" >&2' ERR"]
    for block in page:
        lines += [f"BLOCK={block.line}", mark(block.line), block.commands]
    return "\n".join([*lines, mark(0)])


def test_every_command_works_as_printed(checkout: Path) -> None:
    """From the first block of the page to the last."""
    taken = [f"{name} {port}" for name, port in Ports().items() if not is_free(port)]
    assert not taken, f"in use: {', '.join(taken)}; the page names the usual ports"
    page = PAGE.read_text(encoding="utf-8")
    mine = [block for block in blocks(page) if block.where == "local"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LANTIAN_", "VIRTUAL_ENV"))}
    shell = subprocess.Popen(
        ["bash", "-c", script(mine)],
        cwd=checkout,
        env=clean,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        told, _ = shell.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        told, _ = shell.communicate()
        told += f"\nnot done after {SECONDS} s"
    print(told)
    assert shell.returncode == 0, told[-4000:]
    assert [words for words in TOLD if words not in told] == []
    assert len(mine) > 15
    write(steps(page, mine, told))
