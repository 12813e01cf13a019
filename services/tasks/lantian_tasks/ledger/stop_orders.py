"""Orders to stop, limit or seal production, and what keeps them from being given wholesale. Pure.

Basis: reference 4.5, over-enforcement guard: an order names the article, the line and the condition that ends it; F87:
none to heating and what people's livelihood needs (保障民生). 大气污染防治法 (2018) art. 99;
限制生产、停产整治办法 art. 5, 6.
"""

import re
from collections.abc import Sequence

from lantian_proto.both import Both
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Situation

MEASURES = ("stop", "limit", "seal")
"""停产整治, 限制生产, 查封扣押."""
_ARTICLE = re.compile(r"第\s*[零〇一二三四五六七八九十百千\d]+\s*条")
_EVERYTHING = re.compile(r"^(全部|所有|一律|全厂|全市|全县|全区|整体|all)", re.IGNORECASE)


def known_measure(situation: Situation) -> str | None:
    """One of the three."""
    given = str(situation.command.fields["measure"]).strip()
    return (
        None
        if given in MEASURES
        else Both(
            f"a measure is one of {', '.join(MEASURES)}", "决定类型为停产整治、限制生产或查封扣押（stop、limit、seal）"
        )
    )


def names_article(situation: Situation) -> str | None:
    """A law without its article is no basis."""
    given = str(situation.command.fields["legal_basis"])
    return (
        None
        if _ARTICLE.search(given)
        else Both("an order names the article of the law it rests on (第…条)", "须写明所依据的法律条款（第…条）")
    )


def names_line(situation: Situation) -> str | None:
    """Which line or process it is about: never everything (一刀切)."""
    given = str(situation.command.fields["line"]).strip()
    return (
        Both("an order names the line or process it is about, not everything", "须写明涉及的生产线或工序，不得一刀切")
        if _EVERYTHING.match(given)
        else None
    )


def spares_listed(situation: Situation) -> str | None:
    """Heating and what livelihood needs is not stopped."""
    if situation.command.fields["measure"] != "stop":
        return None
    spared = sorted(set(situation.facts.enterprise_lists) & set(situation.facts.policy.issue.never_stopped))
    return (
        Both(f"the enterprise stands on the list {', '.join(spared)} and is not stopped", "民生保障类企业不得停产")
        if spared
        else None
    )


def in_force(history: Sequence[SealedEntry]) -> list[SealedEntry]:
    """Orders that nobody has lifted, oldest first."""
    lifted = {entry["fields"]["order"] for entry in history if entry["move"] == "lift-order"}
    return [entry for entry in history if entry["move"] == "order-stop" and entry["sequence"] not in lifted]


def liftable(situation: Situation) -> str | None:
    """What is lifted is in force."""
    number = situation.command.fields["order"]
    there = any(entry["sequence"] == number for entry in in_force(situation.history))
    return None if there else Both(f"entry {number} is no order in force", "这一条不是执行中的决定")


def some_in_force(situation: Situation) -> str | None:
    """There is an order to lift."""
    return None if in_force(situation.history) else Both("no order is in force", "没有执行中的停产、限产或查封决定")


def all_lifted(situation: Situation) -> str | None:
    """An order does not outlive its problem: whoever closes it has lifted the order first."""
    return (
        Both(
            "an order to stop or limit production is in force: lift it first", "停产、限产或查封决定仍在执行，请先解除"
        )
        if in_force(situation.history)
        else None
    )
