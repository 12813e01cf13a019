"""Who hears of an issue event."""

import pytest

from lantian_notify.channels import CHANNELS
from lantian_notify.registry.teams import Contact, Teams
from lantian_notify.routing.facts import facts_of
from lantian_notify.routing.policy import load, serves
from lantian_notify.routing.route import Routing, route
from lantian_notify.wording.letter import Templates
from lantian_proto.v1.registry_pb2 import ContactPoint, Enterprise, RegistryChange, Source
from tests.support.notify_events import NOW_MS, a_change, an_event

POLICY = load(None, frozenset(CHANNELS))


def routed(*changes: bytes, event_changes: dict[str, object] | None = None) -> Routing:
    """Routing of an event with teams 0, 1, 2 … from these records."""
    teams = Teams()
    for number, value in enumerate(changes):
        teams.apply(f"team/t{number}", value)
    event = an_event(**(event_changes or {}))
    return route(facts_of(event), POLICY, teams, event.at_ms)


def test_every_team_of_the_division_hears() -> None:
    """City and district, not the neighbour; one notice each, with an id of its own."""
    routing = routed(
        a_change("t0", division_code="1302"),
        a_change("t1", division_code="130203", webhook_secret_name="district"),
        a_change("t2", division_code="1301"),
    )
    assert routing.outcome == "routed"
    assert [notice.recipient_id for notice in routing.notices] == ["t0", "t1"]
    assert routing.notices[1].contact == Contact("webhook", "https://team.example/hook", "district")
    assert routing.notices[1].endpoint_id == "webhook:t1"
    assert len({notice.notice_id for notice in routing.notices}) == 2


def test_the_id_depends_on_event_and_endpoint_alone() -> None:
    """The same after a repeat and after the team has moved; another for another event."""
    first = routed(a_change("t0")).notices[0].notice_id
    assert first == routed(a_change("t0")).notices[0].notice_id
    assert first == routed(a_change("t0", webhook_url="https://new.example/", name="x")).notices[0].notice_id
    assert first != routed(a_change("t0"), event_changes={"event_id": "event-2"}).notices[0].notice_id
    assert first.startswith("msg_")
    assert len(first) == 36


def test_an_event_without_a_team_says_so() -> None:
    """No team at all, or none of the division."""
    assert routed().outcome == "no-team"
    assert routed(a_change("t0", division_code="61")).outcome == "no-team"
    assert routed(a_change("t0"), event_changes={"division_code": ""}).outcome == "no-team"


def test_a_team_without_an_address_says_so() -> None:
    """Somebody should hear of it and can not."""
    assert routed(a_change("t0", webhook_url="")).outcome == "no-channel"


@pytest.mark.parametrize(
    ("kinds", "kind", "outcome"),
    [
        ([], "registered", "routed"),
        ([], "moved", "not-wanted"),
        (["moved"], "moved", "routed"),
        (["moved"], "registered", "not-wanted"),
        (["registered", "episode-closed"], "episode-closed", "routed"),
    ],
)
def test_a_team_hears_of_the_kinds_it_wants(kinds: list[str], kind: str, outcome: str) -> None:
    """Registered issues unless it says otherwise."""
    assert routed(a_change("t0", event_kinds=kinds), event_changes={"kind": kind}).outcome == outcome


def test_a_retrospective_lead_is_routed_too() -> None:
    """It differs in the payload, not in who hears of it."""
    event = an_event()
    event.lead.retrospective = True
    teams = Teams()
    teams.apply("team/t0", a_change("t0"))
    assert route(facts_of(event), POLICY, teams, event.at_ms).outcome == "routed"


@pytest.mark.parametrize(
    ("team", "division", "expected"),
    [
        ("130203", "130203", True),
        ("1302", "130203", True),
        ("13", "130203", True),
        ("130200", "130203", True),  # the city, padded as GB/T 2260 writes it
        ("130000", "130203", True),
        ("130200", "130200", True),
        ("130203", "130200", False),
        ("130100", "130203", False),
        ("", "130203", False),  # nobody serves the whole country by leaving a field empty
        ("000000", "130203", False),
        ("1302", "", False),
    ],
)
def test_divisions(team: str, division: str, expected: bool) -> None:
    """A team serves what lies in its division."""
    assert serves(team, division) == expected


class TestTeams:
    """The dated table."""

    def names(self, *records: tuple[str, bytes | None], at_ms: int = NOW_MS) -> list[str]:
        """Names of the teams in force."""
        teams = Teams()
        for key, value in records:
            teams.apply(key, value)
        return [team.name for team in teams.in_force(at_ms)]

    def test_a_change_takes_effect_at_its_time(self) -> None:
        """Before, the former revision holds."""
        records = (
            ("team/t", a_change("t", 1, name="old")),
            ("team/t", a_change("t", 2, name="new", valid_from_ms=NOW_MS)),
        )
        assert self.names(*records, at_ms=NOW_MS - 1) == ["old"]
        assert self.names(*records, at_ms=NOW_MS) == ["new"]

    def test_the_higher_revision_decides_in_whatever_order_they_come(self) -> None:
        """A record read again changes nothing."""
        one, two = ("team/t", a_change("t", 1, name="one")), ("team/t", a_change("t", 2, name="two"))
        assert self.names(one, two) == self.names(two, one) == self.names(one, two, one) == ["two"]

    def test_a_team_ends(self) -> None:
        """At valid_to, exclusive; an older open revision does not come back."""
        records = (("team/t", a_change("t", 1)), ("team/t", a_change("t", 2, name="end", valid_to_ms=NOW_MS)))
        assert self.names(*records, at_ms=NOW_MS - 1) == ["end"]
        assert self.names(*records, at_ms=NOW_MS) == []

    def test_a_voided_team_hears_of_nothing(self) -> None:
        """And is known to be void."""
        teams = Teams()
        teams.apply("team/t", a_change("t", 1))
        assert not teams.voided("t")
        teams.apply("team/t", a_change("t", 2, voided=True))
        assert teams.in_force(NOW_MS) == []
        assert teams.voided("t")
        assert not teams.voided("unknown")

    def test_a_tombstone_forgets_the_team(self) -> None:
        """And a tombstone of an unknown one does nothing."""
        assert self.names(("team/t", a_change("t")), ("team/t", None), ("team/u", None)) == []

    def test_other_kinds_are_passed_over(self) -> None:
        """The topic holds sources and limits as well."""
        assert self.names(("limit/l", b"\xff\xff"), ("source/s", None)) == []

    @pytest.mark.parametrize(
        ("key", "value"),
        [("team/t", b"\xff\xff\xff"), ("team/other", a_change("t")), ("team/t", b"")],
    )
    def test_an_unreadable_record_is_refused(self, key: str, value: bytes) -> None:
        """With ValueError, which makes it a dead letter."""
        with pytest.raises(ValueError, match=r"no RegistryChange|under the key"):
            Teams().apply(key, value)


def test_reminders_and_escalations_of_the_ledger_go_to_the_teams() -> None:
    """With the step they are about, by the first way the team has."""
    event = an_event(kind="escalated")
    event.step.title = "逾期7日督办"
    teams = Teams()
    phone = ContactPoint(channel="sms", address="13800000000")
    teams.apply("team/t0", a_change("t0", contacts=[phone]))
    routing = route(facts_of(event), POLICY, teams, event.at_ms)
    assert [notice.endpoint_id for notice in routing.notices] == ["sms:t0"]
    (text,) = Templates(None, "").letter([facts_of(event).stored()], forms=("sms",)).bodies.values()
    assert text.startswith("督办升级：逾期7日督办，唐山示例钢铁有限公司")


def an_enterprise(teams: Teams) -> None:
    """The enterprise of src-1, with a phone."""
    phone = ContactPoint(channel="sms", address="13800000001")
    for change in (
        RegistryChange(kind="source", id="src-1", revision=1, source=Source(source_id="src-1", enterprise_id="e")),
        RegistryChange(
            kind="enterprise", id="e", revision=1, enterprise=Enterprise(enterprise_id="e", contacts=[phone])
        ),
    ):
        teams.apply(f"{change.kind}/{change.id}", change.SerializeToString())


def a_country(**more: str) -> Teams:
    """A county's, a city's and a province's team with a mailbox each, and more by name and division."""
    teams = Teams()
    for name, division in {"county": "130203", "city": "1302", "province": "13", **more}.items():
        mail = [ContactPoint(channel="email", address=f"{name}@example.com")]
        teams.apply(f"team/{name}", a_change(name, division_code=division, webhook_url="", contacts=mail))
    return teams


def hears(kind: str, move: str = "", to: str = "", cc: str = "") -> list[str]:
    """Who hears of an event: the teams of a country, and the enterprise."""
    teams = a_country()
    an_enterprise(teams)
    event = an_event(kind=kind, move=move)
    event.step.to, event.step.cc = to, cc
    routing = route(facts_of(event), POLICY, teams, event.at_ms)
    return sorted(notice.recipient_id for notice in routing.notices)


@pytest.mark.parametrize(
    ("to", "cc", "heard"),
    [
        ("unit", "", ["city", "county", "enterprise/e"]),
        ("unit", "city", ["city", "county", "enterprise/e"]),
        ("city", "", ["city", "county"]),
        ("province", "", ["province"]),
        ("province", "city", ["city", "county", "province"]),
        ("ministry", "province", ["province"]),
        ("", "", ["city", "county", "province"]),
    ],
)
def test_a_step_of_a_clock_reaches_the_levels_it_names(to: str, cc: str, heard: list[str]) -> None:
    """The responsible enterprise hears of its own clocks; a province is not disturbed by every reminder below it."""
    assert hears("escalated", to=to, cc=cc) == heard


@pytest.mark.parametrize(
    ("kind", "to", "cc", "heard"),
    [
        ("escalated", "ministry", "province", ["ministry", "province"]),
        ("escalated", "ministry", "", ["ministry"]),
        ("escalated", "province", "ministry", ["ministry", "province"]),
        ("escalated", "city", "", ["city", "county"]),
        ("escalated", "", "", ["city", "county", "province"]),
        ("registered", "", "", []),
    ],
)
def test_a_team_of_the_country_hears_what_is_the_ministrys(kind: str, to: str, cc: str, heard: list[str]) -> None:
    """And no lead, call or reminder of any city."""
    teams = a_country(ministry="00")
    event = an_event(kind=kind)
    event.step.to, event.step.cc = to, cc
    routing = route(facts_of(event), POLICY, teams, event.at_ms)
    clocks = [notice.recipient_id for notice in routing.notices if notice.route_id == "clocks"]
    assert sorted(clocks) == heard
    assert "ministry" not in {notice.recipient_id for notice in routing.notices} - set(heard)
    assert "ministry" not in {summons.team_id for summons in routing.summons}


@pytest.mark.parametrize("contacts", [[], [ContactPoint(channel="webpush", address="https://push.example/1")]])
def test_without_a_team_of_the_country_the_province_hears_and_it_is_said(contacts: list[ContactPoint]) -> None:
    """Also where the team has no way by which it could be told."""
    teams = a_country()
    teams.apply("team/ministry", a_change("ministry", division_code="00", webhook_url="", contacts=contacts))
    event = an_event(kind="escalated")
    event.step.to = "ministry"
    routing = route(facts_of(event), POLICY, teams, event.at_ms)
    assert [notice.recipient_id for notice in routing.notices] == ["province"]
    assert "the province hears" in next(line.why for line in routing.lines if line.route_id == "clocks")


@pytest.mark.parametrize("move", ["assign", "reassign", "reject-plan", "refuse", "grant-extension", "fail-recheck"])
def test_an_enterprise_hears_what_it_has_to_do(move: str) -> None:
    """What it did itself, and how it is judged meanwhile, it is not told."""
    assert "enterprise/e" in hears("moved", move)
    assert "enterprise/e" not in hears("moved", "verify")
    assert "enterprise/e" not in hears("moved", "request-close")
