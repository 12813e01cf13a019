"""The replica set of the store, as the installers write it: what starts it, what makes it one, and every URL agree."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

SCRIPT = re.compile(
    r'replSetInitiate: \{ _id: "(?P<name>\w+)", members: \[\{ _id: 0, host: "(?P<host>[\w.-]+:\d+)" \}\] \}'
)
BACKUP_SECONDS = 3600
"""Longest backup of one moment (lantian_local.backup.store.one_moment); 300 unless the server is told."""
ADMIN = re.compile(r"mongodb://root:\$\{password\}@(?P<host>[\w.-]+:\d+)/admin\?(?P<options>[\w=&]+)")


def server_problems(arguments: Sequence[str], script: str) -> Iterator[str]:
    """The server's arguments against the script that makes it a replica set."""
    made = SCRIPT.search(script)
    if made is None:
        yield "the script initiates no replica set of one member"
        return
    if _after("--replSet", arguments) != made["name"]:
        yield f"the server is of replica set {_after('--replSet', arguments)}, the script makes {made['name']}"
    if _after("--keyFile", arguments) is None:
        yield "without a key file a replica set has no access control"
    if "--bind_ip_all" not in arguments:
        yield "the server listens to itself alone; the member's own name would not reach it"
    if _after("--setParameter", arguments) != f"minSnapshotHistoryWindowInSeconds={BACKUP_SECONDS}":
        yield "the server forgets a moment after five minutes: a longer backup would break off"
    admin = ADMIN.search(script)
    if admin is None or admin["host"] != made["host"]:
        yield f"the script speaks to {admin and admin['host']}, and makes {made['host']} a member"
    elif "directConnection=true" not in admin["options"].split("&"):
        yield "before it is made, a replica set has no primary: the script must connect to the server directly"


def url_problems(urls: Mapping[str, str], script: str, services: Sequence[str]) -> Iterator[str]:
    """Each URL of the store, by its name, against the script; `services` are names that resolve."""
    made = SCRIPT.search(script)
    for name, url in urls.items():
        parts, options = urlsplit(url), parse_qs(urlsplit(url).query)
        if made is None or options.get("replicaSet") != [made["name"]]:
            yield f"{name}: replicaSet is {options.get('replicaSet')}, so a change of primary is not followed"
        if made is None or f"{parts.hostname}:{parts.port}" != made["host"]:
            yield f"{name}: {parts.hostname}:{parts.port} is no member"
        if parts.hostname not in services:
            yield f"{name}: no service is called {parts.hostname}"
        if options.get("authSource") != ["admin"]:
            yield f"{name}: accounts lie in admin, authSource is {options.get('authSource')}"
        for option in ("directConnection", "w", "readPreference", "readConcernLevel", "retryWrites"):
            if option in options:
                yield f"{name}: {option} is the service's own choice"


def health_problems(service: Mapping[str, Any], name: str) -> Iterator[str]:
    """The health check asks under the name of the network: the entry point's first server listens to itself alone."""
    test = list(service.get("healthcheck", {}).get("test", ()))
    if _after("--host", test) != name:
        yield f"the health check asks {_after('--host', test)}: the server that only makes the first account would pass"


def _after(option: str, arguments: Sequence[str]) -> str | None:
    words = [*map(str, arguments)]
    return words[words.index(option) + 1] if option in words[:-1] else None
