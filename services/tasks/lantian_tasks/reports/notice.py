"""The notice 公示 of an issue: what was wrong and what was done, without anything of a person (T15). Pure."""

from typing import Any

from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.issue import Issue
from lantian_tasks.ledger.masking import Masked, masked, masking
from lantian_tasks.reports import words
from lantian_tasks.reports.ledger_table import last, said

LONGEST = 4000
"""Characters of a notice, as the move takes them."""


def public_facts(issue: Issue, facts: Facts) -> dict[str, str]:
    """What a notice tells, not masked yet."""
    history, head = issue.history, issue.head
    verify = last(history, "verify-province", "verify")
    rule = next((rule for rule in facts.policy.clocks if rule.name == "notice"), None)
    return {
        "enterprise": head.place.enterprise_name,
        "source": head.place.source_name or head.source_id,
        "category": words.CATEGORIES.get(issue.category, issue.category),
        "summary": head.summary_zh or words.titled(head.title_zh),
        "unit": head.standing.unit,
        "measures": said(history, "measures", "request-close", "instant-fix", "report") or "无",
        "peers": said(history, "peers", "request-close") or said(history, "scope", "record-peers") or "无",
        "conclusion": str(verify["fields"].get("conclusion", "")) if verify else "尚未核验",
        "days": rule.span.span.zh if rule is not None and rule.span is not None else "规定期限",
    }


def people_of(issue: Issue) -> set[str]:
    """Names of persons that the ledger knows of an issue."""
    return {str(e["fields"].get("person", "")) for e in issue.history if e["move"] in ("assign", "reassign")}


def notice_values(issue: Issue, facts: Facts, more: dict[str, Any]) -> dict[str, Any]:
    """What the form of the notice is filled with: `more` and the facts, each masked."""
    people = people_of(issue)
    return {name: masked(value, people) for name, value in {**more, **public_facts(issue, facts)}.items()}


def notice_draft(issue: Issue, facts: Facts, typed: str = "") -> tuple[str, list[Masked]]:
    """A text with persons masked, and what was masked: the one that was typed, or one made of the ledger's facts."""
    return masking(typed or _text(public_facts(issue, facts))[:LONGEST], people_of(issue))


def _text(known: dict[str, str]) -> str:
    said_of_peers = f"举一反三：{known['peers']}。" if known["peers"] != "无" else ""
    parts = (
        f"{known['enterprise']}（{known['source']}）{known['category']}问题整改情况公示。",
        f"问题：{known['summary']}。",
        f"整改措施：{known['measures']}。",
        said_of_peers,
        f"核验结论：{known['conclusion']}。",
        f"责任单位：{known['unit']}。" if known["unit"] else "",
        f"公示期{known['days']}，期间如有异议，请以书面形式向公示单位反映。",
    )
    return "".join(part.replace("。。", "。") for part in parts if part)
