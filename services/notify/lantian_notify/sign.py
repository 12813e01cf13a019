"""Signatures of Standard Webhooks 1.0, by the standardwebhooks library, with secrets from mounted files."""

import base64
import binascii
import re
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks.webhooks import Webhook

# Standard Webhooks 1.0, "Signature scheme": a symmetric secret has 24 to 64 bytes.
SECRET_BYTES = range(24, 65)
PREFIX = "whsec_"
LARGEST_FILE_BYTES = 4096
ROTATING_AT_MOST = 2

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SecretError(Exception):
    """A secret that can not be used; the message never holds any of it."""


class Secrets:
    """Secrets by name: one file each in `directory`, one secret a line; two lines while one is being replaced.

    Files are read at every attempt, so a secret changes without a restart.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def read(self, name: str) -> tuple[str, ...]:
        """The signing secrets under a name, newest first. Raises SecretError."""
        lines = self.lines(name)
        for line in lines:
            _webhook(line, name)
        return lines

    def lines(self, name: str) -> tuple[str, ...]:
        """The one or two lines of a secret, whatever they mean to a channel. Raises SecretError."""
        if self._directory is None:
            raise SecretError("no folder of secrets is set")
        if not _NAME.fullmatch(name):  # the name comes from the registry: it must not walk the file system
            raise SecretError("a secret's name is letters, digits, dot, dash and underscore")
        try:
            with (self._directory / name).open("rb") as file:
                text = file.read(LARGEST_FILE_BYTES).decode("ascii")
        except OSError as error:
            raise SecretError(f"secret {name} can not be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise SecretError(f"secret {name} is no text") from None
        lines = tuple(line.strip() for line in text.splitlines() if line.strip())
        if not 1 <= len(lines) <= ROTATING_AT_MOST:
            raise SecretError(f"secret {name} has {len(lines)} lines instead of one or two")
        return lines


def headers(notice_id: str, body: bytes, wall_ms: int, secrets: tuple[str, ...]) -> dict[str, str]:
    """The three headers; `wall_ms` is real time, because receivers refuse what is older than five minutes.

    While a secret is being replaced there is one signature for each, separated by spaces. Raises SecretError.
    """
    moment = datetime.fromtimestamp(wall_ms // 1000, UTC)
    text = body.decode()
    return {
        "webhook-id": notice_id,
        "webhook-timestamp": str(wall_ms // 1000),
        "webhook-signature": " ".join(_webhook(secret).sign(notice_id, moment, text) for secret in secrets),
    }


def _webhook(secret: str, name: str = "") -> Webhook:
    if not secret.startswith(PREFIX):
        raise SecretError(f"secret {name} does not begin with {PREFIX}")
    digits = secret.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        raise SecretError(f"secret {name} is no base64") from None
    if len(key) not in SECRET_BYTES:
        raise SecretError(f"secret {name} has {len(key)} bytes instead of 24 to 64")
    return Webhook(key)
