"""The Dockerfile builds every service from the lock file and runs it safely; each check fails on a broken copy."""

import pytest

from .deployment_code import ROOT, services, workspace_members
from .deployment_image import ignored, problems

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8")


def test_nothing_is_wrong_with_the_dockerfile() -> None:
    """The committed file passes every check."""
    assert problems(DOCKERFILE, workspace_members(), services()) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("3.11.14-slim-bookworm", "3.11-slim", "base image python:3.11-slim is not pinned"),
        ("COPY kit/pyproject.toml kit/\n", "", "does not copy kit/pyproject.toml"),
        (
            "COPY kit/pyproject.toml kit/\n",
            "COPY kit/pyproject.toml kit/\nCOPY web/pyproject.toml web/\n",
            "copies web",
        ),
        ("uv==0.13.9", "uv", "uv is not pinned"),
        ("--no-editable ", "", "installs links"),
        ("uv sync --frozen --no-dev --no-install", "uv sync --no-dev --no-install", "uv sync without --frozen"),
        ("USER 10001:10001", "USER lantian", "runs as lantian"),
        ("USER 10001:10001", "USER 0", "runs as 0"),
        ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", "stops by SIGKILL"),
        ('CMD ["lantian-service"]', "CMD lantian-service", "starts lantian-service"),
        ("LANTIAN_HTTP_HOST=0.0.0.0", "LANTIAN_HTTP_ADDRESS=0.0.0.0", "sets LANTIAN_HTTP_ADDRESS"),
        ("/livez", "/readyz", "its health check does not ask"),
        ("LANTIAN_HTTP_PORT=8080", "PYTHONUTF8=1", "its health check reads LANTIAN_HTTP_PORT"),
        ("lantian_alerts.warm", "lantian_alerts.warmer", "runs lantian_alerts.warmer, which is no module"),
        ("HEALTHCHECK", "LABEL", "has no health check"),
    ],
)
def test_a_broken_copy_is_found(old: str, new: str, expected: str) -> None:
    """Each check sees what it is for."""
    assert old in DOCKERFILE
    found = problems(DOCKERFILE.replace(old, new, 1), workspace_members(), services())
    assert [text for text in found if text.startswith(expected)], found


def test_the_build_gets_every_member_and_nothing_private() -> None:
    """.dockerignore lets in what is built from, and keeps secrets, tests and caches out."""
    wanted = ["pyproject.toml", "uv.lock", *(f"{member}/pyproject.toml" for member in workspace_members())]
    assert [path for path in wanted if ignored(path, IGNORE)] == []
    private = [
        "deploy/compose/secrets/mongo_keyfile",
        "deploy/local/.local/keys.json",
        ".env",
        ".git/config",
        ".local/keys.json",
        "tests/conftest.py",
        "kit/lantian_kit/__pycache__/bus.cpython-311.pyc",
        "services/ingest/.venv/bin/python",
    ]
    assert [path for path in private if not ignored(path, IGNORE)] == []
