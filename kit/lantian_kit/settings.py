"""Settings every process has; a service adds its own by subclassing, all from LANTIAN_… variables or mounted files."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from lantian_kit.clock import SuiteClock
from lantian_kit.kafka_security import KafkaSecurity


class ProcessSettings(KafkaSecurity):
    """What any process of the suite needs."""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_", extra="ignore", frozen=True)

    instance: str = Field(default="", description="Name of this replica; makes its Kafka membership static")
    kafka_bootstrap: str = Field(default="127.0.0.1:19092", description="Kafka brokers, comma separated host:port")
    http_host: str = Field(default="127.0.0.1", description="Address the HTTP server listens on")
    http_port: int = Field(default=8080, description="Port of the HTTP server", ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged")
    log_json: bool = Field(default=True, description="Logs as JSON lines; false for people")
    shutdown_seconds: float = Field(default=25.0, description="Longest time from SIGTERM to exit, wall seconds", gt=0)
    trace_share: float = Field(default=0.0, description="Share of leads and frames that are traced; 0: off", ge=0, le=1)
    trace_collector: str = Field(
        default="http://127.0.0.1:4318/v1/traces", description="Where traces go, OTLP over HTTP"
    )
    clock_rate: float = Field(default=1.0, description="Suite seconds in one wall second", gt=0)
    clock_wall_epoch_ms: int = Field(default=0, description="Wall time of the clock's epoch, ms since 1970 UTC")
    clock_suite_epoch_ms: int = Field(default=0, description="Suite time shown at the epoch, ms since 1970 UTC")

    def clock(self) -> SuiteClock:
        """The suite's clock."""
        return SuiteClock(self.clock_rate, self.clock_wall_epoch_ms, self.clock_suite_epoch_ms)


class StoreSettings(BaseSettings):
    """For the services that keep documents."""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_", extra="ignore", frozen=True)

    store_url: SecretStr = Field(
        default=SecretStr("mongodb://127.0.0.1:19017"), description="MongoDB URL; may hold a password"
    )
    store_database: str = Field(default="lantian", description="Database name")


def describe(settings: BaseSettings) -> dict[str, str]:
    """Every setting as text for the log; secrets are masked by their type."""
    return {name: str(getattr(settings, name)) for name in type(settings).model_fields}
