"""Data marks of HJ 212 as one small number; the same letter means different things in different editions."""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from lantian_proto.readings import Edition


class Mark(IntEnum):
    """What a data mark says about a value. Only NORMAL values are judged."""

    NORMAL = 0
    INSTRUMENT_STOPPED = 1
    SOURCE_STOPPED = 2
    MAINTENANCE = 3
    MANUAL = 4
    FAULT = 5
    CALIBRATION = 6
    OVER_RANGE = 7
    NO_COMMUNICATION = 8
    POWER_FAILURE = 9
    ABNORMAL = 10
    UNKNOWN = 11


_SHARED: Final = {"M": Mark.MAINTENANCE, "D": Mark.FAULT, "C": Mark.CALIBRATION, "T": Mark.OVER_RANGE}

# HJ 212-2017 table 7; HJ 212-2025 keeps the letters.
_SINCE_2017: Final = _SHARED | {"F": Mark.INSTRUMENT_STOPPED, "S": Mark.MANUAL, "B": Mark.NO_COMMUNICATION}

# HJ/T 212-2005: P power failure, F the source stands still, S set value; ambient stations send digits.
_OF_2005: Final = _SHARED | {
    "P": Mark.POWER_FAILURE,
    "F": Mark.SOURCE_STOPPED,
    "S": Mark.MANUAL,
    "0": Mark.CALIBRATION,
    "1": Mark.ABNORMAL,
    "2": Mark.ABNORMAL,
    "3": Mark.NORMAL,
}


def table() -> npt.NDArray[np.uint8]:
    """Marks by edition and character code. None sent counts as normal, an unknown letter as UNKNOWN."""
    marks = np.full((len(Edition), 256), int(Mark.UNKNOWN), np.uint8)
    for edition, letters in ((Edition.E2005, _OF_2005), (Edition.E2017, _SINCE_2017), (Edition.E2025, _SINCE_2017)):
        marks[edition, 0] = Mark.NORMAL
        for letter, mark in (letters | {"N": Mark.NORMAL}).items():
            marks[edition, ord(letter)] = mark
            marks[edition, ord(letter.lower())] = mark
    return marks
