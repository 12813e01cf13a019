"""One command's life, pure: queued, sent, accepted, executed or refused or failed or timed out.

HJ 212-2017 6.1 and 6.5: request, 9011 (QnRtn), records, 9012 (ExeRtn). Without 9011 it is sent again; some devices
never send one and come with 9012 or the records at once. Times are ms of the caller's clock.
"""

from dataclasses import dataclass
from typing import Final

from lantian_proto.v1.command_pb2 import Command

QUEUED: Final = "queued"
SENT: Final = "sent"
ACCEPTED: Final = "accepted"
EXECUTED: Final = "executed"
REFUSED: Final = "refused"
FAILED: Final = "failed"
TIMED_OUT: Final = "timed-out"
FINAL: Final = frozenset({EXECUTED, REFUSED, FAILED, TIMED_OUT})

TAKEN: Final = "9011"
DONE: Final = "9012"
NOTICED: Final = "9013"
OK: Final = 1
REFUSALS: Final = {
    2: "refused",
    3: "wrong password",
    4: "wrong MN",
    5: "wrong ST",
    6: "wrong Flag",
    7: "wrong QN",
    8: "unknown command",
    9: "wrong check code",
}
FAILURES: Final = {2: "failed", 3: "conditions not met", 4: "timeout", 5: "busy", 6: "system fault", 100: "no data"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is waited for, ms: the device's link, its 9011, its 9012 or the next record; times it is sent."""

    link_ms: int = 86_400_000
    answer_ms: int = 10_000
    execution_ms: int = 600_000
    attempts: int = 4


@dataclass(slots=True)
class Exchange:
    """A command under way. Every method that changes the state returns True."""

    command: Command
    since_ms: int  # of the last step or sign of life
    state: str = QUEUED
    reason: str = ""
    code: int = 0
    attempts: int = 0
    records: int = 0
    request: str = ""  # QN it was last sent under

    @property
    def final(self) -> bool:
        """True when nothing more will happen."""
        return self.state in FINAL

    def sent(self, request: str, now_ms: int) -> bool:
        """It was written to the device's link."""
        first = self.state == QUEUED
        self.state, self.request, self.since_ms = SENT, request, now_ms
        self.attempts += 1
        return first

    def answered(self, cn: str, code: int | None, now_ms: int) -> bool:
        """The device's 9011, 9012 or 9013 to the request; without a code it counts as agreed."""
        if self.final or self.state == QUEUED:
            return False
        code = OK if code is None else code
        if cn == TAKEN:
            if self.state != SENT:
                return False
            if code == OK:
                return self._go(ACCEPTED, now_ms)
            return self._go(REFUSED, now_ms, code, f"the device refuses: {REFUSALS.get(code, 'unknown reason')}")
        if cn == DONE:
            if code == OK:
                return self._go(EXECUTED, now_ms, code)
            return self._go(FAILED, now_ms, code, f"the device says: {FAILURES.get(code, 'unknown result')}")
        if cn == NOTICED:  # how devices answer what the standard calls a notice
            return self._go(EXECUTED, now_ms, code)
        return False

    def record(self, now_ms: int) -> None:
        """A record of the period it asks for came in: a sign of life."""
        if not self.final:
            self.records += 1
            self.since_ms = now_ms

    def due(self, now_ms: int, patience: Patience) -> str:
        """What is to be done now: "" nothing, "send" it (again), "expired" it went to its end just now."""
        waited = now_ms - self.since_ms
        if self.state == QUEUED:
            if waited > patience.link_ms:
                self._go(TIMED_OUT, now_ms, 0, "the device was not connected")
                return "expired"
            return "send"
        if self.state == SENT and waited > patience.answer_ms:
            if self.records:
                self._go(ACCEPTED, now_ms)  # it answers with records alone
                return ""
            if self.attempts < patience.attempts:
                return "send"
            self._go(TIMED_OUT, now_ms, 0, f"no answer to {self.attempts} requests")
            return "expired"
        if self.state == ACCEPTED and waited > patience.execution_ms:
            if self.records:
                self._go(EXECUTED, now_ms, 0, "records came, the device did not say that it was done")
            else:
                self._go(TIMED_OUT, now_ms, 0, "the device accepted and sent nothing")
            return "expired"
        return ""

    def _go(self, state: str, now_ms: int, code: int = 0, reason: str = "") -> bool:
        self.state, self.since_ms, self.reason = state, now_ms, reason
        self.code = code or self.code
        return True
