"""MQTT topics to feeds, payloads to rows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lantian_ingest.decoders.records.documents import DocumentError
from lantian_ingest.transports.mqtt_mapping import MappingError, MqttMapping, TopicMapping

BROKER = {"host": "broker", "client_id": "lantian"}
POWER = {
    "topic": "plants/+/meters/+/power",
    "feed": "meter-{1}-{2}",
    "time": {"pointer": "/ts", "unit": "s"},
    "fields": [{"field": "active_power", "pointer": "/p/total", "unit": "W"}, {"field": "running", "pointer": "/on"}],
}


def mapping(*mappings: dict[str, Any]) -> MqttMapping:
    """A file with these mappings."""
    return MqttMapping.model_validate({"broker": BROKER, "mappings": mappings or [POWER]})


def test_a_message_becomes_a_row() -> None:
    """Wildcards in the feed's name; absent and null fields are absent."""
    document = mapping().document("plants/a/meters/7/power", b'{"ts": 1795316400.25, "p": {"total": 1500}}', 5)
    assert document.rows == [{"feed": "meter-a-7", "time": 1795316400250, "active_power": {"value": 1500, "unit": "W"}}]


def test_lists_flags_periods_and_time_of_arrival() -> None:
    """Records of a list; pointers with escapes (RFC 6901)."""
    own = {
        "topic": "gw/#",
        "feed": "x.{1}",
        "records": "/d",
        "time": "arrival",
        "period": "minute",
        "flag": {"pointer": "/q"},
        "fields": [{"field": "pm10", "pointer": "/a~1b"}],
    }
    rows = mapping(own).document("gw/9/z", b'{"d": [{"a/b": 3, "q": "N"}, {"a/b": null}]}', 77).rows
    assert rows == [
        {"feed": "x.9/z", "time": 77, "period": "minute", "flag": "N", "pm10": {"value": 3, "unit": ""}},
        {"feed": "x.9/z", "time": 77, "period": "minute"},
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("plants/a/meters/7", b"{}", "no-mapping"),
        ("plants/a/meters/7/power/x", b"{}", "no-mapping"),
        ("plants/a/meters/7/power", b"\xff", "json"),
        ("plants/a/meters/7/power", b'{"ts": NaN}', "json"),
        ("plants/a/meters/7/power", b'{"ts": 1, "p": {"total": {}}}', "shape"),
    ],
)
def test_what_can_not_be_read(topic: str, payload: bytes, reason: str) -> None:
    """Each with its reason."""
    with pytest.raises(DocumentError) as caught:
        mapping().document(topic, payload, 5)
    assert caught.value.reason == reason


@pytest.mark.parametrize("time", ["null", "true", "[]", '"soon"', "{}", "1e300"])
def test_times_that_are_none_are_left_to_the_rows(time: str) -> None:
    """A row without a good time is refused there, by name."""
    (row,) = mapping().document("plants/a/meters/7/power", f'{{"ts": {time}, "on": 1}}'.encode(), 5).rows
    assert row["time"] is None or isinstance(row["time"], str | int)


@pytest.mark.parametrize(
    ("wanted", "topic", "feed"),
    [
        ("a/+/c", "a/b/c", "f-b"),
        ("a/+/c", "a//c", "f-"),
        ("a/+/c", "a/b/c/d", None),
        ("a/#", "a", "f-"),
        ("a/#", "a/b/c", "f-b/c"),
        ("#", "$SYS/broker", None),
        ("+/x", "$SYS/x", None),
    ],
)
def test_topic_filters(wanted: str, topic: str, feed: str | None) -> None:
    """MQTT 5, 4.7."""
    made = TopicMapping.model_validate({**POWER, "topic": wanted, "feed": "f-{1}"})
    assert made.matched(topic) == feed


@pytest.mark.parametrize(
    "change",
    [
        {"topic": "a/b+/c"},
        {"topic": "a/#/c"},
        {"feed": "m-{3}"},
        {"feed": "m-{0}"},
        {"fields": []},
        {"fields": [{"field": "x", "pointer": "no-slash"}]},
        {"time": "now"},
        {"qos": 2},
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """Whole, before anything is subscribed."""
    file = tmp_path / "mqtt.yaml"
    file.write_text(yaml.safe_dump({"broker": BROKER, "mappings": [{**POWER, **change}]}))
    with pytest.raises(MappingError):
        MqttMapping.load(file)
    with pytest.raises(MappingError):
        MqttMapping.load(tmp_path / "absent")


def test_the_example_in_the_code_is_a_good_file(tmp_path: Path) -> None:
    """The docstring is what people copy."""
    from lantian_ingest.transports import mqtt_mapping

    text = (mqtt_mapping.__doc__ or "").partition("\n\n")[2]
    file = tmp_path / "mqtt.yaml"
    file.write_text(text)
    assert MqttMapping.load(file).mappings[0].feed == "meter-{2}"
