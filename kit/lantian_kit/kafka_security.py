"""How a process proves itself to Kafka, and Kafka to it; every client of the suite asks here."""

import ssl
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


class KafkaSecurity(BaseSettings):
    """LANTIAN_KAFKA_… of any process and any command that talks to a broker."""

    model_config = SettingsConfigDict(env_prefix="LANTIAN_", extra="ignore", frozen=True)

    kafka_security: Protocol = Field(
        default="PLAINTEXT", description="How brokers are spoken to; anything but SSL is for a network of one's own"
    )
    kafka_ca_file: Path | None = Field(
        default=None, description="Authorities the brokers' certificates are checked by, PEM; unset: the system's"
    )
    kafka_certificate_file: Path | None = Field(
        default=None, description="This process's certificate chain, PEM, where brokers ask for one"
    )
    kafka_key_file: Path | None = Field(default=None, description="Its key, PEM, where it is not in the chain's file")
    kafka_user: str = Field(default="", description="User of SASL; the password is in a file or a variable")
    kafka_password: SecretStr = Field(default=SecretStr(""), description="Its password")
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        default="SCRAM-SHA-512", description="How the password is proved"
    )

    def context(self) -> ssl.SSLContext | None:
        """Certificates and names are always checked. Raises OSError for files that can not be read."""
        if not self.kafka_security.endswith("SSL"):
            return None
        made = ssl.create_default_context(cafile=self.kafka_ca_file)
        if self.kafka_certificate_file is not None:
            made.load_cert_chain(self.kafka_certificate_file, self.kafka_key_file)
        return made

    def options(self) -> dict[str, Any]:
        """For a client of kafka-python or aiokafka, which call these alike; nothing where nothing is secured."""
        if self.kafka_security == "PLAINTEXT":
            return {}
        found: dict[str, Any] = {"security_protocol": self.kafka_security, "ssl_context": self.context()}
        if self.kafka_security.startswith("SASL"):
            found["sasl_mechanism"] = self.kafka_mechanism
            found["sasl_plain_username"] = self.kafka_user
            found["sasl_plain_password"] = self.kafka_password.get_secret_value()
        return found


def options() -> dict[str, Any]:
    """The same by this process's environment; read anew for each client."""
    return KafkaSecurity().options()
