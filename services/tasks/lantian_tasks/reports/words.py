"""What codes are called in the papers of the authority, in Chinese. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone

from lantian_proto.factors import FACTORS
from lantian_tasks.ledger.history import SealedActor

_FACTORS = {factor.code: factor for factor in FACTORS}
LOCAL = timezone(timedelta(hours=8))
LATEST_LOCAL_MS = 253_402_300_799_999 - 8 * 3_600_000
"""End of the year 9999 in China; the API takes times until its end in UTC."""
STATES: Mapping[str, str] = {
    "registered": "已登记",
    "assigned": "已交办",
    "plan-submitted": "方案待批",
    "plan-approved": "方案已批",
    "rectifying": "整改中",
    "close-requested": "申请销号",
    "verified": "市级已核验",
    "verified-province": "省级已核验",
    "publicised": "公示中",
    "closed": "已销号",
    "spot-check": "抽查复核",
    "archived": "已归档",
    "voided": "已作废",
}
STAGES: Mapping[str, str] = {
    "candidate": "待筛查",
    "screened": "已筛查",
    "in-round": "已入轮次",
    "pushed": "已推送",
    "accepted": "已接收",
    "inspecting": "现场核查",
    "confirmed": "属实",
    "partly": "部分属实",
    "unfounded": "不属实",
    "duplicate": "重复",
    "transferred": "已移交",
    "not-reachable": "无法核查",
    "voided": "已作废",
}
MOVES: Mapping[str, str] = {
    "assign": "交办",
    "reassign": "重新交办",
    "acknowledge": "签收",
    "submit-plan": "提交整改方案",
    "approve-plan": "批准方案",
    "reject-plan": "退回方案",
    "instant-fix": "立行立改",
    "start": "开始整改",
    "report": "报告进展",
    "complete-milestone": "完成节点",
    "ask-extension": "申请延期",
    "grant-extension": "批准延期",
    "deny-extension": "驳回延期",
    "request-close": "申请销号",
    "refuse": "退回整改",
    "verify": "核验通过",
    "verify-province": "省级核验",
    "publicise": "公示",
    "object": "提出异议",
    "close": "销号",
    "draw": "抽中复核",
    "pass-recheck": "复核通过",
    "fail-recheck": "复核不通过",
    "reopen": "重新立案",
    "archive": "归档",
    "relapse": "反弹",
    "to-enforcement": "移交执法",
    "to-police": "移送公安",
    "decide-case": "案件结案",
    "suspend": "中止计时",
    "resume": "恢复计时",
    "record-peers": "登记举一反三",
    "order-stop": "责令停产、限产或查封",
    "lift-order": "解除停产、限产或查封",
    "attach": "上传证据",
    "remind": "提醒",
    "escalate": "升级督办",
    "receive": "签收督办",
    "propose-void": "提议作废",
    "deny-void": "不同意作废",
    "withdraw-void": "撤回作废提议",
    "void": "作废",
    "note": "备注",
}
RESULTS: Mapping[str, str] = {
    "confirm": "认定属实",
    "confirm-partly": "部分属实",
    "propose-unfounded": "提出不属实",
}
PLACES: Mapping[str, str] = {
    "inside": "在登记位置范围内",
    "outside": "在登记位置范围外",
    "no-site": "登记库没有坐标，无法判断检查地点",
    "no-position": "没有提供检查时的定位",
    "mobile": "移动源，不按登记位置判断",
}
FOUND: Mapping[str, str] = {"problem": "发现问题", "none": "未发现问题", "not-applicable": "不适用"}
KINDS: Mapping[str, str] = {
    "registered": "登记",
    "episode-extended": "过程持续",
    "episode-closed": "过程结束",
}
ROLES: Mapping[str, str] = {
    "ministry": "生态环境部",
    "province": "省级",
    "city-office": "市大气办",
    "city-team": "现场检查组",
    "county": "区县",
    "enterprise": "企业",
    "auditor": "审计",
    "administrator": "管理员",
    "system": "系统",
}
CATEGORIES: Mapping[str, str] = {
    "exceedance": "超标排放",
    "dropout": "数据中断",
    "fraud": "数据造假",
    "falsification-sign": "数据造假迹象",
    "bypass": "旁路偷排",
    "treatment-off": "治污设施不正常运行",
    "emergency": "应急减排不落实",
    "data-quality": "数据质量",
    "fire": "露天焚烧",
    "dust": "扬尘",
    "ambient": "环境空气",
    "vehicle": "车辆",
    "vapour": "油气回收",
    "gate": "门禁",
    "inspection": "机动车检验",
    "closed-site": "关停复产",
    "furnace": "焚烧炉温",
    "other": "其他",
}
CHANNELS: Mapping[str, str] = {
    "detector": "自动识别",
    "complaint": "12369举报",
    "satellite": "卫星火点",
    "hot-area": "热点网格",
    "patrol": "巡查",
    "transfer": "外市移交",
    "recheck": "抽查复核",
    "peers": "举一反三",
}
EVIDENCE: Mapping[str, str] = {
    "photo-before": "整改前照片",
    "photo-after": "整改后照片",
    "rectification-report": "整改报告",
    "monitoring-report": "监测报告",
    "record": "检查记录",
    "photo": "现场照片",
    "transfer-letter": "案件移送书",
    "investigation-report": "案件调查报告",
    "exhibit-list": "涉案物品清单",
    "signature": "签名",
    "receipt": "票据",
    "document": "文件",
    "other": "其他",
}
MEDIA: Mapping[str, str] = {
    "image/jpeg": "照片",
    "image/png": "图片",
    "image/webp": "图片",
    "application/pdf": "PDF 文件",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word 文件",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel 表格",
    "video/mp4": "视频",
    "text/plain": "文本文件",
}
ROUND_STATES: Mapping[str, str] = {
    "draft": "草稿",
    "built": "已编组",
    "started": "已推送",
    "closed": "已结束",
    "cancelled": "已取消",
}
LIMIT_BASES: Mapping[str, str] = {
    "national": "国家标准",
    "local": "地方标准",
    "permit": "排污许可",
    "plan": "攻坚方案",
    "ultra-low": "超低排放",
}
TASK_KINDS: Mapping[str, str] = {
    "heavy-pollution": "重污染应对",
    "key-enterprises": "重点企业",
    "self-monitoring": "自行监测",
    "loose-coal": "散煤",
}
FLAGS: Mapping[str, str] = {
    "escalated": "已升级督办",
    "false-rectification": "假整改",
    "rechecked": "已抽查",
    "relapsed": "已反弹",
    "repeat-offender": "屡查屡犯",
    "instant-fix": "立行立改",
    "police": "移送公安",
    "case-open": "案件在办",
    "suspended": "计时中止",
    "void-proposed": "待他人决定作废",
    "stop-order": "有停限产决定",
    "stop-order-in-force": "停限产决定执行中",
}
SEVERITIES: Mapping[int, str] = {1: "提示", 2: "一般", 3: "较重", 4: "严重"}


def evidence_words(kinds: Iterable[str]) -> str:
    """Kinds of evidence as a list."""
    return "、".join(EVIDENCE.get(kind, kind) for kind in kinds)


def local(time_ms: int, form: str = "%Y-%m-%d %H:%M") -> str:
    """A time in China; empty for 0."""
    if not time_ms:
        return ""
    return datetime.fromtimestamp(min(time_ms, LATEST_LOCAL_MS) / 1000, UTC).astimezone(LOCAL).strftime(form)


def day(time_ms: int) -> str:
    """A day as letters write it: 2026年11月29日; empty for 0."""
    return local(time_ms, "%Y年%m月%d日") if time_ms else ""


def moment(time_ms: int) -> str:
    """A time as letters write it: 2026年11月26日10时01分; empty for 0."""
    return local(time_ms, "%Y年%m月%d日%H时%M分") if time_ms else ""


def limit_text(value: float, oxygen_percent: float, factor: str) -> str:
    """A limit with the unit of its factor: 氮氧化物 50 mg/m³（基准氧含量 16%）."""
    known = _FACTORS.get(factor)
    name, unit = (f"{known.name_zh} ", f" {known.unit}" if known.unit else "") if known else ("", "")
    oxygen = f"（基准氧含量 {oxygen_percent:g}%）" if oxygen_percent else ""
    return f"{name}{value:g}{unit}{oxygen}"


def who(actor: SealedActor) -> str:
    """Who acted: unit and account; the suite itself is 系统."""
    if actor["role"] == "system":
        return ROLES["system"]
    return f"{actor['organisation'] or ROLES.get(actor['role'], actor['role'])}（{actor['actor_id']}）"


def titled(title: str) -> str:
    """A problem's title; that of a report begins with the code of its channel: patrol 0007 is 巡查 0007."""
    code, space, rest = title.partition(" ")
    return f"{CHANNELS[code]}{space}{rest}" if space and code in CHANNELS else title


def act_name(entry: Mapping[str, str]) -> str:
    """What an entry did."""
    move = str(entry["move"])
    return MOVES.get(move, move) if move else KINDS.get(str(entry["kind"]), str(entry["kind"]))


def campaign(season: str, days: tuple[date, date] | None) -> str:
    """What a campaign is called: by its season where its plan is held, else by its first and last day; empty: none."""
    if season:
        return f"{season} 攻坚季"
    return f"{days[0]} 至 {days[1]} 攻坚季（方案未收录）" if days else ""
