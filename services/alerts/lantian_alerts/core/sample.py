"""A reading kept as evidence."""

import msgspec


class Sample(msgspec.Struct, frozen=True):
    """One reading kept as evidence; numbers as in `lantian_proto.readings`. `seq` -1: computed, in no frame."""

    factor: int
    stat: int
    period: int
    time: int
    value: float
    flag: int
    received: int
    seq: int
