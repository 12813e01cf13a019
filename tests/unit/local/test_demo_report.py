"""What the demo prints, without a terminal and without a suite."""

import math
from typing import Any

import pytest

from lantian_local.demo.captured import KNOWN, changes, load
from lantian_local.demo.receiver import Delivery
from lantian_local.demo.report import clock_face, lead_lines, percentile, value_against_limit
from lantian_local.demo.show import TooSlow, suite_hours

DATA: dict[str, Any] = {
    "class": "current",
    "issue": {"id": "iss-1"},
    "rule": {"id": "hour-exceedance", "version": 1},
    "enterprise": {"name": "石家庄青禾钢铁有限公司（演示）", "division_code": "130100"},
    "source": {"id": "s", "name": "1号烧结机头排口"},
    "factor": "a21026",
    "title": {"zh": "小时均值超标", "en": ""},
    "summary": {"zh": "二氧化硫折算小时均值 52.3", "en": ""},
    "times": {
        "started": "2026-01-15T11:00:00.000Z",
        "ended": None,
        "received": None,
        "detected": "2026-01-15T12:00:05.000Z",
    },
    "limit": {"value": 35.0, "reference_oxygen_percent": 16.0},
    "evidence": {
        "readings": [
            {"factor": "a21026", "stat": "avg", "value": 48.1},
            {"factor": "a21026", "stat": "zs-avg", "value": 52.3},
            {"factor": "a19001", "stat": "avg", "value": 16.4},
        ]
    },
}


def test_a_lead_reads_like_one() -> None:
    """Title, enterprise, outlet, factor, value against limit, time from the frame."""
    lines = lead_lines(Delivery("msg_1", "130100", 0, {"type": "issue.registered", "data": DATA}), 0.5).plain
    for part in (
        "01-15 20:00",
        "线索",
        "小时均值超标",
        "石家庄青禾钢铁",
        "1号烧结机头排口",
        "52.3 > 35 mg/m³",
        "0.50 s",
    ):
        assert part in lines


def test_retrospective_leads_say_so() -> None:
    """They are no alarm."""
    delivery = Delivery("msg_1", "", 0, {"type": "issue.registered", "data": {**DATA, "class": "retrospective"}})
    assert "追溯" in lead_lines(delivery, None).plain
    assert "线索" not in lead_lines(delivery, None).plain


def test_the_measured_value_counts_where_nothing_is_converted() -> None:
    """No reference oxygen: the mean as measured; no limit: nothing."""
    assert value_against_limit({**DATA, "limit": {"value": 35.0, "reference_oxygen_percent": 0.0}}) == "48.1 > 35 mg/m³"
    assert value_against_limit({**DATA, "limit": None}) == ""
    assert value_against_limit({**DATA, "evidence": {"readings": []}}) == "limit 35 mg/m³"


def test_percentiles_are_nearest_rank() -> None:
    """The 99th of a hundred is the 99th; of nothing there is none."""
    assert percentile([float(value) for value in range(1, 101)], 0.99) == 99
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2
    assert math.isnan(percentile([], 0.5))


def test_clock_face_is_local() -> None:
    """UTC+8."""
    assert clock_face(1_768_474_800_000) == "01-15 19:00"


def test_all_captured_frames_are_there_and_the_known_senders_among_them() -> None:
    """229 frames; each registered sender has at least one with a right check code."""
    frames = load()
    assert len(frames) == 229
    for known in KNOWN:
        assert any(known.feed_id.encode() in row.frame and row.verdict == "hj212" for row in frames)


def test_captured_senders_are_registered_like_the_others() -> None:
    """Same shape, ids that agree, limits on sources that exist."""
    rows = changes()
    sources = {row["id"] for row in rows if row["kind"] == "source"}
    for row in rows:
        entity = row["entity"]
        assert isinstance(entity, dict)
        if row["kind"] in ("feed", "limit"):
            assert entity["source_id"] in sources


def test_a_run_must_be_long_enough_for_its_episodes() -> None:
    """60 s at 720 times are just enough; the refusal names the rate that would do."""
    assert suite_hours(60, 720) == 12
    with pytest.raises(TooSlow, match="1440"):
        suite_hours(30, 720)
