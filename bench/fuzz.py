"""Mutated frames through the decoders: what is done to a frame, and what must hold whatever was done.

Seeded and repeatable: input n of a seed is the same on every machine, so a failure names its input. Half of the inputs
of HJ 212 get a length and check code that fit again, or they would all end at the first door.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
TOKENS: Final = (
    *(
        b"##",
        b"&&",
        b"CP=&&",
        b"&&&&",
        b"\r\n",
        b"\n",
        b"QN=",
        b"MN=",
        b"Flag=",
        b"Flag=9;",
        b"Flag=255;",
        b"PNUM=9999;",
    ),
    *(b"-Rtd=", b"-Flag=", b"=", b";", b",", b"//", b"null", b"--", b"NaN", b"-inf", b"1e999", b"9" * 40, b"-", b"."),
    *(
        b"DataTime=",
        b"\x00",
        b"\xff\xfe",
        b"\xe4\xb8\xad",
        b"\xef\xbc\x91",
        b"$$",
        b"~~",
        b"2323",
        b"##0000",
        b"##9999",
    ),
)


class Sound(AssertionError):
    """A promise that did not hold; the text names it and the input."""


class Target(Protocol):
    """A decoder under test."""

    name: str
    seeds: list[bytes]

    def check(self, data: bytes, chance: random.Random) -> str:
        """Reads an input in every way; what became of it. Raises Sound, or whatever the decoder should not have."""

    def repaired(self, data: bytes) -> bytes:
        """The input with length and check code that fit, where that can be."""


@dataclass(slots=True)
class Report:
    """What a run did."""

    target: str
    inputs: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    rss_warm_mb: float = 0.0
    rss_end_mb: float = 0.0
    largest_input: int = 0

    def as_json(self) -> dict[str, object]:
        """For the result file."""
        return {
            "target": self.target,
            "inputs": self.inputs,
            "mutations": dict(self.kinds.most_common()),
            "ends": dict(self.ends.most_common()),
            "largest_input_bytes": self.largest_input,
            "rss_after_warm_up_mb": round(self.rss_warm_mb, 1),
            "rss_at_end_mb": round(self.rss_end_mb, 1),
        }


def rss_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_BYTES / 1e6


def _flip(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _byte(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    for _ in range(chance.randint(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def _cut(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return bytes(data[:at] if chance.random() < 0.7 else data[at:])


def _remove(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    begin = chance.randrange(len(data))
    del data[begin : begin + chance.randint(1, 40)]
    return bytes(data)


def _repeat(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    begin = chance.randrange(len(data))
    part = data[begin : begin + chance.randint(1, 60)]
    return bytes(data[:begin] + part * chance.randint(2, 30) + data[begin:])


def _insert(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return bytes(data[:at]) + chance.choice(TOKENS) + bytes(data[at:])


def _noise(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    at = chance.randrange(len(data) + 1)
    return bytes(data[:at]) + chance.randbytes(chance.randint(1, 80)) + bytes(data[at:])


def _length(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    if chance.random() < 0.5:
        data[2:6] = b"%04d" % chance.choice((0, 1, len(data), len(data) - 12, 9999, 1024, chance.randrange(10_000)))
    elif len(data) > 24:
        data[22:24] = chance.randrange(65_536).to_bytes(2, "big")
    return bytes(data)


def _swap(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    """Two fields in each other's place, or two stretches of equal length."""
    fields = bytes(data).split(b";")
    if len(fields) > 3:
        one, two = chance.randrange(len(fields)), chance.randrange(len(fields))
        fields[one], fields[two] = fields[two], fields[one]
        return b";".join(fields)
    size = max(1, len(data) // 8)
    one, two = chance.randrange(len(data)), chance.randrange(len(data))
    first, second = bytes(data[one : one + size]), bytes(data[two : two + size])
    data[one : one + len(second)] = second
    data[two : two + len(first)] = first
    return bytes(data)


def _glue(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    return bytes(data) + chance.choice((b"", b"\r\n", b"\n", b"#")) + other


def _splice(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    return bytes(data[: chance.randrange(len(data) + 1)]) + other[chance.randrange(len(other)) :]


def _none(data: bytearray, chance: random.Random, other: bytes) -> bytes:
    return bytes(data)


MUTATIONS: Final[dict[str, Callable[[bytearray, random.Random, bytes], bytes]]] = {
    "bits": _flip,
    "bytes": _byte,
    "cut": _cut,
    "removed": _remove,
    "repeated": _repeat,
    "token": _insert,
    "noise": _noise,
    "wrong-length": _length,
    "swapped": _swap,
    "glued": _glue,
    "spliced": _splice,
    "unchanged": _none,
}


def inputs(target: Target, seed: int, number: int) -> Iterator[tuple[str, bytes, random.Random]]:
    """Kind of mutation, input, and the chance to go on with; the first ones cut every seed at every byte."""
    cuts = ((position, seed_) for seed_ in target.seeds for position in range(len(seed_)))
    # At most a quarter of a run; a million inputs hold every cut of every seed.
    for count, (position, frame) in enumerate(cuts):
        if count >= number // 4:
            break
        yield "cut-at-every-byte", frame[:position], random.Random(count)
    else:
        count = sum(len(seed_) for seed_ in target.seeds)
    names = list(MUTATIONS)
    for left in range(number - count):
        chance = random.Random(seed * 1_000_000_007 + left)
        kind = names[left % len(names)]
        data = bytearray(chance.choice(target.seeds))
        found = MUTATIONS[kind](data, chance, chance.choice(target.seeds))
        if chance.random() < 0.3 and found:
            more = chance.choice(names)
            found = MUTATIONS[more](bytearray(found), chance, chance.choice(target.seeds))
        if chance.random() < 0.5:
            found = target.repaired(found)
        yield kind, found, chance


def run(target: Target, number: int, seed: int = 1) -> Report:
    """Reads `number` inputs. Raises Sound with the input, in hexadecimal digits, that broke a promise."""
    report = Report(target.name)
    for kind, data, chance in inputs(target, seed, number):
        try:
            end = target.check(data, chance)
        except Exception as error:
            raise Sound(f"{target.name}, input {report.inputs} ({kind}): {error!r}: {data.hex()}") from error
        report.inputs += 1
        report.kinds[kind] += 1
        report.ends[end] += 1
        report.largest_input = max(report.largest_input, len(data))
        if report.inputs == max(1, number // 5):
            report.rss_warm_mb = rss_mb()
    report.rss_end_mb = rss_mb()
    return report
