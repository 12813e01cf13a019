"""Settings and metrics of all services as the tables of docs/operating.md and as .env.example, from the classes.

Write them anew after one changed: .venv/bin/python -m tests.architecture.deployment_reference
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from .deployment_code import ROOT, SERVICES, all_metrics, services

PAGE = ROOT / "docs/operating.md"
EXAMPLE = ROOT / ".env.example"
TABLES = ("settings", "metrics")
ANEW = "run: .venv/bin/python -m tests.architecture.deployment_reference"
# Read by docker-compose.yml itself, not by a service.
COMPOSE = {"LANTIAN_DEVICES_ADDRESS": ("0.0.0.0", "Address of this machine on which devices are taken in")}


@dataclass(frozen=True)
class Setting:
    """One variable: who reads it, its default for each, and its sentence."""

    variable: str
    readers: tuple[str, ...]
    defaults: tuple[str, ...]
    about: str

    def read_by(self) -> str:
        """All, or the names."""
        return "all" if self.readers == SERVICES else ", ".join(self.readers)

    def default(self) -> str:
        """One text; with the services' names where they differ."""
        if len(set(self.defaults)) == 1:
            return self.defaults[0]
        return ", ".join(f"{value} ({name})" for name, value in zip(self.readers, self.defaults, strict=True))


def settings() -> list[Setting]:
    """Every variable once, shared ones first. Raises LookupError where services describe one differently."""
    found: dict[str, dict[str, FieldInfo]] = {}
    for name in SERVICES:
        for variable, field in services()[name].variables().items():
            found.setdefault(variable, {})[name] = field
    rows = []
    for variable, fields in found.items():
        abouts = {field.description or "" for field in fields.values()}
        if "" in abouts:
            raise LookupError(f"{variable} has no description")
        defaults = tuple(_text(field.get_default(call_default_factory=True)) for field in fields.values())
        rows.append(Setting(variable, tuple(fields), defaults, " / ".join(sorted(abouts))))
    return sorted(rows, key=lambda row: (-len(row.readers), row.variable))


def settings_table() -> str:
    """Markdown."""
    lines = ["| variable | read by | default | meaning |", "|---|---|---|---|"]
    for row in settings():
        default = f"`{row.default()}`" if row.default() else "–"
        lines.append(f"| `{row.variable}` | {row.read_by()} | {default} | {row.about.replace('|', '/')} |")
    return "\n".join(lines)


def example() -> str:
    """The text of .env.example: everything at its default, commented out."""
    lines = [
        "# Copy to .env and take the # off what you change; docker-compose.yml hands it to the services.",
        "# Written by tests/architecture/deployment_reference.py from the settings classes; secrets lie in files.",
        "",
        "# For docker-compose.yml itself.",
    ]
    for name, (default, about) in COMPOSE.items():
        lines += [f"# {about}.", f"#{name}={default}"]
    for row in settings():
        lines += ["", f"# {row.about} ({row.read_by()}).", f"#{row.variable}={row.default()}"]
    return "\n".join(lines) + "\n"


def metrics_table() -> str:
    """Markdown; what no service sets is left out."""
    lines = ["| metric | of | labels | what it counts |", "|---|---|---|---|"]
    for _, by_service in sorted(all_metrics().items()):
        setters = [name for name, metric in by_service.items() if metric.is_set]
        metric = next(iter(by_service.values()))
        if setters:
            of = "all" if tuple(setters) == SERVICES else ", ".join(setters)
            name = metric.family + ("_total" if metric.kind == "counter" else "")
            lines.append(f"| `{name}` ({metric.kind}) | {of} | {', '.join(metric.labels) or '–'} | {metric.about} |")
    return "\n".join(lines)


def markers(name: str) -> tuple[str, str]:
    """The comments around a generated table."""
    return f"<!-- {name}: begin, generated -->", f"<!-- {name}: end -->"


def with_tables(page: str) -> str:
    """The page with each table between its two markers."""
    for name, table in zip(TABLES, (settings_table(), metrics_table()), strict=True):
        begin, end = markers(name)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n\n{table}\n\n{end}{after}"
    return page


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.as_posix() if isinstance(value, Path) else str(value)


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    EXAMPLE.write_text(example(), encoding="utf-8")
    sys.stdout.write(f"{PAGE} and {EXAMPLE} written\n")
