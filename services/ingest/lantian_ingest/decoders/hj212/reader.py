"""One cut-out frame to its readings: check code, packet, readings; the fast way where it is open."""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from lantian_ingest.decoders.hj212 import checkcode, sm4
from lantian_ingest.decoders.hj212.checkcode import Verdict
from lantian_ingest.decoders.hj212.decode import NO_CODES, Decoded, decode, learnable
from lantian_ingest.decoders.hj212.frame import Piece
from lantian_ingest.decoders.hj212.layout import Layouts
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.segment import VERSION_SHIFT, DecodeError, HJ212Frame, parse

_MN: Final = re.compile(rb"(?:\A|[;,])[ \t]*MN[ \t]*=([^;,]*)[;,]", re.IGNORECASE)
_FLAG: Final = re.compile(rb"[;,][ \t]*Flag[ \t]*=(\d{1,3})[;,]", re.IGNORECASE)
VERSION_2025: Final = 2


class Profile(NamedTuple):
    """What reading a feed's packets takes: what it calls our factors, and SM4 keys, the likeliest first."""

    codes: Mapping[str, str] = NO_CODES
    keys: tuple[bytes, ...] = ()


NO_PROFILE: Final = Profile()


def no_profiles(mn: str) -> Profile:
    """Feeds of which nothing is known."""
    return NO_PROFILE


class Read(NamedTuple):
    """What a frame says: `decoded`, else `reason` says why there is nothing.

    Reasons: those of DecodeError; check-code: it does not belong to the segment, or is none of ours under the strict
    policy; no-check-code; encrypted: no key opens it. `frame` is there whenever the segment is a packet. `segment` is
    what was read, decrypted where it had to be, by `key`.
    """

    verdict: Verdict
    decoded: Decoded | None
    frame: HJ212Frame | None
    reason: str
    quirks: frozenset[Quirk]
    segment: bytes = b""
    key: bytes | None = None


class Reader:
    """Reads frames; remembers the layouts of packets that the caller reports as accepted.

    Under the tolerant policy check codes computed in a known foreign way are taken, and a frame without any when its
    length is right: one of the two must vouch for the text. Under the strict policy only the right code is.
    """

    def __init__(self, *, tolerant: bool = True) -> None:
        self._tolerant = tolerant
        self._layouts = Layouts()
        self._decode = self._layouts.decode

    def prepare(self) -> None:
        """Makes the fast way ready, which takes seconds; until then all frames go the slow way. From any thread."""
        self._layouts.prepare()

    def quick(self, piece: Piece) -> Decoded | None:
        """The readings of a frame with the right check code and a known layout, else None: ask `read`."""
        return self._decode(piece.segment, piece.check)

    def read(self, piece: Piece, profiles: Callable[[str], Profile] = no_profiles) -> Read:
        """Reads a piece of kind frame; never raises. `profiles` tells of an MN, as sent, what is known of it."""
        verdict = checkcode.judge(piece.segment, piece.check)
        quirks = set(piece.quirks)
        if piece.check != piece.check.upper():
            quirks.add(Quirk.LOWER_CASE_CHECK)
        sent = _MN.search(piece.segment)
        profile = profiles(sent[1].strip().decode("utf-8", "surrogateescape")) if sent is not None else NO_PROFILE
        segment, key = piece.segment, None
        if _encrypted(segment):
            quirks.add(Quirk.ENCRYPTED)
            opened = _open(piece, verdict, profile.keys)
            if opened is None:
                return Read(verdict, None, None, "encrypted", frozenset(quirks), segment)
            verdict, segment, key = opened
        reason = self._check(verdict, quirks)
        decoded: Decoded | None = None
        frame: HJ212Frame | None = None
        try:
            frame = parse(segment)
            quirks |= frame.quirks
            if not reason:
                decoded = decode(frame, profile.codes)
                quirks |= decoded.shape.quirks
        except DecodeError as error:
            reason = reason or error.reason
        return Read(verdict, decoded, frame, reason, frozenset(quirks), segment, key)

    def _check(self, verdict: Verdict, quirks: set[Quirk]) -> str:
        if verdict is Verdict.RIGHT:
            return ""
        if verdict is Verdict.NONE:
            length_vouches = quirks.isdisjoint((Quirk.WRONG_LENGTH, Quirk.ODD_HEADER))
            quirks.add(Quirk.NO_CHECK)
            return "" if self._tolerant and length_vouches else "no-check-code"
        if verdict in checkcode.FOREIGN:
            quirks.add(checkcode.FOREIGN[verdict])
            return "" if self._tolerant else "check-code"
        return "check-code"

    def accepted(self, piece: Piece, read: Read) -> None:
        """Tells that a frame came from a registered sender and was accepted: its layout is worth remembering.

        Not for feeds with codes of their own: the layout would outlive a change of the map.
        """
        if read.frame is None or read.decoded is None or read.key is not None:
            return
        if learnable(read.frame, read.decoded):
            self._layouts.learn(piece.segment, read.frame, read.decoded)


def _encrypted(segment: bytes) -> bool:
    """True for a packet of 2025 or later whose data area does not begin as text does: names are plain ASCII."""
    begin = segment.find(sm4.AREA)
    flag = _FLAG.search(segment, 0, begin) if begin > 0 else None
    if flag is None or int(flag[1]) >> VERSION_SHIFT < VERSION_2025 or not segment.endswith(sm4.END):
        return False
    block = segment[begin + len(sm4.AREA) : -len(sm4.END)][: sm4.BLOCK]
    return len(block) == sm4.BLOCK and not _plain(block)


def _plain(block: bytes) -> bool:
    return block.isascii() and block.decode().isprintable()


def _open(piece: Piece, verdict: Verdict, keys: tuple[bytes, ...]) -> tuple[Verdict, bytes, bytes] | None:
    """The plain segment and its key. The check code is of the plain segment; of the encrypted one it is taken too."""
    for key in keys:
        plain = sm4.decrypt(piece.segment, key)
        if _encrypted(plain):
            continue  # by chance one key in 256 has the right check code
        found = checkcode.judge(plain, piece.check)
        if checkcode.known(found):
            return found, plain, key
        if verdict is Verdict.RIGHT:
            return verdict, plain, key
    return None
