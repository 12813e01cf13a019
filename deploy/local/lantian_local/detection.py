"""`lantian detect`, `lantian limits`, `lantian replay`: the engine and its knowledge, asked from the shell."""

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import typer

from lantian_local import state as states
from lantian_local.layout import own_home

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
TIMEOUT_SECONDS = 10.0


def register(app: typer.Typer) -> None:
    """Adds the commands; each takes its own options, `--help` shows them."""

    @app.command(context_settings=PASSED_ON)
    def detect(context: typer.Context) -> None:
        """Find what is wrong in a file of readings: the running suite's engine, without Kafka."""
        from lantian_alerts.detect.__main__ import main  # compiles the loop: only when it is asked for

        raise typer.Exit(main(context.args))

    @app.command(context_settings=PASSED_ON)
    def limits(context: typer.Context) -> None:
        """Say which limit applies to an outlet at a time, and why."""
        from lantian_alerts.detect.ask_limits import main

        raise typer.Exit(main(context.args, ask=Suite(own_home())))

    @app.command(context_settings=PASSED_ON)
    def replay(context: typer.Context) -> None:
        """Run a rule version over the readings kept in Kafka and show the difference in leads."""
        from lantian_alerts.replay.__main__ import main

        raise typer.Exit(main(context.args, bootstrap=bootstrap(own_home())))


def bootstrap(home: Path) -> str | None:
    """Address of the broker of the suite that runs in `home`; None when none does."""
    return _address(home, "kafka")


class Suite:
    """Asks the alerts service of the suite in `home`."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def __call__(self, outlet: str, at_ms: int, factor: str | None) -> dict[str, Any]:
        """Raises OSError when no suite answers, ValueError when it refuses."""
        address = _address(self._home, "alerts")
        if address is None:
            raise OSError(f"no suite runs in {self._home}; say --registry FILE")
        query = {"source": outlet, "at_ms": str(at_ms)} | ({} if factor is None else {"factor": factor})
        url = f"{address}/v1/limits?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            raise ValueError(str(json.load(error).get("detail", error))) from error
        return found


def _address(home: Path, part: str) -> str | None:
    state = states.read(home)
    if state is None or not state.supervisor.runs() or part not in state.parts:
        return None
    return state.parts[part].address
