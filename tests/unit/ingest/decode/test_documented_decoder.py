"""docs/adding-a-decoder.md is followed to the letter: its files, its line, its command and what that prints."""

import io
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import lantian_ingest.decoders
from lantian_ingest.decode import command
from lantian_local.decode import run

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs/adding-a-decoder.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"```python\n# beacon/(\w+\.py)\n(.*?)```", PAGE, re.DOTALL))


def shown() -> tuple[list[bytes], str]:
    """The lines that the page pipes into the command, and what it says is printed."""
    found = re.search(r"printf '(.*?)' \| lantian decode beacon\n\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return [line.encode() + b"\n" for line in found[1].split(r"\n")[:-1]], found[2]


@pytest.fixture
def beacon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The page's files in a folder of the package, and its line."""
    folder = tmp_path / "beacon"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(lantian_ingest.decoders, "__path__", [*lantian_ingest.decoders.__path__, str(tmp_path)])
    assert "from lantian_ingest.decoders.beacon import lines as beacon\n" in PAGE
    assert '    "beacon": beacon.Decoder,\n' in PAGE
    lines = import_module("lantian_ingest.decoders.beacon.lines")
    monkeypatch.setattr(command, "DECODERS", {"beacon": lines.Decoder, **command.DECODERS})
    yield
    for name in [name for name in sys.modules if name.startswith("lantian_ingest.decoders.beacon")]:
        del sys.modules[name]


def test_the_page_has_every_file() -> None:
    """Those of its own table."""
    assert set(FILES) == {"__init__.py", "frame.py", "reader.py", "lines.py"}


@pytest.mark.usefixtures("beacon")
def test_it_prints_what_the_page_says() -> None:
    """One folder and one line are all that `lantian decode` needs."""
    lines, expected = shown()
    output = io.BytesIO()
    assert run("beacon", lines, output, events=False, key=None) == 0
    assert output.getvalue().decode() == expected


def test_an_unknown_protocol_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are."""
    assert run("beacon", [], io.BytesIO(), events=False, key=None) == 2
    assert "no decoder 'beacon'; there are hj212, vehicle" in capsys.readouterr().err
