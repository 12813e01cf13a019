"""/v1/reports: tables, papers and figures of the authority."""

import asyncio
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.principals import Calling, Principal
from lantian_tasks.access.scope import prefix_of
from lantian_tasks.clocks.calendar import day_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.bring import case_id_of
from lantian_tasks.ledger.filters import Division, Filtered, Time
from lantian_tasks.ports import Store
from lantian_tasks.problems import ProblemError, described, not_found
from lantian_tasks.registry.divisions import city_name
from lantian_tasks.reports import ledger_table, papers, words
from lantian_tasks.reports.city_table import CITY_COLUMNS, city_rows
from lantian_tasks.reports.city_warning import warning_values
from lantian_tasks.reports.collect import Period, orders_to_stop, scorecard, series, stories, verifications
from lantian_tasks.reports.figures import Figures
from lantian_tasks.reports.inspection import record
from lantian_tasks.reports.notice import notice_draft
from lantian_tasks.reports.schemas import (
    CityFigures,
    FiguresOut,
    MaskedOut,
    MonthFigures,
    NoticeIn,
    NoticeOut,
    ScorecardOut,
    SeriesOut,
    StopOrderOut,
    StopOrdersOut,
    VerifierOut,
    VerifiersOut,
    WarningIn,
    WholesaleOut,
    figures_out,
)
from lantian_tasks.reports.sheets import Cell, Print, sheet
from lantian_tasks.reports.stop_orders import wholesale
from lantian_tasks.rounds.service import Rounds

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_ROWS = 50_000
IssueId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of the issue")]
LeadId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the lead")]
RoundId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the round")]
City = Annotated[str, Path(pattern=r"^\d{4}00$", description="The city, GB/T 2260")]
Paper = Annotated[
    Literal["assignment", "rectification", "notice"],
    Path(description="assignment 问题交办单, rectification 整改报告, notice 整改情况公示 (personal data masked)"),
]
Since = Annotated[Time, Query(description="Registered at or after; 0: any")]
Until = Annotated[Time, Query(description="Registered before; 0: any")]


def report_routes(store: Store, rounds: Rounds, clock: Clock, facts: Facts, forms: FilePath | None) -> APIRouter:
    """The routes of reports. `forms`: the authority's own Word forms."""
    routes = APIRouter(prefix="/v1/reports", tags=["reports"])

    async def paper(name: papers.Name, values: dict[str, object], file: str) -> Response:
        try:
            data = await asyncio.to_thread(papers.fill, name, values, forms)
        except papers.FormError as error:
            raise ProblemError(
                409, Both(f"the form can not be filled: {error}", f"表单模板无法填写：{error}"), slug="form"
            ) from error
        return file_of(data, DOCX, f"{papers.NAMES[name]}-{file}.docx")

    def period_of(principal: Principal, division: str | None, since_ms: int, until_ms: int) -> Period:
        return Period(principal.scope, prefix_of(division) if division else "", since_ms, until_ms)

    @routes.get("/ledger", operation_id="export_ledger", response_class=Response, responses=binary(XLSX, 400, 413))
    async def export_ledger(query: Filtered) -> Response:
        """The issues that the filters of the list leave, as the table of the official form (XLSX), newest first."""
        counted = await store.count_issues(replace(query, after=None), ())
        if sum(counted.values()) > MOST_ROWS:
            raise _too_many_rows()
        rows: list[list[Cell]] = []
        async for page in stories(store, query):
            rows += ledger_table.rows(page, len(rows) + 1)
            if len(rows) > MOST_ROWS:  # a search is counted among the newest alone
                raise _too_many_rows()
        beside = ledger_table.PRINTED
        subtitle = f"导出时间 {words.local(clock.now_ms())}　共 {len(rows)} 条　打印前 {beside} 列，其余各列在电子表中"
        printed = Print("A3", beside)
        data = await asyncio.to_thread(
            sheet, "大气污染问题台账", subtitle, ledger_table.COLUMNS, rows, "问题台账", printed
        )
        return file_of(data, XLSX, "问题台账.xlsx")

    @routes.get(
        "/issues/{issue_id}/{name}",
        operation_id="get_paper",
        response_class=Response,
        responses=binary(DOCX, 404, 409),
    )
    async def get_paper(principal: Calling, issue_id: IssueId, name: Paper) -> Response:
        """A paper of an issue as a Word file, to be stamped."""
        issue = await store.issue(issue_id, principal.scope)
        if issue is None:
            raise not_found()
        now_ms = clock.now_ms()
        values = {
            "assignment": lambda: papers.assignment(issue, facts, now_ms),
            "rectification": lambda: papers.rectification(issue, now_ms),
            "notice": lambda: papers.notice(issue, facts, now_ms),
        }[name]()
        return await paper(name, values, issue.head.number)

    @routes.post("/issues/{issue_id}/notice-draft", operation_id="draft_notice", responses=described(404))
    async def draft_notice(principal: Calling, issue_id: IssueId, body: NoticeIn) -> NoticeOut:
        """The text of a public notice 公示 with personal data masked, and what was masked; it is kept nowhere."""
        issue = await store.issue(issue_id, principal.scope)
        if issue is None:
            raise not_found()
        text, found = notice_draft(issue, facts, body.text)
        return NoticeOut(text=text, masked=[MaskedOut.model_validate(asdict(one)) for one in found])

    @routes.get(
        "/rounds/{round_id}", operation_id="get_round_paper", response_class=Response, responses=binary(DOCX, 404, 409)
    )
    async def get_round_paper(principal: Calling, round_id: RoundId) -> Response:
        """The report of a round with all its leads, as a Word file."""
        case = await store.case(f"round/{round_id}", principal.scope)
        if case is None:
            raise not_found()
        closing = next((entry for entry in reversed(case.history) if entry["move"] == "close"), None)
        conclusion = str(closing["fields"].get("conclusion", "")) if closing else ""
        progress = {**asdict(await rounds.progress(case.id)), "conclusion": conclusion}
        leads = [
            lead
            for lead in await rounds.leads(case.id)
            if principal.scope.covers(str(lead.keys["division_code"]), str(lead.keys["enterprise_id"]))
        ]
        return await paper("round", papers.round_report(case, leads, progress, clock.now_ms()), case.id[:8])

    @routes.get(
        "/leads/{lead_id}", operation_id="get_lead_paper", response_class=Response, responses=binary(DOCX, 404, 409)
    )
    async def get_lead_paper(principal: Calling, lead_id: LeadId) -> Response:
        """The record of the inspection of a lead as a Word file, to be signed: place, check list, evidence."""
        case = await store.case(case_id_of(lead_id), principal.scope)
        if case is None:
            raise not_found()
        return await paper("inspection", record(case, clock.now_ms()), case.id[:8])

    @routes.get("/scorecard", operation_id="get_scorecard", responses=described())
    async def get_scorecard(
        principal: Calling, division: Division = None, since_ms: Since = 0, until_ms: Until = 0
    ) -> ScorecardOut:
        """Figures of each city and of the whole; both count the same issues."""
        whole, cities = await scorecard(store, period_of(principal, division, since_ms, until_ms))
        day = day_of(min(until_ms or clock.now_ms(), clock.now_ms()))
        season, rows = _assessed(facts, cities, day)
        first, last = facts.policy.campaign.of(day) or (None, None)
        return ScorecardOut(
            since_ms=since_ms,
            until_ms=until_ms,
            season=season,
            campaign_first=first,
            campaign_last=last,
            whole=FiguresOut.model_validate(figures_out(whole)),
            cities=rows,
        )

    @routes.get("/scorecard-table", operation_id="export_scorecard", response_class=Response, responses=binary(XLSX))
    async def export_scorecard(
        principal: Calling, division: Division = None, since_ms: Since = 0, until_ms: Until = 0
    ) -> Response:
        """The scorecard as a table (XLSX); the last row is the whole."""
        whole, cities = await scorecard(store, period_of(principal, division, since_ms, until_ms))
        day = day_of(min(until_ms or clock.now_ms(), clock.now_ms()))
        season, rows = _assessed(facts, cities, day)
        campaign = words.campaign(season, facts.policy.campaign.of(day))
        end = CityFigures.model_validate({**figures_out(whole), "city": "", "name": "合计", "assessment": ""})
        until = words.local(until_ms or clock.now_ms(), "%Y-%m-%d")
        subtitle = f"统计期 {words.local(since_ms, '%Y-%m-%d') or '建账以来'} 至 {until}　{campaign}"
        data = await asyncio.to_thread(
            sheet, "城市问题整改考核表", subtitle, CITY_COLUMNS, city_rows([*rows, end]), "城市考核"
        )
        return file_of(data, XLSX, "城市考核表.xlsx")

    @routes.get("/figures", operation_id="get_figures", responses=described())
    async def get_figures(
        principal: Calling, division: Division = None, since_ms: Since = 0, until_ms: Until = 0
    ) -> SeriesOut:
        """The measures of the work by month of registration; precision of leads by month of receipt."""
        found = await series(store, period_of(principal, division, since_ms, until_ms))
        months = [MonthFigures.model_validate({**figures_out(one), "month": month}) for month, one in found.items()]
        return SeriesOut(months=months)

    @routes.get("/verifiers", operation_id="get_verifiers", responses=described())
    async def get_verifiers(
        principal: Calling, division: Division = None, since_ms: Since = 0, until_ms: Until = 0
    ) -> VerifiersOut:
        """Who verified issues registered in a period, and which of these verifications rechecks confirmed or not."""
        found = await verifications(store, period_of(principal, division, since_ms, until_ms))
        return VerifiersOut(verifiers=[VerifierOut.model_validate(asdict(row)) for row in found])

    @routes.get("/stop-orders", operation_id="get_stop_orders", responses=described())
    async def get_stop_orders(
        principal: Calling, division: Division = None, since_ms: Since = 0, until_ms: Until = 0
    ) -> StopOrdersOut:
        """Orders to stop, limit or seal production in issues of a period, and those given wholesale 一刀切."""
        found = await orders_to_stop(store, period_of(principal, division, since_ms, until_ms))
        return StopOrdersOut(
            orders=[StopOrderOut(**asdict(row)) for row in found],
            wholesale=[WholesaleOut.model_validate(asdict(row)) for row in wholesale(found, facts.policy.issue)],
        )

    @routes.post(
        "/cities/{city}/warning",
        operation_id="draft_warning",
        response_class=Response,
        responses=binary(DOCX, 403, 409),
    )
    async def draft_warning(
        principal: Calling, city: City, body: WarningIn, since_ms: Since = 0, until_ms: Until = 0
    ) -> Response:
        """The draft of a warning letter 预警通知函 to a city: figures, what is late, what the season's rules say. It is
        kept nowhere and sent to nobody; a letter that is kept, approved and sent is one of /v1/city-letters.
        """
        period = period_of(principal, city, since_ms, until_ms)
        if not principal.scope.covers(city, ""):
            raise ProblemError(403, Both("this does not lie in your divisions", "不在您的辖区"))
        values = await warning_values(store, facts, city, period, body.reason, clock.now_ms())
        return await paper("warning", values, city)

    return routes


def _assessed(facts: Facts, cities: dict[str, Figures], day: date) -> tuple[str, list[CityFigures]]:
    """The season whose plan is in force, and each city with what data fraud leads to by it (F78)."""
    measures = facts.policy.measures(day)
    fraud = measures.fraud if measures else ""
    rows = [
        CityFigures.model_validate(
            {
                **figures_out(found),
                "city": city,
                "name": city_name(city) if city else "未知",
                "assessment": fraud if found.fraud else "",
            }
        )
        for city, found in cities.items()
    ]
    return (measures.season if measures else ""), rows


def _too_many_rows() -> ProblemError:
    said = f"a table has at most {MOST_ROWS} rows; narrow the filters"
    return ProblemError(413, Both(said, f"表格最多{MOST_ROWS}行，请缩小筛选范围"))


def binary(media: str, *statuses: int) -> dict[int | str, dict[str, object]]:
    """The responses of an operation that answers with a file."""
    return {200: {"content": {media: {}}, "description": "The file"}, **described(*statuses)}


def file_of(data: bytes, media: str, name: str) -> Response:
    """A file to be kept under a name, which may be Chinese."""
    ascii_name = f"report.{name.rpartition('.')[2]}"
    headers = {
        "Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, media_type=media, headers=headers)
