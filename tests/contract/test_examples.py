"""Every topic has examples that decode, and nothing lies in the examples that no topic names."""

import pytest
from google.protobuf.json_format import MessageToDict

from lantian_alerts.core.sharing import decoded, encoded, key_of
from lantian_proto import readings
from lantian_proto.topics import TOPICS
from tests.support import examples

NAMED = [(topic.name, name) for topic in TOPICS.values() for name in topic.examples]


def test_examples_are_those_the_topics_name() -> None:
    """A file without a row, or a row without a file, is a contract nobody keeps."""
    lying = {(folder.name, path.name) for folder in examples.EXAMPLES.iterdir() for path in folder.iterdir()}
    assert set(NAMED) == lying


@pytest.mark.parametrize(("topic", "name"), [pair for pair in NAMED if pair[0] in examples.MESSAGES])
def test_messages_decode_and_use_every_byte(topic: str, name: str) -> None:
    """Bytes and back, with no field lost."""
    message = examples.message(topic, name)
    again = type(message).FromString(message.SerializeToString())
    assert MessageToDict(again) == MessageToDict(message)
    assert MessageToDict(message)


@pytest.mark.parametrize("name", TOPICS["readings.v1"].examples)
def test_readings_survive_the_wire(name: str) -> None:
    """Encode, decode: the same columns."""
    columns = examples.columns(name)
    again = readings.decode(readings.encode(columns))
    assert [columns.sources[i] for i in columns.source] == [again.sources[i] for i in again.source]
    for column in readings.DTYPES:
        if column != "source":
            assert getattr(again, column).tolist() == getattr(columns, column).tolist(), column


@pytest.mark.parametrize("name", TOPICS["source-hours.v1"].examples)
def test_shared_hours_are_batches_of_readings(name: str) -> None:
    """What alerts reads of them is what it writes of them; the tick behind says that the hour is whole."""
    shared = decoded(key_of(3, 48), readings.encode(examples.columns(name, "source-hours.v1")))
    assert (shared.partition, shared.partitions, shared.whole) == (3, 48, True)
    assert shared.parts
    [again] = encoded(shared)
    assert decoded(key_of(3, 48), again).parts.keys() == shared.parts.keys()


def test_lead_ids_are_derived_from_content() -> None:
    """The examples keep the rule that every consumer leans on."""
    import hashlib

    for name in TOPICS["leads.v1"].examples:
        lead = examples.message("leads.v1", name)
        text = f"{lead.source_id}|{lead.rule_id}|{lead.episode}"
        assert lead.lead_id == hashlib.sha256(text.encode()).hexdigest()[:32]
        assert lead.episode == f"{lead.factor or 'all'}@{lead.start_ms}"
