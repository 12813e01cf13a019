"""/v1/registry: whole tables as CSV or XLSX, and the divisions of the campaign."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from lantian_proto.both import Both, said
from lantian_tasks.access.personal_data import reads_in_full
from lantian_tasks.access.principals import Calling
from lantian_tasks.once import TasksRoute
from lantian_tasks.ports import RecordQuery, RegistryStore
from lantian_tasks.problems import ProblemError, described
from lantian_tasks.registry.divisions import campaign, counties, new_area_of
from lantian_tasks.registry.endpoints import import_rows
from lantian_tasks.registry.record import Kind, Record
from lantian_tasks.registry.schemas import ImportResult
from lantian_tasks.registry.service import Registry
from lantian_tasks.registry.tables import Format, TableError, read, write

PAGE = 500
MOST_EXPORTED = 100_000
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
OCTETS = "application/octet-stream"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The bytes of the file",
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in ("text/csv", OCTETS)},
    }
}
Kinds = Annotated[Kind, Path(description="Kind of entity")]
Formats = Annotated[Format, Query(alias="format", description="csv or xlsx")]


class DivisionOut(BaseModel):
    """A division that the plans of the campaign name."""

    code: str = Field(description="GB/T 2260", examples=["130100"])
    name: str
    province: str
    lists: list[str] = Field(description="A: 2+26; F: Fenwei 2020; N: scope of 2023-24")
    region_2023: str = Field(description="J: Jing-Jin-Ji and surroundings; W: Fenwei; empty: a sub-unit")
    new_area: str = Field(description="The new area it lies in, which has no code of its own; empty: none")


class CountyOut(BaseModel):
    """A county of a city of the campaign."""

    code: str = Field(examples=["130102"])
    name: str
    kind: Literal["county", "statistical", "former"] = Field(
        description="county: GB/T 2260; statistical: a zone numbered by the statistics only; former: merged in 2021"
    )


def table_routes(store: RegistryStore, registry: Registry) -> APIRouter:
    """The routes of tables."""
    routes = APIRouter(prefix="/v1", tags=["registry"], route_class=TasksRoute)

    @routes.get("/divisions", operation_id="list_divisions", responses=described())
    async def list_divisions(principal: Calling) -> list[DivisionOut]:
        """The cities and sub-units of the campaign, by code."""
        del principal
        return [DivisionOut(**row, new_area=new_area_of(str(row["code"]))) for row in campaign()]

    @routes.get("/divisions/counties", operation_id="list_counties", responses=described())
    async def list_counties(principal: Calling) -> list[CountyOut]:
        """The counties of the campaign's cities as of 2023-06-30; the registry's own divisions go before them."""
        del principal
        return [CountyOut.model_validate(row._asdict()) for row in counties().values()]

    @routes.get(
        "/registry-tables/{kind}",
        operation_id="export_table",
        response_class=Response,
        responses={200: {"content": {m: {} for m in MEDIA.values()}, "description": "The table"}, **described(413)},
    )
    async def export_table(request: Request, principal: Calling, kind: Kinds, form: Formats = "csv") -> Response:
        """All entities of a kind in your divisions; secrets stay here."""
        records: list[Record] = []
        after = ""
        while True:
            page = await store.page(RecordQuery(principal.scope, kind, PAGE, after=after))
            records += page
            if len(page) < PAGE:
                break
            if len(records) > MOST_EXPORTED:
                raise ProblemError(413, Both(f"a table has at most {MOST_EXPORTED} rows", f"表格最多{MOST_EXPORTED}行"))
            after = page[-1].id
        headers = {
            "Content-Disposition": f'attachment; filename="{kind}.{form}"',
            "X-Content-Type-Options": "nosniff",
        }
        return Response(
            write(kind, records, form, numbers=reads_in_full(request)), media_type=MEDIA[form], headers=headers
        )

    @routes.post(
        "/registry-tables/{kind}", operation_id="import_table", responses=described(400, 403, 413), openapi_extra=BODY
    )
    async def import_table(
        request: Request,
        principal: Calling,
        kind: Kinds,
        form: Formats = "csv",
        dry_run: Annotated[bool, Query(description="Only say what would be done")] = False,
    ) -> ImportResult:
        """Writes a table, row by row: a refused row stops no other. Idempotent: what is there already is unchanged."""
        try:
            rows, places = read(kind, await request.body(), form)
        except TableError as error:
            raise ProblemError(400, said(error)) from error
        result = await import_rows(registry, principal, rows, dry_run=dry_run)
        for row, place in zip(result.rows, places, strict=True):
            row.row = place
        return result

    return routes
