"""Generates lantian_proto/v1 from lantian/v1/*.proto; `--check` only says whether the committed code is current."""

import filecmp
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).resolve().parent


def generate(target: Path) -> None:
    """Writes *_pb2.py and *_pb2.pyi; imports are rewritten, since protoc takes them from the proto path."""
    sources = sorted(str(path.relative_to(HERE)) for path in (HERE / "lantian/v1").glob("*.proto"))
    with tempfile.TemporaryDirectory() as scratch:
        arguments = ["protoc", f"-I{HERE}", f"--python_out={scratch}", f"--pyi_out={scratch}", *sources]
        if protoc.main(arguments) != 0:
            raise SystemExit("protoc failed")
        for path in (Path(scratch) / "lantian/v1").iterdir():
            text = path.read_text().replace("from lantian.v1 import", "from lantian_proto.v1 import")
            (target / path.name).write_text(text)


def main() -> int:
    committed = HERE / "lantian_proto/v1"
    if "--check" not in sys.argv:
        generate(committed)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        generate(Path(scratch))
        names = sorted(path.name for path in Path(scratch).iterdir())
        _, changed, missing = filecmp.cmpfiles(scratch, committed, names, shallow=False)
    for name in changed + missing:
        print(f"generated code is out of date: {name}", file=sys.stderr)
    return 1 if changed or missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
