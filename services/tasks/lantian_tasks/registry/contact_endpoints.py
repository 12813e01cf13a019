"""/v1/registry/enterprise/{id}/contacts: where an enterprise wants its early warnings, set by itself.

Mailboxes and numbers alone. Robots and webhooks need an address of somebody's network and a secret that notify holds:
those stay with the authority, and are kept as they are.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, Self

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lantian_proto.both import Both
from lantian_tasks.access.principals import Calling
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import RegistryStore
from lantian_tasks.preconditions import etag, moved_on, revision_of
from lantian_tasks.problems import ProblemError, described, not_found
from lantian_tasks.registry.endpoints import EntityId, answered, is_retry, says
from lantian_tasks.registry.entities import Enterprise
from lantian_tasks.registry.kinds import as_written
from lantian_tasks.registry.plan import Wish
from lantian_tasks.registry.record import Kind, key_of, public
from lantian_tasks.registry.schemas import EntityOut, shown
from lantian_tasks.registry.service import Registry
from lantian_tasks.replies import IdempotencyKey, IfMatch, key_reused

OWN: Final = ("email", "sms")
MOST: Final = 10
ADDRESS: Final = {"email": re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>]{3,190}"), "sms": re.compile(r"\+?\d{5,15}")}


class OwnContact(BaseModel):
    """A mailbox or a number."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    channel: Literal["email", "sms"]
    address: Annotated[str, StringConstraints(min_length=1, max_length=256)]

    @model_validator(mode="after")
    def _can_be_written_to(self) -> Self:
        if not ADDRESS[self.channel].fullmatch(self.address):
            raise ValueError(Both(f"this is no address of {self.channel}", "这不是该渠道的地址"))
        return self


class ContactsIn(BaseModel):
    """All mailboxes and numbers there shall be; an empty list: none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"contacts": [{"channel": "sms", "address": "13800000000"}]}]},
    )

    contacts: Annotated[list[OwnContact], Field(max_length=MOST)]


def contact_routes(store: RegistryStore, registry: Registry) -> APIRouter:
    """The route."""
    routes = APIRouter(prefix="/v1", tags=["registry"], route_class=TasksRoute)

    @routes.put(
        "/registry/enterprise/{id}/contacts",
        operation_id="set_contacts",
        responses=described(400, 403, 404, 409, 412, 428),
    )
    async def set_contacts(
        response: Response,
        principal: Calling,
        id_: Annotated[EntityId, Path(alias="id")],
        body: ContactsIn,
        if_match: IfMatch = None,
        idempotency_key: IdempotencyKey = None,
    ) -> EntityOut:
        """Replaces an enterprise's mailboxes and numbers; its robots and webhooks stay as the authority wrote them."""
        key = key_of(Kind.ENTERPRISE, id_)
        present = (await store.records([key], principal.scope)).get(key)
        if present is None:
            raise not_found()
        fields = as_written(Kind.ENTERPRISE, public(present.entity))
        entity = Enterprise.model_validate({**fields, "contacts": joined(fields.get("contacts", ()), body.contacts)})
        if is_retry(present, principal, idempotency_key):
            if not says(present, entity, present.validity):
                raise key_reused()
            response.headers["ETag"] = etag(present.rev)
            return shown(present)
        expected = revision_of(if_match)
        if present.rev != expected:
            raise moved_on(present.rev)
        if present.voided:
            raise ProblemError(409, Both("this enterprise is voided", "该企业已作废，不能再设置"))
        wish = Wish(Kind.ENTERPRISE, id_, entity, present.validity, "企业设置预警接收方式")
        [answer] = await registry.write(principal, [wish], expected, check=True, key=idempotency_key or "")
        return answered(answer, response)

    return routes


def joined(present: Sequence[dict[str, Any]], own: Sequence[OwnContact]) -> list[dict[str, Any]]:
    """What the authority wrote, then the own ones, each once. Pure."""
    kept = [contact for contact in present if contact["channel"] not in OWN]
    wanted = dict.fromkeys((contact.channel, contact.address) for contact in own)
    return [*kept, *({"channel": channel, "address": address} for channel, address in wanted)]
