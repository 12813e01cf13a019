"""What the answers of the robots, the gateway, the push services and the relay mean."""

import json

import pytest

from lantian_kit.clock import ManualClock
from lantian_notify.channels import dingtalk, feishu, webpush, wecom
from lantian_notify.channels.base import Answer, GiveUp, Message, Reply, Retry, Sent
from lantian_notify.channels.email import EmailChannel, EmailSettings, refused
from lantian_notify.channels.post import Judge, Response, trusted
from lantian_notify.channels.sms import SmsSettings


def told(answer: Answer) -> tuple[str, str, bool]:
    """Kind, reason, and whether the endpoint is disabled or throttled."""
    if isinstance(answer, Sent):
        return "sent", "", False
    return type(answer).__name__, answer.reason, answer.throttle if isinstance(answer, Retry) else answer.disables


SENT = ("sent", "", False)
THROTTLED = ("Retry", "throttled", True)
GONE = ("GiveUp", "gone", True)
REJECTED = ("GiveUp", "rejected", False)
AGAIN = ("Retry", "errcode", False)


@pytest.mark.parametrize(
    ("judge", "body", "expected"),
    [
        (wecom.judge, {"errcode": 0, "errmsg": "ok"}, SENT),
        (wecom.judge, {"errcode": 45009}, THROTTLED),
        (wecom.judge, {"errcode": 93000}, GONE),
        (wecom.judge, {"errcode": 40058}, REJECTED),
        (wecom.judge, {"errcode": -1}, AGAIN),
        (wecom.judge, {"errcode": 99999}, AGAIN),
        (wecom.judge, {"errmsg": "ok"}, AGAIN),
        (wecom.judge, [], AGAIN),
        (wecom.judge, None, AGAIN),
        (dingtalk.judge, {"errcode": 0, "errmsg": "ok"}, SENT),
        (dingtalk.judge, {"errcode": 130101}, THROTTLED),
        (dingtalk.judge, {"errcode": 400102}, GONE),
        (dingtalk.judge, {"errcode": 460101}, REJECTED),
        (dingtalk.judge, {"errcode": 310000}, AGAIN),
        (feishu.judge, {"code": 0, "msg": "success"}, SENT),
        (feishu.judge, {"StatusCode": 0, "StatusMessage": "success"}, SENT),
        (feishu.judge, {"code": 11232}, THROTTLED),
        (feishu.judge, {"code": 19001}, GONE),
        (feishu.judge, {"code": 9499}, REJECTED),
        (feishu.judge, {"code": 19021}, AGAIN),
    ],
)
def test_200_says_nothing_the_code_decides(judge: Judge, body: object, expected: tuple[str, str, bool]) -> None:
    """Every code that is not known is tried again; an answer without a code is no success."""
    raw = b"<html>" if body is None else json.dumps(body).encode()
    assert told(judge(Response(Reply(200), raw, None))) == expected


@pytest.mark.parametrize("judge", [wecom.judge, dingtalk.judge, feishu.judge, webpush.judge])
def test_a_status_outside_2xx_is_a_failure_whatever_the_body_says(judge: Judge) -> None:
    """A proxy's page may hold anything."""
    body = b'{"errcode":0,"code":0}'
    for status in (301, 400, 403, 500, 503):
        assert isinstance(judge(Response(Reply(status), body, None)), Retry)
    assert told(judge(Response(Reply(429), body, 9.0))) == THROTTLED
    assert told(judge(Response(Reply(410), body, None))) == GONE


@pytest.mark.parametrize(
    ("status", "expected"), [(201, SENT), (404, GONE), (413, REJECTED), (429, THROTTLED), (502, THROTTLED)]
)
def test_a_push_service_answers_by_status(status: int, expected: tuple[str, str, bool]) -> None:
    """RFC 8030."""
    assert told(webpush.judge(Response(Reply(status), b"", None))) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (421, ("Retry", "throttled", False)),
        (450, ("Retry", "throttled", False)),
        (454, ("Retry", "status", False)),
        (535, ("Retry", "no-secret", False)),
        (550, GONE),
        (552, REJECTED),
        (554, REJECTED),
    ],
)
def test_a_relay_answers_by_code(code: int, expected: tuple[str, str, bool]) -> None:
    """RFC 5321: 4yz may pass, 5yz will not."""
    assert told(refused(code)) == expected


@pytest.mark.parametrize("address", ["", "nobody", "a@b c", "a@b\r\nBcc: c@d", '"a b"@c.example', "a@-b.example"])
async def test_what_is_no_mailbox_is_not_tried(address: str) -> None:
    """No header can be opened by an address."""
    channel = EmailChannel(EmailSettings(host="relay.example"), ManualClock(), trusted(None))
    assert await channel.send(Message("msg_1", address, "", b"{}", 1)) == GiveUp("refused-address", "no mailbox")


async def test_without_a_relay_a_mail_waits() -> None:
    """For a person to set it."""
    channel = EmailChannel(EmailSettings(), ManualClock(), trusted(None))
    assert told(await channel.send(Message("msg_1", "a@b.example", "", b"{}", 1))) == ("Retry", "no-secret", False)


def test_settings_have_a_prefix_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """One channel's settings are not another's."""
    monkeypatch.setenv("LANTIAN_SMS_CODE_SUCCESS", "OK")
    monkeypatch.setenv("LANTIAN_WECOM_URL", "https://relay.example/wecom")
    assert SmsSettings().code_success == "OK"
    assert wecom.WecomSettings().url == "https://relay.example/wecom"
    assert dingtalk.DingtalkSettings().url.startswith("https://oapi.dingtalk.com/")
