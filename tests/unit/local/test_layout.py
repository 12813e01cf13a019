"""What a service is told, and the secrets of a home."""

import stat
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook
from typer.testing import CliRunner

from lantian_kit.settings import ProcessSettings
from lantian_local import keys
from lantian_local.__main__ import app
from lantian_local.layout import DEFAULT_HOME, ClockSetting, Layout, own_home
from lantian_local.ports import Ports
from lantian_tasks.access.principals import Access


def test_a_service_reads_its_ports_and_clock_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names are those of the kit's settings."""
    layout = Layout(home=tmp_path, ports=Ports(kafka=21, alerts=22), clock=ClockSetting(720.0, 5, 7))
    for name, value in layout.service_env("alerts").items():
        monkeypatch.setenv(name, value)
    settings = ProcessSettings()
    assert (settings.kafka_bootstrap, settings.http_port) == ("127.0.0.1:21", 22)
    assert (settings.clock_rate, settings.clock_wall_epoch_ms, settings.clock_suite_epoch_ms) == (720.0, 5, 7)


def test_env_of_one_service_is_not_told_to_another(tmp_path: Path) -> None:
    """And it wins over the layout's own."""
    layout = Layout(home=tmp_path, ports=Ports(), env={"notify": {"LANTIAN_LOG_JSON": "true"}})
    assert layout.service_env("notify")["LANTIAN_LOG_JSON"] == "true"
    assert layout.service_env("tasks")["LANTIAN_LOG_JSON"] == "false"


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    """The message says which there are."""
    with pytest.raises(ValueError, match="no such part: kafak; there are kafka, store"):
        Layout(home=tmp_path, ports=Ports(), parts=("kafak",))


def test_addresses_are_those_of_the_chosen_parts(tmp_path: Path) -> None:
    """The device port belongs to ingest."""
    layout = Layout(home=tmp_path, ports=Ports(), parts=("kafka", "ingest"))
    assert layout.addresses() == {
        "kafka": "127.0.0.1:19092",
        "ingest": "http://127.0.0.1:18081",
        "hj212": "127.0.0.1:19212",
        "vehicle": "127.0.0.1:19691",
    }


def test_without_wishes_the_clock_is_real_time() -> None:
    """No epoch, rate 1: suites started at different times agree."""
    assert ClockSetting.starting_now() == ClockSetting(1.0, 0, 0)


def test_a_clock_with_an_epoch_shows_it_now() -> None:
    """The wall epoch is the moment of the start."""
    clock = ClockSetting.starting_now(720.0, 1_000)
    assert (clock.rate, clock.suite_epoch_ms) == (720.0, 1_000)
    assert clock.wall_epoch_ms > 1_700_000_000_000


def test_secrets_are_for_the_owner_only_and_stay(tmp_path: Path) -> None:
    """Another start of the same home gives the same keys."""
    first = keys.provide(tmp_path)
    assert keys.provide(tmp_path) == first
    for name in (keys.KEYS, keys.ACCESS):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert first not in (tmp_path / keys.ACCESS).read_text()


def test_tasks_knows_the_administrator_by_the_key(tmp_path: Path) -> None:
    """In the form that tasks reads."""
    key = keys.provide(tmp_path)
    principal = Access.load(tmp_path / keys.ACCESS).of_key(key)
    assert principal is not None
    assert principal.role == "administrator"
    assert principal.scope(0).covers("130100", "")


def test_people_added_to_the_access_file_stay(tmp_path: Path) -> None:
    """A later start does not write it anew."""
    keys.provide(tmp_path)
    text = (tmp_path / keys.ACCESS).read_text() + "# more\n"
    (tmp_path / keys.ACCESS).write_text(text)
    keys.provide(tmp_path)
    assert (tmp_path / keys.ACCESS).read_text() == text


def test_two_homes_have_different_keys(tmp_path: Path) -> None:
    """Random, never a default."""
    homes = [tmp_path / "a", tmp_path / "b"]
    for home in homes:
        home.mkdir()
    assert len({keys.provide(home) for home in homes}) == 2


def test_a_webhook_secret_signs(tmp_path: Path) -> None:
    """Of the form the receivers' library takes, and the same each time."""
    keys.provide(tmp_path)
    secret = keys.webhook_secret(tmp_path, "city")
    assert keys.webhook_secret(tmp_path, "city") == secret
    assert secret != keys.webhook_secret(tmp_path, "other")
    Webhook(secret)
    assert stat.S_IMODE((tmp_path / keys.SECRETS / "city").stat().st_mode) == 0o600


def test_every_command_speaks_of_the_same_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those without a --home: dlq, account, detect, backup."""
    monkeypatch.delenv("LANTIAN_LOCAL_HOME", raising=False)
    assert own_home() == DEFAULT_HOME.resolve()
    monkeypatch.setenv("LANTIAN_LOCAL_HOME", str(tmp_path))
    assert own_home() == tmp_path
    done = CliRunner().invoke(app, ["dlq", "list"])
    assert done.exit_code == 1
    assert str(tmp_path) in " ".join(done.output.split())
