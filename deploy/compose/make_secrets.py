"""Makes the secrets that docker-compose.yml mounts, each with its own random value; keeps every file that exists.

Run once before the first start, and again after an upgrade that needs another secret:

    python3 deploy/compose/make_secrets.py

A team whose webhooks are signed with the secret NAME (registry: webhook_secret_name) gets one with `--webhook NAME`.

The folder is readable by its owner alone. The files in it are readable by all, since each is mounted into a container
that runs under another user id.
The first principal of the API is `administrator`, its key lies in administrator_key; add others to tasks_access. The
first publisher may POST readings for every feed, its key lies in publisher_key; add others to ingest_publishers.
"""

import argparse
import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent / "secrets"
PROBE_DIVISION = "990101"  # nobody's; the default of LANTIAN_PROBE_DIVISION
STORE = "mongodb://lantian_{service}:{password}@mongo:27017/lantian_{service}?authSource=admin&replicaSet=rs0"


def make(folder: Path, webhooks: Sequence[str] = ()) -> list[str]:
    """Writes what is missing into `folder` and returns the names written; `webhooks` are names of signing secrets."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []

    def keep(name: str, value: str) -> str:
        path = folder / name
        if not path.exists():
            path.write_text(value, encoding="utf-8")
            path.chmod(0o444)
            written.append(name)
        return path.read_text(encoding="utf-8")

    root = keep("mongo_root_password", secrets.token_urlsafe(32))
    # Backup and restore are about the databases of both services.
    keep("operator_store_url", f"mongodb://root:{root}@mongo:27017/?authSource=admin&replicaSet=rs0")
    keep("mongo_keyfile", base64.b64encode(secrets.token_bytes(567)).decode())
    for service in ("tasks", "notify"):
        password = keep(f"mongo_{service}_password", secrets.token_urlsafe(32))
        keep(f"{service}_store_url", STORE.format(service=service, password=password))
    key = keep("administrator_key", secrets.token_urlsafe(32))
    administrator = {
        "id": "administrator",
        "role": "administrator",
        "organisation": "administrator",
        "divisions": ["000000"],
        "key_sha256": [hashlib.sha256(key.encode()).hexdigest()],
    }
    probes = []
    for id_, name in (("probe", "probe_api_key"), ("probe-second", "probe_second_api_key")):
        key = keep(name, secrets.token_urlsafe(32))
        probe = {"id": id_, "role": "city-office", "organisation": "probe", "divisions": [PROBE_DIVISION]}
        probes.append({**probe, "key_sha256": [hashlib.sha256(key.encode()).hexdigest()]})
    keep("tasks_access", json.dumps({"principals": [administrator, *probes]}, indent=2) + "\n")
    keep("ticket_key", secrets.token_hex(32) + "\n")
    keep("second_factor_key", secrets.token_hex(32) + "\n")
    keep("notify_operator_key", secrets.token_urlsafe(32))
    keep("notify_link_key", secrets.token_hex(32) + "\n")
    keep("ingest_identity_key", secrets.token_hex(32))
    keep("ingest_evidence_key", secrets.token_hex(32))
    key = keep("publisher_key", secrets.token_urlsafe(32))
    publisher = {"id": "publisher", "feeds": ["*"], "key_sha256": [hashlib.sha256(key.encode()).hexdigest()]}
    keep("ingest_publishers", json.dumps({"publishers": [publisher]}, indent=2) + "\n")
    keep("grafana_admin_password", secrets.token_urlsafe(24))
    (folder / "oidc").mkdir(exist_ok=True)  # for who signs in at an OpenID provider: see oidc.yaml
    (folder / "webhooks").mkdir(exist_ok=True)
    for name in ("probe", *webhooks):
        keep(f"webhooks/{name}", f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}")
    return written


def main() -> int:
    """Says what it wrote; the values are shown nowhere."""
    parser = argparse.ArgumentParser(description="Makes the secrets that are missing.")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they are kept")
    parser.add_argument(
        "--webhook", action="append", default=[], metavar="NAME", help="also a signing secret of this name"
    )
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    written = make(folder, arguments.webhook)
    sys.stdout.write(f"{folder}: {', '.join(written) or 'nothing to do, all secrets exist'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
