"""The access file: dated divisions, keys that end, permits; and tickets."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from lantian_kit.access.key_file import AccessError, key_hash
from lantian_kit.access.principals import Access, Permission, day_ms
from lantian_kit.access.scope import Scope
from lantian_kit.access.ticket import Ticket, Tickets

ROW: dict[str, Any] = {
    "id": "office-1",
    "role": "city-office",
    "organisation": "石家庄市大气办",
    "divisions": [{"code": "130100", "valid_from": date(2026, 11, 1), "valid_to": date(2027, 4, 1)}, "140100"],
    "key_sha256": [key_hash("key")],
    "key_expires": date(2027, 1, 1),
    "permits": ["read"],
}


def loaded(folder: Path, *rows: dict[str, Any]) -> Access:
    """The access of a file."""
    path = folder / "access.yaml"
    path.write_text(yaml.safe_dump({"principals": list(rows)}, allow_unicode=True), encoding="utf-8")
    return Access.load(path, roles=["city-office"])


def test_divisions_are_granted_from_day_to_day(tmp_path: Path) -> None:
    """Days of China Standard Time, end exclusive."""
    principal = loaded(tmp_path, ROW).of_key("key")
    assert principal is not None
    begin, end = day_ms(date(2026, 11, 1)), day_ms(date(2027, 4, 1))
    assert begin == 1793462400000  # 2026-10-31T16:00:00Z
    assert principal.scope(begin - 1) == Scope(("1401",))
    assert principal.scope(begin) == principal.scope(end - 1) == Scope(("1301", "1401"))
    assert principal.scope(end) == Scope(("1401",))


def test_keys_end_and_are_for_something(tmp_path: Path) -> None:
    """By default everything, for ever."""
    principal = loaded(tmp_path, ROW).of_key("key")
    assert principal is not None
    end = day_ms(date(2027, 1, 1))
    assert not principal.expired(end - 1)
    assert principal.expired(end)
    assert principal.permits == {Permission.READ}
    plain = {name: value for name, value in ROW.items() if name not in ("key_expires", "permits")}
    plain_principal = loaded(tmp_path, plain).of_key("key")
    assert plain_principal is not None
    assert plain_principal.permits == set(Permission)
    assert not plain_principal.expired(2**60)


@pytest.mark.parametrize(
    "wrong",
    [{"role": "king"}, {"permits": []}, {"permits": ["fly"]}, {"divisions": [{"code": "13"}]}, {"key_expires": "soon"}],
)
def test_a_wrong_row_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """Whole."""
    with pytest.raises(AccessError):
        loaded(tmp_path, {**ROW, **wrong})


KEYS = (b"a" * 32, b"b" * 40)
TICKET = Ticket("office-1", "city-office", "石家庄市大气办", Scope(("1301",), None, ("130181",)), 1_000)


def test_a_ticket_comes_back_as_it_was() -> None:
    """Until its end; of an older key too while that is listed."""
    old, both = Tickets(KEYS[1:]), Tickets(KEYS)
    for token in (both.write(TICKET), old.write(TICKET)):
        assert both.read(token, 999) == TICKET
        assert both.read(token, 1_000) is None
    assert old.read(both.write(TICKET), 999) is None


def test_forged_tickets_are_nothing() -> None:
    """Changed, unsigned, of no key, or no ticket at all."""
    tickets = Tickets(KEYS)
    head, body, mark = tickets.write(TICKET).split(".")
    unsigned = "eyJhbGciOiJub25lIn0." + body + "."
    for token in ("", "a.b.c", f"{head}.{body}.", f"{head}.{body[:-2]}AA.{mark}", unsigned, "x" * 5000):
        assert tickets.read(token, 0) is None
    assert Tickets().read(tickets.write(TICKET), 0) is None


def test_keys_of_tickets(tmp_path: Path) -> None:
    """A file that is empty, short or absent stops the start; none at all means no tickets."""
    path = tmp_path / "keys"
    path.write_bytes(b"\n".join(KEYS) + b"\n")
    assert Tickets.load(path).read(Tickets(KEYS).write(TICKET), 0) == TICKET
    path.write_bytes(b"short\n")
    with pytest.raises(AccessError):
        Tickets.load(path)
    path.write_bytes(b"\n")
    with pytest.raises(AccessError):
        Tickets.load(path)
    with pytest.raises(AccessError):
        Tickets.load(tmp_path / "absent")
    assert not Tickets.load(None).possible
    with pytest.raises(AccessError):
        Tickets().write(TICKET)
