"""What ingest of one local suite needs to know that nobody else may: random for each home, readable by the owner."""

import hashlib
import json
import os
import secrets
from pathlib import Path

import yaml

FILE = "ingest-keys.json"
PUBLISHERS = "publishers.yaml"
NAMES = ("identity", "evidence", "publisher")


def keys(home: Path) -> dict[str, str]:
    """`identity` and `evidence` protect vehicles (hex), `publisher` may send for every feed; made on the first call."""
    file = home / FILE
    if not file.exists():
        home.mkdir(parents=True, exist_ok=True)
        made = {name: secrets.token_hex(32) for name in NAMES}
        partly = file.with_suffix(".part")
        descriptor = os.open(partly, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as output:
            output.write(json.dumps(made) + "\n")
        partly.replace(file)
    return {name: str(json.loads(file.read_text())[name]) for name in NAMES}


def environment(home: Path) -> dict[str, str]:
    """The LANTIAN_… variables of ingest, and the publishers' file they name; one that is there is kept."""
    known = keys(home)
    file = home / PUBLISHERS
    if not file.exists():
        publisher = {
            "id": "local",
            "feeds": ["*"],
            "key_sha256": [hashlib.sha256(known["publisher"].encode()).hexdigest()],
            "rows_per_minute": 1_000_000,
        }
        file.write_text(yaml.safe_dump({"publishers": [publisher]}, sort_keys=False), encoding="utf-8")
    return {
        "LANTIAN_IDENTITY_KEY": known["identity"],
        "LANTIAN_EVIDENCE_KEY": known["evidence"],
        "LANTIAN_PUBLISHERS_FILE": str(file),
    }
