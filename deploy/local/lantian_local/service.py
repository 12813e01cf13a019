"""A service of the suite as a part: its own process, ready when its /readyz says so."""

import http.client
import json

from lantian_local.layout import Layout
from lantian_local.part import Part
from lantian_local.ports import HOST


def service(name: str, layout: Layout) -> Part:
    """`python -m lantian_<name>` with the layout's environment."""
    port = dict(layout.ports.items())[name]
    return Part(
        name=name,
        argv=layout.command(name),
        env=layout.service_env(name),
        log=layout.home / "logs" / f"{name}.log",
        address=layout.http_url(name),
        ready=lambda: says_ready(port),
        alive=lambda: says_ready(port),
        stop_seconds=27,  # a service cuts itself off after 25 s
    )


def says_ready(port: int) -> str | None:
    """None when GET /readyz answers 200, else the reasons it gives."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer on port {port}: {error}"
    finally:
        connection.close()
    if response.status == 200:
        return None
    try:
        troubles = json.loads(body)["troubles"]
        return "; ".join(f"{name}: {reason}" for name, reason in troubles.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"/readyz answered {response.status}"
