"""What a feed does otherwise than the standard says, told from its own packets: units, and periods named by their end.

Pressure in Pa instead of kPa, flow in m³/h instead of m³/s and DataTime at the end of a period are usual (HJ 212-2017
table B.2 and 6.6.5 say otherwise). A packet votes only when one reading of it is physically impossible, so a few votes
are enough and are found again soon after a start. What the registry says of a feed always goes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from lantian_ingest.decoders.hj212.decode import Decoded, Shape
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.times import OFFSET, instant_ms
from lantian_proto.factors import by_code
from lantian_proto.readings import Period, Stat

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
LOCAL_MS: Final = int(OFFSET.total_seconds() * 1000)

PASCAL: Final = "Pa"
PER_HOUR: Final = "m³/h"
LARGEST_GAUGE_KPA: Final = 20.0  # no stack or duct has more over the air outside
ABSOLUTE_KPA: Final = (80.0, 110.0)  # absolute pressure is seen as well; as Pa it would be a usual draught: no vote
LEAST_PASCAL: Final = 1.0  # transmitters of stacks do not resolve less
LARGEST_FLOW: Final = 3000.0  # m³/s; three times the largest power plant's
LARGEST_DUCT_M2: Final = 500.0
LEAST_DUCT_M2: Final = 0.01
LEAST_VELOCITY: Final = 0.5  # m/s; below it a quotient says nothing
VOTES: Final = 3
MAJORITY: Final = 20  # votes for, to one against
LOOKS: Final = 200  # packets of a feed that all may vote; from then on one of 16 does: the answer is known
SELDOM: Final = 16
PROMPT_MS: Final = {Period.MINUTE: MINUTE_MS, Period.HOUR: 10 * MINUTE_MS, Period.DAY: HOUR_MS}
FEEDS: Final = 131_072
PLANS: Final = 8
MINUTES: Final = frozenset({1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30})

# What a unit that the registry names is, in the factor's own unit.
UNITS: Final = {
    ("kPa", "Pa"): 0.001,
    ("kPa", "hPa"): 0.1,
    ("kPa", "mbar"): 0.1,
    ("kPa", "MPa"): 1000.0,
    ("m³/s", "m³/h"): 1 / 3600,
    ("m³/s", "10⁴m³/h"): 10_000 / 3600,
    ("mg/m³", "µg/m³"): 0.001,
    ("mg/m³", "ng/m³"): 0.000_001,
    ("mg/m³", "g/m³"): 1000.0,
    ("µg/m³", "mg/m³"): 1000.0,
    ("L/s", "m³/h"): 1 / 3.6,
    ("W", "kW"): 1000.0,
    ("var", "kvar"): 1000.0,
    ("m/s", "km/h"): 1 / 3.6,
}


def _number(code: str) -> int:
    factor = by_code(code)
    if factor is None:
        raise KeyError(code)
    return factor.number


FLOW: Final = _number("a00000")
VELOCITY: Final = _number("a01011")
PRESSURES: Final = frozenset({_number("a01013"), _number("a01017")})
WATCHED: Final = PRESSURES | {FLOW}
_QUIRKS: Final = {PASCAL: Quirk.PRESSURE_IN_PASCAL, PER_HOUR: Quirk.FLOW_PER_HOUR}
_CONVERTED: Final = dict.fromkeys(PRESSURES, (PASCAL, 0.001)) | {FLOW: (PER_HOUR, 1 / 3600)}


class Label(StrEnum):
    """What DataTime of a period is; UNKNOWN lets the packets tell."""

    UNKNOWN = ""
    START = "start"
    END = "end"


class Evidence(NamedTuple):
    """What the packets of a feed say about one question: votes for the departure from the standard, and against."""

    question: str  # a factor's code, or `label`
    answer: str  # Pa, m³/h or end
    votes: int
    against: int
    decided: bool


class Known(NamedTuple):
    """What the registry says of a feed: units by factor code, what DataTime is, MinInterval in minutes or 0."""

    units: Mapping[str, str]
    label: Label = Label.UNKNOWN
    minute_interval: int = 0


class Settled(NamedTuple):
    """A packet in the factors' units, the start of its period in ms since 1970 UTC, and the quirks found here."""

    decoded: Decoded
    start_ms: int
    quirks: frozenset[Quirk]


class _Votes:
    __slots__ = ("against", "votes")

    def __init__(self) -> None:
        self.votes = 0
        self.against = 0

    @property
    def decided(self) -> bool:
        return self.votes >= VOTES and self.votes >= MAJORITY * self.against

    def cast(self, *, departs: bool) -> None:
        if departs:
            self.votes += 1
        else:
            self.against += 1


class _Plan(NamedTuple):
    """What to look at in packets of one shape: (index, factor) of first values, and velocity and amount beside flow."""

    shape: Shape
    watched: tuple[tuple[int, int], ...]
    velocity: int
    amount: int


@dataclass(slots=True)
class _Feed:
    units: dict[int, _Votes] = field(default_factory=dict)
    label: _Votes = field(default_factory=_Votes)
    plans: list[_Plan] = field(default_factory=list)
    last_minute_ms: int = 0
    step: int = 0  # minutes between the last two records of minutes
    looks: int = 0
    departs: bool = False  # some unit is decided
    interval: int = 0  # of minute data, as seen
    steady: bool = False  # it was seen twice in a row

    def minutes_at(self, time_ms: int) -> None:
        """Learns from a record of minutes. A record that did not come makes a step longer, so a longer one is believed
        only when it comes twice; back-fill, which goes back in time, teaches nothing.
        """
        step, rest = divmod(time_ms - self.last_minute_ms, MINUTE_MS)
        if not step and not rest:
            return  # the next part of the same record
        begun, self.last_minute_ms = self.last_minute_ms, time_ms
        before, self.step = self.step, 0 if rest or step not in MINUTES else step
        if not begun or not self.step:
            return
        if not self.interval or step < self.interval or step == before:
            self.steady = step == before
            self.interval = step


NOTHING: Final[frozenset[Quirk]] = frozenset()
_REAL_TIME: Final = Period.REAL_TIME  # a member looked up in its class costs 0.15 µs
_new: Final = tuple.__new__  # half the cost of the named tuple's own constructor, on the hottest path
_NO_FEED: Final = Known({})


class Habits:
    """Remembers `feeds` senders and forgets the one known longest when there are more."""

    def __init__(self, feeds: int = FEEDS) -> None:
        self._limit = feeds
        self._feeds: dict[str, _Feed] = {}

    def settle(self, decoded: Decoded, known: Known = _NO_FEED) -> Settled:
        """Looks at a packet, learns from it, and gives it back as the standard would have it."""
        mn = decoded.shape.head.mn
        feed = self._feeds.get(mn)
        if feed is None:
            if len(self._feeds) >= self._limit:
                del self._feeds[next(iter(self._feeds))]
            feed = self._feeds[mn] = _Feed()
        plans = feed.plans
        plan = plans[0] if plans and plans[0].shape is decoded.shape else _plan(feed, decoded.shape)
        if plan.watched:
            feed.looks += 1
            if feed.looks <= LOOKS or not feed.looks % SELDOM:
                _vote(feed, plan, decoded)
                feed.departs = any(votes.decided for votes in feed.units.values())
        period = decoded.shape.period
        if period is _REAL_TIME:
            start_ms, quirks = decoded.time_ms, NOTHING
        else:
            if period is Period.MINUTE:
                feed.minutes_at(decoded.time_ms)
            start_ms, quirks = self._start(feed, decoded, known)
        if known.units or (plan.watched and feed.departs):
            decoded, more = _converted(feed, decoded, known)
            quirks |= more
        return _new(Settled, (decoded, start_ms, quirks))

    def evidence(self, mn: str) -> list[Evidence]:
        """What was told of a feed from its packets, for people to see."""
        feed = self._feeds.get(mn)
        if feed is None:
            return []
        found = []
        for number, votes in sorted(feed.units.items()):
            code = next(code for code in ("a00000", "a01013", "a01017") if _number(code) == number)
            found.append(Evidence(code, _CONVERTED[number][0], votes.votes, votes.against, votes.decided))
        if feed.label.votes or feed.label.against:
            label = feed.label
            found.append(Evidence("label", Label.END, label.votes, label.against, label.decided))
        return found

    def interval_of(self, mn: str) -> int:
        """Minutes between a feed's records of minutes as its packets show it; 0 until it was seen twice in a row."""
        feed = self._feeds.get(mn)
        return feed.interval if feed is not None and feed.steady else 0

    def _start(self, feed: _Feed, decoded: Decoded, known: Known) -> tuple[int, frozenset[Quirk]]:
        period, time_ms = decoded.shape.period, decoded.time_ms
        if known.label is Label.START:
            return time_ms, NOTHING
        length = self._length(feed, period, known)
        ends = known.label is Label.END
        if not ends:
            ends = _future(decoded, length)
            lag = _lag(decoded)
            if ends:
                feed.label.cast(departs=True)
            elif lag is not None and length <= lag < length + PROMPT_MS[period]:
                feed.label.cast(departs=False)
            ends = ends or (feed.label.decided and _aligned(period, time_ms))
        if not ends:
            return time_ms, NOTHING
        return time_ms - length, frozenset({Quirk.LABELLED_BY_END})

    @staticmethod
    def _length(feed: _Feed, period: Period, known: Known) -> int:
        if period is not Period.MINUTE:
            return HOUR_MS if period is Period.HOUR else DAY_MS
        return (known.minute_interval or feed.interval or 1) * MINUTE_MS


def _plan(feed: _Feed, shape: Shape) -> _Plan:
    for plan in feed.plans:
        if plan.shape is shape:  # of a known layout it is the same object every time
            return plan
    watched: dict[int, int] = {}
    for index, (number, stat) in enumerate(zip(shape.factors, shape.stats, strict=True)):
        if number in WATCHED and stat != Stat.COU:
            watched.setdefault(number, index)
    velocity = amount = -1
    flow = watched.get(FLOW)
    if flow is not None:
        for index, (number, stat) in enumerate(zip(shape.factors, shape.stats, strict=True)):
            if number == VELOCITY and stat == shape.stats[flow]:
                velocity = index
            elif number == FLOW and stat == Stat.COU and shape.stats[flow] == Stat.AVG:
                amount = index
    plan = _Plan(shape, tuple((index, number) for number, index in watched.items()), velocity, amount)
    feed.plans.insert(0, plan)
    del feed.plans[PLANS:]
    return plan


def _vote(feed: _Feed, plan: _Plan, decoded: Decoded) -> None:
    for index, number in plan.watched:
        if decoded.flags[index] not in (0, ord("N")):
            continue
        departs = _flow(plan, decoded, index) if number == FLOW else _pressure(decoded.values[index])
        if departs is not None:
            feed.units.setdefault(number, _Votes()).cast(departs=departs)


def _pressure(value: float) -> bool | None:
    """True for a value that can not be kPa, False for one that can not be Pa."""
    size = abs(value)
    if ABSOLUTE_KPA[0] <= value <= ABSOLUTE_KPA[1] or size == 0:
        return None
    if size > LARGEST_GAUGE_KPA:
        return True
    return False if size < LEAST_PASCAL else None


def _flow(plan: _Plan, decoded: Decoded, index: int) -> bool | None:
    """True for a value that can not be m³/s, False for one that can not be m³/h."""
    value = decoded.values[index]
    if value <= 0:
        return None
    if value > LARGEST_FLOW:
        return True
    if plan.velocity >= 0 and decoded.values[plan.velocity] >= LEAST_VELOCITY:
        duct = value / decoded.values[plan.velocity]
        if duct > LARGEST_DUCT_M2:
            return True
        if duct / 3600 < LEAST_DUCT_M2:
            return False
    if plan.amount >= 0 and decoded.shape.period is Period.HOUR:
        amount = decoded.values[plan.amount]
        if abs(amount - value) <= 0.05 * value:  # an hour's m³ are as many as m³/h
            return True
        if abs(amount - value * 3600) <= 0.05 * value * 3600:
            return False
    return None


def _converted(feed: _Feed, decoded: Decoded, known: Known) -> tuple[Decoded, frozenset[Quirk]]:
    quirks: set[Quirk] = set()
    values = list(decoded.values)
    said: dict[int, float] = {}
    for code, unit in known.units.items():
        factor = by_code(code)
        if factor is not None:  # the factor's own unit is a statement too: what the packets tell does not count then
            said[factor.number] = UNITS.get((factor.unit, unit), 1.0)
    for index, (number, stat) in enumerate(zip(decoded.shape.factors, decoded.shape.stats, strict=True)):
        if stat == Stat.COU:
            continue
        times = said.get(number)
        if times is None and number in WATCHED and (votes := feed.units.get(number)) is not None and votes.decided:
            times = _CONVERTED[number][1]
        if times is not None and times != 1.0:
            values[index] *= times
            if number in _CONVERTED:
                quirks.add(_QUIRKS[_CONVERTED[number][0]])
    if values == list(decoded.values):
        return decoded, frozenset(quirks)
    return decoded._replace(values=tuple(values)), frozenset(quirks)


def _lag(decoded: Decoded) -> int | None:
    """ms from DataTime to the sending, by the sender's own clock."""
    sent = instant_ms(decoded.qn[:14])
    return None if sent is None else sent - decoded.time_ms


def _future(decoded: Decoded, length: int) -> bool:
    """True when the period would end after it was sent if DataTime were its start."""
    period = decoded.shape.period
    lag = _lag(decoded)
    if lag is None or not _aligned(period, decoded.time_ms):
        return False
    return 0 <= lag < min(length, PROMPT_MS[period])


def _aligned(period: Period, time_ms: int) -> bool:
    unit = {Period.MINUTE: MINUTE_MS, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}[period]
    return (time_ms + LOCAL_MS) % unit == 0
