"""What the inputs of moves are called in Chinese, for whoever is told that one is missing or wrong. Pure."""

from collections.abc import Mapping

FIELD_WORDS: Mapping[str, str] = {
    "unit": "责任单位",
    "person": "责任人",
    "due_ms": "完成期限",
    "measures": "措施",
    "milestones": "节点",
    "milestone": "完成的节点",
    "note": "备注",
    "peers": "举一反三",
    "photo_before": "整改前照片",
    "photo_after": "整改后照片",
    "evidence": "证据材料",
    "days": "天数",
    "conclusion": "结论",
    "site_visit": "已现场核验",
    "findings": "逐项核验情况",
    "notice": "公示内容",
    "seed": "抽取种子",
    "legal_basis": "法律依据",
    "case_no": "案号",
    "outcome": "处理结果",
    "scope": "排查范围",
    "found": "发现同类问题的地方",
    "sequence": "催办督办记录",
    "of": "与之重复的线索",
    "officers": "现场人员（账号，至少两人）",
    "check_list": "检查表",
    "latitude": "定位纬度",
    "longitude": "定位经度",
    "accuracy_m": "定位误差（米）",
    "found_as": "认定类别",
    "code": "不属实的原因",
    "division_code": "城市（区划代码）",
    "measure": "决定类型",
    "line": "生产线或工序",
    "end_condition": "解除条件",
    "until_ms": "执行至",
    "order": "所解除的决定（记录号）",
    "reason": "理由",
}


def field_word(name: str) -> str:
    """The Chinese word, or the name itself."""
    return FIELD_WORDS.get(name, name)
