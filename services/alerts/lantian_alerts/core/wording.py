"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta, timezone

from lantian_alerts.core.flags import Mark
from lantian_proto import factors

CHINA = timezone(timedelta(hours=8))

MARKS = {
    "stopped": ("停运", "stopped"),
    "start-up": ("启动", "start-up"),
    "shutdown": ("停机过程", "shutdown"),
    "fault": ("故障", "fault"),
    "calibration": ("校准", "calibration"),
    "maintenance": ("维护", "maintenance"),
}

FLAGS = {
    Mark.INSTRUMENT_STOPPED: "instrument-stopped",
    Mark.SOURCE_STOPPED: "source-stopped",
    Mark.MAINTENANCE: "maintenance",
    Mark.MANUAL: "manual",
    Mark.FAULT: "fault",
    Mark.CALIBRATION: "calibration",
    Mark.OVER_RANGE: "over-range",
    Mark.NO_COMMUNICATION: "no-communication",
    Mark.POWER_FAILURE: "power-failure",
    Mark.ABNORMAL: "abnormal",
    Mark.UNKNOWN: "unknown",
}


def number(value: float) -> str:
    """At most four significant digits after the point, no trailing zeros, never an exponent."""
    text = f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def local(at_ms: int) -> str:
    """Beijing time to the minute: the time of HJ 212 frames and of every Chinese ledger."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def local_date(at_ms: int) -> str:
    """Beijing date, ISO form."""
    return local(at_ms)[:10]


def span(start_ms: int, end_ms: int) -> str:
    """A period; the date is written once when it does not change."""
    start, end = local(start_ms), local(end_ms)
    return f"{start}–{end[11:] if end[:10] == start[:10] else end}"


def factor_names(code: str) -> tuple[str, str, str]:
    """Chinese name, English name and unit of a factor code; the code itself where the table does not know it."""
    factor = factors.by_code(code)
    return (code, code, "") if factor is None else (factor.name_zh, factor.name_en, factor.unit)


def with_unit(value: float, unit: str) -> str:
    """Value and unit with a space, as GB 3101 writes it."""
    return f"{number(value)} {unit}".rstrip()
