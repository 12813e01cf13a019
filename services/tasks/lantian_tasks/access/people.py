"""Accounts, sessions, keys and broken glass, wired together."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fastapi import APIRouter

from lantian_kit.access.ticket import Tickets
from lantian_kit.clock import Clock
from lantian_tasks.access.account_endpoints import account_routes
from lantian_tasks.access.gate import Cookie, Gate
from lantian_tasks.access.glass import Glasses, Tell, glass_routes
from lantian_tasks.access.keeping import Accounts, ApiKeys
from lantian_tasks.access.kept import AccessStore
from lantian_tasks.access.login_endpoints import login_routes
from lantian_tasks.access.oidc import Client, Oidc, Provider
from lantian_tasks.access.passwords import Hashing
from lantian_tasks.access.session_endpoints import session_routes
from lantian_tasks.access.sessions import SessionPolicy, Sessions
from lantian_tasks.access.vault import Vault
from lantian_tasks.metrics import TasksMetrics


@dataclass(frozen=True)
class Options:
    """`store` keeps accounts, sessions and keys; the defaults are those of the settings."""

    store: AccessStore
    hashing: Hashing = field(default_factory=Hashing)
    policy: SessionPolicy = field(default_factory=SessionPolicy)
    cookie: Cookie = field(default_factory=Cookie)
    tickets: Tickets = field(default_factory=Tickets)
    vault: Vault = field(default_factory=Vault)
    provider: Provider | None = None
    client: Client | None = None


class People:
    """Whoever is not in the access file."""

    def __init__(self, options: Options, clock: Clock, metrics: TasksMetrics, tell: Tell | None = None) -> None:
        """`tell` is told of broken glass; without it no glass can be broken."""
        self._options = options
        self._clock = clock
        self.sessions = Sessions(options.store, clock, options.policy, options.hashing, metrics, options.vault)
        self.keys = ApiKeys(options.store, clock)
        self.glasses = Glasses(options.store, clock, tell)
        provider = options.provider
        self._oidc = Oidc(provider, options.store, clock, options.client) if provider else None
        self._accounts = Accounts(options.store, clock, options.hashing)

    def routes(self, gate: Gate) -> Iterator[APIRouter]:
        """Everything under /v1 that is about access."""
        yield session_routes(self.sessions, gate, self._options.tickets, self._clock)
        yield account_routes(self._accounts, self.keys)
        yield glass_routes(self.glasses)
        yield login_routes(self.sessions, gate, self._oidc, self._options.cookie.secure)
