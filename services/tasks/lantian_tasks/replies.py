"""Idempotency-Key and refusals of moves, the same for issues, leads and rounds."""

from typing import Annotated

from fastapi import Header

from lantian_tasks.access.principals import Principal
from lantian_tasks.ledger.case import Case, CaseStep, fingerprint
from lantian_tasks.ledger.machine import Command, ProblemCode, Refused
from lantian_tasks.ports import CaseStore
from lantian_tasks.preconditions import moved_on
from lantian_tasks.problems import FieldProblem, ProblemError, key_refused, not_found

IfMatch = Annotated[str | None, Header(description="ETag of what the move was decided on")]
IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=200, description="Made by the caller, new for each act; a retry repeats it"),
]

STATUS_OF = {
    ProblemCode.UNKNOWN_MOVE: 422,
    ProblemCode.WRONG_STATE: 409,
    ProblemCode.ROLE_NOT_ALLOWED: 403,
    ProblemCode.FIELD_MISSING: 422,
    ProblemCode.FIELD_UNEXPECTED: 422,
    ProblemCode.FIELD_INVALID: 422,
    ProblemCode.GUARD: 409,
    ProblemCode.TOO_LONG: 409,
    ProblemCode.BACK_DATED: 422,
}


def required(idempotency_key: str | None) -> str:
    """The key. Raises ProblemError 400 without one."""
    if idempotency_key is None:
        raise key_refused("key-needed")
    return idempotency_key


def refusal(refused: Refused) -> ProblemError:
    """A refusal of the machine as a problem."""
    blamed = [FieldProblem.of(f"body.{refused.field_name}", refused.detail)] if refused.field_name else []
    return ProblemError(STATUS_OF[refused.problem], refused.detail, slug=refused.problem, errors=blamed)


def key_reused() -> ProblemError:
    """422: the key came with another request."""
    return key_refused("key-reused")


def answered(case: Case, command: Command, key: str) -> bool:
    """Whether this very request was made before. Raises ProblemError 422 for the same key with another request."""
    for request in case.requests:
        if request.key == key and request.principal_id == command.actor.actor_id:
            if request.fingerprint != fingerprint(command):
                raise key_reused()
            return True
    return False


async def case_of(store: CaseStore, principal: Principal, case_id: str) -> Case:
    """The whole case. Raises ProblemError 404 for one that is absent or not theirs."""
    found = await store.case(case_id, principal.scope)
    if found is None:
        raise not_found()
    return found


def made(answer: CaseStep | Refused | int) -> Case:
    """The case after a move. Raises ProblemError for a refusal or a revision that has moved on."""
    if isinstance(answer, Refused):
        raise refusal(answer)
    if isinstance(answer, int):
        raise moved_on(answer)
    return answer.case
