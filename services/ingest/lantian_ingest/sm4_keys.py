"""SM4 keys of feeds that encrypt (HJ 212-2025), from a file only the service may read."""

from pathlib import Path

from lantian_ingest.decoders.hj212.sm4 import KeyRing, WrongKey, key_of

FIELDS = 2


def load(path: Path) -> KeyRing:
    """The keys in a file of lines `MN key`; blank lines and lines that start with `#` are comments.

    A feed on several lines has several keys, the last one in use. Raises ValueError with the number of a line that is
    wrong, never with what is in it; OSError where the file can not be read.
    """
    ring = KeyRing()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) != FIELDS:
            raise ValueError(f"{path}, line {number}: not an MN and a key")
        try:
            ring.put(fields[0], key_of(fields[1]))
        except WrongKey as error:
            raise ValueError(f"{path}, line {number}: {error}") from error
    return ring
