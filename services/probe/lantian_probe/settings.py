"""Settings of the probe, from LANTIAN_… variables."""

from pathlib import Path

from pydantic import Field, SecretStr

from lantian_kit.settings import ProcessSettings


class ProbeSettings(ProcessSettings):
    """Where the probe sends, where it is reached, and with which key it voids what it caused."""

    http_port: int = Field(default=18084, description="Port of the HTTP server", ge=0, le=65535)
    probe_gateway: str = Field(default="127.0.0.1:19212", description="HJ 212 gateway the probe sends to, host:port")
    probe_webhook_secret_file: Path | None = Field(
        default=None, description="Signing secret of the probe's team, as notify has it; without it nothing is believed"
    )
    probe_rounds_an_hour: int = Field(
        default=6, description="Exceedances in an hour of the suite; each has a source of its own", ge=1, le=60
    )
    probe_division: str = Field(default="990101", description="Division of the synthetic enterprise; nobody else's")
    probe_api_url: str = Field(default="", description="API of tasks; empty: what the probe caused is not voided")
    probe_api_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key of a city office of the probe's division, to propose voiding what the probe caused",
    )
    probe_second_api_key: SecretStr = Field(
        default=SecretStr(""), description="Key of another account of that office: voiding takes two"
    )
