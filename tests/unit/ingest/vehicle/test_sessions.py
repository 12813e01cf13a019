"""Envelope and data units without measurements: decode(encode(x)) == x."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.vehicle import session
from lantian_ingest.decoders.vehicle.decode import COMMANDS, Command, Decoded, decode
from lantian_ingest.decoders.vehicle.envelope import COMMAND_FLAG, Envelope, Protocol, build, parse
from lantian_ingest.decoders.vehicle.quirks import Confidence, DecodeError, Quirk, Reason
from lantian_ingest.decoders.vehicle.times import END_MS, FIRST_MS, instant_ms, six_bytes
from tests.unit.ingest.vehicle.frames import TIME_MS, VIN, flagged, in_dialect, obd, plain, six, stream

SOME = settings(max_examples=30, deadline=None)
SERIAL = st.integers(0, 65535)
ICCID = st.text("0123456789", min_size=20, max_size=20).map(str.encode)
TIMES = st.integers(FIRST_MS // 1000, END_MS // 1000 - 1).map(lambda second: second * 1000)
VINS = st.text("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17).map(str.encode)
MARKS = {Protocol.GBT32960_2016: b"##", Protocol.GBT32960_2025: b"$$", Protocol.HJ1239_PLATFORM: b"~~"}
CASES = [(None, Protocol.GB17691), *((mark, protocol) for protocol, mark in MARKS.items())]
EVERYWHERE = pytest.mark.parametrize(("mark", "protocol"), CASES)


def frame(mark: bytes | None, command: int, data: bytes) -> bytes:
    """In the envelope of a protocol."""
    return plain(command, data) if mark is None else flagged(command, data, mark=mark)


def read(raw: bytes) -> Decoded:
    """Decoded."""
    return decode(parse(raw))


@SOME
@given(TIMES)
def test_times(time_ms: int) -> None:
    """Every second from 2000 to 2255."""
    assert instant_ms(six_bytes(time_ms)) == time_ms
    assert six_bytes(time_ms) == six(time_ms)


@pytest.mark.parametrize("sent", [b"", bytes(6), b"\x15\x02\x1d\x00\x00\x00", b"\x15\x01\x01\x18\x00\x00", bytes(7)])
def test_no_times(sent: bytes) -> None:
    """Zeros, the 29th of February in 2021, hour 24, other lengths."""
    assert instant_ms(sent) is None


@pytest.mark.parametrize("time_ms", [FIRST_MS - 1, END_MS])
def test_times_that_can_not_be_sent(time_ms: int) -> None:
    """Before 2000 and after 2255."""
    with pytest.raises(ValueError, match="between"):
        six_bytes(time_ms)


@SOME
@given(
    st.sampled_from(CASES),
    st.integers(0, 255),
    VINS,
    st.sampled_from([1, 2, 3, 4, 5, 6, 7, COMMAND_FLAG]),
    st.integers(0, 255),
    st.sampled_from([0, 1, 2, 3, 4, 5, 254, 255]),
    st.binary(max_size=300),
)
def test_envelopes(
    case: tuple[bytes | None, Protocol],
    command: int,
    vin: bytes,
    flag: int,
    software: int,
    encryption: int,
    data: bytes,
) -> None:
    """Every header of every protocol."""
    mark, protocol = case
    plainly = mark is None
    made = Envelope(
        protocol,
        command,
        None if plainly else flag,
        vin,
        software if plainly else None,
        encryption,
        data,
        mark or b"##",
    )
    assert parse(build(made)) == made


@pytest.mark.parametrize(("vin", "data"), [(b"short", b""), (VIN, bytes(65532))])
def test_envelopes_that_can_not_be_built(vin: bytes, data: bytes) -> None:
    """Seventeen bytes of identity, at most 65531 of data."""
    with pytest.raises(ValueError, match=r"identity|data unit"):
        build(Envelope(Protocol.GB17691, 1, None, vin, 0, 1, data))


@EVERYWHERE
@SOME
@given(serial=SERIAL, iccid=ICCID, time_ms=TIMES, packs=st.lists(st.binary(min_size=24, max_size=24), max_size=6))
def test_logins(
    mark: bytes | None, protocol: Protocol, serial: int, iccid: bytes, time_ms: int, packs: list[bytes]
) -> None:
    """Each protocol with its own list of batteries."""
    data = six(time_ms) + struct.pack(">H", serial) + iccid
    if protocol is Protocol.GBT32960_2016:
        data += bytes([len(packs), 24 if packs else 0]) + b"".join(packs)
    elif protocol is Protocol.GBT32960_2025:
        data += bytes([2, len(packs), 0]) + b"".join(packs)
    else:
        packs = []
    decoded = read(frame(mark, 1, data))
    assert decoded.body == session.Login(serial, iccid, tuple(packs))
    assert (decoded.protocol, decoded.command) == (protocol, Command.LOGIN)
    assert (decoded.time_ms, decoded.serial, decoded.quirks) == (time_ms, serial, frozenset())


@EVERYWHERE
@SOME
@given(serial=SERIAL, time_ms=TIMES)
def test_logouts(mark: bytes | None, protocol: Protocol, serial: int, time_ms: int) -> None:
    """The login's number again."""
    decoded = read(frame(mark, 4, six(time_ms) + struct.pack(">H", serial)))
    assert (decoded.protocol, decoded.body) == (protocol, session.Logout(serial))
    assert (decoded.time_ms, decoded.quirks) == (time_ms, frozenset())


@pytest.mark.parametrize(
    ("mark", "command", "meaning"),
    [(b"##", 7, Command.HEARTBEAT), (b"$$", 7, Command.HEARTBEAT), (b"##", 8, Command.TIME), (None, 5, Command.TIME)],
)
def test_empty_commands(mark: bytes | None, command: int, meaning: Command) -> None:
    """Heartbeat and time calibration."""
    decoded = read(frame(mark, command, b""))
    assert (decoded.command, decoded.body, decoded.quirks) == (meaning, None, frozenset())


@SOME
@given(SERIAL, TIMES, st.text("abc", min_size=1, max_size=12).map(str.encode), st.integers(0, 255))
def test_platform_sessions(serial: int, time_ms: int, user: bytes, encryption: int) -> None:
    """Two numberings; the password is not kept."""
    data = six(time_ms) + struct.pack(">H", serial) + user.ljust(12, b"\x00") + b"secret".ljust(20, b"\x00")
    for mark, command in ((b"##", 5), (b"$$", 5), (b"~~", 7)):
        decoded = read(flagged(command, data + bytes([encryption]), mark=mark))
        assert decoded.command is Command.PLATFORM_LOGIN
        assert decoded.body == session.PlatformLogin(serial, user, encryption)
        assert "secret" not in repr(decoded)
        decoded = read(flagged(command + 1, data[:8], mark=mark))
        assert (decoded.command, decoded.body) == (Command.PLATFORM_LOGOUT, session.Logout(serial))


@SOME
@given(SERIAL, st.integers(0, 255), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_removals(serial: int, status: int, longitude: int, latitude: int) -> None:
    """Annex A of HJ 1239.3."""
    data = six() + struct.pack(">HBII", serial, status, longitude, latitude)
    decoded = read(plain(6, data))
    assert decoded.command is Command.REMOVAL
    assert (decoded.body, decoded.time_ms) == (session.Removal(serial, status, longitude, latitude), TIME_MS)


@SOME
@given(st.binary(min_size=16, max_size=16), st.binary(min_size=64, max_size=64), st.binary(min_size=66, max_size=66))
def test_activations(chip: bytes, key: bytes, signature: bytes) -> None:
    """Of HJ 1239 and of GB/T 32960-2025, which has a length before the key."""
    made = session.Activation(chip, key, VIN, signature)
    assert read(plain(7, six() + chip + key + VIN + signature)).body == made
    data = six() + chip + struct.pack(">H", len(key)) + key + VIN + signature
    assert read(flagged(9, data, mark=b"$$")).body == made


@SOME
@given(st.integers(0, 255), st.integers(0, 255))
def test_activation_answers(status: int, cause: int) -> None:
    """Two bytes in both protocols."""
    for raw in (plain(8, bytes([status, cause])), flagged(10, bytes([status, cause]), mark=b"$$")):
        assert read(raw).body == session.ActivationAnswer(status, cause)


@pytest.mark.parametrize("mark", MARKS.values())
@SOME
@given(flag=st.integers(1, 4), command=st.integers(1, 6), time_ms=TIMES)
def test_answers(mark: bytes, flag: int, command: int, time_ms: int) -> None:
    """The flag and the time of what is answered, no body."""
    decoded = read(flagged(command, six(time_ms), flag=flag, mark=mark))
    assert (decoded.answer, decoded.time_ms, decoded.body, decoded.blocks) == (flag, time_ms, None, ())


@pytest.mark.parametrize(
    ("raw", "quirk"),
    [
        (flagged(1, six() + bytes(2) + b"8" * 20), Quirk.CODES_MISSING),
        (flagged(1, six() + bytes(2) + b"8" * 20 + b"\x02\x18abc"), Quirk.CODES_MISSING),
        (flagged(1, six() + bytes(2) + b"8" * 20 + b"\x01\x00x"), Quirk.EXTRA_BYTES),
        (flagged(1, six() + bytes(2) + b"8" * 20 + b"\x01", mark=b"$$"), Quirk.CODES_MISSING),
        (plain(1, six() + bytes(2) + b"89860X" + b"8" * 14), Quirk.ICCID_SHAPE),
        (plain(4, six() + bytes(3)), Quirk.EXTRA_BYTES),
        (plain(4, bytes(8)), Quirk.TIME_UNREADABLE),
        (plain(4, six() + bytes(2), mark=b"~~"), Quirk.TILDE_MARK),
        (plain(4, six() + bytes(2), vin=bytes(17)), Quirk.VIN_SHAPE),
        (plain(4, six() + bytes(2), encryption=0), Quirk.ENCRYPTION_ZERO),
        (plain(4, six() + bytes(2), encryption=0xFE), Quirk.PLAIN_DESPITE_CODE),
        (plain(4, b"\xff" * 8, encryption=3), Quirk.ENCRYPTED),
        (flagged(1, b"", flag=1), Quirk.ANSWER_WITHOUT_TIME),
        (flagged(1, six(), flag=7), Quirk.UNKNOWN_ANSWER),
    ],
)
def test_quirks(raw: bytes, quirk: Quirk) -> None:
    """Accepted and said, each alone."""
    assert read(raw).quirks == {quirk}


@pytest.mark.parametrize(("command", "needed"), [(1, 28), (4, 8), (6, 17), (7, 169), (8, 2)])
def test_data_units_that_are_too_short(command: int, needed: int) -> None:
    """One byte less than the command needs."""
    with pytest.raises(DecodeError) as caught:
        read(plain(command, (six() + bytes(200))[: needed - 1]))
    assert caught.value.reason is Reason.DATA_UNIT


def test_what_one_source_says_is_marked() -> None:
    """The platform link and the edition of 2025 carry it."""
    data = six() + bytes(2)
    sure = [read(raw).confidence for raw in (plain(4, data), flagged(4, data), flagged(4, data, mark=b"$$"))]
    assert sure == [Confidence.CONFIRMED, Confidence.CONFIRMED, Confidence.SINGLE]
    assert read(flagged(4, data, mark=b"~~")).confidence is Confidence.SINGLE


def test_identities_stay_out_of_logs() -> None:
    """Neither VIN nor card number stands in what gets printed."""
    raw = plain(1, six() + bytes(2) + b"89860912345678901234")
    assert VIN.decode() not in repr((parse(raw), read(raw)))
    assert "89860912345678901234" not in repr((parse(raw), read(raw)))


LOGIN = six() + b"\0\7" + b"8" * 20
PLATFORM = six() + b"\0\7" + b"user".ljust(12, b"\0") + b"secret".ljust(20, b"\0") + b"\1"
CHIP, KEY, SIGNATURE = b"c" * 16, b"k" * 64, b" " + b"r" * 32 + b" " + b"s" * 32
# A data unit of every command, by its meaning; what differs between protocols stands under both.
UNITS: dict[Command | tuple[Protocol, Command], tuple[bytes, session.Body | None]] = {
    Command.LOGIN: (LOGIN, session.Login(7, b"8" * 20)),
    (Protocol.GBT32960_2016, Command.LOGIN): (LOGIN + b"\0\0", session.Login(7, b"8" * 20)),
    (Protocol.GBT32960_2025, Command.LOGIN): (LOGIN + b"\0", session.Login(7, b"8" * 20)),
    Command.LOGOUT: (six() + b"\0\7", session.Logout(7)),
    Command.HEARTBEAT: (b"", None),
    Command.TIME: (b"", None),
    Command.PLATFORM_LOGIN: (PLATFORM, session.PlatformLogin(7, b"user", 1)),
    Command.PLATFORM_LOGOUT: (six() + b"\0\7", session.Logout(7)),
    Command.REMOVAL: (six() + struct.pack(">HBII", 7, 0, 1, 2), session.Removal(7, 0, 1, 2)),
    Command.ACTIVATION: (six() + CHIP + KEY + VIN + SIGNATURE, session.Activation(CHIP, KEY, VIN, SIGNATURE)),
    (Protocol.GBT32960_2025, Command.ACTIVATION): (
        six() + CHIP + struct.pack(">H", 64) + KEY + VIN + SIGNATURE,
        session.Activation(CHIP, KEY, VIN, SIGNATURE),
    ),
    Command.ACTIVATION_ANSWER: (b"\2\1", session.ActivationAnswer(2, 1)),
    Command.KEY_EXCHANGE: (b"\1\0\4abcd" + six() + six(), None),
}
BLOCKS = {
    Protocol.GB17691: (in_dialect("A", [(2, stream())]), 1),
    Protocol.HJ1239_PLATFORM: (in_dialect("C", [(1, obd()), (2, stream())], signed=True), 2),
    Protocol.GBT32960_2016: (six() + b"\x05" + struct.pack(">BII", 0, 116_400_000, 39_900_000), 1),
    Protocol.GBT32960_2025: (six() + b"\x05" + struct.pack(">BBII", 0, 1, 116_400_000, 39_900_000), 1),
}
EVERY_COMMAND = [(protocol, number) for protocol, numbers in COMMANDS.items() for number in numbers]


@pytest.mark.parametrize(("protocol", "number"), EVERY_COMMAND)
def test_every_command_of_every_protocol(protocol: Protocol, number: int) -> None:
    """Read as what it is, with what is in it; built again from what was read it is the same bytes."""
    command = COMMANDS[protocol][number]
    mark = MARKS.get(protocol)
    if command in (Command.REAL_TIME, Command.RESENT):
        data, count = BLOCKS[protocol]
        body = None
    else:
        data, body = UNITS.get((protocol, command)) or UNITS[command]
        count = 0
    raw = frame(mark, number, data)
    decoded = read(raw)
    assert (decoded.protocol, decoded.command, decoded.body) == (protocol, command, body)
    assert len(decoded.blocks) == count
    assert decoded.answer is None
    assert build(parse(raw)) == raw
