"""The diagnosis block 01 of GB 17691-2018 annex Q (table Q.7), 96 bytes and 4 for each trouble code."""

import struct
from typing import Final

from lantian_ingest.decoders.vehicle.fields import Raw
from lantian_ingest.decoders.vehicle.quirks import Quirk

FIXED_BYTES: Final = 96
CODE_BYTES: Final = 4
NO_COUNT: Final = (0xFE, 0xFF)
_HEAD: Final = struct.Struct(">BBHH17s18s18s18HB")
_LAMP_REQUESTED: Final = 0x80  # bit 7 of the status byte of ISO 14229
_FILLERS: Final = b"0 \x00\xff"
_ISO_PROTOCOLS: Final = (0, 1)  # ISO 15765 and ISO 27145; SAE J1939 codes are laid out differently

# In the order of the words; the last two pairs as in SAE J1979-DA, not seen in a source.
IUPR_WORDS: Final = (
    "general_denominator",
    "ignition_cycles",
    *(
        f"{name}_{part}"
        for name in ("nmhc", "nox", "nox_adsorber", "pm", "exhaust_sensor", "egr_vvt", "boost", "fuel")
        for part in ("numerator", "denominator")
    ),
)


def length(data: bytes, at: int) -> int | None:
    """Bytes of the block that starts at `at`; None where the data ends before its count of trouble codes."""
    count_at = at + FIXED_BYTES - 1
    if count_at >= len(data):
        return None
    count = data[count_at]
    return FIXED_BYTES if count in NO_COUNT else FIXED_BYTES + CODE_BYTES * count


def read(data: bytes, at: int) -> dict[str, Raw]:
    """The block's fields as sent; texts keep their padding, a trouble code is its four bytes."""
    protocol, mil, support, readiness, vin, calid, cvn, *iupr, count = _HEAD.unpack_from(data, at)
    first = at + FIXED_BYTES
    codes = 0 if count in NO_COUNT else count
    return {
        "obd_protocol": protocol,
        "mil": mil,
        "support": support,
        "readiness": readiness,
        "ecu_vin": vin,
        "calid": calid,
        "cvn": cvn,
        "iupr": tuple(iupr),
        "trouble_codes": count,
        "codes": tuple(data[first + CODE_BYTES * n : first + CODE_BYTES * (n + 1)] for n in range(codes)),
    }


def stripped(text: bytes) -> bytes:
    """A text without its padding: zeros by the standard, NUL and blanks in the field."""
    return text.rstrip(_FILLERS)


def is_blank(text: bytes) -> bool:
    """True for padding only."""
    return not text.strip(_FILLERS)


def quirks_of(raw: dict[str, Raw], vin: bytes) -> set[Quirk]:
    """What contradicts itself or the header."""
    quirks = set()
    ecu_vin, cvn, codes = raw["ecu_vin"], raw["cvn"], raw["codes"]
    if isinstance(ecu_vin, bytes):
        if is_blank(ecu_vin):
            quirks.add(Quirk.ECU_VIN_BLANK)
        elif ecu_vin != vin:
            quirks.add(Quirk.ECU_VIN_DIFFERS)
    if isinstance(cvn, bytes) and any(not 0x20 <= byte <= 0x7E for byte in cvn.strip(_FILLERS)):
        quirks.add(Quirk.CVN_BINARY)
    if raw["mil"] == 0 and raw["obd_protocol"] in _ISO_PROTOCOLS and isinstance(codes, tuple):
        statuses = [code[3] for code in codes if isinstance(code, bytes)]
        if any(status & _LAMP_REQUESTED for status in statuses):
            quirks.add(Quirk.LAMP_CONTRADICTS_CODES)
    return quirks
