"""Whether a broker is there: a connection now and then, beside all traffic."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

PROBE_SECONDS = 5.0
SEEN_WITHIN_SECONDS = 15.0


class Sight:
    """Looks at the addresses, host:port, one after another until one answers."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self._seen = time.monotonic()

    async def watch(self, beside: Callable[[], None]) -> None:
        """Until it is cancelled; `beside` is called before each look."""
        self._seen = time.monotonic()
        while True:
            beside()
            for address in self._addresses:
                host, _, port = address.rpartition(":")
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(2):
                        _, writer = await asyncio.open_connection(host, int(port))
                    writer.close()
                    self._seen = time.monotonic()
                    break
            await asyncio.sleep(PROBE_SECONDS)

    def probe(self) -> str | None:
        """For readiness: None while one was seen within 15 s."""
        away = time.monotonic() - self._seen
        return None if away < SEEN_WITHIN_SECONDS else f"no broker seen for {away:.0f} s"
