"""Names are numbered once, whatever they are and however they come."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_alerts.core import names as module
from lantian_alerts.core.demand import Demand
from lantian_alerts.core.layout import ROW_MISPLACED, ROW_TICK
from lantian_alerts.core.names import Names
from lantian_alerts.core.partition import Partition
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.unpack import Unpacker
from lantian_proto.readings import Columns, decode, encode, tick
from lantian_proto.v1.registry_pb2 import RegistryChange, Source


def numbered(table: Names, given_names: list[str]) -> list[str]:
    """The names behind the numbers."""
    texts = [name.encode() for name in given_names]
    ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
    spans = np.stack((np.concatenate((np.zeros(1, np.int64), ends[:-1])), ends), axis=1)[: len(texts)]
    blob = b"".join(texts)
    return [table.known[number] for number in table.numbers(np.frombuffer(blob, np.uint8), spans).tolist()]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.text(max_size=6), min_size=1, max_size=30), max_size=5))
def test_every_name_is_itself(fetches: list[list[str]]) -> None:
    """Also the empty one, those that begin alike, and those that come twice in one fetch."""
    table = Names()
    for fetch in fetches:
        assert numbered(table, fetch) == fetch
    met = list(dict.fromkeys(name for fetch in fetches for name in fetch))
    assert table.known == met


def test_many_names_grow_the_table() -> None:
    """Numbers stay when the table grows."""
    table = Names()
    every = [f"outlet-{number}" for number in range(20_000)]
    for first in range(0, len(every), 3_000):
        numbered(table, every[first : first + 3_000])
    assert numbered(table, every) == every
    assert table.known == every


def test_too_many_names_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that nobody registered do not fill the memory; a partition sees another object and asks again."""
    monkeypatch.setattr(module, "NAMES_AT_MOST", 100)
    table = Names()
    before = table.known
    numbered(table, [f"a{number}" for number in range(100)])
    assert numbered(table, ["b", "a1"]) == ["b", "a1"]
    assert table.known is not before
    assert table.known == ["b", "a1"]


def test_no_text() -> None:
    """A name that is no text numbers nothing."""
    table = Names()
    with pytest.raises(UnicodeDecodeError):
        table.numbers(np.frombuffer(b"\xff", np.uint8), np.array([[0, 1]]))
    assert table.known == []
    assert numbered(table, ["x"]) == ["x"]


def test_rows_follow_the_registry() -> None:
    """Rows by number are the rows by name; a source that is registered later gets one, and a tick none."""
    registry = Registry()
    partition = Partition(lambda at_ms: Demand(), registry, lambda name: name != "elsewhere", tick_gap_ms=30_000)
    plain = Partition(lambda at_ms: Demand(), registry, lambda name: name != "elsewhere", tick_gap_ms=30_000)
    unpacker = Unpacker()
    records = [encode(replace(tick(1), sources=[name])) for name in ("later", "", "first", "elsewhere", "first")]
    for revision, name in enumerate(("first", "elsewhere", "later", "late"), 1):
        change = RegistryChange(kind="source", id=name, revision=revision, source=Source(source_id=name))
        registry.take(change)
        for one in (partition, plain):
            one.follow_registry()
        (piece,) = unpacker.unpack(records)
        assert isinstance(piece.columns, Columns)
        by_number = partition.gather([piece.columns]).row.tolist()
        assert by_number == plain.gather([decode(one) for one in records]).row.tolist()
    assert by_number == [1, ROW_TICK, 0, ROW_MISPLACED, 0]
