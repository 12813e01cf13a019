"""Facts about the machine that a result must carry."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("faust-streaming", "aiokafka", "kafka-python", "pyarrow", "numba", "numpy")


def facts() -> dict[str, object]:
    """Processor, cores, Python and the versions that matter."""
    cpu = "unknown"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "packages": {name: version(name) for name in PACKAGES},
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The commit that is checked out, with -dirty where files differ from it; empty outside a clone."""
    asked = ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty"]
    return subprocess.run(asked, capture_output=True, text=True, check=False, cwd=Path(__file__).parent).stdout.strip()
