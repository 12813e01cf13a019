"""Settings of tasks, from LANTIAN_… variables; described in README.md."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from lantian_kit.settings import ProcessSettings, StoreSettings
from lantian_tasks.access.sessions import SessionPolicy


class TasksSettings(ProcessSettings, StoreSettings):
    """`role` splits the service: the API scales with people, the worker with leads."""

    http_port: int = Field(default=18080, description="Port of the API", ge=0, le=65535)
    role: Literal["all", "api", "worker"] = Field(default="all", description="What this process does")
    access_file: Path | None = Field(
        default=None, description="YAML file of principals and their key hashes; without it nobody may do anything"
    )
    ticket_key_file: Path | None = Field(
        default=None,
        description="Keys of the tickets by which notify knows who is signed in at tasks, one a line; unset: none",
    )
    second_factor_key_file: Path | None = Field(
        default=None,
        description="Keys that encrypt the secrets of second factors in the store, one a line, the first one writes; "
        "unset: they are kept as they are",
    )
    audit_hash: Literal["sha-256", "sm3"] = Field(
        default="sha-256", description="Hash of new entries of the audit chains; each entry names its own"
    )
    oidc_file: Path | None = Field(
        default=None, description="YAML of an OpenID provider and which claims make which role; unset: passwords alone"
    )
    cookie_secure: bool = Field(
        default=True, description="Session cookies go over TLS only; false on one machine without TLS"
    )
    session_hours: float = Field(default=12.0, description="Longest session, wall hours", gt=0)
    session_idle_minutes: float = Field(default=60.0, description="Longest pause within a session, wall minutes", gt=0)
    password_days: float = Field(
        default=90.0, description="Days after which a password must be changed, wall time; 0: never", ge=0
    )
    second_factor_roles: str = Field(
        default="ministry,province,administrator,security,auditor",
        description="Roles that must have a second factor, comma separated; empty: none",
    )
    console_dir: Path | None = Field(
        default=None, description="Folder of the built console, served under /console/; unset: no console"
    )
    outbox_poll_seconds: float = Field(
        default=1.0, description="Longest wait between two looks into the outbox, wall seconds", gt=0
    )
    screening: Literal["automatic", "statutory", "full"] = Field(
        default="automatic",
        description="Which leads of detectors become issues without a person: all, statutory exceedance and dropout "
        "from severity 3, or none",
    )
    history: Literal["open", "all"] = Field(
        default="open",
        description="Whose minute, hour and day means are kept for curves and dossiers: of stations and sources with "
        "open issues, or of all",
    )
    policy_file: Path | None = Field(
        default=None, description="YAML file of spans, ladders and rates; default: shipped"
    )
    check_lists_file: Path | None = Field(
        default=None, description="YAML file of what an inspection looks at; default: shipped"
    )
    calendar_file: Path | None = Field(
        default=None, description="YAML file of days that differ from the statutory calendar; default: shipped"
    )
    forms_dir: Path | None = Field(default=None, description="Folder of Word forms that stand before the shipped ones")
    timers_seconds: float = Field(
        default=1.0, description="Longest wait between two looks for timers, wall seconds", gt=0
    )
    audit_seconds: float = Field(
        default=10.0, description="Wall seconds between two pages of histories that are examined", gt=0
    )
    figures_seconds: float = Field(
        default=5.0, description="Wall seconds between two counts of open issues and backlog", gt=0
    )

    operators_user: str = Field(
        default="",
        description="User of SASL by whom administrators decide dead letters in the console; unset: where brokers ask "
        "for a user that is left to `lantian dlq`",
    )
    operators_password: SecretStr = Field(default=SecretStr(""), description="Its password")

    store_cards: bool = Field(
        default=False,
        description="Lists are answered from cards in memory: for the local store, only where one process alone, of "
        "role all, writes issues",
    )

    @model_validator(mode="after")
    def _one_writer(self) -> Self:
        if self.store_cards and self.role != "all":
            raise ValueError("store_cards needs role all: cards miss what another process writes")
        return self

    def sessions(self) -> SessionPolicy:
        """Spans and duties of sessions."""
        roles = frozenset(role.strip() for role in self.second_factor_roles.split(",") if role.strip())
        return SessionPolicy(self.session_hours, self.session_idle_minutes, self.password_days, roles)

    @property
    def audit_algorithm(self) -> str:
        """As entries name it."""
        return f"{self.audit_hash} rfc8785"
