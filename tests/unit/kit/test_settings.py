"""Settings: prefix, masking, limits."""

import pytest
from pydantic import SecretStr, ValidationError

from lantian_kit.settings import ProcessSettings, StoreSettings, describe


def test_variables_carry_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """LANTIAN_… and nothing else."""
    monkeypatch.setenv("LANTIAN_HTTP_PORT", "18080")
    monkeypatch.setenv("HTTP_PORT", "1")
    assert ProcessSettings().http_port == 18080


def test_secrets_are_masked_when_described() -> None:
    """The log of a start shows that a secret is set, never what it is."""
    told = describe(StoreSettings(store_url=SecretStr("mongodb://user:canary@host/")))
    assert "canary" not in str(told)
    assert told["store_database"] == "lantian"


def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error ends the start with a clear message."""
    monkeypatch.setenv("LANTIAN_CLOCK_RATE", "-1")
    with pytest.raises(ValidationError, match="clock_rate"):
        ProcessSettings()
