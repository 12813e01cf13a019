"""How an endpoint fares, so that a dead one costs one probe at a time and a busy one is left in peace. Pure."""

from dataclasses import dataclass, replace

OPENS_AFTER = 5
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """Failures in a row at one address; nothing is sent before `not_before_ms` (suite time).

    `disabled_reason` is set when the receiver said that it is gone (410) and holds for that address only.
    """

    endpoint_id: str
    address: str = ""
    failures: int = 0
    not_before_ms: int = 0
    disabled_reason: str = ""
    disabled_ms: int = 0

    def at(self, address: str) -> "EndpointHealth":
        """Health of the endpoint at an address: a new address begins afresh."""
        return self if self.address in ("", address) else EndpointHealth(self.endpoint_id, address)

    def width(self, now_ms: int, widest: int) -> int:
        """Deliveries that may be under way at once: none while it rests, one while it is on probation."""
        if now_ms < self.not_before_ms:
            return 0
        return 1 if self.failures >= OPENS_AFTER else widest

    def succeeded(self, address: str) -> "EndpointHealth":
        """After a delivery."""
        return replace(self.at(address), address=address, failures=0, not_before_ms=0)

    def failed(self, address: str, now_ms: int, rest_seconds: float = 0.0) -> "EndpointHealth":
        """After a failed attempt; `rest_seconds` is what a throttling receiver asked for, in suite seconds.

        From the fifth failure in a row on the endpoint rests 30 s, 60 s … up to 5 min between probes, so messages that
        wait are sent within five minutes of its return.
        """
        known = self.at(address)
        failures = known.failures + 1
        beyond = failures - OPENS_AFTER
        pause = 0.0 if beyond < 0 else min(FIRST_PAUSE_SECONDS * 2 ** min(beyond, 10), LONGEST_PAUSE_SECONDS)
        until = now_ms + int(max(pause, rest_seconds) * 1000)
        return replace(known, address=address, failures=failures, not_before_ms=max(known.not_before_ms, until))

    def rested(self, until_ms: int) -> "EndpointHealth":
        """Left in peace until a time, without having failed: its vendor's rate is used up."""
        return replace(self, not_before_ms=max(self.not_before_ms, until_ms))

    def disabled(self, address: str, now_ms: int, reason: str) -> "EndpointHealth":
        """After the receiver said that it is gone."""
        return replace(self.at(address), address=address, disabled_reason=reason, disabled_ms=now_ms)

    def enabled(self) -> "EndpointHealth":
        """After a person asked for another try."""
        return EndpointHealth(self.endpoint_id, self.address)
