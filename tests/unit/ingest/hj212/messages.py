"""What each command has in its data area, as hypothesis draws it, and what has to be understood of it.

Shapes after HJ 212-2017 6.6.5 and appendix C, HJ/T 212-2005, and for 2025 the public descriptions: written by hand, no
table of the decoder is used.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from hypothesis import strategies as st

from lantian_ingest.decoders.hj212.decode import Reply
from lantian_ingest.decoders.hj212.encode import Field
from lantian_ingest.decoders.hj212.site import Kind
from lantian_proto.readings import Edition, Stat

Reading = tuple[str, Stat, float, str]  # code of factors.csv, statistic, value, mark
Statement = tuple[Kind, str, str, str]  # kind, factor, what, text

# Code as an edition sends it, and the code of factors.csv.
CODES: Final = {
    Edition.E2005: {"02": "a21026", "01": "a34013", "S01": "a19001", "B02": "a00000", "011": "w01018"},
    Edition.E2017: {code: code for code in ("a21026", "a34013", "a19001", "w01018", "g11601", "a24088")},
    Edition.E2025: {code: code for code in ("a21026", "a01901", "d20105", "p99101", "LA")},
}
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
YEARS: Final = {Edition.E2005: (2005, 2030), Edition.E2017: (2017, 2030), Edition.E2025: (2026, 2060)}
# Kind of statement by the third character of a code of tables B.8 to B.10; alarms and identities have their own.
SITE: Final = {
    "i11001": Kind.LOG,
    "i12001": Kind.STATE,
    "i12002": Kind.STATE,
    "i12003": Kind.ALARM,
    "i13001": Kind.PARAMETER,
    "i13007": Kind.PARAMETER,
    "i13008": Kind.PARAMETER,
    "i13009": Kind.PARAMETER,
    "i22001": Kind.STATE,
    "i22002": Kind.STATE,
}

digits = st.text("0123456789", min_size=1, max_size=6)
values = st.builds(
    lambda sign, whole, dot, rest: f"{sign}{whole}{dot}{rest if dot else ''}",
    st.sampled_from(["", "-"]),
    digits,
    st.sampled_from(["", "."]),
    digits,
)
marks = st.sampled_from("NFMSDCT")
logs = st.text(st.characters(codec="utf-8", exclude_characters="/&#\r\n", exclude_categories=["C", "Z"]), max_size=40)


class Message(NamedTuple):
    """A data area, and what it says. `asks`: only a platform sends it, so a device that does is refused."""

    fields: tuple[Field, ...]
    readings: tuple[Reading, ...] = ()
    statements: tuple[Statement, ...] = ()
    reply: Reply | None = None
    asks: bool = False


@st.composite
def times(draw: st.DrawFn, edition: Edition) -> str:
    """Fourteen digits of a time in which the edition may be sent."""
    first, last = YEARS[edition]
    parts = (draw(st.integers(1, 12)), draw(st.integers(1, 28)), draw(st.integers(0, 23)))
    minute, second = draw(st.integers(0, 59)), draw(st.integers(0, 59))
    return f"{draw(st.integers(first, last))}{''.join(f'{part:02d}' for part in (*parts, minute, second))}"


Shape = Callable[[st.DrawFn, Edition, str], Message]


def _named(name: str, value: str) -> Field:
    return "", name, value


def _timed(draw: st.DrawFn, edition: Edition) -> Field:
    return _named("DataTime", draw(times(edition)))


def _values(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """2011, 2051, 2061, 2031: factors with their statistics and marks."""
    fields: list[Field] = [_timed(draw, edition)]
    readings: list[Reading] = []
    for code in draw(st.lists(st.sampled_from(sorted(CODES[edition])), max_size=4, unique=True)):
        mark = draw(st.one_of(st.just(""), marks))
        for suffix in draw(st.lists(st.sampled_from(sorted(STATS)), min_size=1, max_size=4, unique=True)):
            text = draw(values)
            fields.append((code, suffix, text))
            readings.append((CODES[edition][code], STATS[suffix], float(text), mark))
        if mark:
            fields.append((code, "Flag", mark))
    return Message(tuple(fields), tuple(readings))


def _noise(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """2052 of 2025: one measurement of noise."""
    fields, readings = [_timed(draw, edition)], []
    for code in draw(st.lists(st.sampled_from(["LA", "Leq", "L10", "L90"]), min_size=1, unique=True)):
        text = draw(values)
        fields.append((code, "Data", text))
        readings.append((code, Stat.RTD, float(text), ""))
    return Message(tuple(fields), tuple(readings))


def _batch(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """2013 of 2025: the result of a batch with its own times."""
    text, mark = draw(values), draw(marks)
    code = draw(st.sampled_from(sorted(CODES[edition])))
    times_sent = [(code, name, draw(times(edition))) for name in ("SampleTime", "CompleteTime")]
    fields = (_timed(draw, edition), *times_sent, (code, "SampleType", "1"), (code, "Avg", text), (code, "Flag", mark))
    return Message(fields, ((CODES[edition][code], Stat.AVG, float(text), mark),))


def _furnace(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """2111 of 2025: the furnace's mean of five minutes; 2005 has no code for it but that of a stack's temperature."""
    text = draw(values)
    sent, code = ("S03", "a01012") if edition is Edition.E2005 else ("a01901", "a01901")
    return Message((_timed(draw, edition), (sent, "Avg", text)), ((code, Stat.AVG, float(text), ""),))


def _devices(suffix: str, family: str, stat: Stat, sent: "st.SearchStrategy[str]") -> Shape:
    """2021 and 2041: states and running hours of treatment devices."""

    def shape(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
        numbers = draw(st.lists(st.integers(1, 99), max_size=5, unique=True))
        texts = [draw(sent) for _ in numbers]
        fields = [(f"SB{number}", suffix, text) for number, text in zip(numbers, texts, strict=True)]
        readings = [
            (f"{family}{number:02d}", stat, float(text), "") for number, text in zip(numbers, texts, strict=True)
        ]
        return Message((_timed(draw, edition), *fields), tuple(readings))

    return shape


def _site(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """3020: parameters, states, alarms and logs of analysers, each behind its PolId."""
    fields: list[Field] = [_timed(draw, edition)]
    said: list[Statement] = []
    for code in draw(st.lists(st.sampled_from(sorted(CODES[edition])), min_size=1, max_size=3, unique=True)):
        fields.append(_named("PolId", code))
        # Codes of B.8 to B.10 came with 2017; what a sender of 2005 tells has names of its maker.
        known = SITE if edition is not Edition.E2005 else {"S05": Kind.PARAMETER, "zero": Kind.PARAMETER}
        for info in draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=4, unique=True)):
            log = draw(logs) if known[info] is Kind.LOG else None
            text = draw(values) if log is None else log
            if edition is Edition.E2005 and info == "S05":
                info = "span"
            fields.append((info, "Info", text if log is None else f"//{text}//"))
            said.append((known.get(info, Kind.PARAMETER), CODES[edition][code], info, text))
    return Message(tuple(fields), (), tuple(said))


def _serial(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """3019: the number of an analyser, sent when it was exchanged."""
    code = draw(st.sampled_from(sorted(CODES[edition])))
    number = draw(st.text("0123456789ABCDEF", min_size=6, max_size=24))
    fields = (_timed(draw, edition), _named("PolId", code), (code, "SN", number))
    return Message(fields, (), ((Kind.IDENTITY, CODES[edition][code], "SN", number),))


def _logger(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """1001: numbers of the logger in 2025; in 2005 the same number sets the duration of alarms."""
    if edition is Edition.E2005:
        return Message((_named("WarnTime", draw(digits)),), asks=True)
    names = draw(st.lists(st.sampled_from(["i23005", "i23006", "i23007", "i23008"]), min_size=1, unique=True))
    numbers = [(name, draw(st.text("0123456789ABCDEF", min_size=1, max_size=24))) for name in names]
    fields = tuple((name, "Info", number) for name, number in numbers)
    return Message(fields, (), tuple((Kind.IDENTITY, "", name, number) for name, number in numbers))


def _told(name: str, kind: Kind, text: "st.SearchStrategy[str]", *, about: bool = False, timed: bool = False) -> Shape:
    """One named field: what we asked for, or what a device tells."""

    def shape(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
        code = draw(st.sampled_from(sorted(CODES[edition]))) if about else ""
        sent = draw(text)
        fields = [_timed(draw, edition)] if timed else []
        fields += [_named("PolId", code)] if about else []
        fields.append(_named(name, sent))
        return Message(tuple(fields), (), ((kind, CODES[edition].get(code, ""), name, sent),))

    return shape


def _limits(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """1021 of 2005: the limits a device holds."""
    fields: list[Field] = []
    said: list[Statement] = []
    for code in draw(st.lists(st.sampled_from(sorted(CODES[edition])), min_size=1, max_size=3, unique=True)):
        for name in ("LowValue", "UpValue"):
            text = draw(values)
            fields.append((code, name, text))
            said.append((Kind.PARAMETER, CODES[edition][code], name, text))
    return Message(tuple(fields), (), tuple(said))


def _alarm(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """2071 and 2072 of 2005: an alarm with its time, value and type."""
    code, text, kind = draw(st.sampled_from(sorted(CODES[edition]))), draw(values), draw(st.sampled_from("01"))
    fields = (_named("AlarmTime", draw(times(edition))), (code, "Ala", text), _named("AlarmType", kind))
    said = ((Kind.ALARM, CODES[edition][code], "Ala", text), (Kind.ALARM, "", "AlarmType", kind))
    return Message(fields, (), said)


def _check(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """2062 of 2025: the result of an automatic check with a standard."""
    code = draw(st.sampled_from(sorted(CODES[edition])))
    sent = [(code, name, draw(values)) for name in ("SampleRd", "StandardValue")]
    sent.append((code, "ResultType", draw(st.sampled_from("01"))))
    said = tuple((Kind.CHECK, CODES[edition][code], name, text) for _, name, text in sent)
    return Message((_timed(draw, edition), *sent), (), said)


def _sampling(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """3017: begin of sampling and hours between samples."""
    code = draw(st.sampled_from(sorted(CODES[edition])))
    sent = (("CstartTime", draw(times(edition))[8:]), ("CTime", str(draw(st.integers(1, 24)))))
    said = tuple((Kind.PARAMETER, CODES[edition][code], name, text) for name, text in sent)
    return Message((_named("PolId", code), *(_named(*pair) for pair in sent)), (), said)


def _restart(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """2081: when the logger was started."""
    sent = draw(times(edition))
    fields = (_timed(draw, edition), _named("RestartTime", sent))
    return Message(fields, (), ((Kind.RESTART, "", "RestartTime", sent),))


def _reply(cn: str, name: str, results: tuple[int, ...]) -> Shape:
    """9011 to 9014 and 9022; 2005 carries the QN of what it answers inside the data area."""

    def shape(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
        result = draw(st.sampled_from(results)) if name else None
        answered = draw(times(edition)) + "123" if edition is Edition.E2005 else qn
        fields = [_named("QN", answered)] if edition is Edition.E2005 else []
        fields += [_named(name, str(result))] if name else []
        return Message(tuple(fields), (), (), Reply(cn, answered, result))

    return shape


def _notice(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """1013, 1014, 9015, 9021: nothing but that it was sent."""
    return Message(())


def _asks(*fields: tuple[str, str]) -> Shape:
    """What only a platform sends."""

    def shape(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
        code = draw(st.sampled_from(sorted(CODES[edition])))
        return Message(tuple(_named(name, text or code) for name, text in fields), asks=True)

    return shape


def _network_code(draw: st.DrawFn, edition: Edition, qn: str) -> Message:
    """1002 of 2025: the platform's answer to 1001, the code the logger is to use."""
    if edition is Edition.E2005:
        return Message((), asks=True)
    return Message((("i23005", "Info", "010000A8900016F000169DC1"),), asks=True)


numbers = st.integers(1, 9999).map(str)
_BETWEEN: Final = (("BeginTime", "20261122100000"), ("EndTime", "20261122120000"))
_ABOUT: Final = ("PolId", "")
SHAPES: Final[dict[str, Shape]] = {
    "1000": _asks(("OverTime", "5"), ("ReCount", "3")),
    "1001": _logger,
    "1002": _network_code,
    "1011": _told("SystemTime", Kind.PARAMETER, times(Edition.E2017), about=True),
    "1012": _asks(_ABOUT, ("SystemTime", "20261122120000")),
    "1013": _notice,
    "1014": _notice,
    "1021": _limits,
    "1022": _asks(_ABOUT),
    "1031": _told("AlarmTarget", Kind.PARAMETER, numbers),
    "1032": _asks(("AlarmTarget", "10086")),
    "1041": _told("ReportTime", Kind.PARAMETER, numbers),
    "1042": _asks(("ReportTime", "0830")),
    "1061": _told("RtdInterval", Kind.PARAMETER, st.integers(30, 3600).map(str)),
    "1062": _asks(("RtdInterval", "30")),
    "1063": _told("MinInterval", Kind.PARAMETER, st.sampled_from(["1", "5", "10", "30"])),
    "1064": _asks(("MinInterval", "10")),
    "1072": _asks(("NewPW", "654321")),
    "2011": _values,
    "2012": _asks(),
    "2013": _batch,
    "2021": _devices("RS", "SBRS", Stat.RTD, st.sampled_from("012345")),
    "2022": _asks(),
    "2031": _values,
    "2041": _devices("RT", "SBRT", Stat.COU, st.decimals(0, 24, places=2).map(str)),
    "2051": _values,
    "2052": _noise,
    "2061": _values,
    "2062": _check,
    "2071": _alarm,
    "2072": _alarm,
    "2081": _restart,
    "2111": _furnace,
    "3011": _asks(_ABOUT),
    "3012": _asks(_ABOUT),
    "3013": _asks(_ABOUT),
    "3014": _asks(_ABOUT),
    "3015": _told("VaseNo", Kind.LOG, st.integers(1, 99).map(str), timed=True),
    "3016": _asks(_ABOUT, ("CstartTime", "000000"), ("CTime", "2")),
    "3017": _sampling,
    "3018": _told("Stime", Kind.PARAMETER, st.integers(1, 120).map(str), about=True),
    "3019": _serial,
    "3020": _site,
    "3021": _asks(_ABOUT, ("InfoId", "i13004")),
    "3022": _asks(_ABOUT),
    "3024": _asks(_ABOUT),
    "9011": _reply("9011", "QnRtn", (1, 2, 3)),
    "9012": _reply("9012", "ExeRtn", (1, 2, 100)),
    "9013": _reply("9013", "", ()),
    "9014": _reply("9014", "", ()),
    "9015": _notice,
    "9021": _notice,
    "9022": _reply("9022", "", ()),
}
# Uploads by these numbers are asked for by the same number with the two ends of a period (2017 6.6.5).
RECALLED: Final = ("2011", "2021", "2031", "2041", "2051", "2061")


@st.composite
def messages(draw: st.DrawFn, cn: str, edition: Edition, qn: str = "") -> Message:
    """What a command carries; `qn` is that of its packet. Some of the uploads are the platform's request for them."""
    if cn in RECALLED and draw(st.integers(0, 4)) == 0:
        fields = tuple(_named(*pair) for pair in _BETWEEN) if cn not in ("2011", "2021") else ()
        return Message(fields, asks=True)
    return SHAPES[cn](draw, edition, qn)
