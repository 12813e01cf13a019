"""Settings of ingest."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from lantian_kit.settings import ProcessSettings


class IngestSettings(ProcessSettings):
    """What the process needs, LANTIAN_…; network times are wall seconds."""

    http_port: int = Field(default=18081, description="Port of the HTTP server", ge=0, le=65535)
    hj212_host: str = Field(default="127.0.0.1", description="Address the HJ 212 listener binds")
    hj212_port: int = Field(default=19212, description="Port of the HJ 212 listener", ge=0, le=65535)
    hj212_check_policy: Literal["tolerant", "strict"] = Field(
        default="tolerant", description="strict takes only frames with the right check code"
    )
    hj212_keys_file: str = Field(default="", description="SM4 keys of feeds, lines of MN and key; empty: none")
    hj212_largest_segment_bytes: int = Field(default=4096, description="Longer frames are too large", ge=128, le=9999)
    connections_at_most: int = Field(default=20_000, description="Further connections are refused", ge=1)
    connections_per_address_at_most: int = Field(
        default=4096, description="The same for one address; raise it where many devices share one", ge=1
    )
    hj212_addresses: str = Field(default="", description="Networks that may connect, comma separated CIDR; empty: any")
    hj212_tls_certificate: Path | None = Field(default=None, description="PEM chain; the listener then speaks TLS")
    hj212_tls_key: Path | None = Field(default=None, description="PEM key, where it is not in the chain's file")
    hj212_tls_clients: Path | None = Field(
        default=None, description="PEM of authorities; only devices with a certificate of theirs get in"
    )
    idle_seconds: float = Field(default=900.0, description="A connection silent for this long is closed", gt=0)
    frame_seconds: float = Field(default=15.0, description="Longest wait for the rest of a frame", gt=0)
    in_flight_frames: int = Field(default=20_000, description="Reading stops while more frames wait for Kafka", ge=1)
    connection_in_flight_frames: int = Field(default=256, description="The same for one connection", ge=1)
    batch_seconds: float = Field(default=0.05, description="Longest wait of a reading for its batch", ge=0)
    batch_bytes: int = Field(default=65_536, description="A batch of readings is sent at this size", ge=1024)
    spool_dir: str = Field(
        default="", description="Folder on this process's own disk for frames while Kafka is away; empty: no spool"
    )
    spool_bytes: int = Field(default=536_870_912, description="Largest size of the spool", ge=65_536)
    spool_after_seconds: float = Field(
        default=1.0, description="Kafka takes nothing for so long while frames wait: they go to the spool", gt=0
    )
    feed_figures_seconds: float = Field(
        default=60.0, description="Feeds are counted for the metrics at most this often, suite s", ge=0
    )
    late_seconds: float = Field(
        default=3600.0, description="Records older than this when they come go by the lane of back-fill, suite s", gt=0
    )
    late_frames_per_second: int = Field(default=1000, description="Share of the lane of back-fill", ge=1)
    late_waiting_frames: int = Field(default=5000, description="Back-fill is not read while more wait", ge=1)
    command_gap_seconds: float = Field(default=10.0, description="Least time between requests to one device", ge=0)
    command_answer_seconds: float = Field(
        default=10.0, description="Wait for a device's answer; then it is asked again, 4 times in all", gt=0
    )
    command_execution_seconds: float = Field(
        default=600.0, description="Wait for a device's result, or for its next record", gt=0
    )
    command_link_seconds: float = Field(
        default=86_400.0, description="A command whose device does not connect for so long runs out of time", gt=0
    )
    recall: bool = Field(default=True, description="Ask devices for records that are missing")
    recall_delay_seconds: float = Field(
        default=1800.0, description="Suite seconds after a gap is noticed until it is asked for", ge=0
    )
    operator_key_sha256: str = Field(
        default="", description="SHA-256 of the key for /v1 of ingest, hex; empty: only from the machine itself"
    )
    duplicates_kept: int = Field(default=32, description="Records remembered of each feed to know resends", ge=1)
    tick_seconds: float = Field(default=10.0, description="Suite seconds between ticks", gt=0)
    tick_wall_seconds: float = Field(default=0.5, description="Least wall seconds between ticks", gt=0)
    kafka_delivery_seconds: float = Field(
        default=30.0, description="Without a spool: a frame Kafka does not acknowledge for so long is given up", gt=1
    )
    identity_key: SecretStr = Field(
        default=SecretStr(""),
        description="64 hex digits or more; makes the pseudonyms of VINs and plates. Empty: no vehicles, no plates",
    )
    evidence_key: SecretStr = Field(
        default=SecretStr(""),
        description="64 hex digits or more; seals the identities in raw-frames.v1. Needed with LANTIAN_IDENTITY_KEY",
    )
    vehicle_host: str = Field(default="127.0.0.1", description="Address the vehicle listener binds")
    vehicle_port: int = Field(
        default=19691, description="Port of the vehicle listener; it listens when both keys are set", ge=0, le=65535
    )
    vehicle_addresses: str = Field(
        default="", description="Networks vehicles and platforms may connect from; empty: any"
    )
    vehicle_tls_certificate: Path | None = Field(default=None, description="PEM chain; the listener then speaks TLS")
    vehicle_tls_key: Path | None = Field(default=None, description="PEM key, where it is not in the chain's file")
    vehicle_tls_clients: Path | None = Field(
        default=None, description="PEM of authorities; only peers with a certificate of theirs get in"
    )
    vehicle_largest_frame_bytes: int = Field(
        default=4096, description="Longer frames are too large; platforms may send up to 65556", ge=128, le=65_556
    )
    vehicle_echo: bool = Field(
        default=False, description="Send every command of HJ 1239 back; some terminals want that (one source)"
    )
    publishers_file: Path | None = Field(
        default=None, description="YAML of who may POST /v1/readings for which feeds; absent: nobody"
    )
    readings_body_bytes: int = Field(
        default=1_048_576, description="Larger bodies of POST /v1/readings are refused", ge=1024, le=1_500_000
    )
    readings_rows: int = Field(default=10_000, description="Most records of one batch", ge=1)
    external_readings: bool = Field(default=True, description="Take in what outside publishers write to Kafka")
    mqtt_file: Path | None = Field(
        default=None, description="YAML of a broker and what its topics mean; absent: no MQTT"
    )
