"""Packets of every command and edition, as hypothesis draws them."""

from typing import NamedTuple

from hypothesis import strategies as st

from lantian_ingest.decoders.hj212.commands import COMMANDS
from lantian_ingest.decoders.hj212.encode import Packet, flag_of
from lantian_proto.readings import Edition
from tests.unit.ingest.hj212.messages import Message, messages, times

MNS = {Edition.E2005: "88888880000001", Edition.E2017: "010000A8900016F000169DC0"}


class Sent(NamedTuple):
    """A packet and what it says."""

    packet: Packet
    message: Message


@st.composite
def said(draw: st.DrawFn, edition: Edition, cn: str) -> Sent:
    """A packet of a command and edition, with or without numbers of sub-packets, and what is to be understood."""
    numbered = draw(st.booleans())
    total = draw(st.integers(1, 99)) if numbered else None
    qn = draw(times(edition)) + draw(st.text("0123456789", min_size=3, max_size=3))
    message = draw(messages(cn, edition, qn))
    packet = Packet(
        st=draw(st.sampled_from(["22", "27", "31", "32", "39", "91"])),
        cn=cn,
        pw=draw(st.text("0123456789", min_size=6, max_size=6)),
        mn=MNS.get(edition, MNS[Edition.E2017]),
        qn=qn,
        flag=flag_of(edition, answer=draw(st.booleans()), numbered=numbered),
        pnum=total,
        pno=draw(st.integers(1, total)) if total else None,
        resent=edition is Edition.E2025 and draw(st.booleans()),
        fields=message.fields,
    )
    return Sent(packet, message)


@st.composite
def packets(draw: st.DrawFn, edition: Edition, cn: str | None = None) -> Packet:
    """A packet of an edition; of any command unless one is given."""
    return draw(said(edition, draw(st.sampled_from(sorted(COMMANDS))) if cn is None else cn)).packet
