"""One entity of each kind that fits the others: what the OpenAPI document shows, and a small registry to begin with."""

from collections.abc import Mapping
from typing import Any

from lantian_tasks.registry.record import Kind

_E, _S = "91130100MA07T6XX00", "sjz-sinter-1"
_NOVEMBER, _DECEMBER = 1_793_462_400_000, 1_796_054_400_000
_NEXT_NOVEMBER = 1_824_998_400_000

EXAMPLES: Mapping[Kind, tuple[str, dict[str, Any]]] = {
    Kind.DIVISION: ("130102", {"name": "长安区", "parent_code": "130100"}),
    Kind.ENTERPRISE: (
        _E,
        {
            "name": "某钢铁有限公司",
            "division_code": "130102",
            "industry": "钢铁",
            "grade": "B",
            "list_types": ["key-pollutant"],
            "park": "东部工业园",
            "latitude": 38.0428,
            "longitude": 114.5149,
        },
    ),
    Kind.SOURCE: (
        _S,
        {
            "enterprise_id": _E,
            "name": "1号烧结机头排口",
            "kind": "outlet",
            "outlet": {"industry": "steel", "process": "sinter-head", "commitment": "ultra-low"},
        },
    ),
    Kind.FEED: ("88888888000001", {"source_id": _S, "password": "123456", "real_time_interval_seconds": 30}),
    Kind.LIMIT: (
        "sjz-sinter-1-so2",
        {
            "source_id": _S,
            "factor": "a21026",
            "value": 35,
            "reference_oxygen_percent": 16,
            "basis": "ultra-low",
            "clause": "环大气〔2019〕35号",
        },
    ),
    Kind.MARK: (
        "mark-2026-11-1",
        {
            "source_id": _S,
            "kind": "maintenance",
            "start_ms": _NOVEMBER,
            "end_ms": _NOVEMBER + 7_200_000,
            "reason": "更换采样探头",
        },
    ),
    Kind.RULE_REPLAY: (
        "replay-2026-12-1",
        {
            "rule_id": "hour-exceedance",
            "base_version": 2,
            "values": [{"path": "high_ratio", "value": 1.5}],
            "from_ms": _NOVEMBER,
            "to_ms": _DECEMBER,
        },
    ),
    Kind.RULE_PARAMETERS: (
        "hour-exceedance.2.1",
        {
            "rule_id": "hour-exceedance",
            "base_version": 2,
            "number": 1,
            "values": [{"path": "high_ratio", "value": 1.5}],
            "reason": "超标一半以上即按较重处理",
            "replay_id": "replay-2026-12-1",
            "replay_sha256": "0" * 64,
        },
    ),
    Kind.SUPPRESSION: (
        "hold-1",
        {
            "source_id": _S,
            "owner": "sjz-office-1",
            "reason": "比对监测期间",
            "start_ms": _NOVEMBER,
            "end_ms": _DECEMBER,
        },
    ),
    Kind.RESPONSE: (
        "sjz-orange-1",
        {
            "source_id": _S,
            "measure": "limit",
            "allowed_share": 0.5,
            "warning_id": "130100-2026-11-orange",
            "level": "orange",
            "start_ms": _NOVEMBER,
        },
    ),
    Kind.TEAM: ("sjz-team", {"name": "石家庄市执法队", "division_code": "130100"}),
    Kind.DUTY_ROSTER: (
        "sjz-roster",
        {
            "team_id": "sjz-team",
            "shifts": [
                {
                    "person_id": "wang",
                    "name": "王工",
                    "contacts": [{"channel": "sms", "address": "13800000000"}],
                    "start_ms": _NOVEMBER,
                    "end_ms": _DECEMBER,
                }
            ],
        },
    ),
    Kind.PROCESS: ("sinter-line-1", {"name": "1号烧结线", "enterprise_id": _E, "product": "烧结矿", "capacity": 300}),
    Kind.DEVICE: (
        "desulfuriser-1",
        {
            "name": "1号脱硫塔",
            "enterprise_id": _E,
            "source_id": _S,
            "technique": "石灰石-石膏湿法脱硫",
            "vendor": "某环保",
        },
    ),
    Kind.VEHICLE: ("veh-0001", {"name": "厂内重卡", "enterprise_id": _E, "fuel": "diesel", "stage": "6"}),
    Kind.MACHINE: ("machine-1", {"name": "叉车", "division_code": "130102", "machine_type": "叉车", "stage": "3"}),
    Kind.CAMERA: ("camera-1", {"name": "门禁相机", "enterprise_id": _E, "place": "东门"}),
    Kind.BYPASS: ("bypass-1", {"name": "脱硫旁路", "enterprise_id": _E, "source_id": _S, "seal_no": "F-0012"}),
    Kind.PERMIT: ("permit-1", {"name": "排污许可证", "enterprise_id": _E, "permit_no": "91130100MA07T6XX00001P"}),
    Kind.PERSON: ("person-1", {"name": "王工", "enterprise_id": _E, "duty": "环保负责人", "phone": "0311-8888888"}),
    Kind.INSTRUMENT: (
        "sjz-pid-01",
        {
            "name": "便携式PID检测仪",
            "division_code": "130100",
            "team_id": "sjz-team",
            "model": "PID-3000",
            "serial_no": "SN20260117",
            "measures": "挥发性有机物（PID）",
            "calibrated_ms": _NOVEMBER,
            "calibration_due_ms": _NEXT_NOVEMBER,
            "certificate_no": "冀计校字2026-0117",
        },
    ),
}
"""Id and entity of each kind."""
