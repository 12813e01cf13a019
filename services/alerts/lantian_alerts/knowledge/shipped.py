"""The knowledge this package ships, read once when first asked for."""

from functools import cache
from importlib.resources import files

from lantian_alerts.knowledge.loader import FILES, Tables, load


def texts() -> dict[str, str]:
    """The shipped files, and any file beside them that nobody registered."""
    folder = files("lantian_alerts.knowledge").joinpath("data")
    names = {entry.name for entry in folder.iterdir() if entry.name.endswith(".csv")}
    return {name: folder.joinpath(name).read_text(encoding="utf-8") for name in sorted(names | FILES.keys())}


@cache
def shipped() -> Tables:
    """All shipped tables. Raises KnowledgeError where a file contradicts itself."""
    return load(texts())
