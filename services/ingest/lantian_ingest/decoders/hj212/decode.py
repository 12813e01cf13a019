"""From a packet to what it says: readings, statements about the site, replies (HJ 212-2017, 6.6.5; 2005; 2025)."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from lantian_ingest.decoders.hj212.commands import COMMANDS, NEW_KEY, Role
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.segment import DecodeError, Head, HJ212Frame, Item
from lantian_ingest.decoders.hj212.site import SiteEvent, events, is_request, sent_ms, state_tag
from lantian_proto.factors import Factor, by_code
from lantian_proto.readings import Edition, Period, Stat

STATS: Final = {
    "Rtd": Stat.RTD,
    "Min": Stat.MIN,
    "Avg": Stat.AVG,
    "Max": Stat.MAX,
    "Cou": Stat.COU,
    "ZsRtd": Stat.ZS_RTD,
    "ZsMin": Stat.ZS_MIN,
    "ZsAvg": Stat.ZS_AVG,
    "ZsMax": Stat.ZS_MAX,
}
NOISE_VALUE: Final = "Data"  # of noise: the instant's or the period's own value
NOISE_PARTS: Final = {"DayData": "Ld", "NightData": "Ln"}  # of Leq: the levels of day and night
UNUSED: Final = frozenset({"ZsCou", "DayData", "NightData"})
# Treatment devices: SBn-RS is a state, SBn-RT hours of a day (table 4); families of factors.csv.
DEVICE_FIELDS: Final = {"RS": ("SBRS", Stat.RTD), "RT": ("SBRT", Stat.COU)}
_DEVICE: Final = re.compile(r"SB(\d{1,2})\Z", re.ASCII | re.IGNORECASE)
# Suffixes of electricity meters before 2025, in use on the wire; families of factors.csv.
METER_FIELDS: Final = {
    "ua": "elUa",
    "ub": "elUb",
    "uc": "elUc",
    "ia": "elIa",
    "ib": "elIb",
    "ic": "elIc",
    "pt": "elPt",
    "qt": "elQt",
    "cos": "elPf",
    "ept": "elEp",
}
METER_SYSTEM: Final = "80"
CONDITION_SYSTEM: Final = "45"  # 2025: key production conditions, values may be tags of states
_STATE_TAG: Final = re.compile(r"[A-Za-z]{1,8}\Z", re.ASCII)
# 2017 6.6.4; ambient stations of any edition use digits. P is of 2005 alone, whose F means another thing: the packet's
# edition goes with every reading.
FLAGS: Final = "NFMSDCTB0123"
FLAG_OF_2005: Final = "P"
NO_FLAG: Final = 0
UNREADABLE_FLAG: Final = ord("?")
# Names instead of codes, as ambient, dust and cooking-fume devices of several makers send them; values as sent.
VENDOR_NAMES: Final = {
    "pm25": "a34004",
    "pm2.5": "a34004",
    "pm10": "a34002",
    "tsp": "a34001",
    "so2": "a21026",
    "no2": "a21004",
    "co": "a21005",
    "o3": "a05024",
    "tem": "a01001",
    "temp": "a01001",
    "rh": "a01002",
    "humi": "a01002",
    "wd": "a01008",
    "ws": "a01007",
    "nois": "a50001",
    "noise": "a50001",
    "lampblack": "a34041",
    "nmhc": "a24088",
}
LARGEST_VALUE: Final = 1e15  # an amount of flow since 1970 stays far below
NO_CODES: Final[Mapping[str, str]] = MappingProxyType({})

PLAIN_NUMBER: Final = r"[-0-9.]{1,15}"
_PLAIN: Final = re.compile(rf"{PLAIN_NUMBER}\Z")
_OTHER_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\Z", re.ASCII)
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity)\Z", re.IGNORECASE)
_RANGE: Final = re.compile(r"[+-]?\d+(?:\.\d*)?-[+-]?\d+(?:\.\d*)?\Z", re.ASCII)
_NOTHING: Final = frozenset({"", "-", "--", "---", "null", "none", "n/a", "na"})
_CODE_WITHOUT_LETTER: Final = re.compile(r"\d{5}\Z", re.ASCII)


class Shape(NamedTuple):
    """What the packets of one sender and layout have in common; `factors` and `stats` belong to the values in order."""

    head: Head
    period: Period
    factors: tuple[int, ...]
    stats: bytes
    quirks: frozenset[Quirk]


class Reply(NamedTuple):
    """What a device says to a command of ours: `cn` 9011 to 9014 or 9022, the command's QN, QnRtn or ExeRtn."""

    cn: str
    qn: str
    result: int | None


class Decoded(NamedTuple):
    """What one packet says. Readings: `values`, with `flags` as character codes, one a value, 0 none sent.

    `time_ms` is DataTime; of a packet without one QN's time, 0 without that. `events` are statements about the site.
    """

    qn: str
    time_ms: int
    values: tuple[float, ...]
    flags: bytes
    shape: Shape
    events: tuple[SiteEvent, ...] = ()
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """The field a reading comes from."""

    code: str
    suffix: str
    factor: Factor
    stat: Stat
    value: float


def select(frame: HJ212Frame, quirks: set[Quirk], codes: Mapping[str, str] = NO_CODES) -> list[Selected]:
    """The fields that are readings, item by item; the first of equal ones. Adds to `quirks` why others are not.

    `codes` is what the feed calls our factors: a code, or code and suffix, to a code of factors.csv.
    """
    period = COMMANDS[frame.head.cn].period
    found = []
    for item in frame.items:
        suffixes = dict.fromkeys(suffix for suffix, _ in item.fields)
        if not UNUSED.isdisjoint(suffixes) and not (item.code == "Leq" and "ZsCou" not in suffixes):
            quirks.add(Quirk.UNUSED_FIELD)
        for suffix in suffixes:
            place = _place(frame, item, suffix, period, codes)
            if place is None:
                continue
            factor = _factor(place[0], frame.head.st, quirks)
            if factor is None:
                quirks.add(Quirk.UNKNOWN_FACTOR)
                continue
            text = item.first(suffix)
            if text is None or (frame.head.st == CONDITION_SYSTEM and _STATE_TAG.match(text)):
                continue
            value = number(text, quirks)
            if value is not None:
                found.append(Selected(item.code, suffix, factor, place[1], value))
    return found


def _place(
    frame: HJ212Frame, item: Item, suffix: str, period: Period, codes: Mapping[str, str]
) -> tuple[str, Stat] | None:
    """The code and statistic a field is about; None for one that is no value."""
    if codes:
        mapped = codes.get(f"{item.code}-{suffix}")
        if mapped is not None:
            return mapped, STATS.get(suffix, Stat.RTD)
    code = codes.get(item.code, item.code)
    stat = STATS.get(suffix)
    if stat is not None:
        return code, stat
    if suffix == NOISE_VALUE:
        return code, Stat.RTD if period is Period.REAL_TIME else Stat.AVG
    if suffix in NOISE_PARTS and code == "Leq":
        return NOISE_PARTS[suffix], Stat.AVG
    if suffix in DEVICE_FIELDS and (device := _DEVICE.match(code)) is not None:
        family, stat = DEVICE_FIELDS[suffix]
        return f"{family}{int(device[1]):02d}", stat
    if suffix == "Info" and by_code(code) is not None:  # temperatures of sample lines and cabins, production load
        return code, Stat.RTD
    if frame.head.st == METER_SYSTEM and suffix.casefold() in METER_FIELDS:
        # One meter is the first; of several only the feed's own map can say which is which.
        meters = {other.code for other in frame.items}
        return METER_FIELDS[suffix.casefold()] + ("01" if len(meters) == 1 else "00"), Stat.RTD
    return None


def _factor(code: str, st: str, quirks: set[Quirk]) -> Factor | None:
    factor = by_code(code)
    if factor is None and _CODE_WITHOUT_LETTER.match(code):
        letters = "wa" if st in ("21", "32") else "aw"
        factor = next((found for letter in letters if (found := by_code(letter + code)) is not None), None)
        if factor is not None:
            quirks.add(Quirk.CODE_LETTER_MISSING)
    elif factor is None and (meant := VENDOR_NAMES.get(code.casefold())) is not None:
        factor = by_code(meant)
        quirks.add(Quirk.VENDOR_NAME)
    return factor


def number(text: str, quirks: set[Quirk]) -> float | None:
    """The value of a field, or None with a quirk that says why it is none."""
    if _PLAIN.match(text):
        with suppress(ValueError):  # points and signs in wrong places: looked at below
            return float(text)
    if text.casefold() in _NOTHING:
        quirks.add(Quirk.NO_VALUE)
    elif _OTHER_NUMBER.match(text):
        value = float(text)
        if abs(value) < LARGEST_VALUE:
            quirks.add(Quirk.NUMBER_FORM)
            return value
        quirks.add(Quirk.OUT_OF_RANGE)
    elif _NOT_FINITE.match(text):
        quirks.add(Quirk.NOT_A_NUMBER)
    elif _RANGE.match(text):
        quirks.add(Quirk.VALUE_RANGE)
    else:
        quirks.add(Quirk.UNREADABLE_VALUE)
    return None


def flag_of(item: Item | None, for_all: str | None, edition: Edition, quirks: set[Quirk]) -> int:
    """The data mark of an item as a character code; the packet's one mark where the item has none of its own."""
    sent = item.first("Flag") if item is not None else None
    if sent is None:
        sent = for_all
    if sent is None or sent == "":
        return NO_FLAG
    if len(sent) == 1 and sent in FLAGS:
        return ord(sent)
    mark = sent.upper()
    if len(mark) != 1 or mark not in FLAGS + FLAG_OF_2005:
        quirks.add(Quirk.UNKNOWN_FLAG)
        return UNREADABLE_FLAG
    if mark != sent:
        quirks.add(Quirk.FLAG_CASE)
    if mark == FLAG_OF_2005 and edition is not Edition.E2005:
        quirks.add(Quirk.FLAG_OF_OTHER_EDITION)
    return ord(mark)


def learnable(frame: HJ212Frame, decoded: Decoded) -> bool:
    """True when another packet of the same layout says nothing but its values."""
    return not decoded.events and decoded.reply is None and frame.head.st != CONDITION_SYSTEM


def decode(frame: HJ212Frame, codes: Mapping[str, str] = NO_CODES) -> Decoded:
    """What a packet from a device says; `codes` as for `select`. Raises DecodeError: command, request or data-time."""
    command = COMMANDS.get(frame.head.cn)
    if command is None:
        raise DecodeError("command", frame)
    if is_request(frame) or (frame.head.cn == "1014" and frame.name(NEW_KEY) is not None):
        raise DecodeError("request", frame)
    if command.timed and frame.time_ms is None:
        asks = frame.name("DataTime") is None and (frame.name("BeginTime") is not None or not frame.items)
        raise DecodeError("request" if asks else "data-time", frame)
    quirks = set(frame.quirks)
    selected: list[Selected] = []
    if command.role in (Role.READINGS, Role.SITE):
        selected = select(frame, quirks, codes)
    for_all = frame.name("Flag")
    if for_all is not None:
        quirks.add(Quirk.ONE_FLAG_FOR_ALL)
    items = {item.code: item for item in frame.items}
    flags = bytes(flag_of(items[field.code], for_all, frame.head.edition, quirks) for field in selected)
    shape = Shape(
        frame.head,
        command.period,
        tuple(field.factor.number for field in selected),
        bytes(field.stat for field in selected),
        frozenset(quirks),
    )
    values = tuple(field.value for field in selected)
    reply = _reply(frame) if command.role is Role.REPLY else None
    return Decoded(frame.qn, sent_ms(frame), values, flags, shape, (*events(frame), *_state_tags(frame)), reply)


def _state_tags(frame: HJ212Frame) -> list[SiteEvent]:
    if frame.head.st != CONDITION_SYSTEM:
        return []
    time_ms = sent_ms(frame)
    return [
        state_tag(code, value, time_ms)
        for code, suffix, value in frame.fields
        if code and suffix == "Rtd" and _STATE_TAG.match(value)
    ]


def _reply(frame: HJ212Frame) -> Reply:
    """2005 carries the command's QN in the data area, later editions in the head (HJ 212-2017 6.2)."""
    sent = frame.name("QnRtn") or frame.name("ExeRtn")
    result = int(sent) if sent is not None and sent.isascii() and sent.isdecimal() and len(sent) <= 3 else None
    return Reply(frame.head.cn, frame.name("QN") or frame.qn, result)
