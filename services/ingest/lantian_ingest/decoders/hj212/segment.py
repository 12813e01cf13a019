"""Reads the data segment of an HJ 212 packet (HJ 212-2017, 6.3.2 and 6.3.3) as real senders write it.

Tolerant: what can be understood is, and every departure from the standard is named as a quirk. Values keep the digits
that were sent.
"""

import re
from dataclasses import dataclass
from typing import Final

from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.times import data_time
from lantian_proto.readings import Edition

DATA_BIT: Final = 2  # of Flag: the packet is numbered
ANSWER_BIT: Final = 1  # of Flag: an answer is asked for
VERSION_SHIFT: Final = 2
SURFACE_WATER: Final = "21"  # used version 2 years before the edition of 2025
FIRST_YEAR_OF_2025_EDITION: Final = 2026

_HEAD_NAMES: Final = {name.casefold(): name for name in ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")}
_HEAD_ORDERS: Final = (
    ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF"),
    ("QN", "PNUM", "PNO", "ST", "CN", "PW", "MN", "Flag"),  # HJ/T 212-2005
)
_BARE_NAMES: Final = {
    name.casefold(): name
    for name in (
        *("SystemTime", "DataTime", "BeginTime", "EndTime", "RestartTime", "RtdInterval", "MinInterval", "PolId"),
        *("InfoId", "NewPW", "OverTime", "ReCount", "VaseNo", "CstartTime", "CTime", "Stime", "QnRtn", "ExeRtn"),
        *("QN", "CN", "Flag", "WarnTime", "AlarmTime", "AlarmType", "AlarmTarget", "ReportTime", "ReportTarget"),
        *("SKCreateTime", "NewSK", "CalibrationType", "PW"),
    )
}
_SUFFIXES: Final = {
    name.casefold(): name
    for name in (
        *("SampleTime", "Rtd", "Min", "Avg", "Max", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax", "Cou", "ZsCou", "Flag"),
        *("EFlag", "RS", "RT", "Data", "DayData", "NightData", "Info", "SN", "Ala", "LowValue", "UpValue"),
        *("SampleRd", "StandardValue", "ResultType", "CompleteTime", "SampleType"),
    )
}
_TYPOS: Final = {"td": "Rtd"}

_DATA_AREA: Final = re.compile(r"CP[ \t]*=[ \t]*&&", re.IGNORECASE)
# A log stands between two pairs of slashes (table 4) and may hold separators.
_FIELD: Final = re.compile(r"([^;,=]*=\s*//.*?//\s*(?=[;,]|\Z)|[^;,]*)([;,]|\Z)", re.DOTALL)
_LATER_CODE: Final = re.compile(r"[A-Za-z]\d{5}\Z", re.ASCII)
_COMMAND: Final = re.compile(r"\d{4}\Z", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,6}\Z", re.ASCII)
_QN: Final = re.compile(r"\d{17}\Z", re.ASCII)
_MN_LATER: Final = re.compile(r"[0-9A-Fa-f]{24}\Z")
_MN_2005: Final = re.compile(r"[0-9A-Za-z]{14}\Z", re.ASCII)


class DecodeError(ValueError):
    """No readings can be had from the bytes; `reason` is short and from a closed list.

    no-data-area, not-closed, no-command: no packet of HJ 212. data-time: an upload without a time that can be read.
    command, request: a packet that is not taken in; then, as with data-time, `frame` is the packet.
    """

    def __init__(self, reason: str, frame: "HJ212Frame | None" = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.frame = frame


@dataclass(frozen=True, slots=True)
class Head:
    """The fields before CP, as sent; numbers are None where they are missing or unreadable.

    `edition` is decided for this packet alone, from Flag, the year of QN and the shape of the codes. `resent` is RF=1
    of 2025: the packet was sent before.
    """

    st: str
    cn: str
    pw: str
    mn: str
    flag: int | None
    pnum: int | None
    pno: int | None
    edition: Edition
    resent: bool = False

    @property
    def wants_answer(self) -> bool:
        """The A bit; a packet without Flag is of 2005, where uploads are answered."""
        return self.flag is None or bool(self.flag & ANSWER_BIT)

    @property
    def version(self) -> int:
        """Version bits of Flag; 0 without one."""
        return 0 if self.flag is None else self.flag >> VERSION_SHIFT


@dataclass(frozen=True, slots=True)
class Item:
    """Fields of one factor code in the order sent, duplicates kept: (suffix, value as sent)."""

    code: str
    fields: tuple[tuple[str, str], ...]

    def first(self, suffix: str) -> str | None:
        """The first value with this suffix."""
        return next((value for name, value in self.fields if name == suffix), None)


@dataclass(frozen=True, slots=True)
class HJ212Frame:
    """One packet; text that is no UTF-8 is kept with surrogate escapes.

    `fields` is the data area in the order sent: factor code or nothing, name or suffix, value as sent. `names` are the
    fields without a factor code, `items` those with one. `time_ms` is DataTime, ms since 1970 UTC.
    """

    qn: str
    head: Head
    fields: tuple[tuple[str, str, str], ...]
    names: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    time_ms: int | None
    quirks: frozenset[Quirk]

    def name(self, name: str) -> str | None:
        """The first value of a field without a factor code."""
        return next((value for key, value in self.names if key == name), None)


def parse(segment: bytes) -> HJ212Frame:
    """The packet in a segment. Raises DecodeError and nothing else."""
    text = segment.decode("utf-8", "surrogateescape")
    area = _DATA_AREA.search(text)
    if area is None:
        raise DecodeError("no-data-area")
    close = text.rfind("&&", area.end())
    if close < 0:
        raise DecodeError("not-closed")
    quirks: set[Quirk] = set()
    if text[close + 2 :].strip():
        quirks.add(Quirk.TEXT_AFTER_END)
    elif text[close + 2 :] or area[0] != "CP=&&":
        quirks.add(Quirk.NAME_CASE if area[0].casefold() == "cp=&&" and area[0] != "CP=&&" else Quirk.BLANKS)
    fields = _head_fields(text[: area.start()], quirks)
    data = _data_area(text[area.end() : close], quirks)
    names = tuple((name, value) for code, name, value in data if not code)
    items = _items(data)
    qn = fields.get("QN", "")
    head = _head(fields, qn, items, quirks)
    sent = next((value for name, value in names if name == "DataTime"), None)
    time_ms = None
    if sent is not None:
        time_ms, time_quirks = data_time(sent)
        quirks |= time_quirks
    return HJ212Frame(qn, head, data, names, items, time_ms, frozenset(quirks))


def _split(text: str, quirks: set[Quirk]) -> list[tuple[str, str, str]]:
    """Fields as (name, value, separator before); strays are counted, unreadable ones left out."""
    found: list[tuple[str, str, str]] = []
    before = ""
    for match in _FIELD.finditer(text):
        raw, separator = match[1], match[2]
        field = raw.strip()
        if not field:
            if separator:
                quirks.add(Quirk.STRAY_SEPARATOR)
            elif before:
                quirks.add(Quirk.TRAILING_SEPARATOR)
            if raw:
                quirks.add(Quirk.BLANKS)
        else:
            name, equals, value = field.partition("=")
            if not equals:
                quirks.add(Quirk.UNREADABLE_FIELD)
            else:
                stripped = name.strip(), value.strip()
                if raw != f"{stripped[0]}={stripped[1]}":
                    quirks.add(Quirk.BLANKS)
                found.append((*stripped, before))
        before = separator
        if not separator:
            break
    return found


def _head_fields(text: str, quirks: set[Quirk]) -> dict[str, str]:
    found: set[Quirk] = set()
    fields: dict[str, str] = {}
    for sent, value, before in _split(text, found):
        name = _HEAD_NAMES.get(sent.casefold())
        if before == ",":
            quirks.add(Quirk.COMMA_IN_HEAD)
        if name is None:
            quirks.add(Quirk.UNKNOWN_HEAD_FIELD)
            continue
        if name != sent:
            quirks.add(Quirk.NAME_CASE)
        if name in fields:
            quirks.add(Quirk.DUPLICATE_KEY)
            continue
        fields[name] = value
    if Quirk.TRAILING_SEPARATOR in found:
        found.remove(Quirk.TRAILING_SEPARATOR)
    elif text.strip():
        quirks.add(Quirk.MISSING_SEPARATOR)
    if not any([name for name in order if name in fields] == list(fields) for order in _HEAD_ORDERS):
        quirks.add(Quirk.FIELD_ORDER)
    quirks |= found
    return fields


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.match(text) else None


def _head(fields: dict[str, str], qn: str, items: tuple[Item, ...], quirks: set[Quirk]) -> Head:
    cn = fields.get("CN", "")
    if not _COMMAND.match(cn):
        raise DecodeError("no-command")
    flag = _number(fields.get("Flag"))
    if "Flag" not in fields:
        quirks.add(Quirk.FLAG_MISSING)
    elif flag is None or flag > 0xFF:
        quirks.add(Quirk.FLAG_UNREADABLE)
        flag = None
    pnum, pno = _number(fields.get("PNUM")), _number(fields.get("PNO"))
    if flag is not None and flag & DATA_BIT:
        if pnum is None or pno is None:
            quirks.add(Quirk.PACKET_NUMBER_MISSING)
    elif "PNUM" in fields or "PNO" in fields:
        quirks.add(Quirk.PACKET_FLAG_MISSING)
    if not qn:
        quirks.add(Quirk.QN_MISSING)
    elif not _QN.match(qn):
        quirks.add(Quirk.QN_SHAPE)
    st, mn = fields.get("ST", ""), fields.get("MN", "")
    if not st:
        quirks.add(Quirk.ST_MISSING)
    if not fields.get("PW"):
        quirks.add(Quirk.PASSWORD_MISSING)
    edition = _edition(flag, st, qn, items, quirks)
    if not mn:
        quirks.add(Quirk.MN_MISSING)
    elif not (_MN_2005 if edition is Edition.E2005 else _MN_LATER).match(mn):
        quirks.add(Quirk.MN_SHAPE)
    return Head(st, cn, fields.get("PW", ""), mn, flag, pnum, pno, edition, fields.get("RF") == "1")


def _edition(flag: int | None, st: str, qn: str, items: tuple[Item, ...], quirks: set[Quirk]) -> Edition:
    version = 0 if flag is None else flag >> VERSION_SHIFT
    if version == 1:
        return Edition.E2017
    if version >= 2:
        if st == SURFACE_WATER or qn[:4] < str(FIRST_YEAR_OF_2025_EDITION):
            quirks.add(Quirk.FLAG_BEFORE_ITS_EDITION)
            return Edition.E2017
        return Edition.E2025
    # No version: the shape of the codes tells, because the marks of 2005 mean other things.
    return Edition.E2017 if any(_LATER_CODE.match(item.code) for item in items) else Edition.E2005


def _items(data: tuple[tuple[str, str, str], ...]) -> tuple[Item, ...]:
    items: dict[str, list[tuple[str, str]]] = {}
    for code, suffix, value in data:
        if code:
            items.setdefault(code, []).append((suffix, value))
    return tuple(Item(code, tuple(fields)) for code, fields in items.items())


def _data_area(text: str, quirks: set[Quirk]) -> tuple[tuple[str, str, str], ...]:
    data: list[tuple[str, str, str]] = []
    seen: set[tuple[str, str]] = set()
    last: str | None = None
    for sent, value, before in _split(text, quirks):
        code, dash, suffix = sent.partition("-")
        code = code.strip()
        if not dash or not code:
            code, name = "", _BARE_NAMES.get(sent.casefold(), "")
            if not name:
                quirks.add(Quirk.BARE_NAME)
                name = sent
            elif name != sent and name not in ("CTime", "Stime", "CstartTime"):  # the standard itself varies these
                quirks.add(Quirk.NAME_CASE)
            repeats = name in ("CTime", "PolId")
            last = None
        else:
            if (before == "," and code != last) or (before == ";" and code == last):
                quirks.add(Quirk.SEPARATOR_MIXED)
            last = code
            name = _suffix(suffix.strip(), quirks)
            repeats = name == "Info"  # of several analysers, each after its PolId
        if (code, name) in seen and not repeats:
            quirks.add(Quirk.DUPLICATE_KEY)
        seen.add((code, name))
        data.append((code, name, value))
    return tuple(data)


def canonical_name(sent: str) -> str:
    """The name that is meant, spelt as in the standard; an unknown one unchanged."""
    return _BARE_NAMES.get(sent.casefold(), sent)


def canonical_suffix(sent: str) -> str:
    """The suffix that is meant, spelt as in the standard; an unknown one unchanged."""
    folded = sent.casefold()
    return _SUFFIXES.get(folded) or _TYPOS.get(folded) or sent


def _suffix(sent: str, quirks: set[Quirk]) -> str:
    folded = sent.casefold()
    name = _SUFFIXES.get(folded)
    if name is None:
        name = _TYPOS.get(folded)
        if name is None:
            quirks.add(Quirk.UNKNOWN_SUFFIX)
            return sent
        quirks.add(Quirk.SUFFIX_TYPO)
    elif name != sent:
        quirks.add(Quirk.NAME_CASE)
    return name
