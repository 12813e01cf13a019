"""The check list of an inspection: which one a lead asks for, whether it is answered, what is sealed of it. Pure.

Basis: reference T5 (check-list complete); the lists are data, see clocks/check_lists.yaml.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.clocks.calendar import day_of
from lantian_tasks.clocks.check_lists import CheckList, Item
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.machine import Field, Situation

CHECKED = Field("check_list", "check-list")
RESULTS = ("confirm", "confirm-partly", "propose-unfounded")
"""Moves that say what an inspection found; who reached nobody has answered nothing."""


def asked_of(case: Case, facts: Facts, at_ms: int) -> Sequence[CheckList]:
    """The lists that may be answered for a lead at a time, the one in force first."""
    since = day_of(case.history[0]["at_ms"] if case.history else case.created_ms)
    return facts.check_lists.asked(str(case.keys["rule_id"]), case.category, since, day_of(at_ms))


def _named(situation: Situation) -> tuple[CheckList | None, Sequence[CheckList], Mapping[str, Any]]:
    given = situation.command.fields["check_list"]
    assert isinstance(situation.subject, Case)  # the moves that ask stand in the table of leads
    asked = asked_of(situation.subject, situation.facts, situation.command.at_ms)
    found = next((row for row in asked if (row.id, row.version) == (given["list_id"], given["version"])), None)
    return found, asked, given


def answered(situation: Situation) -> str | None:
    """Every item of the lead's own list has one answer, with what the answer needs."""
    found, asked, given = _named(situation)
    if found is None:
        return Both(
            f"the check list of this lead is {asked[0].id} version {asked[0].version}",
            f"本线索的检查表是“{asked[0].title.zh}”第{asked[0].version}版，请按这一版填写",
        )
    items = {item.id: item for item in found.items}
    named = [row["item"] for row in given["answers"]]
    foreign = sorted(set(named) - set(items))
    if foreign:
        return Both(f"the check list has no item {', '.join(foreign)}", f"检查表里没有这些项目：{'、'.join(foreign)}")
    twice = [name for name in items if named.count(name) > 1]
    if twice:
        return Both(f"items answered twice: {', '.join(twice)}", f"检查表有项目重复回答：{_texts(items, twice)}")
    missing = [name for name in items if name not in named]
    if missing:
        return Both(
            f"items not answered: {', '.join(missing)}",
            f"检查表还有 {len(missing)} 项没有回答：{_texts(items, missing)}",
        )
    sent = {row["id"] for row in situation.command.fields["evidence"]}
    return next((text for row in given["answers"] if (text := _lacks(items[row["item"]], row, sent))), None)


def _texts(items: Mapping[str, Item], names: Sequence[str]) -> str:
    return "；".join(items[name].zh for name in names)


def _lacks(item: Item, row: Mapping[str, Any], sent: set[str]) -> Both | None:
    if row["found"] == "not-applicable" and not row["note"].strip():
        return Both(f"say why {item.id} does not apply here", f"请写明为什么不适用：{item.zh}")
    if row["found"] == "problem" and item.when_problem == "note" and not row["note"].strip():
        return Both(f"say what is wrong with {item.id}", f"请写明问题：{item.zh}")
    if row["found"] == "problem" and item.when_problem == "evidence" and not row["evidence"]:
        return Both(f"name the evidence of the problem with {item.id}", f"请附上照片或材料：{item.zh}")
    if not set(row["evidence"]) <= sent:
        return Both(
            f"evidence of {item.id} is not among that of the result", f"所附材料不在本次结果的证据里：{item.zh}"
        )
    return None


def problem_found(situation: Situation) -> str | None:
    """Nobody confirms a lead on a list without a problem."""
    rows = situation.command.fields["check_list"]["answers"]
    if any(row["found"] == "problem" for row in rows):
        return None
    return Both("no item of the check list names a problem", "认定属实须在检查表里至少标出一个问题")


def sealed(situation: Situation) -> Mapping[str, Any]:
    """The answers in the order of the list, each with what was asked: a list may change, what was answered does not."""
    found, _, given = _named(situation)
    assert found is not None  # `answered` has looked
    rows = {row["item"]: row for row in given["answers"]}
    answers = [{**rows[item.id], "zh": item.zh, "note": rows[item.id]["note"].strip()} for item in found.items]
    return {
        "check_list": {
            "list_id": found.id,
            "version": found.version,
            "zh": found.title.zh,
            "answers": answers,
        }
    }
