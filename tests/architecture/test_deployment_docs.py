"""docs/operating.md and .env.example say what the settings classes say."""

import re

from .deployment_code import ROOT, all_words, services
from .deployment_reference import ANEW, EXAMPLE, PAGE, TABLES, example, markers, settings, with_tables

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_tables_are_current() -> None:
    """Every setting and metric with its sentence; to write them anew see deployment_reference.py."""
    assert [TEXT.count(marker) for name in TABLES for marker in markers(name)] == [1, 1, 1, 1]
    assert with_tables(TEXT) == TEXT, ANEW


def test_env_example_is_current() -> None:
    """The same in .env.example, all commented out."""
    assert EXAMPLE.read_text(encoding="utf-8") == example(), ANEW
    assert re.findall(r"^[^#\n]", example(), re.MULTILINE) == []


def test_every_variable_of_every_service_is_listed() -> None:
    """None is forgotten, none is listed twice."""
    listed = [row.variable for row in settings()]
    assert len(listed) == len(set(listed))
    assert set(listed) == {name for one in services().values() for name in one.variables()}


def test_files_and_variables_named_in_the_page_exist() -> None:
    """What the page tells an operator to open or to set is there."""
    known = {name for one in services().values() for name in one.variables()} | {"LANTIAN_DEVICES_ADDRESS"}
    assert [name for name in re.findall(r"`(LANTIAN_\w+)`", TEXT) if name not in known] == []
    paths = re.findall(r"`((?:deploy|docs|proto|tests|services)/[\w./-]+|Dockerfile|\.env\.example)`", TEXT)
    assert [path for path in paths if "secrets" not in path and not (ROOT / path).exists()] == []


def test_routes_named_in_the_page_exist() -> None:
    """The page sends nobody to a path that no service serves."""
    words = all_words()
    routes = re.findall(r"`(?:GET|POST) (/v1/\S+)`|http://127\.0\.0\.1:18083(/v1/\w+)", TEXT)
    paths = {one or other for one, other in routes}
    assert len(paths) == 4
    assert [path for path in paths if path.removeprefix("/v1") not in words] == []
    assert {"/livez", "/readyz", "/metrics", "/version"} <= words & set(re.findall(r"`(/\w+)`", TEXT))
