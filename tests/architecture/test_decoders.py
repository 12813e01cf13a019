"""A new decoder costs one folder and one line."""

import ast
from pathlib import Path

from lantian_ingest.decode.command import DECODERS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "services/ingest/lantian_ingest/decoders"
PACKAGE = "lantian_ingest.decoders"


def folders() -> list[Path]:
    """All decoders."""
    return sorted(path for path in FOLDER.iterdir() if (path / "__init__.py").is_file())


def imported(path: Path) -> set[str]:
    """Modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def test_every_decoder_of_frames_has_its_line() -> None:
    """What cuts frames out of a stream can be asked by `lantian decode`."""
    framed = {path.name for path in folders() if (path / "frame.py").is_file()}
    assert framed == set(DECODERS)
    assert len(framed) >= 2


def test_decoders_of_frames_say_what_they_read() -> None:
    """Editions, quirks and confidence are in a README; cutting and reading are where everybody looks for them."""
    for path in folders():
        if (path / "frame.py").is_file():
            assert (path / "README.md").is_file(), path.name
            assert (path / "reader.py").is_file(), path.name


# Plates of gates are hidden as those of vehicles are; outcomes and the object of a frame are the same for all.
SHARED = {f"{PACKAGE}.vehicle.pseudonym", f"{PACKAGE}.answer", "lantian_ingest.outcome"}


def test_no_decoder_knows_another_one_or_the_service_around_it() -> None:
    """A folder can be added, and taken away, by itself."""
    for folder in folders():
        for path in folder.glob("*.py"):
            foreign = {
                name
                for name in imported(path)
                if name.startswith("lantian_ingest")
                and not name.startswith(f"{PACKAGE}.{folder.name}")
                and not any(name.startswith(shared) for shared in SHARED)
            }
            assert not foreign, f"{path.relative_to(ROOT)} imports {sorted(foreign)}"
