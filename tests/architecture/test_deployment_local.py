"""The launcher sets only variables that some service reads."""

import re

from .deployment_code import ROOT, services


def test_variables_of_the_launcher_are_settings() -> None:
    """A renamed setting must not leave the local suite with a default in silence."""
    text = (ROOT / "deploy/local/lantian_local/layout.py").read_text(encoding="utf-8")
    # What begins with LANTIAN_LOCAL_ is the launcher's own: its home, its ports.
    named = {name for name in re.findall(r'"(LANTIAN_[A-Z0-9_]+)"', text) if not name.startswith("LANTIAN_LOCAL_")}
    known = {name for one in services().values() for name in one.variables()}
    assert "LANTIAN_KAFKA_BOOTSTRAP" in named
    assert named - known == set()
