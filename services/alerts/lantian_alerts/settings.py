"""Settings of alerts."""

from pydantic import Field

from lantian_kit.settings import ProcessSettings


class AlertsSettings(ProcessSettings):
    """What the process needs, LANTIAN_…; what rules judge by is in rules/catalogue.yaml."""

    http_port: int = Field(default=18082, description="Port of the HTTP server", ge=0, le=65535)
    snapshot_seconds: float = Field(default=2.0, description="Wall seconds between snapshots of the state", gt=0)
    tick_gap_seconds: float = Field(
        default=30.0, description="Suite seconds between ticks after which ingest counts as away", gt=0
    )
    tick_gap_wall_seconds: float = Field(
        default=4.0, description="The same in wall seconds, for a clock that runs fast; the longer one holds", gt=0
    )
    fetch_wait_ms: int = Field(default=20, description="Longest wait of the broker to fill a fetch", ge=0)
    fetch_bytes: int = Field(default=65_536, description="A fetch is sent at this size", ge=1)
    leave_on_stop: bool = Field(
        default=False, description="Hand partitions over at once on stop, for scaling in; false suits a rolling restart"
    )
    operator_key_sha256: str = Field(
        default="",
        description="SHA-256 (hex) of the key for /v1/limits and single rules; empty: only from the machine itself",
    )

    @property
    def tick_gap_ms(self) -> int:
        """Suite milliseconds between ticks after which ingest counts as away."""
        return int(max(self.tick_gap_seconds, self.tick_gap_wall_seconds * self.clock_rate) * 1000)
