"""The console's Chinese dictionary as tests read it."""

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "web" / "src" / "words" / "zh"


def of_console(file: str, name: str) -> dict[str, str]:
    """A table of one of its files, by code. Raises LookupError when the file has no such table."""
    found = re.search(rf"export const {name} = {{(.*?)}};", (FOLDER / f"{file}.ts").read_text("utf-8"), re.DOTALL)
    if found is None:
        raise LookupError(f"{file}.ts has no table {name}")
    return {key.strip('"'): said for key, said in re.findall(r'("[^"]+"|\w+): "([^"]*)"', found[1])}
