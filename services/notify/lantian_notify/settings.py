"""Settings of notify. Each channel has its own, beside its code."""

from pathlib import Path

from pydantic import Field, SecretStr

from lantian_kit.settings import ProcessSettings, StoreSettings


class NotifySettings(ProcessSettings, StoreSettings):
    """What the process needs, LANTIAN_…"""

    http_port: int = Field(default=18083, description="Port of the HTTP server", ge=0, le=65535)
    access_file: Path | None = Field(default=None, description="Principals with the hashes of their keys, YAML")
    ticket_key_file: Path | None = Field(
        default=None,
        description="Keys of the tickets by which notify knows who is signed in at tasks, one a line; unset: none",
    )
    notify_operator_key: SecretStr | None = Field(
        default=None, description="Bearer key of one more administrator, besides those of the access file"
    )
    notify_per_endpoint: int = Field(default=4, description="Deliveries under way at once to one endpoint", ge=1, le=64)
    notify_lease_seconds: float = Field(
        default=30.0, description="Wall seconds a replica owns a delivery it claimed; above the longest attempt", gt=20
    )
    notify_routes_file: Path | None = Field(default=None, description="Routes and escalations, YAML; unset: as shipped")
    notify_templates_dir: Path | None = Field(
        default=None, description="Folder of templates that stand before the shipped ones"
    )
    notify_link_key_file: Path | None = Field(
        default=None, description="Keys of the links in messages, one a line, 32 bytes at least; unset: no links"
    )
    notify_public_url: str = Field(
        default="", description="Where people reach notify; unset: no links to acknowledge by"
    )
    notify_console_url: str = Field(default="", description="Where people reach the console; unset: no links to issues")
    notify_team_wait_seconds: float = Field(
        default=3600.0,
        description="Suite seconds an event waits for the registry to learn who serves its division",
        ge=0,
    )
    notify_stream_clients: int = Field(
        default=64, description="Clients that may follow the live stream of a replica", ge=0, le=10_000
    )
