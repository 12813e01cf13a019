"""Who may not, and what must be there first."""

from dataclasses import replace
from typing import Any

import pytest

from lantian_tasks.clocks.facts import Verdict
from lantian_tasks.clocks.timers import clocks
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.history import Actor, Entry, seal, verify
from lantian_tasks.ledger.intake import fold
from lantian_tasks.ledger.issue import Issue, Origin, State, Step
from lantian_tasks.ledger.masking import masked
from lantian_tasks.ledger.moves import ProblemCode, Refused, decide
from lantian_tasks.ledger.standing import standing_of
from tests.support.tasks_issues import (
    AFTER_NOTICE_MS,
    APPROVE,
    ASSIGN,
    ASSIGNMENT,
    ATTACH,
    CLOSER,
    COMPLETE,
    DAY_MS,
    DISPATCHER,
    DRAW,
    DUE_MS,
    ENTERPRISE,
    EVIDENCE,
    FACTS,
    INSPECTOR,
    MEASURES,
    NOW_MS,
    PATHS,
    PLACE,
    PROPOSE_VOID,
    PROVINCE,
    REQUEST,
    START,
    SUBMIT,
    VERIFY,
    a_piece,
    after,
    an_issue,
    command,
)
from tests.support.tasks_leads import a_lead

MINISTRY = Actor("ministry-1", "ministry", "生态环境部")
OTHER = Actor("team-9", "city-team", "x")


def guarded(
    issue: Issue,
    move: str,
    actor: Actor,
    at_ms: int = NOW_MS,
    verdict: Verdict | None = FACTS.compliance,
    **fields: Any,
) -> str:
    """What a guard says; empty when the move is allowed."""
    facts = replace(FACTS, compliance=verdict)
    decided = decide(issue, command(move, actor, "因为", at_ms, **fields), facts)
    if isinstance(decided, Entry):
        return ""
    assert decided.problem == ProblemCode.GUARD, decided
    return decided.detail


def found_by(lead: Any, **origin: Any) -> Issue:
    """An issue with another origin than a detector."""
    step = fold(None, lead, lead.SerializeToString(), [], PLACE, NOW_MS, origin=Origin(**origin), facts=FACTS)
    assert isinstance(step, Step)
    return step.issue


def test_a_grave_problem_needs_a_plan() -> None:
    """Severity 3 starts from an approved plan; severity 2 from the assignment."""
    assert "plan" in guarded(an_issue(State.ASSIGNED), "start", ENTERPRISE)
    assert not guarded(after(an_issue(lead=a_lead(severity=2)), ASSIGN), "start", ENTERPRISE)
    assert guarded(an_issue(State.PLAN_SUBMITTED), "approve-plan", replace(DISPATCHER, actor_id="plant-1"))


def test_the_instant_fix_and_its_bars() -> None:
    """Minor, first time, within 72 h, and nothing without leniency."""
    fix: dict[str, Any] = {"measures": MEASURES, "photo_before": "a", "photo_after": "b"}
    pieces = [a_piece("photo-before", "a"), a_piece("photo-after", "b")]
    photos = [command("attach", INSPECTOR, piece=piece) for piece in pieces]
    minor = after(an_issue(lead=a_lead(rule="housekeeping", severity=1)), *photos)
    assert not guarded(minor, "instant-fix", INSPECTOR, **fix)
    assert "72 h" in guarded(minor, "instant-fix", INSPECTOR, NOW_MS + 3 * DAY_MS + 1, **fix)
    assert "severity" in guarded(
        an_issue(lead=a_lead(rule="housekeeping", severity=2)), "instant-fix", INSPECTOR, **fix
    )
    assert "leniency" in guarded(an_issue(lead=a_lead(severity=1)), "instant-fix", INSPECTOR, **fix)
    child = found_by(a_lead(rule="housekeeping", severity=1), parent_id="iss-1")
    assert guarded(child, "instant-fix", INSPECTOR, **fix)
    fixed = after(minor, command("instant-fix", INSPECTOR, **fix))
    assert fixed.state == State.CLOSE_REQUESTED
    assert "fixed" in guarded(fixed, "verify", INSPECTOR, conclusion="c")
    assert not guarded(fixed, "verify", OTHER, conclusion="c")


def test_a_dossier_is_complete() -> None:
    """Milestones, evidence by kind, and what the plan promised about peers."""
    rectifying = an_issue(State.RECTIFYING)
    assert "换喷淋层" in guarded(rectifying, "request-close", ENTERPRISE, measures=MEASURES, evidence=EVIDENCE)
    done = after(rectifying, COMPLETE)
    missing = guarded(done, "request-close", ENTERPRISE, measures=MEASURES, evidence=EVIDENCE[:1])
    assert "photo-after, photo-before" in missing
    assert "not attached" in guarded(done, "request-close", ENTERPRISE, measures=MEASURES, evidence=EVIDENCE)
    done = after(done, *ATTACH)
    assert not guarded(done, "request-close", ENTERPRISE, measures=MEASURES, evidence=EVIDENCE)
    assert guarded(done, "complete-milestone", ENTERPRISE, milestone=0)
    assert guarded(done, "complete-milestone", ENTERPRISE, milestone=1)
    promised = replace(SUBMIT, fields={**SUBMIT.fields, "peers": "全厂其他脱硫塔"})
    planned = after(an_issue(State.ASSIGNED), promised, APPROVE, START, COMPLETE, *ATTACH)
    assert "举一反三" in guarded(planned, "request-close", ENTERPRISE, measures=MEASURES, evidence=EVIDENCE)
    assert not guarded(planned, "request-close", ENTERPRISE, measures=MEASURES, evidence=EVIDENCE, peers="无")


def test_the_data_must_show_the_fix() -> None:
    """Not by word: without data, or with too few good hours, an exceedance does not close; other categories may."""
    done = after(an_issue(State.RECTIFYING), COMPLETE, *ATTACH)
    asked: dict[str, Any] = {"measures": MEASURES, "evidence": EVIDENCE}
    bad = Verdict(False, 72, 40, 1.0, "40 of 72 valid hours")
    assert guarded(done, "request-close", ENTERPRISE, verdict=bad, **asked) == bad.detail
    assert "data" in guarded(done, "request-close", ENTERPRISE, verdict=None, **asked)
    other = after(an_issue(lead=a_lead(rule="housekeeping", severity=2)), ASSIGN, START, *ATTACH)
    assert not guarded(other, "request-close", ENTERPRISE, verdict=None, **asked)


def test_extensions() -> None:
    """Asked before due, granted by somebody else: first the city, then the province, then no one."""
    issue = an_issue(State.RECTIFYING)
    assert guarded(issue, "ask-extension", ENTERPRISE, days=31)
    assert guarded(issue, "ask-extension", ENTERPRISE, DUE_MS, days=10)
    assert guarded(issue, "grant-extension", DISPATCHER, days=10)
    asked = after(issue, command("ask-extension", ENTERPRISE, "设备到货晚", days=10))
    assert guarded(asked, "ask-extension", ENTERPRISE, days=10)
    assert guarded(asked, "grant-extension", DISPATCHER, days=11)
    assert guarded(asked, "grant-extension", replace(DISPATCHER, actor_id=ENTERPRISE.actor_id), days=10)
    once = after(asked, command("grant-extension", DISPATCHER, "属实", days=10))
    assert once.head.standing.due_ms == DUE_MS + 10 * DAY_MS
    again = after(once, command("ask-extension", ENTERPRISE, "再延", DUE_MS + 1, days=30))
    assert "province" in guarded(again, "grant-extension", DISPATCHER, days=30)
    twice = after(again, command("grant-extension", PROVINCE, "同意", days=30))
    assert guarded(twice, "ask-extension", ENTERPRISE, days=1)
    fraud = found_by(a_lead(severity=2), category="fraud")
    assert "never" in guarded(after(fraud, ASSIGN), "ask-extension", ENTERPRISE, days=1)
    denied = after(asked, command("deny-extension", DISPATCHER, "理由不足"))
    assert guarded(denied, "grant-extension", DISPATCHER, days=1)


def test_voiding_takes_two_persons() -> None:
    """Nobody voids unproposed or what it proposed itself; the proposal is visible until it is answered."""
    assigned = an_issue(State.ASSIGNED)
    assert "proposed" in guarded(assigned, "void", CLOSER)
    assert "proposed" in guarded(assigned, "deny-void", CLOSER)
    proposed = after(assigned, PROPOSE_VOID)
    assert "void-proposed" in standing_of(proposed, FACTS).flags
    assert proposed.state == State.ASSIGNED
    promoted = Actor(DISPATCHER.actor_id, "province", "x")  # a second role does not make a second person
    for move, actor in (("void", promoted), ("deny-void", DISPATCHER), ("withdraw-void", CLOSER)):
        assert "who proposed" in guarded(proposed, move, actor), move
    assert "already" in guarded(proposed, "propose-void", CLOSER)
    for answer in (command("deny-void", CLOSER, "仍须整改"), command("withdraw-void", DISPATCHER, "误提")):
        kept = after(proposed, answer)
        assert "void-proposed" not in standing_of(kept, FACTS).flags
        assert "proposed" in guarded(kept, "void", CLOSER)
        assert not guarded(kept, "propose-void", CLOSER)
    voided = after(proposed, command("void", CLOSER, "重复线索"))
    assert voided.state == State.VOIDED
    assert "void-proposed" not in standing_of(voided, FACTS).flags


def test_what_one_person_voided_before_is_read_as_it_is() -> None:
    """A history of an earlier release: intact, with its standing, and nothing asks for a second person afterwards."""
    issue = an_issue()
    entry = Entry("voided", "registered", "voided", CLOSER, NOW_MS, move="void", reason="重复线索")
    old = replace(
        issue,
        head=replace(issue.head, state=State.VOIDED),
        history=(*issue.history, seal(issue.issue_id, issue.history, entry)),
    )
    assert verify(old.history, old.issue_id) is None
    assert "void-proposed" not in standing_of(old, FACTS).flags
    assert not guarded(old, "note", CLOSER)


def test_four_eyes() -> None:
    """Rectifier, assigner, finder and verifier are different persons."""
    requested = an_issue(State.CLOSE_REQUESTED)
    check: dict[str, Any] = {"conclusion": "c", "site_visit": True}
    same_person = Actor(ENTERPRISE.actor_id, "city-office", "x")  # a second role does not make a second person
    assert "rectifies" in guarded(requested, "verify", same_person, **check)
    assert "rectifies" in guarded(requested, "refuse", same_person)
    assert "rectifies" in guarded(requested, "propose-void", same_person)
    assert "rectifies" in guarded(after(requested, PROPOSE_VOID), "void", same_person)
    assert "assigned" in guarded(requested, "verify", DISPATCHER, **check)
    assert "site" in guarded(requested, "verify", INSPECTOR, conclusion="c")
    assert not guarded(requested, "verify", INSPECTOR, **check)
    found = after(found_by(a_lead(), finders=("team-1",)), *PATHS[State.CLOSE_REQUESTED])
    assert "found" in guarded(found, "verify", INSPECTOR, **check)
    named = after(
        an_issue(),
        command("assign", DISPATCHER, **{**ASSIGNMENT, "person": "team-1"}),
        SUBMIT,
        APPROVE,
        START,
        COMPLETE,
    )
    assert "rectifies" in guarded(after(named, *ATTACH, REQUEST), "verify", INSPECTOR, **check)
    public = after(requested, replace(VERIFY, actor=CLOSER), command("publicise", DISPATCHER, notice="n"))
    assert "verified" in guarded(public, "close", CLOSER, AFTER_NOTICE_MS)
    assert not guarded(public, "close", DISPATCHER, AFTER_NOTICE_MS)


def test_publication_comes_before_closing_and_runs_its_time() -> None:
    """Severity 3 is made public for five working days; an objection leads back to verification."""
    assert "public" in guarded(an_issue(State.VERIFIED), "close", CLOSER, AFTER_NOTICE_MS)
    public = an_issue(State.PUBLICISED)
    assert "notice" in guarded(public, "close", CLOSER, NOW_MS + 4 * DAY_MS)
    assert not guarded(public, "close", CLOSER, AFTER_NOTICE_MS)
    assert after(public, command("object", OTHER, "仍有异味")).state == State.CLOSE_REQUESTED


def test_the_province_verifies_what_is_grave_or_the_ministrys() -> None:
    """Severity 4, fraud, pushed by the ministry."""
    report = command("attach", ENTERPRISE, piece=a_piece("monitoring-report", "m"))
    way = (ASSIGN, SUBMIT, APPROVE, START, COMPLETE, *ATTACH, report, REQUEST, VERIFY)
    for issue in (
        an_issue(lead=a_lead(severity=4)),
        found_by(a_lead(), by_ministry=True),
        found_by(a_lead(), category="fraud"),
    ):
        evidence = [*EVIDENCE, {"kind": "monitoring-report", "id": "m"}]
        full = [replace(c, fields={**c.fields, "evidence": evidence}) if c is REQUEST else c for c in way]
        verified = after(issue, *full)
        assert "province" in guarded(verified, "publicise", CLOSER, notice="n")
        passed = after(verified, command("verify-province", PROVINCE, conclusion="属实"))
        assert not guarded(passed, "publicise", CLOSER, notice="n")
    assert "need not" in guarded(an_issue(State.VERIFIED), "verify-province", PROVINCE, conclusion="c")


def test_a_case_holds_the_closing() -> None:
    """Not closed before the case is decided or waived; the police are for fraud and bypass."""
    public = after(an_issue(State.PUBLICISED), command("to-enforcement", INSPECTOR, legal_basis="环境监测条例"))
    assert public.head.standing.flags == ("case-open",)
    assert "case" in guarded(public, "close", CLOSER, AFTER_NOTICE_MS)
    decided = after(public, command("decide-case", CLOSER, case_no="冀环罚〔2026〕1号", outcome="罚款"))
    assert not guarded(decided, "close", CLOSER, AFTER_NOTICE_MS)
    assert guarded(decided, "decide-case", CLOSER, case_no="x", outcome="y")
    assert "police" in guarded(public, "to-police", INSPECTOR, legal_basis="x", evidence=EVIDENCE)


POLICE = ("transfer-letter", "investigation-report", "record", "exhibit-list")


def test_the_police_get_the_papers_they_ask_for() -> None:
    """Each attached under its kind; a hand-over without them is refused and names them."""
    fraud = found_by(a_lead(), category="fraud")
    papers = [{"kind": kind, "id": f"ev-{kind}"} for kind in POLICE]
    handed: dict[str, Any] = {"legal_basis": "刑法 第三百三十八条"}
    lacking = guarded(fraud, "to-police", INSPECTOR, **handed, evidence=papers[:2])
    assert lacking == "the hand-over lacks exhibit-list, record"
    assert "not attached" in guarded(fraud, "to-police", INSPECTOR, **handed, evidence=papers)
    sent = after(fraud, *(command("attach", INSPECTOR, piece=a_piece(kind)) for kind in POLICE))
    assert not guarded(sent, "to-police", INSPECTOR, **handed, evidence=papers)
    police = after(sent, command("to-police", INSPECTOR, "涉嫌犯罪", **handed, evidence=papers))
    assert set(police.head.standing.flags) == {"police", "case-open"}


def test_only_a_case_lets_the_clocks_stand() -> None:
    """Nobody escapes an escalation by suspending; a decided case lets them run again by itself."""
    issue = an_issue(State.RECTIFYING)
    assert "case" in guarded(issue, "suspend", DISPATCHER)
    case = after(issue, command("to-enforcement", INSPECTOR, legal_basis="监测条例"))
    stands = after(case, command("suspend", DISPATCHER, "等待处罚决定", NOW_MS + DAY_MS))
    assert stands.head.standing.due_ms == 0
    assert "suspended" in stands.head.standing.flags
    decided = after(stands, command("decide-case", CLOSER, "", NOW_MS + 4 * DAY_MS, case_no="1号", outcome="罚款"))
    assert decided.head.standing.due_ms == DUE_MS + 3 * DAY_MS
    assert decided.head.standing.flags == ()
    (rectify,) = [c for c in clocks(decided, FACTS.policy.clocks, FACTS) if c.rule.name == "rectify"]
    why = [(step.zh, step.en) for step in rectify.due.why]
    assert ("计时中止：等待处罚决定", "paused: 等待处罚决定") in why


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("责任人王工已签字", "name"),
        ("联系电话13800001234", "phone number"),
        ("手机 +86 138-0000-1234", "phone number"),
        ("座机 0311-87654321", "phone number"),
        ("身份证 130102199001011234", "identity number"),
        ("冀A12345 运输", "plate"),
        ("写信 wang@plant.example", "mailbox"),
    ],
)
def test_a_notice_names_no_person(text: str, kind: str) -> None:
    """T15: it is refused, says why, and passes once it is masked; an enterprise and its code are public."""
    verified = an_issue(State.VERIFIED)
    people = [str(ASSIGNMENT["person"])]
    assert kind in guarded(verified, "publicise", CLOSER, notice=text)
    assert masked(text, people) != text
    assert not guarded(verified, "publicise", CLOSER, notice=masked(text, people))
    assert masked(masked(text, people), people) == masked(text, people)
    public = "某钢铁有限公司 911301007216410071 https://city.example/20261122/13800.html"
    assert masked(public, people) == public


def test_a_failed_recheck_reopens_with_half_the_time_and_names_the_verifier() -> None:
    """T17; and the verifier does not judge his own verification."""
    drawn = an_issue(State.SPOT_CHECK)
    own = replace(PROVINCE, actor_id=INSPECTOR.actor_id)
    assert "verified" in guarded(drawn, "fail-recheck", own, AFTER_NOTICE_MS, conclusion="c")
    failed = after(drawn, command("fail-recheck", MINISTRY, "", AFTER_NOTICE_MS, conclusion="假整改"))
    entry = failed.history[-1]
    assert failed.state == State.RECTIFYING
    assert entry["fields"]["verifiers"] == ["team-1"]
    again = after(failed, command("attach", ENTERPRISE, piece=a_piece("rectification-report", "ev-new")))
    dossier = [{"kind": row["kind"], "id": f"ev-{row['kind']}-new"} for row in EVIDENCE]
    again = after(again, *(command("attach", ENTERPRISE, piece=a_piece(r["kind"], r["id"])) for r in dossier))
    again = after(again, command("request-close", ENTERPRISE, measures=MEASURES, evidence=dossier))
    assert "did not stand up" in guarded(again, "verify", INSPECTOR, conclusion="c", site_visit=True)
    assert not guarded(again, "verify", CLOSER, conclusion="c", site_visit=True)
    assert entry["fields"]["due_ms"] == AFTER_NOTICE_MS + (DUE_MS - NOW_MS) // 2 == failed.head.standing.due_ms
    assert "false-rectification" in failed.head.standing.flags
    passed = after(drawn, command("pass-recheck", MINISTRY, "", AFTER_NOTICE_MS, conclusion="属实"))
    assert passed.state == State.CLOSED
    assert DRAW.fields["seed"] == "2026-12"


def test_receipts_of_escalations() -> None:
    """For a step that happened, once by each person."""
    issue = an_issue()
    assert "no escalation" in guarded(issue, "receive", CLOSER, sequence=1)
    fields: dict[str, Any] = {
        "clock": "assign@1",
        "step": "urge",
        "title": "催办",
        "due_ms": NOW_MS,
        "for_ms": NOW_MS,
        "to": "unit",
    }
    escalated = after(issue, command("escalate", Actor("lantian-tasks", "system", "lantian"), **fields))
    assert not guarded(escalated, "receive", CLOSER, sequence=2)
    received = after(escalated, command("receive", CLOSER, sequence=2))
    assert guarded(received, "receive", CLOSER, sequence=2)
    assert not guarded(received, "receive", INSPECTOR, sequence=2)


def test_a_history_stays_small_enough_for_its_document() -> None:
    """What may be repeated without end comes to one; what leads out does not."""
    issue = an_issue()
    long = replace(issue, history=issue.history * 2000)
    noted = act(long, command("note", CLOSER, "又一条"), "k", FACTS)
    assert isinstance(noted, Refused)
    assert noted.problem == ProblemCode.TOO_LONG
    proposed = act(long, command("propose-void", DISPATCHER, "重复"), "k", FACTS)
    assert isinstance(proposed, Step)
    assert isinstance(act(proposed.issue, command("void", CLOSER, "重复"), "k", FACTS), Step)
