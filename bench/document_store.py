"""A document store of a bench's own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lantian_local.part import Child, await_ready, in_silence
from lantian_local.ports import PortLease
from lantian_local.store import store


@contextmanager
def document_store() -> Iterator[str]:
    """Its address; the store and its folder are gone afterwards."""
    lease = PortLease()
    with tempfile.TemporaryDirectory(prefix="lantian-bench-") as folder:
        part = store(Path(folder) / "store", port=lease.any())
        part.prepare(in_silence)
        child = Child(part)
        try:
            await_ready(child, 60)
            yield part.address
        finally:
            child.stop()
            lease.release()
