"""Packets of every command and edition, as hypothesis draws them."""

from hypothesis import strategies as st

from lantian_ingest.decoders.hj212.commands import COMMANDS
from lantian_ingest.decoders.hj212.encode import Field, Packet, flag_of
from lantian_proto.readings import Edition

CODES = {
    Edition.E2005: ("02", "01", "S01", "B02", "011", "060"),
    Edition.E2017: ("a21026", "a34013", "a19001", "w01018", "g11601", "i33001"),
    Edition.E2025: ("a21026", "a01901", "d20105", "p99101", "LA"),
}
SUFFIXES = ("Rtd", "Min", "Avg", "Max", "Cou", "ZsRtd", "ZsMin", "ZsAvg", "ZsMax")
SITE_CODES = ("i11001", "i12001", "i12003", "i13001", "i13007", "i13008", "i13009", "i22001", "i23005")
MNS = {Edition.E2005: "88888880000001", Edition.E2017: "010000A8900016F000169DC0"}
YEARS = {Edition.E2005: (2005, 2030), Edition.E2017: (2017, 2030), Edition.E2025: (2026, 2060)}

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


@st.composite
def times(draw: st.DrawFn, edition: Edition) -> str:
    """Fourteen digits of a time in which the edition may be sent."""
    first, last = YEARS[edition]
    parts = (draw(st.integers(1, 12)), draw(st.integers(1, 28)), draw(st.integers(0, 23)))
    minute, second = draw(st.integers(0, 59)), draw(st.integers(0, 59))
    return f"{draw(st.integers(first, last))}{''.join(f'{part:02d}' for part in (*parts, minute, second))}"


@st.composite
def data(draw: st.DrawFn, cn: str, edition: Edition) -> tuple[Field, ...]:
    """A data area such as the command has."""
    found: list[Field] = [("", "DataTime", draw(times(edition)))]
    if cn.startswith("90") or cn in ("1013", "1014"):
        return (("", "QN", draw(times(edition)) + "123"),) if edition is Edition.E2005 else ()
    if cn in ("3019", "3020", "1001"):
        found.append(("", "PolId", draw(st.sampled_from(CODES[edition]))))
        codes = SITE_CODES if edition is not Edition.E2005 else CODES[edition]
        told = st.one_of(values, logs.map(lambda text: f"//{text}//"))
        found += [
            (code, "Info", draw(told)) for code in draw(st.lists(st.sampled_from(codes), max_size=5, unique=True))
        ]
        return tuple(found)
    for code in draw(st.lists(st.sampled_from(CODES[edition]), max_size=4, unique=True)):
        suffixes = draw(st.lists(st.sampled_from(SUFFIXES), min_size=1, max_size=4, unique=True))
        found += [(code, suffix, draw(values)) for suffix in suffixes]
        if draw(st.booleans()):
            found.append((code, "Flag", draw(marks)))
    return tuple(found)


@st.composite
def packets(draw: st.DrawFn, edition: Edition, cn: str | None = None) -> Packet:
    """A packet of an edition; of any command unless one is given."""
    cn = draw(st.sampled_from(sorted(COMMANDS))) if cn is None else cn
    numbered = draw(st.booleans())
    total = draw(st.integers(1, 99)) if numbered else None
    return Packet(
        st=draw(st.sampled_from(["22", "27", "31", "32", "39", "91"])),
        cn=cn,
        pw=draw(st.text("0123456789", min_size=6, max_size=6)),
        mn=MNS.get(edition, MNS[Edition.E2017]),
        qn=draw(times(edition)) + draw(st.text("0123456789", min_size=3, max_size=3)),
        flag=flag_of(edition, answer=draw(st.booleans()), numbered=numbered),
        pnum=total,
        pno=draw(st.integers(1, total)) if total else None,
        resent=edition is Edition.E2025 and draw(st.booleans()),
        fields=draw(data(cn, edition)),
    )
