"""Signatures and the files their secrets lie in."""

import base64
import time
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from lantian_notify.sign import SecretError, Secrets, headers

OLD = "whsec_" + base64.b64encode(b"o" * 32).decode()
NEW = "whsec_" + base64.b64encode(b"n" * 24).decode()
BODY = '{"a":"蓝天"}'.encode()


def wall_ms() -> int:
    """Receivers refuse what is older than five minutes, so this one test subject needs the real time."""
    return int(time.time() * 1000)


def test_a_signature_verifies_by_the_library() -> None:
    """And not over another body, nor with another secret."""
    signed = headers("msg_1", BODY, wall_ms(), (NEW,))
    Webhook(NEW).verify(BODY, signed)
    for secret, body in ((NEW, BODY + b" "), (OLD, BODY)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, signed)
    assert signed["webhook-id"] == "msg_1"


def test_while_a_secret_is_replaced_both_verify() -> None:
    """Two signatures, separated by a space."""
    signed = headers("msg_1", BODY, wall_ms(), (NEW, OLD))
    assert len(signed["webhook-signature"].split(" ")) == 2
    for secret in (NEW, OLD):
        Webhook(secret).verify(BODY, signed)


def test_secrets_are_read_anew_each_time(tmp_path: Path) -> None:
    """One line, two lines, changed without a restart."""
    (tmp_path / "team-1").write_text(f"{OLD}\n")
    secrets = Secrets(tmp_path)
    assert secrets.read("team-1") == (OLD,)
    (tmp_path / "team-1").write_text(f"{NEW}\n\n  {OLD}  \n")
    assert secrets.read("team-1") == (NEW, OLD)


@pytest.mark.parametrize("name", ["", "../team-1", "/etc/passwd", "a/b", ".hidden", "a" * 65, "a\nb", "密"])
def test_a_name_never_walks_the_file_system(name: str, tmp_path: Path) -> None:
    """It comes from the registry."""
    (tmp_path / "team-1").write_text(OLD)
    folder = tmp_path / "inner"
    folder.mkdir()
    with pytest.raises(SecretError, match="name"):
        Secrets(folder).read(name)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "0 lines"),
        (f"{OLD}\n{NEW}\n{OLD}".encode(), "3 lines"),
        (b"hunter2-hunter2", "begin with whsec_"),
        (b"whsec_", "0 bytes"),
        (b"whsec_????", "base64"),
        (b"whsec_" + base64.b64encode(b"short"), "5 bytes"),
        (b"whsec_" + base64.b64encode(b"x" * 65), "65 bytes"),
        ("whsec_密".encode(), "no text"),
        (f"{NEW}\nbroken".encode(), "begin with whsec_"),
    ],
)
def test_a_bad_secret_is_refused_without_being_shown(content: bytes, why: str, tmp_path: Path) -> None:
    """The message names the file, never what lies in it."""
    (tmp_path / "team-1").write_bytes(content)
    with pytest.raises(SecretError, match=why) as caught:
        Secrets(tmp_path).read("team-1")
    assert len(content) == 0 or content.decode() not in str(caught.value)


def test_a_missing_file_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    """Nothing is ever sent unsigned."""
    with pytest.raises(SecretError, match="can not be read"):
        Secrets(tmp_path).read("team-1")
    with pytest.raises(SecretError, match="no folder"):
        Secrets(None).read("team-1")


def test_an_unpadded_secret_is_taken(tmp_path: Path) -> None:
    """As the library takes it."""
    bare = OLD.rstrip("=")
    (tmp_path / "team-1").write_text(bare)
    signed = headers("msg_1", BODY, wall_ms(), Secrets(tmp_path).read("team-1"))
    Webhook(OLD).verify(BODY, signed)
