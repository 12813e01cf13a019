"""Lantian's reader beside two public HJ 212 parsers: which captured frames each takes, and how fast; in one run.

The others are Java libraries in their authors' repositories, in no registry; nothing of theirs is kept here. Their
sources are cloned (or taken from clones already there), compiled, and read through the method both describe first, with
their default features. Needs git, a JDK 17 and Maven. `python -m bench.parsers.compare [--clone NAME=PATH]`
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bench import machine
from bench.decode_hj212 import frames as timed_frames
from lantian_ingest.decoders.hj212.frame import Framer, Kind, Piece
from lantian_ingest.decoders.hj212.reader import Reader
from tests.data.hj212.golden import captured

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "results"
TIMED = 3000
OPENED = ("--add-opens", "java.base/java.io=ALL-UNNAMED")  # one of them looks into the reader it was given
TURNS_SECONDS = 3.0


# Bean validation without the expression language, which that of 2017 does not find in a new JDK.
PLAIN_MESSAGES = """<validation-config xmlns="{namespace}" version="2.0">
<message-interpolator>org.hibernate.validator.messageinterpolation.ParameterMessageInterpolator</message-interpolator>
</validation-config>
"""


class Parser(NamedTuple):
    """One of the others: its repository, its mapper, the bean validation of its age, and the namespace of its file."""

    repository: str
    mapper: str
    validator: str
    namespace: str


PARSERS = {
    "hj-t212-parser": Parser(
        "xiaoyao9184/hj-t212-parser",
        "com.xy.format.hbt212.core.T212Mapper",
        "6.2.5.Final",
        "http://xmlns.jcp.org/xml/ns/validation/configuration",
    ),
    "alltobs-hj212": Parser(
        "chenqi92/alltobs-hj212",
        "com.alltobs.hj212.format.T212Mapper",
        "8.0.1.Final",
        "",
    ),
}


def run(argv: list[str], **options: object) -> str:
    """Output of a command. Raises CalledProcessError."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True, **options).stdout  # type: ignore[call-overload,no-any-return]


def built(parser: Parser, clone: str, folder: Path) -> tuple[str, str]:
    """Class path, and the commit it is of."""
    run(["git", "clone", "--quiet", "--no-checkout", clone, str(folder / "source")])
    run(["git", "-C", str(folder / "source"), "checkout", "--quiet", "HEAD", "--", ":(glob)**/src/main/**"])
    commit = run(["git", "-C", str(folder / "source"), "rev-parse", "--short", "HEAD"]).strip()
    shutil.copy(HERE / "pom.xml", folder)
    run(
        ["mvn", "-q", "-B", f"-Dvalidator={parser.validator}", "dependency:build-classpath", "-Dmdep.outputFile=path"],
        cwd=folder,
    )
    path = (folder / "path").read_text().strip()
    found = (folder / "source").rglob("src/main/java/**/*.java")
    sources = [str(file) for file in found if "/source/translator/" not in str(file)]  # tables of names, not parsing
    classes = folder / "classes"
    run(["javac", "-nowarn", "-encoding", "UTF-8", "-cp", path, "-d", str(classes), *sources, str(HERE / "Reads.java")])
    if parser.namespace:
        (classes / "META-INF").mkdir()
        (classes / "META-INF" / "validation.xml").write_text(PLAIN_MESSAGES.format(namespace=parser.namespace))
    return f"{classes}:{path}", commit


def theirs(parser: Parser, path: str, data: list[bytes], timed: list[bytes]) -> tuple[list[str], float]:
    """For each frame what was wrong with it, empty when it was taken; then frames a CPU second."""
    lines = [frame.hex() for frame in data] + ["speed"] + [frame.hex() for frame in timed]
    text = run(["java", "-Xmx512m", *OPENED, "-cp", path, "Reads", parser.mapper], input="\n".join(lines) + "\n")
    said = [line for line in text.splitlines() if line[:2] in ("1", "0 ")]
    count, nanoseconds = map(int, text.splitlines()[-1].split())
    return ["" if line == "1" else line[2:] for line in said], count / nanoseconds * 1e9


def ours(data: list[bytes], timed: list[bytes]) -> tuple[list[str], float]:
    """The same of Lantian's framer and reader; every frame is one of a registered sender."""
    reader = Reader()
    reader.prepare()

    def one(frame: bytes) -> str:
        framer = Framer()
        pieces = framer.feed(frame) + framer.expire()
        found = [reader.read(piece) for piece in pieces if piece.kind is Kind.FRAME]
        return "" if found and found[0].decoded is not None else (found[0].reason if found else "no frame")

    def fast(piece: Piece) -> None:
        if reader.quick(piece) is None:
            reader.accepted(piece, reader.read(piece))

    count, begin, spent = 0, 0.0, 0.0
    for _ in range(3):  # the first one learns the layouts
        count, begin = 0, time.process_time()
        while (spent := time.process_time() - begin) < TURNS_SECONDS / 3:
            for frame in timed:
                for piece in Framer().feed(frame):
                    fast(piece)
            count += len(timed)
    return [one(frame) for frame in data], count / spent


def compare(clones: dict[str, str]) -> dict[str, object]:
    """Everything, in one run."""
    rows = captured()
    data = [row.frame + b"\r\n" for row in rows if row.frame.startswith(b"##")]
    kinds = [row.verdict for row in rows if row.frame.startswith(b"##")]
    timed = [frame for _, frame in timed_frames()][:TIMED]
    said, speed = {}, {}
    commits = {"lantian": "this"}
    said["lantian"], speed["lantian"] = ours(data, timed)
    for name, parser in PARSERS.items():
        with tempfile.TemporaryDirectory(prefix="lantian-parsers-") as folder:
            path, commits[name] = built(parser, clones[name], Path(folder))
            said[name], speed[name] = theirs(parser, path, data, timed)
    accepted = {
        kind: {name: sum(not said[name][at] for at, own in enumerate(kinds) if own == kind) for name in said}
        | {"frames": kinds.count(kind)}
        for kind in sorted(set(kinds))
    }
    whole = {name: sum(not fault for fault in faults) for name, faults in said.items()} | {"frames": len(data)}
    return {
        "commits": commits,
        "accepted_by_check_code": accepted | {"all": whole},
        "frames_per_cpu_second": {name: round(found) for name, found in speed.items()},
        "faults": {
            name: dict(Counter(fault.split("[")[0][:70] for fault in faults if fault).most_common(8))
            for name, faults in said.items()
        },
        "only": {
            name: sum(
                not own[at] and all(said[other][at] for other in said if other != name) for at in range(len(data))
            )
            for name, own in said.items()
        },
    }


def page(facts: dict[str, object], found: dict[str, object]) -> str:
    """The page, Markdown."""
    names = list(found["commits"])  # type: ignore[call-overload]
    lines = [
        "# HJ 212 parsers beside each other",
        "",
        "Written by `python -m bench.parsers.compare`: the captured frames of `tests/data/hj212` that begin with `##`,",
        "each given whole; taken means read without a fault, by the default features of each. The right answer to a",
        "row `mismatch…` is refusal: the text does not belong to its check code. Speed: frames with ten factors of 100",
        "senders, CPU time of the reading thread, compilers warm.",
        "",
        "What lantian calls `request` or `command` it has read: packets that only a platform sends, or that no edition",
        "knows, which a gateway does not take from a device. The others have no such rule.",
        "",
        f"{facts['measured']}, {facts['cores']} shared cores, load before {facts['load_before']}.",
        "",
        "| check code of the frame | frames | " + " | ".join(names) + " |",
        "|---|---:|" + "---:|" * len(names),
    ]
    rows: dict[str, dict[str, int]] = found["accepted_by_check_code"]  # type: ignore[assignment]
    for kind, counts in rows.items():
        lines.append(f"| {kind} | {counts['frames']} | " + " | ".join(str(counts[name]) for name in names) + " |")
    only: dict[str, int] = found["only"]  # type: ignore[assignment]
    speed: dict[str, int] = found["frames_per_cpu_second"]  # type: ignore[assignment]
    lines.append("| taken by this one alone | | " + " | ".join(str(only[name]) for name in names) + " |")
    lines.append("| frames a CPU second | | " + " | ".join(f"{speed[name]:,}" for name in names) + " |")
    ratios = " | ".join(f"{speed['lantian'] / speed[name]:.1f}×" for name in names)
    lines.append(f"| lantian is faster by | | {ratios} |")
    lines += ["", "Commits: " + ", ".join(f"{name} {commit}" for name, commit in found["commits"].items())]  # type: ignore[attr-defined]
    faults: dict[str, dict[str, int]] = found["faults"]  # type: ignore[assignment]
    for name, counts in faults.items():
        lines += ["", f"What {name} says of those it refuses:", ""]
        lines += [f"- {count} × {fault}" for fault, count in counts.items()]
    return "\n".join([*lines, ""])


def main() -> int:
    """Clones from where the authors publish, or from the paths named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clone", action="append", default=[], help="NAME=PATH of a clone that is there already")
    known = dict(pair.split("=", 1) for pair in parser.parse_args().clone)
    clones = {name: known.get(name, f"https://github.com/{found.repository}.git") for name, found in PARSERS.items()}
    facts = machine.facts()
    found = compare(clones)
    whole = {"benchmark": "parsers", "machine": facts, "result": found}
    (RESULTS / "parsers.json").write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (RESULTS / "parsers.md").write_text(page(facts, found), encoding="utf-8")
    sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
