"""The flow is one way, and every topic says who writes and reads it."""

from lantian_proto import topics
from lantian_proto.topics import TOPICS

ORDER = ["ingest", "alerts", "tasks", "notify"]
# People act through tasks (design 1), and what they find out about leads flows back to the rules.
BACKWARD = {"registry.v1", "commands.v1", "task-events.v1", "issue-events.v1"}
OWN_STATE = {"alerts-state.v1", "source-hours.v1", "ledger.v1"}
OWN_WORD = {"rules.v1"}  # what a process of a service has said, the next one reads too


def test_constants_name_the_topics() -> None:
    """No topic without a constant, no constant without a topic; dead letters have one for each consumer group."""
    constants = {value for name, value in vars(topics).items() if name.isupper() and isinstance(value, str)}
    letters = set(topics.dead_letters_by())
    assert constants == set(TOPICS) - letters
    assert topics.dead_letters_of("tasks-hours") in letters
    assert [topic for service in ORDER for topic in topics.dead_letters_by(service)] == topics.dead_letters_by()


def test_the_flow_is_one_way() -> None:
    """A service reads the topic of a step before it; only the registry, commands and outcomes go back."""
    for topic in TOPICS.values():
        if topic.name in BACKWARD | OWN_STATE or topic.producer == "any":
            continue
        for consumer in topic.consumers:
            if consumer == topic.producer and topic.name in OWN_WORD:
                continue
            assert ORDER.index(topic.producer) < ORDER.index(consumer), topic.name


def test_settings_for_the_broker() -> None:
    """Evidence stays 90 days; the registry for ever."""
    assert TOPICS["raw-frames.v1"].settings()["retention.ms"] == str(90 * 86_400_000)
    assert TOPICS["registry.v1"].settings()["cleanup.policy"] == "compact"
    assert TOPICS["alerts-state.v1"].partitions == TOPICS["readings.v1"].partitions
