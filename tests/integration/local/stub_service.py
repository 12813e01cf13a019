"""Stands in for a service: /readyz answers 200, SIGTERM ends it with 0; run as a script by the tests of the launcher.

Behaviour by environment: STUB_EXIT=<code> ends at once; STUB_TRAIL=<file> appends its name when it stops.
"""

import http.server
import os
import signal
import sys
from types import FrameType


class Answers(http.server.BaseHTTPRequestHandler):
    """Ready, always."""

    def do_GET(self) -> None:
        """200 for anything."""
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def stop(_number: int, _frame: FrameType | None) -> None:
    """Leave a trace and end."""
    if trail := os.environ.get("STUB_TRAIL"):
        with open(trail, "a") as file:
            file.write(os.environ["LANTIAN_INSTANCE"] + "\n")
    sys.exit(0)


if __name__ == "__main__":
    if code := os.environ.get("STUB_EXIT"):
        print("no reason at all")
        sys.exit(int(code))
    signal.signal(signal.SIGTERM, stop)
    http.server.HTTPServer(("127.0.0.1", int(os.environ["LANTIAN_HTTP_PORT"])), Answers).serve_forever()
