"""The payload: shape, stable bytes, and a size that holds whatever comes in."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantian_notify.wording.render import CUT_MARK, LARGEST_BYTES, clip, payload
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import EvidenceReading, FramePointer, Text
from tests.support.notify_events import NOW_MS, an_event


def data_of(event: IssueEvent) -> dict[str, Any]:
    """The data part of the payload."""
    data: dict[str, Any] = json.loads(payload(event))["data"]
    return data


def test_the_payload_tells_what_an_inspector_needs() -> None:
    """Which outlet exceeded which limit, since when, on what evidence, and where to read on."""
    message = json.loads(payload(an_event()))
    digest = message["data"]["evidence"].pop("digest")
    assert digest.startswith("sha256:")
    assert len(digest) == 71
    assert message == {
        "type": "issue.registered",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "data": {
            "event_id": "event-1",
            "issue": {
                "id": "issue-1",
                "number": "130200-2026-000001",
                "sequence": 1,
                "from_state": "",
                "to_state": "registered",
                "reason": "",
                "path": "/v1/issues/issue-1",
            },
            "class": "current",
            "lead_id": "lead-1",
            "rule": {"id": "hour-exceedance", "version": 1},
            "severity": 3,
            "score": 2.5,
            "enterprise": {"name": "唐山示例钢铁有限公司", "division_code": "130203"},
            "source": {"id": "src-1", "name": "1号烧结机头排口"},
            "factor": "a21026",
            "episode": "a21026@1699995600000",
            "title": {"zh": "小时均值超标", "en": "Hour mean over the limit"},
            "summary": {
                "zh": "二氧化硫小时均值 52.1 超过限值 35 mg/m³",
                "en": "SO2 hour mean 52.1 over the limit 35 mg/m³",
            },
            "legal_basis": {"zh": "大气污染防治法第十八条", "en": "Air Pollution Law, article 18"},
            "times": {
                "started": "2023-11-14T21:13:20.000Z",
                "ended": "2023-11-14T22:13:20.000Z",
                "received": "2023-11-14T22:13:18.000Z",
                "detected": "2023-11-14T22:13:19.000Z",
            },
            "limit": {
                "id": "lim-1",
                "value": 35.0,
                "reference_oxygen_percent": 16.0,
                "basis": "ultra-low",
                "clause": "",
            },
            "evidence": {
                "readings": [
                    {
                        "factor": "a21026",
                        "stat": "zs-avg",
                        "period": "hour",
                        "time": "2023-11-14T21:13:20.000Z",
                        "value": 52.1,
                        "flag": "N",
                    }
                ],
                "frames": [{"topic": "raw-frames.v1", "partition": 3, "offset": 99}],
                "marks": [],
                "inputs": {"limit": 35.0, "mean": 52.1},
                "cut": None,
            },
        },
    }


def test_the_bytes_are_the_same_for_the_same_event() -> None:
    """Also after a way through the wire, and whatever the order of a map."""
    event = an_event()
    again = IssueEvent.FromString(event.SerializeToString())
    again.lead.evidence.inputs.clear()
    for name in ("limit", "mean"):
        again.lead.evidence.inputs[name] = event.lead.evidence.inputs[name]
    assert payload(event) == payload(again)
    assert payload(event) != payload(an_event(sequence=2))


def test_late_data_is_marked_as_history() -> None:
    """A retrospective lead is never urgent, and the receiver can see it."""
    event = an_event()
    event.lead.retrospective = True
    assert data_of(event)["class"] == "retrospective"


def test_a_rule_without_a_limit_has_none() -> None:
    """A dropout is judged against no limit, and may have no readings."""
    event = an_event()
    event.lead.evidence.Clear()
    data = data_of(event)
    assert data["limit"] is None
    assert data["times"]["received"] is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_know_become_null(value: float) -> None:
    """A device may send anything."""
    event = an_event()
    event.lead.evidence.readings[0].value = value
    event.lead.evidence.inputs["mean"] = value
    event.lead.score = value
    data = data_of(event)
    assert data["score"] is data["evidence"]["readings"][0]["value"] is data["evidence"]["inputs"]["mean"] is None


def test_too_much_evidence_is_cut_from_its_oldest_end_and_says_so() -> None:
    """The newest readings stay; the digest is that of the whole."""
    event = an_event()
    del event.lead.evidence.readings[:]
    for number in range(300):
        event.lead.evidence.readings.append(
            EvidenceReading(factor="a21026", stat="avg", period="hour", time_ms=NOW_MS + number, value=number)
        )
    body = payload(event)
    evidence = json.loads(body)["data"]["evidence"]
    assert len(body) < LARGEST_BYTES
    assert evidence["cut"] == {"readings": {"kept": 48, "of": 300}}
    assert [reading["value"] for reading in evidence["readings"]] == list(range(252, 300))
    digest = evidence["digest"]
    del event.lead.evidence.readings[0]
    assert data_of(event)["evidence"]["digest"] != digest


def test_long_names_are_cut_between_characters() -> None:
    """A name from outside can not push the payload over the limit, nor break UTF-8."""
    event = an_event(enterprise_name="钢" * 50_000, reason='"\n' * 30_000)
    body = payload(event)
    assert len(body) < LARGEST_BYTES
    assert json.loads(body)["data"]["enterprise"]["name"].endswith(CUT_MARK)


@given(st.text(max_size=60), st.integers(len(CUT_MARK.encode()), 100))
def test_clip_never_exceeds_and_never_lies(text: str, limit: int) -> None:
    """Within the limit a text is untouched; beyond it is a beginning and the mark."""
    clipped = clip(text, limit)
    assert len(clipped.encode()) <= limit
    if len(text.encode()) <= limit:
        assert clipped == text
    else:
        assert clipped.endswith(CUT_MARK)
        assert text.startswith(clipped.removesuffix(CUT_MARK))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.text(max_size=3000), min_size=8, max_size=8),
    st.integers(0, 48),
    st.dictionaries(st.text(max_size=500), st.floats(), max_size=40),
)
def test_the_size_holds_for_any_content(texts: list[str], readings: int, inputs: dict[str, float]) -> None:
    """The worst a device, an enterprise or a rule can put in."""
    event = an_event(enterprise_name=texts[0], source_name=texts[1], reason=texts[2])
    lead = event.lead
    lead.title.CopyFrom(Text(zh=texts[3], en=texts[4]))
    lead.summary.CopyFrom(Text(zh=texts[5], en=texts[6]))
    lead.evidence.limit.clause = texts[7]
    lead.evidence.readings.extend(
        [EvidenceReading(factor="a" * 200, stat="avg", period="hour", flag=texts[0][:1])] * readings
    )
    lead.evidence.frames.extend([FramePointer(topic="t" * 200)] * 16)
    lead.evidence.marks.extend([lead.summary] * 20)
    for name, value in inputs.items():
        lead.evidence.inputs[name] = value
    body = payload(event)
    assert len(body) < LARGEST_BYTES
    assert json.loads(body)["data"]["lead_id"] == "lead-1"
