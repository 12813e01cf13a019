"""Why a move on an issue may not be made though state, role and inputs are right. Pure. Cases are in cases.py.

Four eyes: who found, who rectifies, who verifies and who closes are different persons (谁验收谁负责).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.clocks.timers import DATED, clocks, needs_plan, province_due, rectify_due
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Situation
from lantian_tasks.ledger.masking import PERSONAL, personal
from lantian_tasks.reports.words import evidence_words, local

VERIFYING = ("verify", "verify-province")
CYCLE = ("assign", "reassign", "reopen", "fail-recheck")
"""Moves after which rectifying begins anew."""


def last(history: Sequence[SealedEntry], *moves: str) -> SealedEntry | None:
    """The last entry of one of these moves."""
    return next((entry for entry in reversed(history) if entry["move"] in moves), None)


def since(history: Sequence[SealedEntry], *moves: str) -> Sequence[SealedEntry]:
    """The entries after the last of these moves; all when there was none."""
    entry = last(history, *moves)
    return history[entry["sequence"] :] if entry else history


def responsible(history: Sequence[SealedEntry]) -> SealedEntry | None:
    """The entry of the assignment in force, or None while nobody is responsible."""
    return last(history, "assign", "reassign")


def due_later(situation: Situation) -> str | None:
    """A due date lies ahead, and not further than the policy lets it."""
    due_ms, at_ms = situation.command.fields["due_ms"], situation.command.at_ms
    longest = situation.facts.policy.issue.longest_due_days
    if due_ms <= at_ms:
        return Both(f"the due date {due_ms} is not after now ({at_ms})", "期限必须晚于现在")
    if due_ms > at_ms + longest * DAY_MS:
        return Both(f"the due date is more than {longest} days ahead", f"期限最长{longest}天")
    return None


def planned(situation: Situation) -> str | None:
    """Rectifying begins with an approved plan where one is needed."""
    if situation.subject.state == "assigned" and needs_plan(situation.subject, situation.facts):
        return Both(
            "an approved plan is needed before rectifying starts (submit-plan, approve-plan)",
            "整改方案批准后才能开始整改（先提交方案、再批准）",
        )
    return None


def instant(situation: Situation) -> str | None:
    """The bars of the instant fix (T10)."""
    rules, subject = situation.facts.policy.issue, situation.subject
    if subject.gravity >= rules.instant_fix_below:
        return Both(
            f"an instant fix is for severity below {rules.instant_fix_below}; it is {subject.gravity}",
            f"立行立改只适用于等级低于{rules.instant_fix_below}级的问题",
        )
    if subject.category in rules.no_leniency:
        return Both(f"no leniency for {subject.category}", "该类问题不适用立行立改")
    if subject.is_child or any(entry["move"] in ("reopen", "fail-recheck") for entry in situation.history):
        return Both("an instant fix is for the first time only", "立行立改只适用于首次发现的问题")
    begun = situation.history[0]["at_ms"]
    if situation.command.at_ms > begun + rules.instant_fix_hours * HOUR_MS:
        return Both(
            f"an instant fix is asked for within {rules.instant_fix_hours} h of registration",
            f"立行立改须在登记后{rules.instant_fix_hours}小时内申请",
        )
    return None


def milestones_known(situation: Situation) -> str | None:
    """A milestone is one of the plan, not completed yet."""
    number = situation.command.fields["milestone"]
    rows = milestones(situation.history)
    if number >= len(rows):
        return Both(f"the plan has {len(rows)} milestones, counted from 0", f"方案只有{len(rows)}个节点")
    return Both("this milestone is completed", "这个节点已经完成") if number in _completed(situation.history) else None


def milestones(history: Sequence[SealedEntry]) -> Sequence[Mapping[str, Any]]:
    """Milestones of the approved plan of the present cycle."""
    cycle = since(history, *CYCLE)
    approved = last(cycle, "approve-plan")
    plan = last(cycle, "submit-plan") if approved else None
    rows: Sequence[Mapping[str, Any]] = plan["fields"].get("milestones", []) if plan else []
    return rows


def _completed(history: Sequence[SealedEntry]) -> set[int]:
    return {e["fields"]["milestone"] for e in since(history, *CYCLE) if e["move"] == "complete-milestone"}


def may_ask_extension(situation: Situation) -> str | None:
    """Before it is due, by a span the policy allows, never for fraud or emergency, not twice at once (T11)."""
    rules, asked = situation.facts.policy.issue, situation.command.fields["days"]
    if situation.subject.category in rules.never_extended:
        return Both(f"{situation.subject.category} is never extended", "这类问题不得延期")
    if _open_request(situation.history) is not None:
        return Both("an extension is asked for already", "已有一项延期申请等待答复")
    if _granted(situation.history) >= rules.extensions:
        return Both(f"it was extended {rules.extensions} times already", f"已延期{rules.extensions}次，不能再延")
    if not 1 <= asked <= rules.extension_days:
        return Both(f"an extension is 1 to {rules.extension_days} days", f"每次延期1至{rules.extension_days}天")
    due_ms = rectify_due(situation.subject, situation.facts)
    if due_ms is None or situation.command.at_ms >= due_ms:
        return Both("an extension is asked for before the issue is due", "延期须在到期之前申请")
    return None


def may_grant(situation: Situation) -> str | None:
    """The city grants the first, the province the second; what was asked, and not by who asked."""
    asked = _open_request(situation.history)
    if asked is None:
        return Both("no extension is asked for", "没有待答复的延期申请")
    if asked["actor"]["actor_id"] == situation.command.actor.actor_id:
        return Both("who asked can not grant", "申请人不能答复自己的申请")
    if situation.command.fields["days"] > asked["fields"]["days"]:
        return Both(
            f"{asked['fields']['days']} days were asked for", f"申请的是{asked['fields']['days']}天，批准不能超过"
        )
    if not situation.command.fields["days"]:
        return Both("grant at least one day, or deny", "至少批准一天，否则请驳回")
    if _granted(situation.history) and situation.command.actor.role != "province":
        return Both("the second extension is the province's to grant", "第二次延期由省级批准")
    return None


def is_asked(situation: Situation) -> str | None:
    """There is a request to answer, and somebody else answers it."""
    asked = _open_request(situation.history)
    if asked is None:
        return Both("no extension is asked for", "没有待答复的延期申请")
    same = asked["actor"]["actor_id"] == situation.command.actor.actor_id
    return Both("who asked can not answer", "申请人不能答复自己的申请") if same else None


def _open_request(history: Sequence[SealedEntry]) -> SealedEntry | None:
    entry = last(since(history, *CYCLE), "ask-extension", "grant-extension", "deny-extension")
    return entry if entry is not None and entry["move"] == "ask-extension" else None


def _granted(history: Sequence[SealedEntry]) -> int:
    return sum(entry["move"] == "grant-extension" for entry in history)


def dossier_complete(situation: Situation) -> str | None:
    """Milestones done, evidence of every kind that the category asks for, peers searched where promised (T12)."""
    history, fields = situation.history, situation.command.fields
    open_rows = [row["name"] for n, row in enumerate(milestones(history)) if n not in _completed(history)]
    if open_rows:
        return Both(f"milestones are open: {', '.join(open_rows)}", f"还有节点没有完成：{'、'.join(open_rows)}")
    wanted = situation.facts.policy.closing_of(situation.subject.category).evidence
    missing = sorted(set(wanted) - {row["kind"] for row in fields["evidence"]})
    if missing:
        return Both(f"the dossier lacks {', '.join(missing)}", f"销号材料还缺：{evidence_words(missing)}")
    plan = last(since(history, *CYCLE), "submit-plan")
    if plan is not None and plan["fields"].get("peers") and not fields.get("peers"):
        return Both(
            "the plan promised to look for the same problem elsewhere (举一反三): attach what was found",
            "方案承诺了举一反三，请附上排查结果",
        )
    return None


def data_show_it(situation: Situation) -> str | None:
    """What the data must show after the fix, for the categories where they can."""
    if situation.facts.policy.closing_of(situation.subject.category).data is None:
        return None
    verdict = situation.facts.compliance
    if verdict is None:
        return Both("the data after the fix could not be looked at", "暂时无法核对整改后的监测数据，请稍后再试")
    return None if verdict.holds else verdict.detail


def not_rectifier(situation: Situation) -> str | None:
    """Who rectifies does not judge."""
    assignment, actor = responsible(situation.history), situation.command.actor.actor_id
    did = ("start", "report", "submit-plan", "complete-milestone", "request-close", "ask-extension")
    people = {entry["actor"]["actor_id"] for entry in situation.history if entry["move"] in did}
    if assignment is not None:
        people.add(str(assignment["fields"].get("person")))
    return (
        Both(f"{actor} rectifies this issue and can not judge it", "整改人不能核验或评判自己整改的问题（谁验收谁负责）")
        if actor in people
        else None
    )


def not_planner(situation: Situation) -> str | None:
    """Who submitted the plan does not approve it."""
    plan, actor = last(situation.history, "submit-plan"), situation.command.actor.actor_id
    return (
        Both(f"{actor} submitted this plan", "方案提交人不能批准自己的方案")
        if plan and plan["actor"]["actor_id"] == actor
        else None
    )


def _nobody_of(moves: Sequence[str], said: Both) -> Callable[[Situation], str | None]:
    def guard(situation: Situation) -> str | None:
        actor = situation.command.actor.actor_id
        found = any(e["actor"]["actor_id"] == actor and e["move"] in moves for e in situation.history)
        return Both(f"{actor} {said}", said.zh) if found else None

    return guard


not_assigner = _nobody_of(
    ("assign", "reassign"), Both("assigned this issue and can not verify it", "交办人不能核验该问题")
)
not_fixer = _nobody_of(("instant-fix",), Both("fixed this on site and can not verify it", "现场整改人不能核验该问题"))
not_verifier = _nobody_of(
    VERIFYING, Both("verified this issue and can not judge that", "核验人不能再作这一步决定，须由他人办理")
)


def not_finder(situation: Situation) -> str | None:
    """Who found the problem on site does not verify that it is solved (T13)."""
    actor = situation.command.actor.actor_id
    found = situation.history[0]["fields"].get("origin", {}).get("finders", [])
    return (
        Both(f"{actor} found this problem and can not verify it", "现场发现人不能核验该问题")
        if actor in found
        else None
    )


def not_failed(situation: Situation) -> str | None:
    """Whose verification did not stand up to a recheck does not verify the same problem again (T17)."""
    actor = situation.command.actor.actor_id
    held = {one for e in situation.history if e["move"] in ("fail-recheck", "reopen") for one in _verifiers(e)}
    return (
        Both(
            f"what {actor} verified here before did not stand up, and can not verify it again",
            "此前的核验未通过抽查复核，须由他人重新核验",
        )
        if actor in held
        else None
    )


def _verifiers(entry: SealedEntry) -> Sequence[str]:
    found: Sequence[str] = entry["fields"].get("verifiers", ())
    return found


def masked_notice(situation: Situation) -> str | None:
    """What is made public names no person (T15)."""
    assignment = responsible(situation.history)
    people = [str(assignment["fields"].get("person", ""))] if assignment else []
    found = personal(str(situation.command.fields["notice"]), people)
    return (
        Both(
            f"the notice shows personal data ({', '.join(found)}): mask it",
            f"公示内容含个人信息（{'、'.join(PERSONAL[kind] for kind in found)}），请先隐去",
        )
        if found
        else None
    )


def visited(situation: Situation) -> str | None:
    """A grave problem is verified on site."""
    grave = situation.subject.gravity >= situation.facts.policy.issue.site_visit_from
    return (
        Both("a problem this grave is verified on site", "该等级的问题须现场核验")
        if grave and not situation.command.fields.get("site_visit")
        else None
    )


def province_wanted(situation: Situation) -> str | None:
    """The province verifies what is its own to verify."""
    return (
        None
        if province_due(situation.subject, situation.facts)
        else Both("the province need not verify this issue", "该问题无须省级核验")
    )


def province_done(situation: Situation) -> str | None:
    """Nothing passes the province where it must verify."""
    wanted = province_due(situation.subject, situation.facts)
    done = last(since(situation.history, "refuse", "object", *CYCLE), "verify-province")
    return Both("the province must verify this issue first", "须先经省级核验") if wanted and done is None else None


def publicised(situation: Situation) -> str | None:
    """Grave issues are made public before they close, for as long as the notice runs (T15)."""
    if situation.subject.state != "publicised":
        grave = situation.subject.gravity >= situation.facts.policy.issue.publicise_from
        return (
            Both("a problem this grave is made public before it closes", "该等级的问题销号前须先公示")
            if grave
            else None
        )
    running = clocks(situation.subject, situation.facts.policy.clocks, situation.facts)
    notice = next(clock for clock in running if clock.rule.name == "notice")
    over = notice.due.at_ms is not None and situation.command.at_ms >= notice.due.at_ms
    return (
        None
        if over
        else Both(f"the notice runs until {notice.due.at_ms}", f"公示期未满，至{local(notice.due.at_ms or 0)}")
    )


def acknowledged_once(situation: Situation) -> str | None:
    """One receipt for each assignment."""
    entry = last(since(situation.history, *DATED), "acknowledge")
    return Both("the assignment is acknowledged already", "已经签收") if entry is not None else None


def receivable(situation: Situation) -> str | None:
    """A receipt is for an escalation that happened, once by each person."""
    number, actor = situation.command.fields["sequence"], situation.command.actor.actor_id
    if not 1 <= number <= len(situation.history) or situation.history[number - 1]["move"] != "escalate":
        return Both(f"entry {number} is no escalation", "这一条不是催办督办记录")
    again = any(
        e["move"] == "receive" and e["fields"]["sequence"] == number and e["actor"]["actor_id"] == actor
        for e in situation.history
    )
    return Both("you have acknowledged this step already", "您已经签收过") if again else None


def reopened_due(situation: Situation) -> Mapping[str, Any]:
    """Half of the original time (T17)."""
    first = next((entry for entry in situation.history if entry["move"] == "assign"), None)
    span = int(first["fields"]["due_ms"]) - first["at_ms"] if first else DAY_MS * 2
    due_ms = situation.command.at_ms + round(span * situation.facts.policy.issue.reopened_due_part)
    verified = (e["actor"]["actor_id"] for e in since(situation.history, *CYCLE) if e["move"] in VERIFYING)
    return {"due_ms": due_ms, "verifiers": list(dict.fromkeys(verified))}
