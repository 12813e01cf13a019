"""What every command number of HJ 212 is when it comes from a device (HJ 212-2017 6.6.5; HJ/T 212-2005; HJ 212-2025).

The same number often asks in one direction and tells in the other; `role` is that of a packet that comes up.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from lantian_proto.readings import Period


class Role(StrEnum):
    """What a packet from a device is."""

    READINGS = "readings"  # values of factors over a period
    SITE = "site"  # states, parameters, alarms and logs of analysers and loggers
    NOTICE = "notice"  # asks for nothing but a receipt, or for the time or a key
    REPLY = "reply"  # to a command of ours
    REQUEST = "request"  # only a platform sends it


class Receipt(StrEnum):
    """The command number that answers a packet; none where nothing does."""

    DATA = "9014"
    NOTICE = "9013"
    LOGIN = "9022"
    NONE = ""


class Command(NamedTuple):
    """One command number. `timed`: an upload without DataTime can not be used."""

    role: Role
    receipt: Receipt = Receipt.NONE
    period: Period = Period.REAL_TIME
    timed: bool = False


def _readings(period: Period) -> Command:
    return Command(Role.READINGS, Receipt.DATA, period, timed=True)


_SITE: Final = Command(Role.SITE, Receipt.DATA)
_TOLD: Final = Command(Role.SITE)  # comes because we asked; 9012 closes the exchange
_REQUEST: Final = Command(Role.REQUEST)
_REPLY: Final = Command(Role.REPLY)

COMMANDS: Final = {
    "1001": _SITE,  # 2025: numbers of the logger, answered by 1002; in 2005 a request
    "1011": _TOLD,  # SystemTime
    "1013": Command(Role.NOTICE, Receipt.NOTICE),  # asks for the time
    "1014": Command(Role.NOTICE, Receipt.NOTICE),  # 2025: asks for a new key
    "1021": _TOLD,  # 2005: limits
    "1031": _TOLD,  # 2005: alarm target
    "1041": _TOLD,  # 2005: report time
    "1061": _TOLD,  # RtdInterval
    "1063": _TOLD,  # MinInterval
    "2011": _readings(Period.REAL_TIME),
    "2013": _readings(Period.REAL_TIME),  # 2025: raw data of a batch analyser
    "2021": _readings(Period.REAL_TIME),  # states of treatment devices
    "2031": _readings(Period.DAY),
    "2041": _readings(Period.DAY),  # running hours of treatment devices
    "2051": _readings(Period.MINUTE),
    "2052": _readings(Period.REAL_TIME),  # 2025: one noise measurement
    "2061": _readings(Period.HOUR),
    "2062": _SITE,  # 2025: automatic standard check
    "2071": _SITE,  # 2005: history of alarms
    "2072": _SITE,  # 2005: alarm
    "2081": _SITE,  # the logger was started
    "2111": _readings(Period.MINUTE),  # 2025: furnace temperature, mean of five minutes
    "3015": _SITE,  # a sample was kept
    "3017": _TOLD,  # sampling period
    "3018": _TOLD,  # time to result
    "3019": _SITE,  # analyser's number
    "3020": _SITE,
    "9011": _REPLY,
    "9012": _REPLY,
    "9013": _REPLY,
    "9014": _REPLY,
    "9015": Command(Role.NOTICE, Receipt.NOTICE),  # 2025: heartbeat
    "9021": Command(Role.NOTICE, Receipt.LOGIN),  # not in the standard, sent by several vendors
    "9022": _REPLY,
    **dict.fromkeys(
        (
            *("1000", "1002", "1012", "1022", "1032", "1042", "1062", "1064", "1072", "2012", "2022"),
            *("3011", "3012", "3013", "3014", "3016", "3021", "3022", "3024"),
        ),
        _REQUEST,
    ),
}
# Names that ask: a packet with one of these, and none of what the command tells, is a request.
TELLS: Final = {
    "1001": frozenset({"i23005", "i23006", "i23007", "i23008"}),  # codes; WarnTime alone is the request of 2005
    "1011": frozenset({"SystemTime"}),
    "1031": frozenset({"AlarmTarget"}),
    "1041": frozenset({"ReportTime"}),
    "1061": frozenset({"RtdInterval"}),
    "1063": frozenset({"MinInterval"}),
    "3017": frozenset({"CstartTime", "CTime"}),
    "3018": frozenset({"Stime"}),
}
NEW_KEY: Final = "NewSK"  # 1014 with it comes from a platform
