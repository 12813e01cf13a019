"""The one gate of the API: who calls, and whether this operation is for them. What they see is their scope's matter."""

from fastapi import Request

from lantian_kit.access.principals import EVERY_PERMIT, Permit
from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Access, Principal, caller
from lantian_tasks.access.rules import Rules
from lantian_tasks.access.table import DivisionTable
from lantian_tasks.problems import ProblemError


class Gate:
    """Denies by default: no principal 401, no rule or another role 403."""

    def __init__(self, access: Access, rules: Rules, divisions: DivisionTable, clock: Clock) -> None:
        self._access = access
        self._rules = rules
        self._divisions = divisions
        self._clock = clock

    async def admit(self, request: Request, key: str | None) -> Principal:
        """Whoever calls. Raises ProblemError 401, 403, and Unavailable."""
        principal, permits = await self._who(request, key)
        rule = self._rules.of(request.scope["route"].operation_id)
        if principal.role not in rule.roles:
            raise ProblemError(403, f"role {principal.role} may not do this")
        if rule.permit not in permits:
            raise ProblemError(403, f"this key is not for {rule.permit}")
        return principal

    async def _who(self, request: Request, key: str | None) -> tuple[Principal, frozenset[Permit]]:
        listed = self._access.of_key(key) if key else None
        if listed is None or listed.expired(self._clock.wall_ms()):
            raise ProblemError(401, "send Authorization: Bearer <API key>", headers={"WWW-Authenticate": "Bearer"})
        scope = listed.scope(self._clock.now_ms(), await self._divisions.current())
        return caller(listed, scope), listed.permits & EVERY_PERMIT
