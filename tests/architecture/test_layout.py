"""What review said twice: these rules are checked, not remembered."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES_AT_MOST = 400
SERVICES = ("ingest", "alerts", "tasks", "notify", "probe")
SAME_NAMES = ("__main__.py", "settings.py", "metrics.py")
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc", "base_classes"}
# Hosts of package registries and paths of one machine have no place in a commit; the lock file names public indexes.
FOREIGN = re.compile(r"/work/(main|shared)|repo1?\.maven|registry\.npmjs|BEGIN [A-Z ]*PRIVATE KEY")


def tracked(*patterns: str) -> list[Path]:
    """Files git knows or would know."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


PYTHON = [path for path in tracked("*.py") if not path.name.endswith("_pb2.py")]
PACKAGES = [path for path in PYTHON if path.parts[len(ROOT.parts)] not in ("tests", "bench")]


def name(path: Path) -> str:
    """Relative path, for messages."""
    return str(path.relative_to(ROOT))


def test_the_tree_was_found() -> None:
    """An empty list would make every check below pass."""
    assert len(PACKAGES) > 50


@pytest.mark.parametrize("path", [*PYTHON, *tracked("*.ts", "*.vue")], ids=name)
def test_one_idea_a_file(path: Path) -> None:
    """A file over 400 lines holds two ideas."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES_AT_MOST


def test_names_say_what_a_file_holds() -> None:
    """No drawer for everything."""
    bad = [name(path) for path in tracked("*") for part in [path.stem, path.parent.name] if part in FORBIDDEN_NAMES]
    assert bad == []


@pytest.mark.parametrize("service", SERVICES)
def test_services_have_the_same_rooms(service: str) -> None:
    """Who knows one service finds his way in the next."""
    folder = ROOT / "services" / service
    missing = [file for file in SAME_NAMES if not (folder / f"lantian_{service}" / file).is_file()]
    assert missing == []
    assert (folder / "README.md").is_file()


def test_nothing_of_this_machine_is_committed() -> None:
    """No registry host, machine path or private key."""
    texts = [path for path in tracked("*") if path.suffix not in (".lock", ".gz") and path != Path(__file__)]
    found = []
    for path in texts:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures and other data hold no such text
        found += [f"{name(path)}: {match.group()}" for match in FOREIGN.finditer(text)]
    assert found == []


def _calls(tree: ast.Module) -> list[str]:
    """Names called while a module is imported, outside functions and classes."""
    called = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
            continue
        called += [ast.unparse(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    return called


LIVE = re.compile(
    r"(Counter|Gauge|Histogram|Settings|FastAPI|App|Producer|Consumer|Client|Lock|Event|Thread|connect|open)$"
)


@pytest.mark.parametrize("path", PACKAGES, ids=name)
def test_importing_a_module_does_nothing(path: Path) -> None:
    """No client, app, metric or settings object is made at import."""
    called = _calls(ast.parse(path.read_text(encoding="utf-8")))
    assert [call for call in called if LIVE.search(call)] == []


def test_every_metric_is_declared_once() -> None:
    """Two declarations of one name drift apart."""
    seen: dict[str, str] = {}
    for path in PACKAGES:
        for match in re.finditer(r'(?:Counter|Gauge|Histogram|Summary)\(\s*"(lantian_[a-z0-9_]+)"', path.read_text()):
            assert match.group(1) not in seen, f"{match.group(1)} in {name(path)} and {seen[match.group(1)]}"
            seen[match.group(1)] = name(path)
            assert path.name == "metrics.py", f"{match.group(1)} is declared outside a metrics.py"
    assert "lantian_pipeline_events_total" in seen


def test_core_reads_no_clock() -> None:
    """Time comes from the event: no time or datetime.now in the pure parts."""
    rooms = re.compile(r"lantian_alerts/(core|rules|knowledge)/|lantian_ingest/decoders/|lantian_tasks/ledger/moves")
    pure = [path for path in PACKAGES if rooms.search(str(path))]
    assert pure
    clocks = re.compile(r"\btime\.(time|monotonic|perf_counter)|datetime\.(now|utcnow|today)|date\.today")
    assert [name(path) for path in pure if clocks.search(path.read_text())] == []
