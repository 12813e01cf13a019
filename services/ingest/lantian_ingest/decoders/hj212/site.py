"""What a packet tells of analysers, loggers and treatment devices: parameters, states, alarms, logs, checks.

HJ 212-2017 6.6.5 (1011 to 3020) and tables B.8 to B.10: `i`, device, kind (1 log, 2 state, 3 parameter), three more.
"""

import re
from enum import StrEnum
from typing import Final, NamedTuple

from lantian_ingest.decoders.hj212.commands import COMMANDS, TELLS, Role
from lantian_ingest.decoders.hj212.segment import HJ212Frame
from lantian_ingest.decoders.hj212.times import data_time, instant_ms
from lantian_proto.factors import by_code

LOG_MARK: Final = "//"
_INFO_CODE: Final = re.compile(r"[iI]\d([123])[0-9A-Za-z]{3}\Z", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,15}\.?\d{0,15}|\.\d{1,15})\Z", re.ASCII)
_ALARM_CODES: Final = frozenset({"i12003"})  # B.8: alarm of an analyser; 0 none
_QN_SECONDS: Final = 14
_LIMITS: Final = frozenset({"LowValue", "UpValue"})
_CHECK: Final = frozenset({"SampleRd", "StandardValue", "ResultType"})
_TIMES: Final = frozenset({"DataTime", "QN", "BeginTime", "EndTime", "AlarmTime", "PolId", "InfoId", "CN", "Flag"})
_IDENTITY: Final = frozenset({"i23005", "i23006", "i23007", "i23008"})  # 2025: numbers of the logger


class Kind(StrEnum):
    """What an event says."""

    PARAMETER = "parameter"  # range, slope, intercept, limit of detection, intervals
    STATE = "state"
    ALARM = "alarm"
    LOG = "log"
    CHECK = "check"  # result of an automatic standard check
    RESTART = "restart"  # of the logger: `text` is when, as sent
    IDENTITY = "identity"  # numbers of analysers and loggers


class SiteEvent(NamedTuple):
    """One statement. `code` is the factor it is about, empty for the logger; `info` the code or name of what is said.

    `text` is as sent, `number` the same where it is one. `time_ms` is what the packet says, 0 when it says no time.
    """

    kind: Kind
    code: str
    info: str
    text: str
    number: float | None
    time_ms: int


def sent_ms(frame: HJ212Frame) -> int:
    """DataTime, else the time in QN, else 0; ms since 1970 UTC."""
    if frame.time_ms is not None:
        return frame.time_ms
    return instant_ms(frame.qn[:_QN_SECONDS]) or 0


def is_request(frame: HJ212Frame) -> bool:
    """True for a packet that asks or orders instead of telling."""
    command = COMMANDS[frame.head.cn]
    if command.role is Role.REQUEST:
        return True
    if command.role is not Role.SITE:
        return False
    tells = TELLS.get(frame.head.cn)
    if tells is not None:
        return tells.isdisjoint({name for name, _ in frame.names} | {item.code for item in frame.items})
    return frame.time_ms is None and not frame.items and frame.name("RestartTime") is None


def events(frame: HJ212Frame) -> tuple[SiteEvent, ...]:
    """The statements of a packet in the order sent; empty for packets that hold values of factors alone."""
    time_ms = sent_ms(frame)
    alarm = frame.name("AlarmTime")
    if alarm is not None:
        time_ms = data_time(alarm)[0] or time_ms
    command = COMMANDS.get(frame.head.cn)
    site = command is not None and command.role is Role.SITE
    about = ""
    found: list[SiteEvent] = []
    for code, name, value in frame.fields:
        if not code:
            if name == "PolId":
                about = _factor_code(value)
            elif site and (kind := _kind_of_name(name)) is not None:
                found.append(_event(kind, about, name, value, time_ms))
        elif name == "Info":
            if by_code(code) is not None:
                continue  # a reading: temperatures of sample lines and cabins, production load
            if _INFO_CODE.match(code):
                found.append(_event(_kind_of_info(code), about, code, value, time_ms))
            elif site:  # vendors name what they tell themselves
                found.append(_event(Kind.PARAMETER, about, code, value, time_ms))
        elif name == "SN":
            found.append(_event(Kind.IDENTITY, _factor_code(code), name, value, time_ms))
        elif name == "InstrState":
            found.append(_event(Kind.STATE, code, name, value, time_ms))
        elif name == "Ala":
            found.append(_event(Kind.ALARM, _factor_code(code), name, value, time_ms))
        elif name in _LIMITS:
            found.append(_event(Kind.PARAMETER, _factor_code(code), name, value, time_ms))
        elif name in _CHECK:
            found.append(_event(Kind.CHECK, _factor_code(code), name, value, time_ms))
    return tuple(found)


def state_tag(code: str, text: str, time_ms: int) -> SiteEvent:
    """A state that was sent where a value is expected: key production conditions of 2025, e.g. `p99101-Rtd=St`."""
    return SiteEvent(Kind.STATE, code, "Rtd", text, None, time_ms)


def _event(kind: Kind, code: str, info: str, value: str, time_ms: int) -> SiteEvent:
    if value.startswith(LOG_MARK) and value.endswith(LOG_MARK) and len(value) >= 2 * len(LOG_MARK):
        value = value[len(LOG_MARK) : -len(LOG_MARK)]
    number = float(value) if _NUMBER.match(value) and not info.endswith("Time") else None
    return SiteEvent(kind, code, info, value, number, time_ms)


def _kind_of_info(code: str) -> Kind:
    folded = code.lower()
    if folded in _ALARM_CODES:
        return Kind.ALARM
    if folded in _IDENTITY:
        return Kind.IDENTITY
    return {"1": Kind.LOG, "2": Kind.STATE, "3": Kind.PARAMETER}[code[2]]


def _kind_of_name(name: str) -> Kind | None:
    if name == "RestartTime":
        return Kind.RESTART
    if name == "AlarmType":
        return Kind.ALARM
    if name == "VaseNo":
        return Kind.LOG
    return None if name in _TIMES else Kind.PARAMETER


def _factor_code(sent: str) -> str:
    """The factor's code of the latest edition; as sent where it is not known."""
    factor = by_code(sent)
    return sent if factor is None else factor.code
