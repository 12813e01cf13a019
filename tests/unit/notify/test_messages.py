"""Messages for people: within each channel's limit to the byte, never half a character, and cut in the open."""

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError

from lantian_notify.channels import CHANNELS, dingtalk, email, feishu, sms, webpush, wecom
from lantian_notify.channels.base import Message
from lantian_notify.routing.facts import facts_of
from lantian_notify.wording.letter import Letter, Templates, cut, plain_markdown, title_of
from lantian_notify.wording.render import CUT_MARK
from tests.support.notify_events import NOW_MS, an_event

TEMPLATES = Templates(None, "https://lantian.example")
LINKS = (("详情", "https://lantian.example/issues/issue-1"), ("确认", "https://notify.example/a/" + "x" * 59))
LIMITS = {"wecom": 4096, "dingtalk": 20_000, "feishu": 20_000, "webpush": 3993}

DINGTALK_SIGN = "Sf/ft2shUSqoR1REF+DS39IoTlwQRyDPwfM8S94ODOc="
FEISHU_SIGN = "eSJQnOl8XqPTMPHWz9e5IzeHS/tqoc68g2967ekIPmg="


def a_letter(text: str, title: str = "【严重】新线索") -> Letter:
    """A letter with this text in every form."""
    return Letter(title, dict.fromkeys(("markdown", "text", "html", "sms"), text), LINKS)


def content(channel: str, body: bytes) -> str:
    """What the limit counts."""
    return json.loads(body)["markdown"]["content"] if channel == "wecom" else body.decode()


@pytest.mark.parametrize("channel", sorted(LIMITS))
@pytest.mark.parametrize("sign", ["a", "é", "蓝", "😀", '"', "\n"])
def test_the_limit_is_kept_to_the_byte(channel: str, sign: str) -> None:
    """One, two, three and four bytes a character, and characters that JSON escapes: full, and never over."""
    limit, compose = LIMITS[channel], CHANNELS[channel].compose
    assert compose is not None
    for extra in range(limit - 40, limit + 40, 7):
        text = content(channel, compose(a_letter(sign * (extra // len(sign.encode())))))
        assert len(text.encode()) <= limit
        assert LINKS[1][1] in text  # the link is never cut
    text = content(channel, compose(a_letter(sign * 30_000)))
    assert limit - 300 <= len(text.encode()) <= limit
    assert CUT_MARK in text
    assert "�" not in text


@given(st.text(max_size=300), st.integers(min_value=40, max_value=400))
def test_a_cut_text_is_a_beginning_and_says_so(text: str, limit: int) -> None:
    """Whatever the text holds: within the limit, and whole when it fits."""
    clean = text.encode(errors="replace").decode()
    found = cut(text, limit)
    assert len(found.encode()) <= limit
    assert found == clean or (found.endswith(CUT_MARK) and clean.startswith(found.removesuffix(CUT_MARK)))
    assert (found == clean) == (len(clean.encode()) <= limit)


def test_a_limit_below_the_mark_is_refused() -> None:
    """No message can be made of nothing."""
    with pytest.raises(ValueError, match="too few"):
        cut("蓝" * 20, 10)


@pytest.mark.parametrize(
    ("units", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4), (268, 4), (269, 5)]
)
def test_parts_of_a_short_message(units: int, parts: int) -> None:
    """70 units in one, 67 in each of several."""
    assert sms.parts("蓝" * units) == parts


def test_a_character_beyond_the_basic_plane_is_two_units() -> None:
    """As UCS-2 counts it."""
    assert sms.units("😀a") == 3
    assert sms.parts("😀" * 35) == 1
    assert sms.parts("😀" * 36) == 2


@given(st.text(max_size=400), st.integers(min_value=80, max_value=270))
def test_a_short_message_keeps_its_link_within_the_parts(text: str, limit: int) -> None:
    """The text is cut, the link never."""
    found = sms.fitted(text, LINKS[0][1], limit)
    assert sms.units(found) <= limit
    assert found.endswith(LINKS[0][1])


def test_a_short_message_is_four_parts_at_most_with_its_signature() -> None:
    """And leads to the acknowledgement, not to the console."""
    text = sms.compose(a_letter("蓝" * 1000)).decode()
    assert sms.parts(f"【十个字的签名一二三四】{text}") == sms.PARTS_AT_MOST
    assert LINKS[1][1] in text
    assert LINKS[0][1] not in text


def test_a_mail_is_what_mail_readers_expect() -> None:
    """Chinese subject and name encoded, text and HTML, seven bits, the notice's id; nothing opens another header."""
    event = an_event(enterprise_name='某"公司"\r\nBcc: evil@example.com<script>')
    letter = TEMPLATES.letter([facts_of(event).stored()], LINKS[1][1])
    body = email.compose(letter)
    raw = email.mail_of(Message("msg_1", "duty@team.example", "", body, 1), "lantian@gov.example", NOW_MS).as_bytes()
    assert max(raw) < 128
    assert "=?utf-8?" in raw.decode().split("\r\n\r\n")[0].lower()
    read = message_from_bytes(raw, policy=default)
    assert read["Bcc"] is None
    assert "新线索" in read["Subject"]
    assert "\n" not in read["Subject"]
    assert read["Message-ID"] == "<msg_1@gov.example>"
    text, html = (part.get_content() for part in read.iter_parts())
    assert "超过限值 35" in text
    assert LINKS[1][1] in text
    assert LINKS[1][1] in html
    assert "<script>" not in html


def test_an_enterprise_has_no_power_in_a_chat() -> None:
    """No link, mention, colour, heading or line of its own."""
    event = an_event(enterprise_name="# x\n[点我](http://evil.example)<@all> **红** `码`")
    (text,) = TEMPLATES.letter([facts_of(event).stored()], forms=("markdown",)).bodies.values()
    assert "［点我］(http：//evil.example)＜＠all＞ ＊＊红＊＊ ｀码｀" in text
    assert plain_markdown("a\r\n#b") == "a ＃b"


def test_one_message_tells_of_many() -> None:
    """Each with its own line; the title counts and names them."""
    items = [facts_of(an_event(event_id=f"e{n}", enterprise_name=f"企业{n}")).stored() for n in range(3)]
    letter = TEMPLATES.letter(items)
    assert title_of(items) == "【较重】3条消息：企业0等3家"
    assert all(f"企业{n}" in letter.bodies["markdown"] for n in range(3))
    assert letter.links == (("详情", "https://lantian.example/issues"),)


def test_a_template_of_ones_own_stands_first_and_can_not_stop_a_message(tmp_path: Path) -> None:
    """A broken one is passed over; the sandbox lets nothing out."""
    (tmp_path / "registered.sms.j2").write_text("自定义 {{ first.enterprise_name }}", encoding="utf-8")
    (tmp_path / "default.markdown.j2").write_text("{{ first.no_such_thing.really }}", encoding="utf-8")
    own = Templates(tmp_path, "")
    item = facts_of(an_event()).stored()
    assert own.letter([item], forms=("sms",)).bodies["sms"] == "自定义 唐山示例钢铁有限公司"
    assert "小时均值" in own.letter([item], forms=("markdown",)).bodies["markdown"]
    for escape in ("{{ ''.__class__.__mro__ }}", "{{ first.__init__.__globals__ }}", "{{ items.append(1) }}", "{{ x"):
        with pytest.raises(TemplateError):
            own.preview("text", escape, [item])


def test_the_same_letter_is_the_same_bytes() -> None:
    """Every attempt sends the same."""
    item = facts_of(an_event()).stored()
    for kind in CHANNELS.values():
        if kind.compose is not None:
            letter = TEMPLATES.letter([item], LINKS[1][1], kind.forms)
            assert kind.compose(letter) == kind.compose(TEMPLATES.letter([item], LINKS[1][1], kind.forms))


def test_signatures_are_the_vendors() -> None:
    """Known answers, computed by the vendors' published recipes with openssl."""
    assert dingtalk.signature("SEC-test", 1_700_000_000_000) == DINGTALK_SIGN
    assert feishu.signature("test", 1_700_000_000) == FEISHU_SIGN


def test_every_channel_for_people_says_its_forms() -> None:
    """A channel without a form would have nothing to write."""
    for kind in CHANNELS.values():
        assert bool(kind.forms) == (kind.compose is not None)
        assert (kind.render is None) == (kind.compose is not None)
    assert wecom.WECOM.rate == dingtalk.DINGTALK.rate
    assert webpush.PLAIN_BYTES == 3993
