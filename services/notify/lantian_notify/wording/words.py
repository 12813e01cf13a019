"""What happened, in the words of whoever is told. Pure."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

KINDS = {
    "registered": "新线索",
    "episode-extended": "持续",
    "episode-closed": "结束",
    "moved": "流转",
    "noted": "备注",
    "voided": "作废",
    "acknowledged": "签收",
    "received": "收到",
    "attached": "证据",
    "reminded": "到期提醒",
    "escalated": "督办升级",
    "relapsed": "复发",
    "lead-pushed": "线索推送",
    "online-reminder": "在线提醒",
    "letter-sent": "预警通知函已发出",
    "change-proposed": "变更待第二人确认",
    "glass-broken": "应急越权查看",
    "start-failed": "轮次未能自动开始",
    "silence-ending": "静默将到期",
    "silence-ended": "静默已结束",
}
MOVES = {
    "assign": "问题交办",
    "reassign": "重新交办",
    "submit-plan": "整改方案已提交",
    "approve-plan": "整改方案已批准",
    "reject-plan": "整改方案被退回",
    "instant-fix": "立行立改",
    "start": "开始整改",
    "report": "整改进展",
    "complete-milestone": "整改节点完成",
    "ask-extension": "申请延期",
    "grant-extension": "同意延期",
    "deny-extension": "不同意延期",
    "request-close": "申请销号",
    "refuse": "退回整改",
    "verify": "市级核查通过",
    "verify-province": "省级核查通过",
    "publicise": "公示",
    "object": "公示异议",
    "close": "销号",
    "draw": "抽中复核",
    "pass-recheck": "抽查复核通过",
    "fail-recheck": "抽查复核不通过",
    "reopen": "重新整改",
    "archive": "归档",
    "to-enforcement": "移送执法",
    "to-police": "移送公安",
    "decide-case": "案件办结",
    "suspend": "中止计时",
    "resume": "恢复计时",
    "record-peers": "举一反三",
    "order-stop": "责令停产、限产或查封",
    "lift-order": "解除停产、限产或查封",
    "propose-void": "提议作废，待他人决定",
    "deny-void": "不同意作废",
    "withdraw-void": "撤回作废提议",
}
EARLY = ("spot-exceedance", "*-warning")
"""Rules of 事前预警: nothing is wrong yet, the enterprise is told in time."""


def happened(item: Mapping[str, Any]) -> str:
    """What an event is about: the move where there was one, an early warning as such, else its kind."""
    kind, rule = str(item["kind"]), str(item.get("rule_id", ""))
    if kind == "moved":
        return MOVES.get(str(item.get("move", "")), KINDS[kind])
    if kind in ("registered", "episode-extended") and any(fnmatchcase(rule, pattern) for pattern in EARLY):
        return "预警"
    return KINDS.get(kind, kind)
