"""Which addresses a webhook may go to (threat T6), as one table, and a name that moves."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_notify.address import AddressRefused, Gate, check, parse_allowed, public, read

PUBLIC = "8.8.8.8"
LOCAL = parse_allowed("127.0.0.0/8, 10.20.0.0/16, fd12:3456:789a::/48")

# url, what the resolver answers, refused? Without any allow-list.
CASES: list[tuple[str, Sequence[str], bool]] = [
    # good
    ("https://team.example/hook", [PUBLIC], False),
    ("https://team.example:443/hook", [PUBLIC], False),
    ("https://team.example:8443/hook?x=1", [PUBLIC], False),
    ("HTTPS://TEAM.Example/hook", [PUBLIC], False),
    ("https://8.8.8.8/hook", [], False),
    ("https://[2606:4700:4700::1111]/hook", [], False),
    ("https://team.example/", ["2606:4700:4700::1111", PUBLIC], False),
    ("https://xn--fiq228c.example/", [PUBLIC], False),
    ("https://with_underscore.example/", [PUBLIC], False),
    # scheme
    ("http://team.example/hook", [PUBLIC], True),
    ("ftp://team.example/hook", [PUBLIC], True),
    ("file:///etc/passwd", [], True),
    ("gopher://team.example/", [PUBLIC], True),
    ("//team.example/hook", [PUBLIC], True),
    ("team.example/hook", [PUBLIC], True),
    ("https:team.example", [PUBLIC], True),
    ("", [], True),
    ("https://", [], True),
    ("https:///hook", [], True),
    # userinfo and other tricks of spelling
    ("https://user@team.example/", [PUBLIC], True),
    ("https://user:pass@team.example/", [PUBLIC], True),
    ("https://team.example@127.0.0.1/", [], True),
    ("https://team.example\\@127.0.0.1/", [], True),
    ("https://team.example/\\x", [PUBLIC], True),
    ("https://team.example/#fragment", [PUBLIC], True),
    ("https://team%2eexample/", [PUBLIC], True),
    ("https://team.example./", [PUBLIC], True),
    ("https://team..example/", [PUBLIC], True),
    ("https://-team.example-/", [PUBLIC], True),
    ("https://tea m.example/", [PUBLIC], True),
    ("https://team.example/\r\nX: y", [PUBLIC], True),
    ("https://team.example/\t", [PUBLIC], True),
    ("https://１２７.０.０.１/", [], True),
    ("https://ⓛocalhost/", [PUBLIC], True),
    ("https://[v1.team]/", [PUBLIC], True),
    ("https://[::1", [], True),
    (f"https://team.example/{'x' * 2048}", [PUBLIC], True),
    (f"https://{'x' * 64}.example/", [PUBLIC], True),
    # ports
    ("https://team.example:80/", [PUBLIC], True),
    ("https://team.example:22/", [PUBLIC], True),
    ("https://team.example:0/", [PUBLIC], True),
    ("https://team.example:65536/", [PUBLIC], True),
    ("https://8.8.8.8:6379/", [], True),
    # IPv4 in other clothes
    ("https://127.0.0.1/", [], True),
    ("https://127.1/", [], True),
    ("https://0x7f.1/", ["127.0.0.1"], True),
    ("https://0x7f000001/", ["127.0.0.1"], True),
    ("https://2130706433/", ["127.0.0.1"], True),
    ("https://017700000001/", ["127.0.0.1"], True),
    ("https://0177.0.0.1/", ["127.0.0.1"], True),
    ("https://127.0.0.1./", ["127.0.0.1"], True),
    ("https://8.8.8.8.8/", [PUBLIC], True),
    # names that stand for somewhere inside
    ("https://localhost/", ["127.0.0.1"], True),
    ("https://team.example/", ["0.0.0.0"], True),
    ("https://team.example/", ["10.0.0.1"], True),
    ("https://team.example/", ["172.16.0.1"], True),
    ("https://team.example/", ["172.31.255.255"], True),
    ("https://team.example/", ["192.168.1.1"], True),
    ("https://team.example/", ["100.64.0.1"], True),  # carrier-grade NAT
    ("https://team.example/", ["100.100.100.200"], True),  # a cloud's metadata inside it
    ("https://team.example/", ["169.254.169.254"], True),
    ("https://team.example/", ["168.63.129.16"], True),
    ("https://team.example/", ["192.0.0.8"], True),
    ("https://team.example/", ["192.0.2.1"], True),
    ("https://team.example/", ["192.88.99.1"], True),
    ("https://team.example/", ["198.18.0.1"], True),
    ("https://team.example/", ["198.51.100.1"], True),
    ("https://team.example/", ["203.0.113.1"], True),
    ("https://team.example/", ["224.0.0.1"], True),
    ("https://team.example/", ["240.0.0.1"], True),
    ("https://team.example/", ["255.255.255.255"], True),
    # IPv6
    ("https://[::1]/", [], True),
    ("https://[::]/", [], True),
    ("https://[::ffff:10.0.0.1]/", [], True),
    ("https://[::ffff:8.8.8.8]/", [], True),
    ("https://[::127.0.0.1]/", [], True),
    ("https://[fe80::1%25eth0]/", [], True),
    ("https://team.example/", ["fe80::1%2"], True),
    ("https://team.example/", ["fe80::1"], True),
    ("https://team.example/", ["fec0::1"], True),
    ("https://team.example/", ["fd00:ec2::254"], True),
    ("https://team.example/", ["fc00::1"], True),
    ("https://team.example/", ["ff02::1"], True),
    ("https://team.example/", ["64:ff9b::7f00:1"], True),  # NAT64
    ("https://team.example/", ["64:ff9b:1::a00:1"], True),
    ("https://team.example/", ["2002:7f00:1::"], True),  # 6to4
    ("https://team.example/", ["2001:0:7f00:1::"], True),  # Teredo
    ("https://team.example/", ["2001:db8::1"], True),
    ("https://team.example/", ["3fff::1"], True),
    ("https://team.example/", ["100::1"], True),
    ("https://team.example/", ["4000::1"], True),
    # answers of the resolver
    ("https://team.example/", [], True),
    ("https://team.example/", ["no address"], True),
    ("https://team.example/", [PUBLIC, "10.0.0.1"], True),  # one bad address spoils all
    ("https://team.example/", ["10.0.0.1", PUBLIC], True),
]


def refused(url: str, answers: Sequence[str], allowed: str = "") -> bool:
    """Whether a URL with these answers is refused."""
    try:
        place = read(url)
        check(place, [str(place.literal)] if place.literal else answers, parse_allowed(allowed))
    except AddressRefused:
        return True
    return False


@pytest.mark.parametrize(("url", "answers", "expected"), CASES)
def test_without_an_allow_list(url: str, answers: Sequence[str], expected: bool) -> None:
    """https on 443 or 8443 at a public address, spelled plainly; nothing else."""
    assert refused(url, answers) == expected


def test_the_table_is_long_enough() -> None:
    """The threat model asks for sixty cases."""
    assert len(CASES) >= 60


@pytest.mark.parametrize(
    ("url", "answers", "expected"),
    [
        ("http://127.0.0.1:18090/hook", [], False),
        ("https://127.0.0.1:9000/hook", [], False),
        ("http://inside.example:8080/", ["10.20.3.4"], False),
        ("http://[fd12:3456:789a::1]:8080/", [], False),
        ("http://inside.example/", ["10.21.0.1"], True),  # beside the allowed network
        ("http://inside.example/", ["10.20.3.4", PUBLIC], True),  # http must stay inside as a whole
        ("http://team.example/", [PUBLIC], True),
        ("https://team.example:9000/", [PUBLIC], True),
        ("https://team.example/", [PUBLIC], False),
        ("https://mixed.example/", ["10.20.3.4", PUBLIC], False),  # both are good
        ("http://user@127.0.0.1/", [], True),
        ("http://127.1/", ["127.0.0.1"], True),
        ("http://0x7f.1/", ["127.0.0.1"], True),
        ("http://[::ffff:127.0.0.1]/", [], True),  # an allowed address is named as itself
        ("http://localhost:18090/", ["127.0.0.1"], False),
        ("http://localhost:18090/", ["127.0.0.1", "::1"], True),
    ],
)
def test_with_an_allow_list(url: str, answers: Sequence[str], expected: bool) -> None:
    """Inside the list http, any port and private addresses are good; outside nothing changes."""
    assert refused(url, answers, "127.0.0.0/8, 10.20.0.0/16, fd12:3456:789a::/48") == expected


@pytest.mark.parametrize("address", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "168.63.129.16"])
def test_some_addresses_are_never_allowed(address: str) -> None:
    """Metadata services and the like, even where the list names them."""
    assert refused("https://team.example/", [address], f"{address}/32")


@pytest.mark.parametrize("text", ["0.0.0.0/0", "10.0.0.0/7", "::/0", "fc00::/7", "10.0.0.1/8", "nonsense"])
def test_an_allow_list_names_single_sites(text: str) -> None:
    """Whole address families and unclear networks are refused at the start."""
    with pytest.raises(ValueError, match=r"too wide|host bits|appear"):
        parse_allowed(text)


@given(st.ip_addresses())
def test_public_is_never_wider_than_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    """What Python calls private or reserved is never public to us."""
    assert address.is_global or not public(address)


async def test_a_name_that_moves_inside_is_refused_at_the_next_attempt() -> None:
    """DNS rebinding: every attempt asks again, and what was checked is what is connected to."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["10.0.0.1"], [PUBLIC]])

    async def rebinding(host: str) -> Sequence[str]:
        assert host == "team.example"
        return next(answers)

    gate = Gate(rebinding)
    url = "https://team.example/hook"
    target = await gate.target(url, 1)
    assert (str(target.ip), target.host, target.port, str(target.url)) == (PUBLIC, "team.example", 443, url)
    for attempt in (2, 3):
        with pytest.raises(AddressRefused, match="not a public address") as caught:
            await gate.target(url, attempt)
        assert not caught.value.lasting  # the name may move back
    assert str((await gate.target(url, 4)).ip) == PUBLIC


async def test_attempts_take_the_addresses_of_a_name_in_turn() -> None:
    """IPv4 first, then the others, so that one dead server does not stop a team."""

    async def three(host: str) -> Sequence[str]:
        return ["2606:4700:4700::1111", "8.8.8.8", "8.8.4.4"]

    gate = Gate(three)
    taken = [str((await gate.target("https://team.example/", attempt)).ip) for attempt in (1, 2, 3, 4)]
    assert taken == ["8.8.8.8", "8.8.4.4", "2606:4700:4700::1111", "8.8.8.8"]


async def test_an_address_in_the_url_needs_no_resolver() -> None:
    """And what is wrong with it stays wrong."""

    async def never(host: str) -> Sequence[str]:
        raise AssertionError(host)

    assert str((await Gate(never, LOCAL).target("http://127.0.0.1:9/x", 1)).ip) == "127.0.0.1"
    with pytest.raises(AddressRefused) as caught:
        await Gate(never).target("https://127.0.0.1/", 1)
    assert caught.value.lasting
