"""备案激活: signatures of the standard's example and of another implementation; every answer; none without a file."""

import asyncio
import struct

import gmalg
import pytest

from lantian_ingest.decoders.vehicle.activation import verified
from lantian_ingest.decoders.vehicle.decode import decode
from lantian_ingest.decoders.vehicle.envelope import parse
from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_ingest.decoders.vehicle.session import ActivationAnswer
from lantian_proto.v1.feed_event_pb2 import FeedEvent
from tests.unit.ingest.others_rig import IDENTITY_KEY, NOW_MS, FakeVehicle, OthersRig
from tests.unit.ingest.vehicle.frames import VIN, flagged, plain, six

NAME = pseudonym(Identity.VIN, VIN, IDENTITY_KEY)
# The example of GB/T 32918.5-2017 annex A: message, key and signature on the recommended curve.
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
KEY = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
# Made by `openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678` of OpenSSL 3.0.19.
OTHER_KEY = bytes.fromhex(
    "dfc735f577e7521193b84806f7cc87606866edfa4142322e809d3bc6f40ab5db"
    "e88724dfd974554e25f8075aef7714d8d69694682c3916c55bb5b43d16f5d3f1"
)
OTHER_SIGNATURE = bytes.fromhex(
    "29EBA20F9060471BE45BCA6A165B296FA2C172D40EB726B40EDD5477F528B6E0"
    "B0DC5483B2E51B1DA43DD1FC545565C16BC164402307DBF004DE70442BFCE0B7"
)
CHIP = "CHIP000000000001"


def numbered(signature: bytes) -> bytes:
    """As HJ 1239 writes it: the length of each number before it."""
    return b"\x20" + signature[:32] + b"\x20" + signature[32:]


@pytest.mark.parametrize(
    ("key", "message", "signature", "right"),
    [
        (KEY, b"message digest", SIGNATURE, True),
        (KEY, b"message digest", numbered(SIGNATURE), True),
        (KEY, b"message digesT", SIGNATURE, False),
        (OTHER_KEY, b"vehicle-activation-message", OTHER_SIGNATURE, True),
        (KEY, b"vehicle-activation-message", OTHER_SIGNATURE, False),
        (b"k" * 64, b"message digest", SIGNATURE, False),  # no point of the curve
        (KEY[:40], b"message digest", SIGNATURE, False),
        (KEY, b"message digest", bytes(64), False),
        (KEY, b"message digest", b"\xff" * 64, False),
        (KEY, b"message digest", b"\x1f" + SIGNATURE, False),
        (KEY, b"message digest", b"", False),
    ],
)
def test_signatures(key: bytes, message: bytes, signature: bytes, right: bool) -> None:
    """Right ones of two origins; wrong and impossible ones never raise."""
    assert verified(key, message, signature) is right


def request(
    *,
    vin: bytes = VIN,
    inside: bytes = VIN,
    chip: str = CHIP,
    key: bytes = KEY,
    later: bool = False,
    spoilt: bool = False,
) -> bytes:
    """An activation as a terminal sends it, signed by its chip."""
    length = struct.pack(">H", len(key)) if later else b""
    signed = six(NOW_MS) + chip.encode().ljust(16, b"\0") + length + key + inside
    r, s = gmalg.SM2(sk=SECRET, pk=b"\4" + KEY, uid=b"1234567812345678").sign(b"other" if spoilt else signed)
    data = signed + numbered(r + s)
    return flagged(9, data, vin=vin, mark=b"$$") if later else plain(7, data, vin=vin)


def rig() -> OthersRig:
    """One vehicle whose chip is filed, one with another chip."""
    made = OthersRig()
    made.vehicle(VIN.decode(), "truck-1", chip=CHIP, key=KEY.hex())
    made.vehicle("LZZ00000000000002", "truck-2", chip="CHIP000000000002", key=OTHER_KEY.hex())
    return made


def told(one: OthersRig) -> list[tuple[str, str]]:
    """Feed and words of the events."""
    events = [FeedEvent.FromString(record.value or b"") for record in one.publisher.records("feed-events.v1")]
    return [(event.feed_id, event.detail) for event in events if event.kind == "activation"]


@pytest.mark.parametrize(
    ("frame", "status", "cause", "why"),
    [
        (request(), 1, 0, "activated"),
        (request(later=True), 1, 0, "activated"),
        (request(inside=b"LZZ00000000000009"), 2, 2, "the VIN inside is not that of the frame"),
        (request(chip="CHIP000000000002"), 2, 1, "the chip is filed for another vehicle"),
        (request(chip="CHIP000000000003"), 2, 3, "the chip is not the one filed for the vehicle"),
        (request(key=OTHER_KEY), 2, 3, "the public key is not the one filed for the chip"),
        (request(spoilt=True), 2, 3, "the signature is wrong"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_answer(frame: bytes, status: int, cause: int, why: str) -> None:
    """One answer with its codes, in the terminal's own protocol; what it was told is an event without names."""
    one, link = rig(), FakeVehicle()
    one.stream(frame, link)
    await one.settle()
    async with asyncio.timeout(60):
        while not told(one):  # noqa: ASYNC110  # a thread is at work
            await asyncio.sleep(0.01)
    (answer,) = link.answers
    assert decode(parse(answer)).body == ActivationAnswer(status, cause)
    assert answer[:2] == frame[:2]
    assert told(one) == [(NAME, why)]
    assert one.outcomes("vehicle") == {"accepted": 1}
    assert VIN not in b"".join(record.value or b"" for record in one.publisher.records("feed-events.v1"))


async def test_nobody_is_told_done_without_a_file() -> None:
    """A vehicle whose chip the registry does not have gets no answer, and that is said."""
    one, link = OthersRig(), FakeVehicle()
    one.vehicle(VIN.decode(), "truck-1")
    one.stream(request(), link)
    await one.settle()
    assert link.answers == []
    assert told(one) == [(NAME, "the registry has no chip for the vehicle; not answered")]


async def test_no_answer_before_the_frame_is_safe() -> None:
    """Nor where the frame could not be kept, nor to a stranger."""
    one, link = rig(), FakeVehicle()
    one.publisher.fail_next = 1
    one.stream(request(), link)
    one.stream(request(vin=b"LZZ00000000000077"), link)
    await one.settle()
    assert one.outcomes("vehicle") == {"undelivered": 1, "unknown-feed": 1}
    assert (link.answers, told(one)) == ([], [])
