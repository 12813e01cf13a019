"""20,000 changed frames on every run; `make fuzz` reads a million."""

import pytest

from bench.fuzz import MUTATIONS, Sound, Target, inputs, run
from bench.fuzz_targets import HJ212, Vehicle

SHARES = {"hj212": 8_000, "vehicle": 12_000}


@pytest.mark.parametrize("make", [HJ212, Vehicle], ids=lambda make: make.name)
def test_changed_frames(make: type[HJ212] | type[Vehicle]) -> None:
    """None raises, loses a byte, or keeps the next good frame from being read."""
    report = run(make(), SHARES[make.name])
    assert report.inputs == SHARES[make.name]
    assert set(report.kinds) == {*MUTATIONS, "cut-at-every-byte"}
    assert report.ends["accepted"] > report.inputs // 20  # some get through all doors
    assert len(report.ends) >= 8


def test_inputs_are_the_same_every_time() -> None:
    """A failure names its input by its number."""
    target = Vehicle()
    first, again = ([data for _, data, _ in inputs(target, 7, 500)] for _ in range(2))
    assert first == again
    assert [data for _, data, _ in inputs(target, 8, 500)] != first


def test_a_broken_promise_is_found() -> None:
    """A decoder that raises is reported with the input that did it."""

    class Broken(Vehicle):
        def check(self, data: bytes, chance: object) -> str:
            if len(data) == 40:
                raise KeyError("x")
            return "fine"

    target: Target = Broken()
    with pytest.raises(Sound, match="KeyError"):
        run(target, 2000)
