"""The API against its own OpenAPI document: whatever is sent, the answer is one that the document names."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from lantian_tasks.evidence.media import DOCX, XLSX
from tests.support.tasks_api import Api

PDF = "application/pdf"
for media in (PDF, DOCX, XLSX):
    schemathesis.serializer.alias(media, "application/octet-stream")  # files of plans: bytes as any
API = Api()
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", API.app)
EXAMPLES = 3


@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_described(case: Any) -> None:
    """No 500, no undeclared type, no body that is not its schema."""
    API.store.reset()
    headers = {"Authorization": "Bearer key-admin-1"}
    case.call_and_validate(
        headers=headers, checks=(not_a_server_error, content_type_conformance, response_schema_conformance)
    )


def test_the_document_names_every_route() -> None:
    """What is fuzzed is the whole API."""
    assert len(list(SCHEMA.get_all_operations())) > 30
