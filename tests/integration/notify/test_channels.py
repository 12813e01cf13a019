"""Every channel over real sockets, with receivers that misbehave (F-14): schedule kept, one id, nobody else delayed."""

import base64
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import http_ece  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lantian_notify.channels.base import Channel
from lantian_notify.channels.dingtalk import DingtalkChannel
from lantian_notify.channels.dingtalk import signature as dingtalk_signature
from lantian_notify.channels.feishu import FeishuChannel
from lantian_notify.channels.feishu import signature as feishu_signature
from lantian_notify.channels.post import Post
from lantian_notify.channels.sms import SmsChannel, SmsSettings
from lantian_notify.channels.webpush import WebpushChannel, WebpushSettings
from lantian_notify.channels.wecom import WecomChannel
from lantian_notify.routing.facts import facts_of
from tests.support.certificates import a_certificate
from tests.support.notify_calls import FakeCallStore
from tests.support.notify_events import NOW_MS, an_event
from tests.support.notify_store import FakeDeliveryStore
from tests.support.notify_wire import Bench
from tests.support.receiver import RESET, SLOW_DRIP, Answer, LeadCollector

CHANNELS = ("wecom", "dingtalk", "feishu", "sms", "webpush")
PATHS = {name: f"/{name}" for name in CHANNELS} | {"feishu": "/feishu/robot-key-0001"}
NO = {
    "wecom": ('{"errcode":-1}', '{"errcode":45009}'),
    "dingtalk": ('{"errcode":310000}', '{"errcode":130101}'),
    "feishu": ('{"code":19024}', '{"code":11232}'),
    "sms": ('{"code":7}', '{"code":5}'),
}
OK = Answer(200, body='{"errcode":0,"code":0}')
RECEIVER_KEY = ec.generate_private_key(ec.SECP256R1())
AUTH = b"0123456789abcdef"


def text(data: bytes) -> str:
    """base64url without its padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def public(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point."""
    form = serialization.PublicFormat.UncompressedPoint
    return key.public_key().public_bytes(serialization.Encoding.X962, form)


def address_of(channel: str, team: LeadCollector) -> str:
    """Where a channel's message goes."""
    if channel == "sms":
        return "13800000000"
    if channel == "webpush":
        keys = {"p256dh": text(public(RECEIVER_KEY)), "auth": text(AUTH)}
        return json.dumps({"endpoint": team.url_of("/webpush"), "keys": keys})
    return team.url_of(f"/{channel}")


@pytest.fixture
async def team() -> AsyncIterator[LeadCollector]:
    """Robots, gateway and push service in one."""
    async with LeadCollector(signed=False, ok=OK) as team:
        yield team


@pytest.fixture
async def bench(tmp_path: Path, team: LeadCollector) -> AsyncIterator[Bench]:
    """Every channel, over stores in memory: the store's own behaviour is shown elsewhere."""
    vapid = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")
    for name, lines in {
        "wecom": "robot-key-0001",
        "dingtalk": "robot-key-0001\nSEC-test",
        "feishu": "robot-key-0001\nsigning",
        "sms-gateway": "gateway-key",
        "vapid": text(vapid),
    }.items():
        (tmp_path / name).write_text(lines)
    bench = Bench(FakeDeliveryStore(), tmp_path, FakeCallStore())

    def make(post: Post) -> Mapping[str, Channel]:
        sms = SmsSettings(url=team.url_of("/sms"), codes_throttled="5")
        return {
            "wecom": WecomChannel(post, team.url_of("/wecom")),
            "dingtalk": DingtalkChannel(post, team.url_of("/dingtalk")),
            "feishu": FeishuChannel(post, team.url_of("/feishu")),
            "sms": SmsChannel(post, sms),
            "webpush": WebpushChannel(post, WebpushSettings(subject="mailto:ops@gov.example")),
        }

    bench.make = make
    yield bench
    for deliverer in bench.started:
        await deliverer.stop()


async def send(bench: Bench, deliverer: Any, channel: str, team: LeadCollector, name: str = "msg_1") -> None:
    """A message for people."""
    await bench.send(
        deliverer,
        address_of(channel, team),
        delivery_id=name,
        endpoint_id=f"{channel}:{name}",
        channel=channel,
        secret_name=channel,
        body=b"",
        items=(facts_of(an_event()).stored(),),
        link_url="https://notify.example/a/x",
    )


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_good_receiver_reads_it(bench: Bench, team: LeadCollector, channel: str) -> None:
    """Signed and encrypted as its vendor asks, with the text and the link."""
    await send(bench, await bench.deliverer(), channel, team)
    await bench.when(lambda delivery: delivery.state == "delivered")
    (got,) = team.on(PATHS[channel])
    body = got.body
    if channel == "wecom":
        assert got.query == {"key": "robot-key-0001"}
    if channel == "dingtalk":
        assert got.query["access_token"] == "robot-key-0001"
        assert got.query["sign"] == dingtalk_signature("SEC-test", int(got.query["timestamp"]))
    if channel == "feishu":
        assert got.payload["sign"] == feishu_signature("signing", int(got.payload["timestamp"]))
    if channel == "sms":
        assert got.headers["authorization"] == "Bearer gateway-key"
        assert (got.payload["to"], got.payload["id"]) == ("13800000000", "msg_1")
        assert got.payload["parts"] >= 1
    if channel == "webpush":
        assert got.headers["authorization"].startswith("vapid t=")
        assert len(body) <= 4096
        body = http_ece.decrypt(body, private_key=RECEIVER_KEY, auth_secret=AUTH, version="aes128gcm")
    assert "二氧化硫" in body.decode()
    assert "https://notify.example/a/x" in body.decode()


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_failure_is_tried_again(bench: Bench, team: LeadCollector, channel: str) -> None:
    """500, 429 with Retry-After, 301, reset, and 200 with a code that says no; each waits its time."""
    faults = [
        (Answer(500), "status", 5.0),
        (Answer(429, {"Retry-After": "70"}), "throttled", 70.0),
        (Answer(301, {"Location": "/elsewhere"}), "redirect", 5.0),
        (RESET, "broken-off", 5.0),
    ]
    if channel in NO:
        faults += [
            (Answer(200, body=NO[channel][0]), "errcode", 5.0),
            (Answer(200, body=NO[channel][1]), "throttled", 60.0),
            (Answer(200, body="<html>login</html>"), "errcode", 5.0),
        ]
    assert isinstance(bench.store, FakeDeliveryStore)
    deliverer = await bench.deliverer()
    for number, (fault, result, at_least) in enumerate(faults):
        bench.store.buckets.clear()  # the rate of robots runs in real minutes, and is shown elsewhere
        name = f"msg_{number}"
        team.answer(fault, path=PATHS[channel])
        begun_ms = bench.clock.now_ms()
        await send(bench, deliverer, channel, team, name)
        failed = await bench.attempts(1, name)
        assert (failed.state, failed.attempts[0].result) == ("pending", result), fault
        health = await bench.store.health(failed.endpoint_id)
        due_ms = max(failed.next_at_ms, health.not_before_ms)
        assert due_ms >= begun_ms + at_least * 1000
        bench.go_to(due_ms)
        done = await bench.when(lambda delivery: delivery.state == "delivered", name)
        assert len(done.attempts) == 2
    assert not team.on("/elsewhere")


async def test_a_slow_drip_is_left_in_time(bench: Bench, team: LeadCollector) -> None:
    """By every channel, for a total time-out stops what a time-out per read does not; then it is tried again."""
    deliverer = await bench.deliverer(timeout_seconds=5.0)
    for channel in CHANNELS:
        team.answer(SLOW_DRIP, path=PATHS[channel])
        await send(bench, deliverer, channel, team, f"msg_{channel}")
    failed = [await bench.attempts(1, f"msg_{channel}") for channel in CHANNELS]
    assert {delivery.attempts[0].result for delivery in failed} == {"time-out"}
    await bench.patient()
    bench.go_to(max(delivery.next_at_ms for delivery in failed))
    for channel in CHANNELS:
        done = await bench.when(lambda delivery: delivery.state == "delivered", f"msg_{channel}")
        assert done.attempts[-1].result == "sent"


async def test_a_channel_that_hangs_delays_no_other(bench: Bench, team: LeadCollector) -> None:
    """While WeCom drips, the others deliver; nothing is timed, only who has what while it hangs."""
    team.always(SLOW_DRIP, path=PATHS["wecom"])
    deliverer = await bench.deliverer(timeout_seconds=600.0)
    await send(bench, deliverer, "wecom", team, "bad")
    await team.wait_for(1, path=PATHS["wecom"])
    for channel in CHANNELS[1:]:
        await send(bench, deliverer, channel, team, f"good-{channel}")
    for channel in CHANNELS[1:]:
        await bench.when(lambda delivery: delivery.state == "delivered", f"good-{channel}")
    bad = await bench.store.get("bad")
    assert bad is not None
    assert (bad.state, bad.attempts) == ("pending", ())
    deliverer.cut_off()


async def test_a_robot_that_is_gone_is_disabled(bench: Bench, team: LeadCollector) -> None:
    """Nothing more is tried at this address."""
    team.answer(Answer(200, body='{"errcode":93000}'), path="/wecom")
    deliverer = await bench.deliverer()
    await send(bench, deliverer, "wecom", team)
    await bench.when(lambda delivery: delivery.state == "disabled")
    bench.clock.advance(86_400)
    assert len(team.on("/wecom")) == 1


async def test_an_expired_certificate_is_tried_again(bench: Bench, team: LeadCollector, tmp_path: Path) -> None:
    """Nothing is sent before the check, by any channel."""
    certificate, key = a_certificate(tmp_path, expired=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    async with LeadCollector(signed=False, ok=OK, ssl_context=server) as closed:
        deliverer = await bench.deliverer(ca=certificate)
        for channel in ("wecom", "dingtalk", "feishu", "webpush"):
            await send(bench, deliverer, channel, closed, f"msg_{channel}")
            failed = await bench.attempts(1, f"msg_{channel}")
            assert (failed.state, failed.attempts[0].result) == ("pending", "tls")
        assert closed.attempts == []


async def test_an_address_inside_is_refused_by_every_channel(bench: Bench, team: LeadCollector) -> None:
    """The relay of a robot and the endpoint of a subscription come from outside as well."""
    deliverer = await bench.deliverer(allow="")
    for channel in ("wecom", "dingtalk", "feishu", "webpush"):
        await send(bench, deliverer, channel, team, f"msg_{channel}")
        failed = await bench.when(lambda delivery: delivery.state == "failed", f"msg_{channel}")
        assert failed.reason == "refused-address"
    assert team.attempts == []
    assert replace(failed, rev=0).settled_ms == NOW_MS
