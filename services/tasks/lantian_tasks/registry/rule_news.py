"""What alerts says of its rules, into the store; and what is known when parameters are to be changed."""

from collections.abc import Sequence

from google.protobuf.message import DecodeError

from lantian_kit.records import Record as TopicRecord
from lantian_kit.worker import InvalidRecord
from lantian_proto.v1.rule_pb2 import ReplayResult, RuleNews
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ports import RecordQuery, RegistryStore, RuleStore
from lantian_tasks.registry.record import Kind
from lantian_tasks.registry.rule_sets import RuleChange, RuleFacts, RuleParameters

CATALOGUE_KEY = "catalogue"
SETS_AT_MOST = 1000


def replay_key(replay_id: str) -> str:
    """Key of a replay's result in rules.v1 and in the store."""
    return f"replay/{replay_id}"


class RuleNewsKeeper:
    """Handler of rules.v1 for RecordWorker. Keeping the same again changes nothing."""

    def __init__(self, store: RuleStore) -> None:
        self._store = store

    async def handle(self, record: TopicRecord) -> str:
        """catalogue or replay. Raises InvalidRecord, Unavailable."""
        key, data = (record.key or b"").decode(errors="replace"), record.value or b""
        try:
            news = RuleNews.FromString(data)
        except DecodeError as error:
            raise InvalidRecord("undecodable", str(error)) from error
        kind = news.WhichOneof("news")
        if kind is None or key != (CATALOGUE_KEY if kind == "catalogue" else replay_key(news.replay.replay_id)):
            raise InvalidRecord("key", f"{key!r} does not fit {kind}")
        await self._store.keep_rule_news(key, data)
        return str(kind)


async def result_of(store: RuleStore, replay_id: str) -> ReplayResult | None:
    """The result of a replay, None while there is none. Raises Unavailable."""
    data = (await store.rule_news([replay_key(replay_id)])).get(replay_key(replay_id))
    return None if data is None else RuleNews.FromString(data).replay


async def rule_facts(store: RegistryStore, changes: Sequence[RuleChange]) -> RuleFacts:
    """What is known about the rules of some wishes; nothing is read when there are none. Raises Unavailable."""
    if not changes:
        return RuleFacts()
    wanted = {replay_key(one.replay_id) for one in changes if isinstance(one, RuleParameters)}
    news = {key: RuleNews.FromString(data) for key, data in (await store.rule_news({CATALOGUE_KEY, *wanted})).items()}
    catalogue = news.pop(CATALOGUE_KEY, None)
    sets = []
    for rule_id in {one.rule_id for one in changes if isinstance(one, RuleParameters)}:
        alike = (("entity.rule_id", rule_id),)
        sets += await store.page(RecordQuery(EVERYTHING, Kind.RULE_PARAMETERS, SETS_AT_MOST, voided=True, equal=alike))
    return RuleFacts(
        None if catalogue is None else catalogue.catalogue,
        {one.replay.replay_id: one.replay for one in news.values()},
        tuple(sets),
    )
