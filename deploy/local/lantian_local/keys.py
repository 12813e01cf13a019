"""The secrets of one local suite: random for each home, made on its first start, readable by the owner only."""

import base64
import hashlib
import json
import os
import secrets
from pathlib import Path

import yaml

KEYS = "keys.json"
ACCESS = "access.yaml"
SECRETS = "secrets"
TICKET_KEY = "ticket-key"
SECOND_FACTOR_KEY = "second-factor-key"
PROBE = "probe"
PROBE_KEY = "probe-key"
PROBE_SECOND_KEY = "probe-second-key"
PROBE_DIVISION = "990101"  # nobody's; the default of LANTIAN_PROBE_DIVISION


def administrator_key(home: Path) -> str:
    """The key of the demo administrator in `home`, made on the first call."""
    file = home / KEYS
    if file.exists():
        return str(json.loads(file.read_text())["administrator"])
    key = secrets.token_urlsafe(32)
    _write(file, json.dumps({"administrator": key}) + "\n")
    return key


def probe_key(home: Path, name: str = PROBE_KEY) -> str:
    """A key with which a probe of the suite in `home` voids what it caused, made on the first call; it takes two."""
    file = home / name
    if not file.exists():
        _write(file, secrets.token_urlsafe(32))
    return file.read_text()


def provide(home: Path) -> str:
    """Make the access file of tasks and the secrets folder of notify, and return the administrator's key.

    An access file that knows the key is kept: people may have added others to it.
    """
    key = administrator_key(home)
    file = home / ACCESS
    key_sha256 = hashlib.sha256(key.encode()).hexdigest()
    if not file.exists() or key_sha256 not in file.read_text(encoding="utf-8"):
        administrator = {
            "id": "demo-administrator",
            "role": "administrator",
            "organisation": "Lantian demo",
            "divisions": ["000000"],  # the whole country
            "key_sha256": [key_sha256],
        }
        probes = [
            {
                "id": id_,
                "role": "city-office",
                "organisation": "probe",
                "divisions": [PROBE_DIVISION],
                "key_sha256": [hashlib.sha256(probe_key(home, name).encode()).hexdigest()],
            }
            for id_, name in (("probe", PROBE_KEY), ("probe-second", PROBE_SECOND_KEY))
        ]
        _write(file, yaml.safe_dump({"principals": [administrator, *probes]}, sort_keys=False))
    for name in (TICKET_KEY, SECOND_FACTOR_KEY):
        if not (home / name).exists():
            _write(home / name, secrets.token_hex(32) + "\n")
    (home / SECRETS).mkdir(mode=0o700, exist_ok=True)
    webhook_secret(home, PROBE)
    return key


def webhook_secret(home: Path, name: str) -> str:
    """The signing secret `name` of notify in `home` (Standard Webhooks 1.0), made on the first call."""
    file = home / SECRETS / name
    if not file.exists():
        _write(file, f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
    return file.read_text().strip()


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    draft.replace(file)
